"""What the commands about identity have in common: finding, refusing, and forgetting what hangs on something."""

from __future__ import annotations

from kiang.engine.processing import Processing, Refused
from kiang.engine.state.identity import Entity, authorizations_of, entity, members, memberships
from kiang.protocol.enums import RejectionType
from kiang.protocol.events import AuthorizationDeleted, MemberRemoved
from kiang.protocol.identity import PERMISSIONS, EntityKind, Grant

INTERNAL = frozenset({EntityKind.GROUP, EntityKind.ROLE, EntityKind.TENANT, EntityKind.MAPPING_RULE})
"""Kinds that the engine keeps. Users and clients are somebody else's: of them it knows the ids alone."""

_ARTICLES = {EntityKind.GROUP: "a group", EntityKind.ROLE: "a role", EntityKind.TENANT: "a tenant"}


def existing(p: Processing, kind: str, id_: str, verb: str) -> Entity:
    """What a command names.

    Raises:
        Refused: There is none.
    """
    found = entity(p.state, kind, id_)
    if found is None:
        raise Refused(
            RejectionType.NOT_FOUND,
            f"Expected to {verb} {named(kind, id_)}, but {one(kind)} with this ID does not exist",
        )
    return found


def named(kind: str, id_: str) -> str:
    """A thing in a sentence."""
    return f"{EntityKind(kind).word} with ID '{id_}'"


def one(kind: str) -> str:
    """Any thing of a kind in a sentence."""
    return _ARTICLES.get(EntityKind(kind), f"a {EntityKind(kind).word}")


def forget(p: Processing, kind: str, id_: str) -> None:
    """Nothing belongs to it any more, it belongs to nothing, and it may do nothing."""
    for member in (*members(p.state, kind, id_), *memberships(p.state, kind, id_)):
        p.emit(MemberRemoved(member.key))
    for granted in authorizations_of(p.state, kind, id_):
        p.emit(AuthorizationDeleted(granted.key))


def check_grant(p: Processing, grant: Grant, verb: str) -> None:
    """Whether permissions can be granted like this.

    Raises:
        Refused: The owner is unknown, or the type of resource has no such permissions.
    """
    known = PERMISSIONS[grant.resource_type]
    unknown = [permission for permission in grant.permissions if permission not in known]
    if unknown:
        raise Refused(
            RejectionType.INVALID_ARGUMENT,
            f"Expected to {verb} authorization with permission types '[{', '.join(unknown)}]' and resource type"
            f" '{grant.resource_type}', but these permissions are not supported. Supported permission types are:"
            f" '[{', '.join(known)}]'",
        )
    kind = EntityKind(grant.owner_kind)
    if kind in INTERNAL and entity(p.state, kind, grant.owner_id) is None:
        raise Refused(
            RejectionType.NOT_FOUND,
            f"Expected to {verb} authorization with owner {named(kind, grant.owner_id)}, but {one(kind)} with this ID does"
            " not exist",
        )


def check_duplicate(p: Processing, grant: Grant, verb: str, *, but: int = 0) -> None:
    """An owner has one authorization for each resource.

    Raises:
        Refused: There is another.
    """
    for other in authorizations_of(p.state, grant.owner_kind, grant.owner_id):
        same = (other.resource_type, other.resource_id, other.resource_property) == (
            grant.resource_type,
            grant.resource_id,
            grant.resource_property,
        )
        if same and other.key != but:
            raise Refused(
                RejectionType.ALREADY_EXISTS,
                f"Expected to {verb} authorization for owner '{grant.owner_id}' for resource identifier"
                f" '{grant.resource_id or grant.resource_property}', but an authorization for this resource identifier already"
                " exists",
            )
