"""CompleteUserTask (engine-semantics §20)."""

from __future__ import annotations

from kiang.engine.actions import user_tasks
from kiang.engine.processing import Processing
from kiang.engine.processors.lookup import user_task_to
from kiang.protocol.answers import Done
from kiang.protocol.commands import CompleteUserTask
from kiang.protocol.enums import ListenerEventType


def complete_user_task(p: Processing, command: CompleteUserTask) -> Done | None:
    """Its element is left with the variables."""
    task = user_task_to(p, command.user_task_key, "complete")
    pending = user_tasks.Pending(
        ListenerEventType.COMPLETING,
        command.action or "complete",
        intent=command.intent,
        variables=command.variables,
    )
    if user_tasks.begin(p, task, pending):
        return Done(task.key)
    p.awaited = task.key
    return None
