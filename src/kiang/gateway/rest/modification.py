"""Modification of process instances: what the API lets a client say, as element instances to activate and to terminate.

An instruction that names an element by its id means its active instances at this moment.
"""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from kiang.gateway.rest.body import Int64, Request, Variables, document
from kiang.gateway.rest.validation import Key, Violations
from kiang.protocol.commands import ModifyActivation, ModifyProcessInstance, ModifyVariables
from kiang.protocol.enums import ElementState
from kiang.search.statement import Run

ANCESTORS = ("direct", "inferred", "sourceParent")
SOURCES = ("byId", "byKey")


class VariableInstruction(Request, frozen=True):
    """Variables to set with an activation."""

    REQUIRED: ClassVar[tuple[str, ...]] = ("variables",)

    variables: Variables | None = None
    scope_id: str | None = None


class ActivateInstruction(Request, frozen=True):
    """An element to activate."""

    REQUIRED: ClassVar[tuple[str, ...]] = ("elementId",)

    element_id: str | None = None
    variable_instructions: list[VariableInstruction] | None = None
    ancestor_element_instance_key: Key = None


class TerminateInstruction(Request, frozen=True):
    """Element instances to terminate: one by key, or all of an element."""

    element_instance_key: Key = None
    element_id: str | None = None


class SourceElementInstruction(Request, frozen=True):
    """What is moved: one element instance, or all of an element."""

    source_type: str | None = None
    source_element_id: str | None = None
    source_element_instance_key: Key = None


class AncestorScopeInstruction(Request, frozen=True):
    """The scope in which a moved element begins."""

    ancestor_scope_type: str | None = None
    ancestor_element_instance_key: Key = None


class MoveInstruction(Request, frozen=True):
    """Terminate here, activate there, once for each that was terminated."""

    REQUIRED: ClassVar[tuple[str, ...]] = ("sourceElementInstruction", "targetElementId")

    source_element_instruction: SourceElementInstruction | None = None
    target_element_id: str | None = None
    ancestor_scope_instruction: AncestorScopeInstruction | None = None
    variable_instructions: list[VariableInstruction] | None = None


class ProcessInstanceModificationInstruction(Request, frozen=True):
    """What to do to a process instance."""

    operation_reference: Int64 | None = None
    activate_instructions: list[ActivateInstruction] | None = None
    move_instructions: list[MoveInstruction] | None = None
    terminate_instructions: list[TerminateInstruction] | None = None


class ActiveElement(NamedTuple):
    """An element instance that has not ended."""

    key: int
    element_id: str
    scope_key: int


def needs_elements(body: ProcessInstanceModificationInstruction) -> bool:
    """Whether something in it can only be said with the active element instances at hand."""
    return bool(body.move_instructions) or any(one.element_id is not None for one in body.terminate_instructions or ())


def active_elements(run: Run, process_instance_key: int) -> list[ActiveElement]:
    """The active element instances of a process instance, oldest first."""
    rows = run(
        "SELECT e.key, e.element_id, e.scope_key FROM element_instance e "  # noqa: S608 - a number of ours
        f"WHERE e.process_instance_key = ? AND e.state < {int(ElementState.COMPLETED)} ORDER BY e.key",
        [process_instance_key],
    )
    return [ActiveElement(*row) for row in rows]


def modification(
    key: int, body: ProcessInstanceModificationInstruction, elements: list[ActiveElement]
) -> ModifyProcessInstance:
    """The command.

    Raises:
        Problem: The body has faults; all are told.
    """
    violations = Violations()
    violations.operation_reference(body.operation_reference)
    activate = [_activation(one, violations) for one in body.activate_instructions or ()]
    terminate: list[int] = []
    for instruction in body.terminate_instructions or ():
        terminate += _terminated(instruction, elements, violations)
    for move in body.move_instructions or ():
        activations, moved = _moved(move, elements, violations)
        activate += activations
        terminate += moved
    violations.check()
    return ModifyProcessInstance(key, tuple(activate), tuple(dict.fromkeys(terminate)))


def _activation(instruction: ActivateInstruction, violations: Violations) -> ModifyActivation:
    element_id = violations.text(instruction.element_id, "elementId")
    ancestor = violations.optional_key(instruction.ancestor_element_instance_key, "ancestorElementInstanceKey")
    return ModifyActivation(element_id, max(ancestor, 0), _variables(instruction.variable_instructions, violations))


def _variables(instructions: list[VariableInstruction] | None, violations: Violations) -> tuple[ModifyVariables, ...]:
    for instruction in instructions or ():
        if not instruction.variables:
            violations.add("No variables provided")
    return tuple(ModifyVariables(document(one.variables), one.scope_id or "") for one in instructions or ())


def _terminated(instruction: TerminateInstruction, elements: list[ActiveElement], violations: Violations) -> list[int]:
    if (instruction.element_id is None) == (instruction.element_instance_key is None):
        at_least = "At least one of" if instruction.element_id is None else "Only one of"
        ending = "is required" if instruction.element_id is None else "is allowed"
        violations.add(f"{at_least} [elementId, elementInstanceKey] {ending}")
        return []
    if instruction.element_id is None:
        return [violations.key(instruction.element_instance_key, "elementInstanceKey")]
    return [element.key for element in elements if element.element_id == instruction.element_id]


def _moved(
    move: MoveInstruction, elements: list[ActiveElement], violations: Violations
) -> tuple[list[ModifyActivation], list[int]]:
    target = violations.text(move.target_element_id, "targetElementId")
    variables = _variables(move.variable_instructions, violations)
    source = move.source_element_instruction
    if source is None or source.source_type not in SOURCES:
        given = None if source is None else source.source_type
        violations.add(
            f"Cannot map value '{given}' for type 'sourceType'. Use any of the following values: [{', '.join(SOURCES)}]"
        )
        return [], []
    if source.source_type == "byKey":
        key = violations.key(source.source_element_instance_key, "sourceElementInstanceKey")
        sources = [element for element in elements if element.key == key] or [ActiveElement(key, "", 0)]
    else:
        element_id = violations.text(source.source_element_id, "sourceElementId")
        sources = [element for element in elements if element.element_id == element_id]
    ancestor = move.ancestor_scope_instruction
    kind = "inferred" if ancestor is None else ancestor.ancestor_scope_type
    if kind not in ANCESTORS:
        violations.add(
            f"Cannot map value '{kind}' for type 'ancestorScopeType'. "
            f"Use any of the following values: [{', '.join(ANCESTORS)}]"
        )
        return [], []
    direct = 0
    if ancestor is not None and kind == "direct":
        direct = violations.key(ancestor.ancestor_element_instance_key, "ancestorElementInstanceKey")
    activations = [
        ModifyActivation(target, element.scope_key if kind == "sourceParent" else direct, variables)
        for element in sources
    ]
    return activations, [element.key for element in sources]
