"""The life of a native user task, its listeners included (engine-semantics §5, §20).

A transition (creating, assigning, updating, completing, canceling) runs the listeners of its kind one after the other, each a job, and then
takes place; a listener may correct attributes on the way, or deny it, which rolls it back. Whoever has asked for it is answered at its end.
"""

from __future__ import annotations

from typing import Any

import msgspec

from kiang.bpmn.model import FlowNode, Listener
from kiang.engine.actions import audit, jobs
from kiang.engine.actions.jobs import JobProperties
from kiang.engine.actions.user_task_properties import UserTaskProperties
from kiang.engine.actions.variables import propagate, set_local
from kiang.engine.processing import Processing
from kiang.engine.state.state import Scope
from kiang.engine.state.user_task import UserTask
from kiang.protocol.answers import Done, Rejection
from kiang.protocol.audit import Audit, OperationType
from kiang.protocol.commands import CompleteElement, ContinueElement, JobResult, SetVariables
from kiang.protocol.document import Document
from kiang.protocol.enums import JobKind, ListenerEventType, RejectionType, UserTaskState
from kiang.protocol.events import UserTaskCreating, UserTaskTransition, UserTaskTransitioned

CORRECTABLE = ("assignee", "candidateGroups", "candidateUsers", "dueDate", "followUpDate", "priority")
"""Attributes that a task listener may correct."""

STATES = {
    ListenerEventType.CREATING: UserTaskState.CREATING,
    ListenerEventType.ASSIGNING: UserTaskState.ASSIGNING,
    ListenerEventType.UPDATING: UserTaskState.UPDATING,
    ListenerEventType.COMPLETING: UserTaskState.COMPLETING,
    ListenerEventType.CANCELING: UserTaskState.CANCELING,
}
"""The state of a user task while listeners of an event type run."""

WORDS: dict[int, str] = {event: event.name.lower() for event in STATES}
"""Event types as the API calls them."""

ENDS = {
    UserTaskState.COMPLETING: UserTaskState.COMPLETED,
    UserTaskState.CANCELING: UserTaskState.CANCELED,
}
"""Where a transition leads; the others lead to CREATED."""

OPERATIONS = {
    ListenerEventType.ASSIGNING: OperationType.ASSIGN,
    ListenerEventType.UPDATING: OperationType.UPDATE,
    ListenerEventType.COMPLETING: OperationType.COMPLETE,
}
"""Transitions that somebody asks for, as the audit log calls them."""

DENIABLE = {
    ListenerEventType.ASSIGNING: "Assignment",
    ListenerEventType.UPDATING: "Update",
    ListenerEventType.COMPLETING: "Completion",
}
"""Transitions that a listener may deny, and what messages call them."""


class PinnedListener(msgspec.Struct, frozen=True, array_like=True):
    """A global listener as it was when a transition began: later changes of it are for later transitions.

    Attributes:
        after: It runs behind the listeners of the model.
    """

    job_type: str
    retries: int
    after: bool


class Pending(msgspec.Struct, omit_defaults=True):
    """A transition on its way.

    Attributes:
        event: `ListenerEventType`.
        action: What was asked for.
        changes: Attributes to change, by their names in REST.
        listeners: The global listeners of the event, in the order in which they run.
        listener_index: How many listeners have run, those of the model among them.
        intent: Of the command that waits for the end; "" if nobody does.
        variables: Of a completion, or to be set with an update.
        sets_variables: An update that came from setting variables: 1 for local, 2 for propagated.
        next_assignee: The assignee of the model, to be assigned after creation.
        audit: Who has asked for it, if that is noted.
    """

    event: int
    action: str = ""
    changes: dict[str, Any] = {}
    listener_index: int = 0
    intent: str = ""
    variables: Document = {}
    sets_variables: int = 0
    next_assignee: str = ""
    audit: Audit | None = None
    listeners: tuple[PinnedListener, ...] = ()


_write = msgspec.json.Encoder().encode
_read = msgspec.json.Decoder(Pending).decode


def write(pending: Pending) -> str:
    """As the column keeps it."""
    return _write(pending).decode()


def create(p: Processing, element: Scope, node: FlowNode, properties: UserTaskProperties, headers: str) -> None:
    """Create the user task of an element instance."""
    is_listened_to = bool(node.task_listeners) or any(
        p.state.global_listeners.of(WORDS[event]) for event in (ListenerEventType.CREATING, ListenerEventType.ASSIGNING)
    )
    pending = _pinned(p, Pending(ListenerEventType.CREATING, "create"))
    if is_listened_to:
        pending.next_assignee = properties.assignee
    key = p.state.next_key()
    p.emit(
        UserTaskCreating(
            key,
            element.key,
            "" if is_listened_to else properties.assignee,
            properties.candidate_groups,
            properties.candidate_users,
            properties.due_date,
            properties.follow_up_date,
            properties.priority,
            properties.form_key,
            properties.external_form_reference,
            headers,
            write(pending),
        )
    )
    run(p, element)


def begin(p: Processing, task: UserTask, pending: Pending) -> bool:
    """Begin a transition.

    Returns:
        Whether it has taken place already; else its listeners run.
    """
    pending.audit = p.audit
    element = p.state.resident(task.element_instance_key)
    state = STATES[ListenerEventType(pending.event)]
    p.emit(UserTaskTransition(task.key, task.element_instance_key, state, write(_pinned(p, pending))))
    return run(p, element)


def run(p: Processing, element: Scope) -> bool:
    """Start the listener whose turn it is; after the last one, the transition takes place.

    Returns:
        Whether it has.

    Raises:
        Failure: Type or retries of the listener cannot be evaluated.
    """
    task = task_of(element)
    assert task is not None
    assert element.node is not None
    pending = _read(task.pending)
    listener = _next_listener(element.node, pending)
    if listener is None:
        _take_place(p, element, task, pending)
        return True
    assert element.node.user_task is not None
    headers = {**element.node.user_task.headers, **_headers(task, pending)}
    if isinstance(listener, PinnedListener):
        event = ListenerEventType(pending.event)
        properties = JobProperties(listener.job_type, listener.retries, "", JobKind.TASK_LISTENER, event)
    else:
        headers = {**listener.headers, **headers}
        properties = jobs.evaluate_listener(p, element, listener, JobKind.TASK_LISTENER)
    jobs.put(p, element, properties._replace(headers=jobs.headers_text(headers)))
    return False


def listener_completed(p: Processing, element: Scope, result: JobResult | None) -> None:
    """The job of a listener is done: correct, deny, or go on."""
    task = task_of(element)
    if task is None or not task.pending:
        return
    pending = _read(task.pending)
    if result is not None and result.denied:
        _deny(p, task, pending, result.denied_reason)
        return
    if result is not None:
        pending.changes |= result.corrections
    pending.listener_index += 1
    p.emit(UserTaskTransition(task.key, element.key, task.state, write(pending)))
    p.enqueue(ContinueElement(element.key))


def has_listeners(p: Processing, element: Scope, event: ListenerEventType) -> bool:
    """Whether anything runs when this happens to the user task of an element instance."""
    assert element.node is not None
    own = any(listener.event_type == event for listener in element.node.task_listeners)
    return own or bool(p.state.global_listeners.of(WORDS[event]))


def cancel(p: Processing, element: Scope) -> bool:
    """The element is about to end, and its user task with it.

    Returns:
        Whether that is done; else listeners run first.
    """
    task = task_of(element)
    if task is None:
        return True
    return begin(p, task, Pending(ListenerEventType.CANCELING, "cancel"))


def task_of(element: Scope) -> UserTask | None:
    """The user task of an element instance that has not ended."""
    for row in (element.waits or {}).values():
        if isinstance(row, UserTask):
            return row
    return None


def _pinned(p: Processing, pending: Pending) -> Pending:
    """A transition that begins, with the global listeners that there are at this moment."""
    found = p.state.global_listeners.of(WORDS[pending.event])
    if found:
        pending.listeners = tuple(
            PinnedListener(row.job_type, row.retries, bool(row.after_non_global)) for row in found
        )
    return pending


def _next_listener(node: FlowNode, pending: Pending) -> Listener | PinnedListener | None:
    """Whose turn it is: global listeners, those of the model, then global ones that want to be behind these; None after the last."""
    if not (node.task_listeners or pending.listeners):
        return None
    own = [listener for listener in node.task_listeners if listener.event_type == pending.event]
    before = [listener for listener in pending.listeners if not listener.after]
    after = [listener for listener in pending.listeners if listener.after]
    order: tuple[Listener | PinnedListener, ...] = (*before, *own, *after)
    return order[pending.listener_index] if pending.listener_index < len(order) else None


def _take_place(p: Processing, element: Scope, task: UserTask, pending: Pending) -> None:
    state = UserTaskState(task.state)
    changes = _write(pending.changes).decode() if pending.changes else ""
    if pending.listener_index:
        _note(p, task, pending)
    end = ENDS.get(state, UserTaskState.CREATED)
    p.emit(UserTaskTransitioned(task.key, element.key, end, changes, pending.action))
    if state == UserTaskState.COMPLETING:
        p.enqueue(CompleteElement(element.key, pending.variables))
    elif pending.sets_variables:
        happened = len(p.events)
        (set_local if pending.sets_variables == 1 else propagate)(p, element, pending.variables)
        if pending.audit is not None and pending.listener_index:
            for operation in audit.after(p, SetVariables, p.events[happened:]):
                audit.note(p, pending.audit, operation)
    elif state == UserTaskState.CREATING and pending.next_assignee and not task.assignee:
        changed = {"assignee": pending.next_assignee}
        begin(p, task, Pending(ListenerEventType.ASSIGNING, "assign", changed))
    if pending.intent and pending.listener_index:
        p.results.append((task.key, Done(task.key)))


def _note(p: Processing, task: UserTask, pending: Pending, refusal: RejectionType | None = None) -> None:
    """Leave an entry in the audit log about a transition that has had to wait for its listeners."""
    if pending.audit is None or (pending.sets_variables and refusal is None):
        return
    type_ = OPERATIONS[ListenerEventType(pending.event)]
    assignee = pending.changes.get("assignee", "") if type_ is OperationType.ASSIGN else ""
    if type_ is OperationType.ASSIGN and not assignee:
        type_, assignee = OperationType.UNASSIGN, task.assignee
    operation = audit.user_task_operation(p.state, task, type_, assignee)
    audit.note(p, pending.audit, operation if refusal is None else audit.failed(operation, refusal))


def _deny(p: Processing, task: UserTask, pending: Pending, reason: str) -> None:
    _note(p, task, pending, RejectionType.INVALID_STATE)
    p.emit(UserTaskTransitioned(task.key, task.element_instance_key, UserTaskState.CREATED, "", ""))
    if pending.intent:
        verb = DENIABLE[ListenerEventType(pending.event)]
        text = f"{verb} of the User Task with key '{task.key}' was denied by Task Listener. Reason to deny: '{reason}'"
        p.results.append((task.key, Rejection(RejectionType.INVALID_STATE, pending.intent, text)))


RESERVED = "io.camunda.zeebe:"


def _headers(task: UserTask, pending: Pending) -> dict[str, str]:
    """Reserved headers of a task listener's job: the user task as it will be."""
    changes = pending.changes
    found = {
        "action": pending.action,
        "assignee": changes.get("assignee", task.assignee),
        "candidateGroups": _list(changes.get("candidateGroups"), task.candidate_groups),
        "candidateUsers": _list(changes.get("candidateUsers"), task.candidate_users),
        "changedAttributes": _list(sorted(changes), "[]"),
        "dueDate": changes.get("dueDate", task.due_date),
        "followUpDate": changes.get("followUpDate", task.follow_up_date),
        "formKey": str(task.form_key) if task.form_key else "",
        "priority": str(changes.get("priority", task.priority)),
        "userTaskKey": str(task.key),
    }
    return {RESERVED + name: value for name, value in found.items() if value and value != "[]"}


def _list(changed: Any, otherwise: str) -> str:
    return otherwise if changed is None else _write(changed).decode()
