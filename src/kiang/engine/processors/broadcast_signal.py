"""BroadcastSignal (engine-semantics §13)."""

from __future__ import annotations

from kiang.engine.actions import signals
from kiang.engine.processing import Processing
from kiang.protocol.answers import Published
from kiang.protocol.commands import BroadcastSignal


def broadcast_signal(p: Processing, command: BroadcastSignal) -> Published:
    """It reaches all that wait now, and nobody later."""
    key = signals.broadcast(p, command.name, command.variables, command.tenant_id)
    return Published(key, command.tenant_id)
