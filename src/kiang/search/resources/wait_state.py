"""What each waiting element instance waits for: a job, a user task, a message, a signal, a timer."""

from __future__ import annotations

from kiang.engine.state.element_instance import ELEMENT_INSTANCES as TABLE
from kiang.engine.state.process_definition import PROCESS_DEFINITIONS
from kiang.engine.state.process_instance import PROCESS_INSTANCES
from kiang.protocol.enums import JobKind, JobState, ListenerEventType, SubscriptionState, UserTaskState
from kiang.search.field import Column, Field, SearchResource, Through
from kiang.search.resources.element_instance import TYPE
from kiang.search.value import JSON_OBJECT, KEY, STRING, enumeration_of_texts

TYPES = enumeration_of_texts(("JOB", "MESSAGE", "USER_TASK", "TIMER", "SIGNAL", "CONDITION"))

_OPEN_JOBS = ", ".join(str(int(state)) for state in JobState if state < JobState.COMPLETED)
_OPEN_TASKS = ", ".join(str(int(state)) for state in UserTaskState if state < UserTaskState.COMPLETED)
_OPEN = int(SubscriptionState.OPEN)


def _case(column: str, names: dict[int, str]) -> str:
    whens = " ".join(f"WHEN {value} THEN '{name}'" for value, name in names.items())
    return f"CASE {column} {whens} END"


def _part(kind: str, table: str, condition: str, details: str) -> str:
    return (
        "SELECT w.key, w.process_instance_key, w.process_definition_key, w.element_instance_key, w.element_id, "  # noqa: S608
        f"w.tenant_id, '{kind}' AS type, json_object('waitStateType', '{kind}', {details}) AS details "
        f"FROM {table} w WHERE {condition}"
    )


_KIND = _case("w.kind", {int(kind): kind.name for kind in JobKind})
_EVENT = _case("w.listener_event_type", {int(event): event.name for event in ListenerEventType})
_PARTS = (
    _part(
        "JOB",
        "job",
        f"w.state IN ({_OPEN_JOBS})",
        f"'jobKey', CAST(w.key AS TEXT), 'jobType', w.job_type, 'jobKind', {_KIND}, 'listenerEventType', {_EVENT}, "
        "'retries', w.retries",
    ),
    _part(
        "USER_TASK",
        "user_task",
        f"w.state IN ({_OPEN_TASKS})",
        "'taskKey', CAST(w.key AS TEXT), 'dueDate', date_text(date_ms(w.due_date))",
    ),
    _part(
        "MESSAGE",
        "message_subscription",
        f"w.state = {_OPEN}",
        "'messageName', w.name, 'correlationKey', NULLIF(w.correlation_key, '')",
    ),
    _part("SIGNAL", "signal_subscription", f"w.state = {_OPEN}", "'signalName', w.name"),
    _part(
        "TIMER",
        "timer",
        f"w.state = {_OPEN} AND w.process_instance_key <> 0",
        "'dueDate', w.due_at, 'repetitions', w.repetitions",
    ),
)

WAIT_STATES = SearchResource(
    name="Element Instance Wait State",
    table=TABLE,
    rows=f"({' UNION ALL '.join(_PARTS)})",
    key="elementInstanceKey",
    fields=(
        Field("elementInstanceKey", KEY, Column("element_instance_key")),
        Field("elementId", STRING, Column("element_id")),
        Field("elementType", TYPE, Through("element_instance_key", TABLE, "element_type"), can_sort=False),
        Field("processInstanceKey", KEY, Column("process_instance_key")),
        Field(
            "rootProcessInstanceKey",
            KEY,
            Through("process_instance_key", PROCESS_INSTANCES, "root_process_instance_key", empty=0),
            nullable=True,
        ),
        Field(
            "bpmnProcessId",
            STRING,
            Through("process_definition_key", PROCESS_DEFINITIONS, "process_id"),
            can_filter=False,
            can_sort=False,
        ),
        Field("waitStateType", TYPES, Column("type"), can_sort=False, is_shown=False),
        Field("details", JSON_OBJECT, Column("details"), can_filter=False, can_sort=False),
        Field("tenantId", STRING, Column("tenant_id"), can_filter=False, can_sort=False),
    ),
)
