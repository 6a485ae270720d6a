"""Conditional start events, evaluated when a client has new facts."""

from __future__ import annotations

from typing import ClassVar

from kiang.gateway.rest.body import Answer, Request, Variables, document
from kiang.gateway.rest.call import Call
from kiang.gateway.rest.operation import Resource
from kiang.gateway.rest.shapes import KeyText, key_text
from kiang.gateway.rest.validation import Key, Violations
from kiang.protocol.answers import ConditionalsEvaluated
from kiang.protocol.commands import EvaluateConditionals

CONDITIONALS = Resource("Conditional")


class ConditionalEvaluationInstruction(Request, frozen=True):
    """The facts, and the definition if only one is meant."""

    REQUIRED: ClassVar[tuple[str, ...]] = ("variables",)

    variables: Variables | None = None
    tenant_id: str | None = None
    process_definition_key: Key = None


class ProcessInstanceReference(Answer, frozen=True):
    """An instance that was started."""

    process_definition_key: KeyText
    process_instance_key: KeyText


class EvaluateConditionalResult(Answer, frozen=True):
    """What was started."""

    conditional_evaluation_key: KeyText
    tenant_id: str
    process_instances: list[ProcessInstanceReference]


@CONDITIONALS.post(
    "/conditionals/evaluation",
    "evaluateConditionals",
    since="8.9",
    body=ConditionalEvaluationInstruction,
    answer=EvaluateConditionalResult,
)
async def evaluate_conditionals(call: Call) -> EvaluateConditionalResult:
    """Start instances at the conditional start events whose conditions hold."""
    body: ConditionalEvaluationInstruction = call.body
    violations = Violations()
    if not body.variables:
        violations.add("No variables provided")
    tenant_id = violations.tenant(body.tenant_id, "Evaluate Conditional")
    key = violations.optional_key(body.process_definition_key, "processDefinitionKey")
    violations.check()
    found: ConditionalsEvaluated = await call.execute(
        EvaluateConditionals(document(body.variables), process_definition_key=key, tenant_id=tenant_id)
    )
    return EvaluateConditionalResult(
        conditional_evaluation_key=key_text(found.key),
        tenant_id=found.tenant_id,
        process_instances=[
            ProcessInstanceReference(
                process_definition_key=key_text(definition), process_instance_key=key_text(started)
            )
            for definition, started in found.instances
        ],
    )
