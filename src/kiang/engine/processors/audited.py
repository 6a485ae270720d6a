"""Audited: a command that leaves entries in the audit log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kiang.engine.actions import audit
from kiang.engine.processing import Processing, Refused
from kiang.protocol.answers import Answer, Rejection
from kiang.protocol.audit import Audited
from kiang.protocol.identity import Guarded


def audited(
    p: Processing, command: Audited, run: Callable[[Processing, Any], Answer | None]
) -> Answer | Rejection | None:
    """Carry out what is asked for, and note it; a transition of a user task that waits for its listeners is noted at its end.

    Args:
        p: The command in progress.
        command: With who asks.
        run: How what is asked for is carried out.

    Raises:
        Refused: It is refused, and that is not noted.
    """
    inner = command.command
    asked = inner.command if isinstance(inner, Guarded) else inner
    operations = list(audit.before(p, asked))
    p.audit = command.audit
    try:
        answer = run(p, inner)
    except Refused as refused:
        if not (operations and audit.is_noted(asked, refused.type)):
            raise
        audit.note(p, command.audit, audit.failed(operations[0], refused.type))
        return refused.rejection(inner.intent)
    finally:
        p.audit = None
    if answer is None and operations:
        return None
    for operation in operations + audit.after(p, asked.__class__, tuple(p.events)):
        audit.note(p, command.audit, operation)
    return answer
