"""Appliers of who may do what."""

from __future__ import annotations

import json

from kiang.engine.appliers.applier import Appliers
from kiang.engine.state.identity import AUTHORIZATIONS, ENTITIES, MEMBERS, Authorization, Entity, Member, authorization
from kiang.engine.state.state import State
from kiang.protocol import events


def entity_created(state: State, e: events.EntityCreated) -> None:
    """It is there."""
    state.put(ENTITIES, Entity(e.key, e.kind, e.id, e.name, e.description, e.claim_name, e.claim_value))


def entity_updated(state: State, e: events.EntityUpdated) -> None:
    """It has other properties."""
    row = state.current(ENTITIES, [("key", "=", e.key)])[0]
    row.name, row.description, row.claim_name, row.claim_value = e.name, e.description, e.claim_name, e.claim_value
    state.change(ENTITIES, row)


def entity_deleted(state: State, e: events.EntityDeleted) -> None:
    """It is gone."""
    state.remove(ENTITIES, e.key)


def member_added(state: State, e: events.MemberAdded) -> None:
    """It belongs to it."""
    state.put(MEMBERS, Member(e.key, e.kind, e.id, e.member_kind, e.member_id))


def member_removed(state: State, e: events.MemberRemoved) -> None:
    """It belongs to it no more."""
    state.remove(MEMBERS, e.key)


def authorization_created(state: State, e: events.AuthorizationCreated) -> None:
    """It holds."""
    row = Authorization(
        e.key, e.owner_kind, e.owner_id, e.resource_type, e.resource_id, e.resource_property, _printed(e.permissions)
    )
    state.put(AUTHORIZATIONS, row)


def authorization_updated(state: State, e: events.AuthorizationUpdated) -> None:
    """Another holds in its place."""
    row = authorization(state, e.key)
    assert row is not None
    row.owner_kind, row.owner_id, row.resource_type = e.owner_kind, e.owner_id, e.resource_type
    row.resource_id, row.resource_property = e.resource_id, e.resource_property
    row.permissions = _printed(e.permissions)
    state.change(AUTHORIZATIONS, row)


def authorization_deleted(state: State, e: events.AuthorizationDeleted) -> None:
    """It holds no more."""
    state.remove(AUTHORIZATIONS, e.key)


def _printed(permissions: tuple[str, ...]) -> str:
    return json.dumps(sorted(permissions))


APPLIERS: Appliers = {
    events.EntityCreated: entity_created,
    events.EntityUpdated: entity_updated,
    events.EntityDeleted: entity_deleted,
    events.MemberAdded: member_added,
    events.MemberRemoved: member_removed,
    events.AuthorizationCreated: authorization_created,
    events.AuthorizationUpdated: authorization_updated,
    events.AuthorizationDeleted: authorization_deleted,
}
