"""Decision instances: every decision that was evaluated."""

from __future__ import annotations

from kiang.engine.state.decision import DECISION_INSTANCES as TABLE
from kiang.engine.state.process_instance import PROCESS_INSTANCES
from kiang.search.field import Column, Field, SearchResource, Sql, Through
from kiang.search.value import DATE, INTEGER, KEY, STRING, enumeration

TYPE = enumeration(
    {
        "DECISION_TABLE": ("DECISION_TABLE",),
        "LITERAL_EXPRESSION": ("LITERAL_EXPRESSION",),
        "UNSPECIFIED": (),
        "UNKNOWN": ("UNKNOWN", "CONTEXT", "INVOCATION", "LIST", "RELATION"),
    }
)
STATE = enumeration({"EVALUATED": (0,), "FAILED": (1,), "UNSPECIFIED": (), "UNKNOWN": ()})

DECISION_INSTANCES = SearchResource(
    name="Decision Instance",
    table=TABLE,
    key="decisionEvaluationInstanceKey",
    fields=(
        Field("decisionEvaluationInstanceKey", STRING, Sql("t.evaluation_key || '-' || t.position")),
        Field("decisionEvaluationKey", KEY, Column("evaluation_key")),
        Field("state", STATE, Column("is_failed")),
        Field("evaluationDate", DATE, Column("evaluated_at", follows_key=True)),
        Field("evaluationFailure", STRING, Column("failure", empty=""), nullable=True),
        Field("decisionDefinitionId", STRING, Column("decision_id")),
        Field("decisionDefinitionKey", KEY, Column("decision_key")),
        Field("decisionDefinitionName", STRING, Column("decision_name")),
        Field("decisionDefinitionVersion", INTEGER, Column("decision_version")),
        Field("decisionDefinitionType", TYPE, Column("decision_type")),
        Field("rootDecisionDefinitionKey", KEY, Column("root_decision_key")),
        Field("decisionRequirementsKey", KEY, Column("requirements_key"), can_sort=False, is_shown=False),
        Field("processDefinitionKey", KEY, Column("process_definition_key", empty=0), nullable=True),
        Field("processInstanceKey", KEY, Column("process_instance_key", empty=0), nullable=True),
        Field(
            "rootProcessInstanceKey",
            KEY,
            Through("process_instance_key", PROCESS_INSTANCES, "root_process_instance_key", empty=0),
            nullable=True,
            can_filter=False,
            can_sort=False,
        ),
        Field("elementInstanceKey", KEY, Column("element_instance_key", empty=0), nullable=True),
        Field(
            "businessId",
            STRING,
            Through("process_instance_key", PROCESS_INSTANCES, "business_id", empty=""),
            nullable=True,
        ),
        Field("result", STRING, Column("output"), can_filter=False, can_sort=False),
        Field("tenantId", STRING, Column("tenant_id")),
    ),
)
