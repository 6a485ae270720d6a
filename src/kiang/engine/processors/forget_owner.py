"""ForgetOwner: what hangs on a user that is being deleted elsewhere."""

from __future__ import annotations

from kiang.engine.actions.identity import forget
from kiang.engine.processing import Processing
from kiang.protocol.answers import Done
from kiang.protocol.identity import ForgetOwner


def forget_owner(p: Processing, command: ForgetOwner) -> Done:
    """May be repeated."""
    forget(p, command.kind, command.id)
    return Done()
