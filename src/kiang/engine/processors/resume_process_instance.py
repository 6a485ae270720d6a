"""ResumeProcessInstance."""

from __future__ import annotations

from kiang.engine.actions import suspension
from kiang.engine.processing import Processing, Refused
from kiang.engine.processors.suspend_process_instance import root_to
from kiang.protocol.answers import Done
from kiang.protocol.commands import ResumeProcessInstance
from kiang.protocol.enums import RejectionType


def resume_process_instance(p: Processing, command: ResumeProcessInstance) -> Done:
    """Only a root instance that is suspended."""
    instance = root_to(p, command.process_instance_key, "resume")
    if instance.suspended_at is None:
        text = f"Expected to resume process instance with key '{instance.key}', but it is not suspended"
        raise Refused(RejectionType.INVALID_STATE, text)
    suspension.resume(p, instance)
    return Done(instance.key)
