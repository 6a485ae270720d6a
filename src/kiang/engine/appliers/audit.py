"""Appliers of the audit log."""

from __future__ import annotations

import msgspec

from kiang.engine.appliers.applier import Appliers
from kiang.engine.state.audit_entry import AUDIT_ENTRIES, AuditEntry
from kiang.engine.state.state import State
from kiang.protocol import events
from kiang.protocol.audit import AuditedEntity

_fields = msgspec.structs.astuple


def operation_audited(state: State, e: events.OperationAudited) -> None:
    """It is in the log, for good."""
    category = AuditedEntity(e.operation.entity_type).category
    row = AuditEntry(
        e.key,
        state.now,
        e.actor_type,
        e.actor_id,
        e.channel,
        e.batch_operation_key,
        e.batch_operation_type,
        category,
        *_fields(e.operation),
    )
    state.put(AUDIT_ENTRIES, row)


APPLIERS: Appliers = {events.OperationAudited: operation_audited}
