"""Terminating what is inside a scope."""

from __future__ import annotations

from kiang.engine.processing import Processing
from kiang.protocol.commands import TerminateChildren, TerminateElement

TERMINATED_CHILDREN_MAX = 500
"""Children of a scope terminated in one step, so that a scope with very many cannot fill a batch."""


def terminate_children(p: Processing, command: TerminateChildren) -> None:
    """Terminate what is inside a scope, oldest first, a portion at a time."""
    scope = p.state.scope(command.key)
    if scope is None:
        return
    portion, last = 0, command.after_key
    for key in scope.children or ():
        if key <= command.after_key:
            continue
        if command.until_key and key > command.until_key:
            break
        if portion == TERMINATED_CHILDREN_MAX:
            p.enqueue(TerminateChildren(scope.key, last, command.until_key))
            return
        p.enqueue(TerminateElement(key))
        portion, last = portion + 1, key
