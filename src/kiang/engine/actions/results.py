"""Results: the variables of a completed instance, for those who have created it and wait (engine-semantics §22)."""

from __future__ import annotations

from kiang.engine.processing import Processing
from kiang.engine.state.process_instance import ProcessInstance
from kiang.engine.state.state import Scope
from kiang.protocol.answers import ProcessInstanceCreated, ProcessInstanceResult
from kiang.protocol.document import Document


def answer(p: Processing, instance: ProcessInstance) -> None:
    """The instance completes: give its variables to the one who awaits them, if somebody does."""
    fetch = p.state.awaited.pop(instance.key, None)
    if fetch is not None:
        p.results.append(
            (instance.key, ProcessInstanceResult(created_answer(instance), root_variables(instance, fetch)))
        )


def created_answer(instance: ProcessInstance) -> ProcessInstanceCreated:
    """What the one who creates an instance is told."""
    return ProcessInstanceCreated(
        instance.key,
        instance.process_definition_key,
        instance.process_id,
        instance.version,
        instance.tenant_id,
        tuple(instance.tags.split()),
        instance.business_id,
    )


def root_variables(instance: Scope, fetch: tuple[str, ...]) -> Document:
    """Variables of the instance's own scope, all or those that were asked for."""
    variables = instance.variables or {}
    return {name: variable.text() for name, variable in variables.items() if not fetch or name in fetch}
