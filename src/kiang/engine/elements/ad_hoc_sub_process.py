"""Ad-hoc sub-process: elements without order; an expression, a client or a job worker says what begins (engine-semantics §21).

Each activation runs in a scope of its own, the inner instance, so that its variables stay there.
"""

from __future__ import annotations

import msgspec

from kiang import feel
from kiang.bpmn.model import AdHoc, FlowNode
from kiang.engine.actions import ad_hoc, jobs, subscriptions
from kiang.engine.actions.expressions import evaluate, evaluate_boolean, evaluate_list, wrong_type
from kiang.engine.actions.variables import propagate, set_local, set_variable
from kiang.engine.elements.behavior import ContainerBehavior, activated, complete_soon
from kiang.engine.failure import Failure
from kiang.engine.processing import Processing
from kiang.engine.state.state import Scope
from kiang.protocol.commands import TerminateChildren
from kiang.protocol.document import Document
from kiang.protocol.enums import ElementState, ElementType, ErrorType, JobKind

ELEMENTS_VARIABLE = "adHocSubProcessElements"
"""Local variable that tells workers and expressions what can be activated."""

_print = msgspec.json.Encoder().encode


class AdHocSubProcess(ContainerBehavior):
    """Completes when its condition holds, without one when nothing is active any more; with a job, when its worker says so."""

    def activate(self, p: Processing, element: Scope, node: FlowNode) -> None:
        """Begin what the collection names, or ask the worker."""
        definition = _ad_hoc(node)
        set_local(p, element, {ELEMENTS_VARIABLE: _elements_text(node)})
        if definition.output_collection:
            set_variable(p, element, definition.output_collection, "[]")
        if node.job is not None:
            job = jobs.evaluate(p, element, node.job)._replace(kind=JobKind.AD_HOC_SUB_PROCESS)
            subscriptions.open_for(p, element, node)
            activated(p, element)
            jobs.put(p, element, job)
            return
        ids = self._active_elements(p, element, node, definition)
        subscriptions.open_for(p, element, node)
        activated(p, element)
        for id_ in ids:
            ad_hoc.activate(p, element, id_, {})

    def before_path_ends(self, p: Processing, scope: Scope, child: Scope) -> bool:
        """Collect the result of an inner instance.

        Returns:
            Whether the completion condition holds.
        """
        assert scope.node is not None
        definition = _ad_hoc(scope.node)
        if definition.output_collection and definition.output_element is not None:
            _collect(p, scope, child, definition)
        if definition.completion_condition is None or scope.node.job is not None:
            return False
        return evaluate_boolean(p, scope, definition.completion_condition)

    def path_ended(self, p: Processing, scope: Scope, child: Scope, *, is_done: bool) -> None:  # noqa: ARG002
        """An inner instance has ended."""
        if scope.state != ElementState.ACTIVATED:
            return
        assert scope.node is not None
        definition = _ad_hoc(scope.node)
        if scope.node.job is not None:
            self._ask_again(p, scope)
        elif is_done and scope.children and definition.cancel_remaining_instances:
            p.enqueue(TerminateChildren(scope.key))
        elif not scope.children and (is_done or definition.completion_condition is None):
            complete_soon(p, scope)

    def apply_outputs(self, p: Processing, element: Scope, node: FlowNode, variables: Document) -> None:
        """Bring the collected results out, too."""
        super().apply_outputs(p, element, node, variables)
        name = _ad_hoc(node).output_collection
        found = (element.variables or {}).get(name) if name else None
        if found is not None:
            propagate(p, p.state.resident(element.scope_key), {name: found.text()})

    def go_on(self, p: Processing, element: Scope, node: FlowNode) -> None:
        """The incident of the job's expressions was resolved."""
        if node.job is not None and not element.job_key:
            self._ask_again(p, element)

    @staticmethod
    def _ask_again(p: Processing, scope: Scope) -> None:
        """Give the worker a new job; only one is there at a time."""
        assert scope.node is not None
        assert scope.node.job is not None
        if scope.trigger:  # the worker has said that it is done
            if not scope.children:
                complete_soon(p, scope)
            return
        job = jobs.evaluate(p, scope, scope.node.job)._replace(kind=JobKind.AD_HOC_SUB_PROCESS)
        jobs.cancel_of(p, scope)
        jobs.put(p, scope, job)

    @staticmethod
    def _active_elements(p: Processing, element: Scope, node: FlowNode, definition: AdHoc) -> list[str]:
        expression = definition.active_elements
        if expression is None:
            return []
        ids = evaluate_list(p, element, expression)
        if not all(type(id_) is str for id_ in ids):
            raise wrong_type(p, element, expression, ids, "'ARRAY' containing 'STRING' items")
        unknown = ad_hoc.unknown_elements(node, ids)
        if unknown:
            text = f"Failed to activate ad-hoc elements. No BPMN elements found with ids: {', '.join(unknown)}."
            raise Failure(ErrorType.EXTRACT_VALUE_ERROR, text, element.key)
        return ids


class AdHocInnerInstance(ContainerBehavior):
    """The scope of one activated element and what follows it."""

    def activate(self, p: Processing, element: Scope, node: FlowNode) -> None:  # noqa: ARG002 - the hook's signature
        """Enter the element."""
        ad_hoc.enter_started(p, element)


def _ad_hoc(node: FlowNode) -> AdHoc:
    assert node.ad_hoc is not None
    return node.ad_hoc


def _elements_text(node: FlowNode) -> str:
    elements = [
        {"elementId": child.id, "elementName": child.name or child.id, "properties": child.properties}
        for child in ad_hoc.startable(node)
    ]
    return _print(elements).decode()


def _collect(p: Processing, scope: Scope, child: Scope, definition: AdHoc) -> None:
    assert definition.output_element is not None
    value = feel.to_json(evaluate(p, child, definition.output_element))
    name = definition.output_collection
    known = (scope.variables or {}).get(name)
    if known is None or not known.text().startswith("["):
        text = (
            f"Unable to update an item in output collection '{name}' because it is no list. This may happen when multiple"
            " BPMN elements write to the same variable."
        )
        raise Failure(ErrorType.EXTRACT_VALUE_ERROR, text, child.key)
    items = known.text()[1:-1]
    set_variable(p, scope, name, f"[{items},{value}]" if items else f"[{value}]")


TYPES = {
    ElementType.AD_HOC_SUB_PROCESS: AdHocSubProcess(),
    ElementType.AD_HOC_SUB_PROCESS_INNER_INSTANCE: AdHocInnerInstance(),
}
