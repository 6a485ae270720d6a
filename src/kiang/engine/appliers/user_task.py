"""Appliers of native user tasks."""

from __future__ import annotations

import msgspec

from kiang.engine.appliers.applier import Appliers
from kiang.engine.state.state import State
from kiang.engine.state.user_task import USER_TASKS, UserTask
from kiang.protocol import events
from kiang.protocol.enums import UserTaskState

_read = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode

_TEXTS = {"assignee": "assignee", "dueDate": "due_date", "followUpDate": "follow_up_date"}
_LISTS = {"candidateGroups": "candidate_groups", "candidateUsers": "candidate_users"}


def user_task_creating(state: State, e: events.UserTaskCreating) -> None:
    """It is there."""
    scope = state.resident(e.element_instance_key)
    row = UserTask(
        e.key,
        scope.process_instance_key,
        scope.process_definition_key,
        scope.key,
        scope.element_id,
        UserTaskState.CREATING,
        e.assignee,
        e.candidate_groups,
        e.candidate_users,
        e.due_date,
        e.follow_up_date,
        e.priority,
        e.form_key,
        e.external_form_reference,
        e.headers,
        state.now,
        pending=e.pending,
        tenant_id=scope.tenant_id,
    )
    state.add_wait(USER_TASKS, scope, row)
    if e.assignee:
        state.statistics.assigned(e.assignee, scope.tenant_id, state.now)


def user_task_transition(state: State, e: events.UserTaskTransition) -> None:
    """It is on its way."""
    row = _task(state, e.element_instance_key, e.key)
    row.state = e.state
    row.pending = e.pending
    state.change_wait(USER_TASKS, row)


def user_task_transitioned(state: State, e: events.UserTaskTransitioned) -> None:
    """It has arrived."""
    row = _task(state, e.element_instance_key, e.key)
    row.state = e.state
    row.pending = ""
    if e.action:
        row.action = e.action
    for name, value in (_read(e.changes) if e.changes else {}).items():
        if name in _TEXTS:
            setattr(row, _TEXTS[name], msgspec.json.decode(value))
            if name == "assignee" and row.assignee:
                state.statistics.assigned(row.assignee, row.tenant_id, state.now)
        elif name in _LISTS:
            setattr(row, _LISTS[name], bytes(value).decode())
        elif name == "priority":
            row.priority = msgspec.json.decode(value)
    if row.state >= UserTaskState.COMPLETED:
        row.ended_at = state.now
        state.end_wait(USER_TASKS, row)
    else:
        state.change_wait(USER_TASKS, row)


def _task(state: State, element_instance_key: int, key: int) -> UserTask:
    waits = state.resident(element_instance_key).waits
    assert waits is not None
    row = waits[key]
    assert isinstance(row, UserTask)
    return row


APPLIERS: Appliers = {
    events.UserTaskCreating: user_task_creating,
    events.UserTaskTransition: user_task_transition,
    events.UserTaskTransitioned: user_task_transitioned,
}
