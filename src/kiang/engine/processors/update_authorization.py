"""UpdateAuthorization: other permissions in place of those that were granted."""

from __future__ import annotations

from kiang.engine.actions.identity import check_duplicate, check_grant
from kiang.engine.processing import Processing
from kiang.engine.processors.delete_authorization import granted
from kiang.protocol.answers import Done
from kiang.protocol.events import AuthorizationUpdated
from kiang.protocol.identity import UpdateAuthorization


def update_authorization(p: Processing, command: UpdateAuthorization) -> Done:
    """As if it were new."""
    row, grant = granted(p, command.key, "update"), command.grant
    check_grant(p, grant, "update")
    check_duplicate(p, grant, "update", but=row.key)
    p.emit(
        AuthorizationUpdated(
            row.key,
            grant.owner_kind,
            grant.owner_id,
            grant.resource_type,
            grant.resource_id,
            grant.resource_property,
            grant.permissions,
        )
    )
    return Done(row.key)
