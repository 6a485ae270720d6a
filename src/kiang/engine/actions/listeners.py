"""Execution listeners: jobs that run before an element begins its work and after it has ended it (engine-semantics §5)."""

from __future__ import annotations

from kiang.bpmn.model import Listener
from kiang.engine.actions import jobs
from kiang.engine.processing import Processing
from kiang.engine.state.state import Scope
from kiang.protocol.enums import JobKind


def start_next(p: Processing, scope: Scope, listeners: tuple[Listener, ...]) -> bool:
    """Start the listener whose turn it is.

    Returns:
        False if all have run.

    Raises:
        Failure: Its type or retries cannot be evaluated.
    """
    if scope.listener_index >= len(listeners):
        return False
    listener = listeners[scope.listener_index]
    jobs.put(p, scope, jobs.evaluate_listener(p, scope, listener, JobKind.EXECUTION_LISTENER))
    return True
