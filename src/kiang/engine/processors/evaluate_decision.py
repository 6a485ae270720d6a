"""EvaluateDecision (protocol §3.11)."""

from __future__ import annotations

from kiang import feel
from kiang.engine.actions import decisions
from kiang.engine.actions.expressions import ClusterVariables, Shadowed
from kiang.engine.failure import Failure
from kiang.engine.processing import Processing, Refused
from kiang.engine.state.decision import DecisionDefinition
from kiang.protocol.answers import EvaluatedDecision
from kiang.protocol.commands import EvaluateDecision
from kiang.protocol.enums import RejectionType

NEITHER_TEXT = "Expected either a decision id or a valid decision key, but none provided"


def evaluate_decision(p: Processing, command: EvaluateDecision) -> EvaluatedDecision:
    """Evaluate a decision; that it fails is an answer, too."""
    decision = _find(p, command)
    given = {name: feel.from_json(value) for name, value in command.variables.items()}
    variables = Shadowed(given, ClusterVariables(p.state, decision.tenant_id))
    try:
        event, output = decisions.evaluate(p, decision, variables)
    except Failure as failure:
        raise Refused(RejectionType.INVALID_ARGUMENT, failure.message) from None
    return EvaluatedDecision(
        event.key,
        decision.key,
        decision.decision_id,
        decision.name,
        decision.version,
        decision.requirements_key,
        decision.requirements_id,
        output,
        event.decisions,
        event.failed_decision_id,
        event.failure,
        decision.tenant_id,
    )


def _find(p: Processing, command: EvaluateDecision) -> DecisionDefinition:
    """The decision that the command names.

    Raises:
        Refused: There is none.
    """
    known = p.state.decisions
    if command.decision_id:
        found = known.latest(command.decision_id, command.tenant_id)
        text = decisions.NOT_FOUND_TEXT.format(id=command.decision_id)
    elif command.decision_key >= 0:
        found = known.by_key(command.decision_key, command.tenant_id)
        text = decisions.NOT_FOUND_BY_KEY_TEXT.format(key=command.decision_key)
    else:
        raise Refused(RejectionType.INVALID_ARGUMENT, NEITHER_TEXT)
    if found is None:
        raise Refused(RejectionType.INVALID_ARGUMENT, text)
    return found
