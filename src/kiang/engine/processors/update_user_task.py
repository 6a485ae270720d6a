"""UpdateUserTask (engine-semantics §20)."""

from __future__ import annotations

from kiang.engine.actions import user_tasks
from kiang.engine.processing import Processing
from kiang.engine.processors.lookup import user_task_to
from kiang.protocol.answers import Done
from kiang.protocol.commands import UpdateUserTask
from kiang.protocol.enums import ListenerEventType


def update_user_task(p: Processing, command: UpdateUserTask) -> Done | None:
    """Only what is named changes."""
    task = user_task_to(p, command.user_task_key, "update")
    pending = user_tasks.Pending(
        ListenerEventType.UPDATING, command.action or "update", dict(command.changes), intent=command.intent
    )
    if user_tasks.begin(p, task, pending):
        return Done(task.key)
    p.awaited = task.key
    return None
