"""CreateAuthorization: permissions for an owner."""

from __future__ import annotations

from kiang.engine.actions.identity import check_duplicate, check_grant
from kiang.engine.processing import Processing
from kiang.protocol.answers import Done
from kiang.protocol.events import AuthorizationCreated
from kiang.protocol.identity import CreateAuthorization


def create_authorization(p: Processing, command: CreateAuthorization) -> Done:
    """One for each owner and resource."""
    grant = command.grant
    check_grant(p, grant, "create")
    check_duplicate(p, grant, "create")
    key = p.state.next_key()
    p.emit(
        AuthorizationCreated(
            key,
            grant.owner_kind,
            grant.owner_id,
            grant.resource_type,
            grant.resource_id,
            grant.resource_property,
            grant.permissions,
        )
    )
    return Done(key)
