"""AssignBusinessId: a running instance gets the business id that it has begun without (8.10)."""

from __future__ import annotations

from kiang.engine.actions import business_ids
from kiang.engine.processing import Processing
from kiang.protocol.answers import Done
from kiang.protocol.commands import AssignBusinessId
from kiang.protocol.events import BusinessIdAssigned


def assign_business_id(p: Processing, command: AssignBusinessId) -> Done:
    """Once and for all; the same one again changes nothing."""
    key = command.process_instance_key
    if business_ids.is_new(p, key, command.business_id):
        p.emit(BusinessIdAssigned(key, command.business_id))
    return Done(key)
