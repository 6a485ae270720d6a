"""Process instances."""

from __future__ import annotations

from kiang.engine.state.process_definition import PROCESS_DEFINITIONS
from kiang.engine.state.process_instance import BY_END
from kiang.engine.state.process_instance import PROCESS_INSTANCES as TABLE
from kiang.protocol.enums import ElementState, IncidentState, JobState
from kiang.search.field import (
    Column,
    Field,
    Flag,
    ListFilter,
    RelatedFilter,
    Relation,
    SearchResource,
    Sql,
    Through,
    VariableFilter,
    Walk,
)
from kiang.search.resources.element_instance import STATE as ELEMENT_STATE
from kiang.search.statement import RUN_DOMAINS, RUNS_MAX, Run
from kiang.search.value import BOOLEAN, DATE, INTEGER, KEY, STRING, WORDS, Stored, enumeration
from kiang.store.schema import index_name

_OPEN = (ElementState.ACTIVATING, ElementState.ACTIVATED, ElementState.COMPLETING, ElementState.TERMINATING)

STATE = enumeration(
    {
        "ACTIVE": tuple(int(state) for state in _OPEN),
        "COMPLETED": (int(ElementState.COMPLETED),),
        "SUSPENDED": (0,),
        "TERMINATED": (int(ElementState.TERMINATED),),
    },
    also={"CANCELED": "TERMINATED"},
)


def _definitions(run: Run) -> list[Stored]:
    return [row[0] for row in run("SELECT key FROM process_definition LIMIT ?", [RUNS_MAX + 1])]


SUSPENDED = f"t.suspended_at IS NOT NULL AND t.state < {int(ElementState.COMPLETED)}"
RUN_DOMAINS["process_instance", "process_definition_key"] = _definitions
RUN_DOMAINS["process_instance", "state"] = lambda run: [int(state) for state in ElementState]  # noqa: ARG005

_STUCK = f"SELECT i.process_instance_key FROM incident i WHERE i.state = {int(IncidentState.ACTIVE)}"  # noqa: S608
_RETRYING = (
    "SELECT j.process_instance_key FROM job j "  # noqa: S608
    f"WHERE j.state = {int(JobState.FAILED)} AND j.retries > 0"
)

FIELDS = (
    Field("processInstanceKey", KEY, Column("key")),
    Field("processDefinitionId", STRING, Through("process_definition_key", PROCESS_DEFINITIONS, "process_id")),
    Field(
        "processDefinitionName",
        STRING,
        Through("process_definition_key", PROCESS_DEFINITIONS, "name", empty=""),
        nullable=True,
    ),
    Field("processDefinitionVersion", INTEGER, Through("process_definition_key", PROCESS_DEFINITIONS, "version")),
    Field(
        "processDefinitionVersionTag",
        STRING,
        Through("process_definition_key", PROCESS_DEFINITIONS, "version_tag", empty=""),
        nullable=True,
    ),
    Field("processDefinitionKey", KEY, Column("process_definition_key")),
    Field("parentProcessInstanceKey", KEY, Column("parent_process_instance_key", empty=0), nullable=True),
    Field("parentElementInstanceKey", KEY, Column("parent_element_instance_key", empty=0), nullable=True),
    Field(
        "rootProcessInstanceKey",
        KEY,
        Sql("CASE t.root_process_instance_key WHEN 0 THEN t.key ELSE t.root_process_instance_key END"),
        nullable=True,
        can_filter=False,
        can_sort=False,
    ),
    Field("startDate", DATE, Column("started_at", follows_key=True)),
    Field("endDate", DATE, Column("ended_at"), nullable=True),
    Field(
        "state",
        STATE,
        Column("state", unless=SUSPENDED, unless_below=int(ElementState.COMPLETED)),
        shown_from=Sql(f"CASE WHEN {SUSPENDED} THEN 0 ELSE t.state END"),
    ),
    Field("suspendedDate", DATE, Column("suspended_at"), nullable=True),
    Field("hasIncident", BOOLEAN, Flag(f"t.key IN ({_STUCK})")),
    Field("tenantId", STRING, Column("tenant_id")),
    Field("tags", WORDS, Column("tags"), can_filter=False, can_sort=False),
    Field("businessId", STRING, Column("business_id", empty=""), nullable=True),
    Field("hasRetriesLeft", BOOLEAN, Flag(f"t.key IN ({_RETRYING})"), can_sort=False, is_shown=False),
)

_ELEMENT = Relation("element_instance e WHERE TRUE", "e.process_instance_key")
_INCIDENT = Relation(f"incident i WHERE i.state = {int(IncidentState.ACTIVE)}", "i.process_instance_key", is_few=True)
_BATCH_ITEM = Relation("batch.batch_item b WHERE TRUE", "b.process_instance_key", is_few=True, is_membership=True)
RELATED = (
    RelatedFilter("batchOperationId", STRING, _BATCH_ITEM, "b.operation_key"),
    RelatedFilter("batchOperationKey", STRING, _BATCH_ITEM, "b.operation_key"),
    RelatedFilter("elementId", STRING, _ELEMENT, "e.element_id"),
    RelatedFilter("elementInstanceState", ELEMENT_STATE, _ELEMENT, "e.state"),
    RelatedFilter("hasElementInstanceIncident", BOOLEAN, _ELEMENT, "(e.incident_key <> 0)"),
    RelatedFilter("errorMessage", STRING, _INCIDENT, "i.error_message"),
    RelatedFilter("incidentErrorHashCode", INTEGER, _INCIDENT, "java_hash(i.error_message)"),
)

PROCESS_INSTANCES = SearchResource(
    name="Process Instance",
    table=TABLE,
    key="processInstanceKey",
    fields=FIELDS,
    variables=(VariableFilter("variables", "key"),),
    lists=(ListFilter("tags", STRING, "t.tags", is_json=False, takes_list=True),),
    related=RELATED,
    alternatives=True,
    runs=("process_definition_key", "state"),
    walk=Walk("ended_at", index_name(TABLE, BY_END), frozenset(int(state) for state in _OPEN)),
)
