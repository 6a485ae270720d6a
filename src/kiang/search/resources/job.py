"""Jobs."""

from __future__ import annotations

from kiang.engine.state.job import JOBS as TABLE
from kiang.engine.state.process_definition import PROCESS_DEFINITIONS
from kiang.engine.state.process_instance import PROCESS_INSTANCES
from kiang.protocol.enums import JobKind, JobState, ListenerEventType
from kiang.search.field import Column, Field, Flag, SearchResource, Sql, Through
from kiang.search.value import BOOLEAN, DATE, INTEGER, JSON_OBJECT, KEY, STRING, enumeration

STATE = enumeration(
    {
        "CANCELED": (int(JobState.CANCELED),),
        "COMPLETED": (int(JobState.COMPLETED),),
        "CREATED": (int(JobState.ACTIVATABLE), int(JobState.ACTIVATED)),
        "ERROR_THROWN": (int(JobState.ERROR_THROWN), int(JobState.ERROR_CAUGHT)),
        "FAILED": (int(JobState.FAILED),),
        "MIGRATED": (),
        "PRIORITY_UPDATED": (),
        "RETRIES_UPDATED": (),
        "TIMEOUT_UPDATED": (),
        "TIMED_OUT": (),
    }
)
KIND = enumeration({kind.name: (int(kind),) for kind in JobKind})
LISTENER_EVENT_TYPE = enumeration(
    {
        **{type_.name: (int(type_),) for type_ in sorted(ListenerEventType, key=lambda t: t.name)},
        "BEFORE_ALL": (),
        "CANCEL": (),
    }
)

JOBS = SearchResource(
    name="Job",
    table=TABLE,
    key="jobKey",
    runs=("state",),
    scattered=frozenset({int(JobState.ACTIVATABLE), int(JobState.ACTIVATED), int(JobState.FAILED)}),
    fields=(
        Field("jobKey", KEY, Column("key")),
        Field("type", STRING, Column("job_type")),
        Field("worker", STRING, Column("worker")),
        Field("state", STATE, Column("state")),
        Field("kind", KIND, Column("kind")),
        Field("listenerEventType", LISTENER_EVENT_TYPE, Column("listener_event_type")),
        Field("retries", INTEGER, Column("retries")),
        Field("priority", INTEGER, Column("priority")),
        Field("isDenied", BOOLEAN, Sql("NULL"), nullable=True),
        Field("deniedReason", STRING, Sql("NULL"), nullable=True),
        Field(
            "hasFailedWithRetriesLeft",
            BOOLEAN,
            Flag(f"t.state = {int(JobState.FAILED)} AND t.retries > 0"),
        ),
        Field("errorCode", STRING, Column("error_code", empty=""), nullable=True),
        Field("errorMessage", STRING, Column("error_message", empty=""), nullable=True),
        Field("customHeaders", JSON_OBJECT, Column("headers"), can_filter=False, can_sort=False),
        Field("deadline", DATE, Column("deadline"), nullable=True),
        Field("creationTime", DATE, Column("created_at", follows_key=True)),
        Field("lastUpdateTime", DATE, Sql("COALESCE(t.ended_at, t.created_at)"), can_sort=False),
        Field("endTime", DATE, Column("ended_at"), nullable=True),
        Field("elementId", STRING, Column("element_id")),
        Field("elementInstanceKey", KEY, Column("element_instance_key")),
        Field("processInstanceKey", KEY, Column("process_instance_key")),
        Field(
            "rootProcessInstanceKey",
            KEY,
            Through("process_instance_key", PROCESS_INSTANCES, "root_process_instance_key", empty=0),
            nullable=True,
            can_filter=False,
            can_sort=False,
        ),
        Field("processDefinitionKey", KEY, Column("process_definition_key")),
        Field("processDefinitionId", STRING, Through("process_definition_key", PROCESS_DEFINITIONS, "process_id")),
        Field(
            "businessId",
            STRING,
            Through("process_instance_key", PROCESS_INSTANCES, "business_id", empty=""),
            nullable=True,
            can_sort=False,
        ),
        Field("tenantId", STRING, Column("tenant_id")),
    ),
)
