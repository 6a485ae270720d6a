"""The process itself: the root scope of an instance (engine-semantics §9, §22)."""

from __future__ import annotations

from kiang.bpmn.model import FlowNode
from kiang.engine.actions import flows, results
from kiang.engine.elements.behavior import ContainerBehavior, activated
from kiang.engine.processing import Processing
from kiang.engine.state.state import Scope
from kiang.protocol.document import Document
from kiang.protocol.events import ElementCompleted


class Process(ContainerBehavior):
    """Begins at its none start event, unless the creation named other elements, and completes when nothing inside is left."""

    def activate(self, p: Processing, element: Scope, node: FlowNode) -> None:
        """Enter the start event."""
        activated(p, element)
        if node.none_start is not None:
            flows.enter(p, element, node.none_start)

    def apply_outputs(self, p: Processing, element: Scope, node: FlowNode, variables: Document) -> None:
        """A process has no outputs: its variables are its result."""

    def complete(self, p: Processing, element: Scope, node: FlowNode) -> None:  # noqa: ARG002 - the hook's signature
        """Answer those who await the result."""
        results.answer(p, element)
        p.emit(ElementCompleted(element.key))
