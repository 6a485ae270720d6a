"""UpdateEntity: other properties for a group, role, tenant or mapping rule."""

from __future__ import annotations

from kiang.engine.actions.identity import existing
from kiang.engine.processing import Processing
from kiang.engine.processors.create_entity import check_claim
from kiang.protocol.answers import Done
from kiang.protocol.events import EntityUpdated
from kiang.protocol.identity import EntityKind, UpdateEntity


def update_entity(p: Processing, command: UpdateEntity) -> Done:
    """All but its id."""
    row = existing(p, command.kind, command.id, "update")
    if command.kind == EntityKind.MAPPING_RULE:
        check_claim(p, command.claim_name, command.claim_value, "update", but=row.key)
    description = row.description if command.description is None else command.description
    p.emit(EntityUpdated(row.key, command.name, description, command.claim_name, command.claim_value))
    return Done(row.key)
