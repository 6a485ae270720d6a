"""Appliers: the only code that changes state, one small function per event.

An applier takes the state and an event. It must depend on nothing else, must not fail and must not decide.
"""

from kiang.engine.appliers import (
    agent,
    audit,
    cluster,
    compensation,
    condition,
    decision,
    deployment,
    element,
    identity,
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
from kiang.engine.appliers.applier import Appliers

APPLIERS: Appliers = {
    **audit.APPLIERS,
    **deployment.APPLIERS,
    **cluster.APPLIERS,
    **decision.APPLIERS,
    **element.APPLIERS,
    **job.APPLIERS,
    **identity.APPLIERS,
    **agent.APPLIERS,
    **incident.APPLIERS,
    **variable.APPLIERS,
    **message.APPLIERS,
    **start_subscription.APPLIERS,
    **timer.APPLIERS,
    **user_task.APPLIERS,
    **compensation.APPLIERS,
    **condition.APPLIERS,
    **migration.APPLIERS,
    **signal.APPLIERS,
}
