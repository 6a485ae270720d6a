"""CancelProcessInstance (engine-semantics §22)."""

from __future__ import annotations

from kiang.engine.actions import suspension
from kiang.engine.lifecycle import terminate
from kiang.engine.processing import Processing, Refused
from kiang.protocol.answers import Done
from kiang.protocol.commands import CancelProcessInstance, TerminateElement
from kiang.protocol.enums import ElementState, RejectionType


def cancel_process_instance(p: Processing, command: CancelProcessInstance) -> Done:
    """Answered when the end has begun; what is inside follows."""
    key = command.process_instance_key
    instance = p.state.instance(key)
    if instance is None or instance.state >= ElementState.TERMINATING:
        raise Refused(
            RejectionType.NOT_FOUND,
            f"Expected to cancel a process instance with key '{key}', but no such process was found",
        )
    if instance.parent_process_instance_key:
        raise Refused(
            RejectionType.INVALID_STATE,
            f"Expected to cancel a process instance with key '{key}', but it is created by a parent process instance."
            f" Cancel the root process instance '{instance.root_process_instance_key}' instead.",
        )
    if instance.suspended_at is not None:
        suspension.resume(p, instance)
    terminate(p, TerminateElement(key))
    return Done(key)
