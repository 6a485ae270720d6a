"""Decision definitions, and their evaluation."""

from __future__ import annotations

from typing import ClassVar

from kiang.engine.state.decision import DECISION_DEFINITIONS as TABLE
from kiang.engine.state.decision import DECISION_REQUIREMENTS as GRAPHS
from kiang.engine.state.process_definition import RESOURCES
from kiang.gateway.rest.body import Answer, Request, Variables, document
from kiang.gateway.rest.call import Call
from kiang.gateway.rest.operation import Raw, Resource
from kiang.gateway.rest.searching import add_get, add_search, existing
from kiang.gateway.rest.shapes import KeyText, key_text
from kiang.gateway.rest.validation import Key, Violations
from kiang.protocol.answers import EvaluatedDecision
from kiang.protocol.commands import EvaluateDecision
from kiang.protocol.decision_report import DecisionReport
from kiang.search.resources.decision_definition import DECISION_DEFINITIONS as SEARCHED
from kiang.search.statement import Run

DECISION_DEFINITIONS = Resource("Decision definition")

add_search(DECISION_DEFINITIONS, "/decision-definitions/search", "searchDecisionDefinitions", SEARCHED, since="8.6")
add_get(
    DECISION_DEFINITIONS,
    "/decision-definitions/{decisionDefinitionKey}",
    "getDecisionDefinition",
    SEARCHED,
    since="8.8",
)


class DecisionEvaluationInstruction(Request, frozen=True):
    """Which decision, by its id or by its key."""

    REQUIRED: ClassVar[tuple[str, ...]] = ()

    decision_definition_id: str | None = None
    decision_definition_key: Key = None
    variables: Variables | None = None
    tenant_id: str | None = None


class EvaluatedDecisionInputItem(Answer, frozen=True):
    """An input of a decision table."""

    input_id: str
    input_name: str
    input_value: str


class EvaluatedDecisionOutputItem(Answer, frozen=True):
    """An output of a rule that matched."""

    output_id: str
    output_name: str
    output_value: str
    rule_id: str | None
    rule_index: int | None


class MatchedDecisionRuleItem(Answer, frozen=True):
    """A rule that matched."""

    rule_id: str
    rule_index: int
    evaluated_outputs: list[EvaluatedDecisionOutputItem]


class EvaluatedDecisionResult(Answer, frozen=True):
    """One decision that was evaluated."""

    decision_definition_id: str
    decision_definition_name: str
    decision_definition_version: int
    decision_definition_type: str
    output: str
    tenant_id: str
    matched_rules: list[MatchedDecisionRuleItem]
    evaluated_inputs: list[EvaluatedDecisionInputItem]
    decision_definition_key: KeyText
    decision_evaluation_instance_key: str


class EvaluateDecisionResult(Answer, frozen=True):
    """The evaluation."""

    decision_definition_id: str
    decision_definition_key: KeyText
    decision_definition_name: str
    decision_definition_version: int
    decision_evaluation_key: KeyText
    decision_instance_key: KeyText
    decision_requirements_id: str
    decision_requirements_key: KeyText
    evaluated_decisions: list[EvaluatedDecisionResult]
    failed_decision_definition_id: str | None
    failure_message: str | None
    output: str
    tenant_id: str


@DECISION_DEFINITIONS.post(
    "/decision-definitions/evaluation",
    "evaluateDecision",
    body=DecisionEvaluationInstruction,
    answer=EvaluateDecisionResult,
)
async def evaluate_decision(call: Call) -> EvaluateDecisionResult:
    """Evaluate a decision."""
    body: DecisionEvaluationInstruction = call.body
    violations = Violations()
    id_, key = "", -1
    if body.decision_definition_id is not None and body.decision_definition_key is not None:
        violations.add("Only one of [decisionDefinitionId, decisionDefinitionKey] is allowed")
    elif body.decision_definition_id is not None:
        id_ = violations.text(body.decision_definition_id, "decisionDefinitionId")
    elif body.decision_definition_key is not None:
        key = violations.key(body.decision_definition_key, "decisionDefinitionKey")
    else:
        violations.add("At least one of [decisionDefinitionId, decisionDefinitionKey] is required")
    tenant_id = violations.tenant(body.tenant_id, "Evaluate Decision")
    violations.check()
    found: EvaluatedDecision = await call.execute(
        EvaluateDecision(id_, key, variables=document(body.variables), tenant_id=tenant_id)
    )
    return EvaluateDecisionResult(
        decision_definition_id=found.decision_id,
        decision_definition_key=key_text(found.decision_key),
        decision_definition_name=found.name,
        decision_definition_version=found.version,
        decision_evaluation_key=key_text(found.key),
        decision_instance_key=key_text(found.key),
        decision_requirements_id=found.requirements_id,
        decision_requirements_key=key_text(found.requirements_key),
        evaluated_decisions=[
            _evaluated(report, f"{found.key}-{position}", found.tenant_id)
            for position, report in enumerate(found.evaluated, 1)
        ],
        failed_decision_definition_id=found.failed_decision_id or None,
        failure_message=found.failure or None,
        output=found.output,
        tenant_id=found.tenant_id,
    )


def _evaluated(report: DecisionReport, instance_key: str, tenant_id: str) -> EvaluatedDecisionResult:
    return EvaluatedDecisionResult(
        decision_definition_id=report.decision_id,
        decision_definition_name=report.name,
        decision_definition_version=report.version,
        decision_definition_type=report.type,
        output=report.output,
        tenant_id=tenant_id,
        matched_rules=[
            MatchedDecisionRuleItem(
                rule_id=rule.id,
                rule_index=rule.index,
                evaluated_outputs=[
                    EvaluatedDecisionOutputItem(
                        output_id=made.id,
                        output_name=made.name,
                        output_value=made.value,
                        rule_id=rule.id,
                        rule_index=rule.index,
                    )
                    for made in rule.outputs
                ],
            )
            for rule in report.matched_rules
        ],
        evaluated_inputs=[
            EvaluatedDecisionInputItem(input_id=given.id, input_name=given.name, input_value=given.value)
            for given in report.inputs
        ],
        decision_definition_key=key_text(report.decision_key),
        decision_evaluation_instance_key=instance_key,
    )


@DECISION_DEFINITIONS.get(
    "/decision-definitions/{decisionDefinitionKey}/xml",
    "getDecisionDefinitionXML",
    since="8.6",
    answer={"type": "string"},
    answer_type="text/xml",
)
async def get_decision_definition_xml(call: Call) -> Raw | None:
    """Get the DMN file of a decision definition."""
    await existing(call, SEARCHED, "decisionDefinitionKey")
    key = call.key("decisionDefinitionKey")

    def read(run: Run) -> bytes | None:
        rows = run(
            f"SELECT r.content FROM {TABLE.name} t JOIN {GRAPHS.name} g ON g.key = t.requirements_key "  # noqa: S608
            f"JOIN {RESOURCES.name} r ON r.key = g.resource_key WHERE t.key = ?",
            [key],
        )
        return bytes(rows[0][0]) if rows else None

    content = await call.search.read(read)
    return Raw(content, "text/xml") if content else None
