"""Incidents."""

from __future__ import annotations

from kiang.engine.state.incident import INCIDENTS as TABLE
from kiang.engine.state.process_definition import PROCESS_DEFINITIONS
from kiang.engine.state.process_instance import PROCESS_INSTANCES
from kiang.protocol.enums import ErrorType, IncidentState
from kiang.search.field import Column, Field, SearchResource, Through
from kiang.search.value import DATE, KEY, STRING, enumeration, enumeration_of_texts

STATE = enumeration(
    {
        "ACTIVE": (int(IncidentState.ACTIVE),),
        "MIGRATED": (),
        "PENDING": (),
        "RESOLVED": (int(IncidentState.RESOLVED),),
        "UNKNOWN": (),
    }
)
ERROR_TYPE = enumeration_of_texts((*sorted(map(str, ErrorType)), "UNSPECIFIED"))

INCIDENTS = SearchResource(
    name="Incident",
    table=TABLE,
    key="incidentKey",
    fields=(
        Field("incidentKey", KEY, Column("key")),
        Field("errorType", ERROR_TYPE, Column("error_type")),
        Field("errorMessage", STRING, Column("error_message")),
        Field("state", STATE, Column("state")),
        Field("creationTime", DATE, Column("created_at", follows_key=True)),
        Field("elementId", STRING, Column("element_id")),
        Field("elementInstanceKey", KEY, Column("element_instance_key")),
        Field("jobKey", KEY, Column("job_key", empty=0), nullable=True),
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
        Field("tenantId", STRING, Column("tenant_id")),
    ),
)
