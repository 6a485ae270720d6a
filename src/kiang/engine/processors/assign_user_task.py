"""AssignUserTask: assign, unassign and claim (engine-semantics §20)."""

from __future__ import annotations

from kiang.engine.actions import user_tasks
from kiang.engine.processing import Processing, Refused
from kiang.engine.processors.lookup import user_task_to
from kiang.protocol.answers import Done
from kiang.protocol.commands import AssignUserTask
from kiang.protocol.enums import ListenerEventType, RejectionType


def assign_user_task(p: Processing, command: AssignUserTask) -> Done | None:
    """Claiming is for tasks that nobody else has."""
    verb = "assign" if command.allow_override else "claim"
    task = user_task_to(p, command.user_task_key, verb)
    if not command.allow_override:
        expected = f"Expected to claim user task with key '{task.key}', but"
        if not command.assignee.strip():
            raise Refused(RejectionType.INVALID_STATE, f"{expected} provided assignee is empty")
        if task.assignee and task.assignee != command.assignee:
            raise Refused(RejectionType.INVALID_STATE, f"{expected} it has already been assigned")
    action = command.action or (verb if command.assignee else "unassign")
    changes = {"assignee": command.assignee}
    pending = user_tasks.Pending(ListenerEventType.ASSIGNING, action, changes, intent=command.intent)
    if user_tasks.begin(p, task, pending):
        return Done(task.key)
    p.awaited = task.key
    return None
