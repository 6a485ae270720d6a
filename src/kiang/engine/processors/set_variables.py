"""SetVariables (engine-semantics §7)."""

from __future__ import annotations

from kiang.engine.actions import user_tasks
from kiang.engine.actions.variables import propagate, set_local
from kiang.engine.processing import Processing, Refused
from kiang.engine.state.user_task import UserTask
from kiang.protocol.answers import Done
from kiang.protocol.commands import SetVariables
from kiang.protocol.enums import ElementState, ListenerEventType, RejectionType, UserTaskState


def set_variables(p: Processing, command: SetVariables) -> Done | None:
    """In the scope alone, or from it outwards; listeners of a user task may have a say in it."""
    scope = p.state.scope(command.element_instance_key)
    if scope is None or scope.state >= ElementState.TERMINATING:
        raise Refused(
            RejectionType.NOT_FOUND,
            f"Expected to update variables for element with key '{command.element_instance_key}',"
            " but no such element was found",
        )
    task = user_tasks.task_of(scope)
    if task is not None and user_tasks.has_listeners(p, scope, ListenerEventType.UPDATING):
        return _update(p, task, command)
    key = p.state.next_key()
    if command.local:
        set_local(p, scope, command.variables)
    else:
        propagate(p, scope, command.variables)
    return Done(key)


def _update(p: Processing, task: UserTask, command: SetVariables) -> Done | None:
    """As an update of the user task, which its listeners may deny."""
    if task.state != UserTaskState.CREATED:
        raise Refused(
            RejectionType.INVALID_STATE,
            f"Expected to trigger update transition for user task with key '{task.key}', but it is in state"
            f" '{UserTaskState(task.state).name}'",
        )
    pending = user_tasks.Pending(
        ListenerEventType.UPDATING,
        intent=command.intent,
        variables=command.variables,
        sets_variables=1 if command.local else 2,
    )
    if user_tasks.begin(p, task, pending):
        return Done(task.key)
    p.awaited = task.key
    return None
