"""Multi-instance body: runs its activity once for each item of a collection (engine-semantics §16).

It has the same id as the activity; boundary events are on the body, mappings and listeners on each inner instance.
"""

from __future__ import annotations

import re
from typing import Any

from kiang import feel
from kiang.bpmn.model import Expression, FlowNode, LoopCharacteristics
from kiang.engine.actions import flows, subscriptions
from kiang.engine.actions.expressions import (
    Shadowed,
    VisibleVariables,
    evaluate,
    evaluate_boolean,
    evaluate_list,
    variables_of,
)
from kiang.engine.actions.variables import propagate, set_local, set_variable
from kiang.engine.elements.behavior import ContainerBehavior, activated, complete_soon
from kiang.engine.failure import Failure
from kiang.engine.processing import Processing
from kiang.engine.state.cluster_variable import NAMESPACE
from kiang.engine.state.element_instance import ElementInstance
from kiang.engine.state.state import Scope
from kiang.protocol.commands import ActivateInnerInstances, TerminateChildren
from kiang.protocol.document import Document
from kiang.protocol.enums import ElementState, ErrorType
from kiang.protocol.events import LoopAdvanced, VariableItemSet

ACTIVATED_MAX = 100
"""Inner instances that are activated in one step; the rest follows step by step."""

SAME_VARIABLE_TEXT = "This may happen when multiple BPMN elements write to the same variable."

LOOP_COUNTER = "loopCounter"

_CHANGES_BY_ITSELF = re.compile(rf"\b(?:now|today|random\s+number|uuid)\s*\(|\b{NAMESPACE}\b")
"""What has a value that does not depend on the variables of the process alone."""

_PATH = re.compile(r"\s*([^\W\d]\w*)(?:\s*\.\s*[^\W\d]\w*)*\s*")


class MultiInstanceBody(ContainerBehavior):
    """The body; the activity in it behaves as if it stood alone."""

    def activate(self, p: Processing, element: Scope, node: FlowNode) -> None:
        """Begin the loop."""
        loop = _loop(node)
        opens = subscriptions.prepare(p, element, node.boundary_events)
        items = _items(p, element, loop)
        for open_ in opens:
            open_()
        if loop.output_collection:
            set_variable(p, element, loop.output_collection, "[" + ",".join(["null"] * len(items)) + "]")
        activated(p, element)
        if not items:
            complete_soon(p, element)
        elif loop.sequential:
            _activate_next(p, element, node)
        else:
            p.emit(LoopAdvanced(element.key, len(items)))
            p.enqueue(ActivateInnerInstances(element.key, 1))

    def child_activating(self, p: Processing, scope: Scope, child: Scope) -> None:
        """Give an inner instance its item and its number.

        Raises:
            Failure: The collection has no such item any more.
        """
        assert scope.node is not None
        assert isinstance(child, ElementInstance)
        loop = _loop(scope.node)
        items = _items(p, scope, loop)
        number = child.loop_counter
        if number > len(items):
            text = (
                f"Expected to read item at index {number} of the multiInstanceBody input collection but it contains only"
                f" {len(items)} elements. The input collection might be modified while iterating over it."
            )
            raise Failure(ErrorType.EXTRACT_VALUE_ERROR, text, child.key)
        variables: Document = {}
        if loop.input_element:
            variables[loop.input_element] = feel.to_json(items[number - 1])
        result = _variable_of(loop.output_element)
        if result and result not in {loop.input_element, LOOP_COUNTER}:
            variables[result] = "null"
        variables[LOOP_COUNTER] = str(number)
        set_local(p, child, variables)

    def before_path_ends(self, p: Processing, scope: Scope, child: Scope) -> bool:
        """Collect the result of an inner instance.

        Returns:
            Whether the completion condition holds.

        Raises:
            Failure: An expression cannot be evaluated, that of the collection among them: the loop needs it to go on.
        """
        assert scope.node is not None
        loop = _loop(scope.node)
        if loop.output_collection and loop.output_element is not None:
            _collect(p, scope, child, loop)
        items = _items(p, scope, loop)
        if loop.completion_condition is None:
            return False
        return evaluate_boolean(p, child, loop.completion_condition, _counters(p, scope, child, len(items)))

    def path_ended(self, p: Processing, scope: Scope, child: Scope, *, is_done: bool) -> None:
        """On to the next item, or the end."""
        if scope.state != ElementState.ACTIVATED:
            return
        assert scope.node is not None
        assert isinstance(child, ElementInstance)
        assert isinstance(scope, ElementInstance)
        loop = _loop(scope.node)
        if is_done:
            p.emit(LoopAdvanced(scope.key, -1))
            if scope.children:
                p.enqueue(TerminateChildren(scope.key))
            else:
                complete_soon(p, scope)
        elif loop.sequential and scope.loop_counter >= 0:
            if child.loop_counter < len(_items(p, scope, loop)):
                _activate_next(p, scope, scope.node)
            else:
                complete_soon(p, scope)
        elif not scope.children and not _is_starting(scope):
            complete_soon(p, scope)

    def child_terminated(self, p: Processing, scope: Scope, child: Scope) -> None:
        """An inner instance that was ended counts as one that is over."""
        if scope.state == ElementState.ACTIVATED and not scope.children:
            complete_soon(p, scope)
        else:
            super().child_terminated(p, scope, child)

    def apply_outputs(self, p: Processing, element: Scope, node: FlowNode, variables: Document) -> None:  # noqa: ARG002
        """Bring the collected results out."""
        name = _loop(node).output_collection
        found = (element.variables or {}).get(name) if name else None
        if found is not None:
            propagate(p, p.state.resident(element.scope_key), {name: found.text()})


def activate_inner_instances(p: Processing, command: ActivateInnerInstances) -> None:
    """Activate a portion of the inner instances of a parallel body."""
    body = p.state.scope(command.key)
    if body is None or body.state != ElementState.ACTIVATED or body.node is None or body.node.inner is None:
        return
    assert isinstance(body, ElementInstance)
    last = min(body.loop_counter, command.first + ACTIVATED_MAX - 1)  # -1 when the loop is done already
    for number in range(command.first, last + 1):
        flows.enter(p, body, body.node.inner, loop_counter=number)
    if last < body.loop_counter:
        p.enqueue(ActivateInnerInstances(body.key, last + 1))


def _loop(node: FlowNode) -> LoopCharacteristics:
    assert node.loop is not None
    return node.loop


def _activate_next(p: Processing, body: Scope, node: FlowNode) -> None:
    assert isinstance(body, ElementInstance)
    assert node.inner is not None
    number = body.loop_counter + 1
    p.emit(LoopAdvanced(body.key, number))
    flows.enter(p, body, node.inner, loop_counter=number)


def _is_starting(body: ElementInstance) -> bool:
    """Whether inner instances of a parallel body are still to come."""
    return body.completed_count + body.terminated_count < body.loop_counter


def _items(p: Processing, body: Scope, loop: LoopCharacteristics) -> list[Any]:
    """The input collection as it is now. It is looked at for every item, so it is evaluated again only when it can have changed.

    Raises:
        Failure: It is no list.
    """
    expression = loop.input_collection
    if expression.feel is None or _CHANGES_BY_ITSELF.search(expression.text):
        return evaluate_list(p, body, expression)
    assert isinstance(body, ElementInstance)
    read = [p.state.variable(body, name) for name in sorted(feel.variables_of(expression.feel))]
    made_of = tuple([None if variable is None else (variable.key, variable.text()) for variable in read])
    if body.loop_items is not None and body.loop_items[0] == made_of:
        return body.loop_items[1]
    items = evaluate_list(p, body, expression)
    body.loop_items = (made_of, items)
    return items


def _variable_of(expression: Expression | None) -> str:
    """The variable that an expression reads if it is just that, or a property of it."""
    match = _PATH.fullmatch(expression.text) if expression is not None else None
    return match[1] if match is not None else ""


def _collect(p: Processing, body: Scope, child: Scope, loop: LoopCharacteristics) -> None:
    assert loop.output_element is not None
    assert isinstance(child, ElementInstance)
    name = loop.output_collection
    value = feel.to_json(evaluate(p, child, loop.output_element))
    known = (body.variables or {}).get(name)
    expected = f"Unable to update an item in output collection '{name}'"
    items = None if known is None else known.list_items()
    if known is None or items is None:
        kind = "NIL" if known is None else _message_pack_type(known.text())
        text = f"{expected} because the type of the output collection is: {kind}. {SAME_VARIABLE_TEXT}"
        raise Failure(ErrorType.EXTRACT_VALUE_ERROR, text, child.key)
    if child.loop_counter > len(items):
        text = (
            f"{expected} at position {child.loop_counter} because the size of the collection is: {len(items)}."
            f" {SAME_VARIABLE_TEXT}"
        )
        raise Failure(ErrorType.EXTRACT_VALUE_ERROR, text, child.key)
    if items[child.loop_counter - 1] != value:
        p.emit(VariableItemSet(known.key, body.key, name, child.loop_counter - 1, value))


def _message_pack_type(value: str) -> str:
    kinds = {"{": "MAP", '"': "STRING", "t": "BOOLEAN", "f": "BOOLEAN", "n": "NIL"}
    return kinds.get(value[0], "FLOAT" if set(value) & set(".eE") else "INTEGER")


def _counters(p: Processing, body: Scope, child: Scope, item_count: int) -> Shadowed:
    """What a completion condition sees in front of the variables of the inner instance that is about to complete."""
    assert isinstance(body, ElementInstance)
    values = {
        "numberOfInstances": item_count,
        "numberOfActiveInstances": len(body.children or ()) - 1,
        "numberOfCompletedInstances": body.completed_count + 1,
        "numberOfTerminatedInstances": body.terminated_count,
    }
    seen: VisibleVariables = variables_of(p, child)
    return Shadowed(values, seen)
