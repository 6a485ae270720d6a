"""EvaluateConditionals: start what conditional start events want to start (engine-semantics §21)."""

from __future__ import annotations

from kiang.engine.actions import conditions
from kiang.engine.processing import Processing, Refused
from kiang.protocol.answers import ConditionalsEvaluated
from kiang.protocol.commands import EvaluateConditionals
from kiang.protocol.enums import RejectionType


def evaluate_conditionals(p: Processing, command: EvaluateConditionals) -> ConditionalsEvaluated:
    """Conditions that cannot be evaluated with the variables do not hold."""
    definition_key = command.process_definition_key
    if definition_key > 0:
        definition = p.state.definition(definition_key)
        if definition is None or definition.row.is_deleted or definition.row.tenant_id != command.tenant_id:
            text = (
                "Expected to evaluate conditional start events of process definition with key"
                f" '{definition_key}', but no such process definition was found"
            )
            raise Refused(RejectionType.NOT_FOUND, text)
    key = p.state.next_key()
    started = conditions.start_instances(p, command.variables, command.tenant_id, definition_key)
    return ConditionalsEvaluated(key, command.tenant_id, tuple(started))
