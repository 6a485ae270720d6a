"""The process itself: the root scope of an instance (engine-semantics §9, §22)."""

from __future__ import annotations

from kiang.bpmn.model import FlowNode
from kiang.engine.actions import agents, event_trigger, flows, instances, messages, results
from kiang.engine.elements.behavior import ContainerBehavior, activated, terminated
from kiang.engine.processing import Processing
from kiang.engine.state.process_instance import ProcessInstance
from kiang.engine.state.state import Scope
from kiang.protocol.document import Document
from kiang.protocol.enums import ElementState
from kiang.protocol.events import ElementCompleted


def ended(p: Processing, instance: ProcessInstance) -> None:
    """What follows the end of an instance, completed or terminated."""
    if instance.correlation_key:
        messages.instance_ended(p, instance)
    if p.state.has_agents:
        agents.instance_ended(p, instance)


class Process(ContainerBehavior):
    """Begins at its none start event, unless the creation named other elements, and completes when nothing inside is left."""

    def activate(self, p: Processing, element: Scope, node: FlowNode) -> None:
        """Enter the start event."""
        event = event_trigger.kept(element) if element.trigger else None
        activated(p, element)
        if event is not None:
            flows.enter(p, element, p.state.node(element, event.element_id), event.variables)
        elif node.none_start is not None:
            flows.enter(p, element, node.none_start)

    def apply_outputs(self, p: Processing, element: Scope, node: FlowNode, variables: Document) -> None:
        """A process has no outputs: its variables are its result."""

    def complete(self, p: Processing, element: Scope, node: FlowNode) -> None:  # noqa: ARG002 - the hook's signature
        """Answer those who await the result."""
        results.answer(p, p.state.instance_of(element))
        p.emit(ElementCompleted(element.key))
        instance = p.state.resident_instance(element.key)
        if instance.parent_element_instance_key:
            instances.called_completed(p, instance)
        ended(p, instance)

    def terminated(self, p: Processing, element: Scope) -> None:
        """The instance was ended; a call activity that waits for that ends too."""
        instance = p.state.resident_instance(element.key)
        if instance.parent_element_instance_key:
            caller = p.state.scope(instance.parent_element_instance_key)
            if caller is not None and caller.state == ElementState.TERMINATING:
                terminated(p, caller)
        ended(p, instance)
