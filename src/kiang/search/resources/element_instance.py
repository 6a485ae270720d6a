"""Element instances."""

from __future__ import annotations

from kiang.engine.state.element_instance import ELEMENT_INSTANCES as TABLE
from kiang.engine.state.process_definition import PROCESS_DEFINITIONS
from kiang.engine.state.process_instance import PROCESS_INSTANCES
from kiang.protocol.enums import ElementState, ElementType
from kiang.search.field import Column, Field, Flag, SearchResource, Sql, Through
from kiang.search.value import BOOLEAN, DATE, KEY, STRING, enumeration

STATE = enumeration(
    {
        "ACTIVE": (
            int(ElementState.ACTIVATING),
            int(ElementState.ACTIVATED),
            int(ElementState.COMPLETING),
            int(ElementState.TERMINATING),
        ),
        "COMPLETED": (int(ElementState.COMPLETED),),
        "TERMINATED": (int(ElementState.TERMINATED),),
    }
)
TYPE = enumeration({**{type_.name: (int(type_),) for type_ in ElementType}, "UNKNOWN": ()})

FIELDS = (
    Field("elementInstanceKey", KEY, Column("key")),
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
    Field("startDate", DATE, Column("started_at", follows_key=True)),
    Field("endDate", DATE, Column("ended_at"), nullable=True),
    Field("elementId", STRING, Column("element_id")),
    Field("elementName", STRING, Sql("element_name(t.process_definition_key, t.element_id)")),
    Field("type", TYPE, Column("element_type")),
    Field("state", STATE, Column("state")),
    Field("hasIncident", BOOLEAN, Flag("t.incident_key <> 0")),
    Field("incidentKey", KEY, Column("incident_key", empty=0), nullable=True),
    Field("tenantId", STRING, Column("tenant_id")),
    Field("elementInstanceScopeKey", KEY, Column("scope_key"), can_sort=False, is_shown=False),
)

ELEMENT_INSTANCES = SearchResource(
    name="Element Instance", table=TABLE, key="elementInstanceKey", fields=FIELDS, alternatives=True
)
