"""Finding decisions and evaluating them, for clients and for business rule tasks (engine-semantics §19)."""

from __future__ import annotations

from kiang import dmn, feel
from kiang.bpmn.model import CalledDecision
from kiang.engine.actions.expressions import evaluate_text
from kiang.engine.failure import Failure
from kiang.engine.processing import Processing
from kiang.engine.state.decision import DecisionDefinition
from kiang.engine.state.process_instance import ProcessInstance
from kiang.engine.state.state import Scope
from kiang.protocol.decision_report import DecisionReport, InputReport, OutputReport, RuleReport
from kiang.protocol.enums import BindingType, ErrorType
from kiang.protocol.events import DecisionEvaluated, DecisionRequirementsDeleted

NOT_FOUND_TEXT = "Expected to evaluate decision '{id}', but no decision found for id '{id}'"
NOT_FOUND_BY_KEY_TEXT = "Expected to evaluate decision '{key}', but no decision found for key '{key}'"
NOT_IN_DEPLOYMENT_TEXT = (
    "Expected to evaluate decision '{id}' with binding type 'deployment', but no such decision found in the deployment "
    "with key {key} which contained the current process. To resolve this incident, migrate the process instance to a "
    "process definition that is deployed together with the intended decision to evaluate."
)
NOT_TAGGED_TEXT = (
    "Expected to evaluate decision with id '{id}' and version tag '{tag}', but no such decision found. To resolve this "
    "incident, deploy a decision with the given id and version tag."
)
NO_GRAPH_TEXT = "Expected to evaluate decision '{id}', but no drg found for id '{drg}'"

NO_DECISION = -1
"""Key and version of what is reported and is no deployed decision: a business knowledge model."""


def called(p: Processing, element: Scope, call: CalledDecision) -> DecisionDefinition:
    """The decision that a business rule task calls.

    Raises:
        Failure: Its id cannot be evaluated, or there is no such decision.
    """
    id_ = evaluate_text(p, element, call.decision_id)
    tenant_id = p.state.instance_of(element).tenant_id
    decisions = p.state.decisions
    match call.binding:
        case BindingType.DEPLOYMENT:
            process = p.state.definition(element.process_definition_key)
            assert process is not None
            key = process.row.deployment_key
            found = decisions.in_deployment(id_, key, tenant_id)
            text = NOT_IN_DEPLOYMENT_TEXT.format(id=id_, key=key)
        case BindingType.VERSION_TAG:
            found = decisions.tagged(id_, call.version_tag, tenant_id)
            text = NOT_TAGGED_TEXT.format(id=id_, tag=call.version_tag)
        case _:
            found = decisions.latest(id_, tenant_id)
            text = NOT_FOUND_TEXT.format(id=id_)
    if found is None:
        raise Failure(ErrorType.CALLED_DECISION_ERROR, text, element.key)
    return found


def evaluate(
    p: Processing,
    decision: DecisionDefinition,
    variables: feel.Variables,
    element: Scope | None = None,
) -> tuple[DecisionEvaluated, str]:
    """Evaluate a decision and record that, be it that it failed.

    Args:
        p: The command in progress.
        decision: Which.
        variables: What it sees.
        element: The business rule task that asks; None for a client.

    Returns:
        What was recorded, and the output as JSON, "" after a failure.
    """
    model = p.state.decisions.model(decision.requirements_key)
    if model is None:
        reason = NO_GRAPH_TEXT.format(id=decision.decision_id, drg=decision.requirements_id)
        raise Failure(ErrorType.CALLED_DECISION_ERROR, reason, element.key if element is not None else None)
    result = model.evaluate(decision.decision_id, variables, now_ms=p.now, reads_json=True)
    known = p.state.decisions.members(decision.requirements_key)
    evaluation_key = p.state.next_key()
    instance: ProcessInstance | None = p.state.instance_of(element) if element is not None else None
    event = DecisionEvaluated(
        evaluation_key,
        decision.key,
        decision.decision_id,
        decision.requirements_key,
        decision.requirements_id,
        tuple(_report(p, each, known) for each in result.evaluated),
        result.failure_message,
        result.failed_decision_id,
        instance.process_definition_key if instance is not None else 0,
        instance.process_id if instance is not None else "",
        instance.key if instance is not None else 0,
        element.key if element is not None else 0,
        decision.tenant_id,
    )
    p.emit(event)
    return event, "" if result.failed else feel.to_json(result.output)


def delete(p: Processing, key: int) -> bool:
    """Delete a requirements graph with its decisions; False if no graph has that key."""
    if p.state.decisions.requirements(key) is None:
        return False
    p.emit(DecisionRequirementsDeleted(key))
    return True


def _report(p: Processing, each: dmn.EvaluatedDecision, known: dict[str, DecisionDefinition]) -> DecisionReport:
    row = known.get(each.id)
    version = row.version if row is not None else NO_DECISION
    return DecisionReport(
        p.state.next_key(),
        row.key if row is not None else NO_DECISION,
        each.id,
        each.name,
        version,
        each.type,
        feel.to_json(each.output),
        tuple(InputReport(given.id, given.name, feel.to_json(given.value)) for given in each.inputs),
        tuple(
            RuleReport(
                rule.id or f"ZB_SYNTH_RULE_ID_{each.id}_v{version}_r{rule.index}",
                rule.index,
                tuple(OutputReport(made.id, made.name, feel.to_json(made.value)) for made in rule.outputs),
            )
            for rule in each.matched_rules
        ),
    )
