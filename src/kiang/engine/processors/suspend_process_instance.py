"""SuspendProcessInstance."""

from __future__ import annotations

from kiang.engine.actions import suspension
from kiang.engine.processing import Processing, Refused
from kiang.engine.state.process_instance import ProcessInstance
from kiang.protocol.answers import Done
from kiang.protocol.commands import SuspendProcessInstance
from kiang.protocol.enums import ElementState, RejectionType


def suspend_process_instance(p: Processing, command: SuspendProcessInstance) -> Done:
    """Only a root instance that runs."""
    instance = root_to(p, command.process_instance_key, "suspend")
    if instance.suspended_at is not None:
        text = f"Expected to suspend process instance with key '{instance.key}', but it is suspended already"
        raise Refused(RejectionType.INVALID_STATE, text)
    suspension.suspend(p, instance)
    return Done(instance.key)


def root_to(p: Processing, key: int, verb: str) -> ProcessInstance:
    """A root instance that has not ended.

    Raises:
        Refused: There is none, or it was called by another one.
    """
    instance = p.state.instance(key)
    if instance is None or instance.state >= ElementState.TERMINATING:
        text = f"Expected to {verb} process instance with key '{key}', but no such process instance was found"
        raise Refused(RejectionType.NOT_FOUND, text)
    if instance.parent_process_instance_key:
        text = (
            f"Expected to {verb} process instance with key '{key}', but it is created by a parent process instance."
            f" {verb.capitalize()} the root process instance '{instance.root_process_instance_key}' instead."
        )
        raise Refused(RejectionType.INVALID_STATE, text)
    return instance
