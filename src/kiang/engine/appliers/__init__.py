"""Appliers: the only code that changes state, one small function per event.

An applier takes the state and an event. It must depend on nothing else, must not fail and must not decide.
"""

from collections.abc import Callable
from typing import Any

from kiang.engine.appliers import (
    compensation,
    decision,
    deployment,
    element,
    incident,
    job,
    message,
    migration,
    signal,
    start_subscription,
    timer,
    user_task,
    variable,
)

APPLIERS: dict[type[Any], Callable[[Any, Any], None]] = {
    **deployment.APPLIERS,
    **decision.APPLIERS,
    **element.APPLIERS,
    **job.APPLIERS,
    **incident.APPLIERS,
    **variable.APPLIERS,
    **message.APPLIERS,
    **start_subscription.APPLIERS,
    **timer.APPLIERS,
    **user_task.APPLIERS,
    **compensation.APPLIERS,
    **migration.APPLIERS,
    **signal.APPLIERS,
}
