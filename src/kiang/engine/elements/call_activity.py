"""Call activity: an instance of another process does the work (engine-semantics §17)."""

from __future__ import annotations

from kiang.bpmn.model import CalledElement, FlowNode
from kiang.engine.actions import instances, subscriptions
from kiang.engine.actions.expressions import evaluate_text
from kiang.engine.elements.behavior import ElementBehavior, activated, terminated
from kiang.engine.failure import Failure
from kiang.engine.processing import Processing
from kiang.engine.state.definition import Definition
from kiang.engine.state.element_instance import ElementInstance
from kiang.engine.state.state import Scope
from kiang.protocol.commands import TerminateElement
from kiang.protocol.document import Document
from kiang.protocol.enums import BindingType, ErrorType

DEPTH_MAX = 1_000
"""Instances that may stand above each other by calls."""

TOO_DEEP_TEXT = (
    f"The call activity has reached the maximum depth of {DEPTH_MAX}. This is likely due to a recursive call. Cancel the root"
    " process instance if this was unintentional. Otherwise, consider increasing the maximum depth, or use process instance"
    " modification to adjust the process instance."
)


class CallActivity(ElementBehavior):
    """Waits until the called instance has completed."""

    def activate(self, p: Processing, element: Scope, node: FlowNode) -> None:
        """Find the process, and start an instance of it."""
        called = node.called_element
        assert called is not None
        process_id = evaluate_text(p, element, called.process_id)
        definition = _find(p, element, called, process_id)
        if definition.process.root.none_start is None:
            text = f"Expected process with BPMN process id '{process_id}' to have a none start event, but not found."
            raise Failure(ErrorType.CALLED_ELEMENT_ERROR, text, element.key)
        if _depth(p, element) >= DEPTH_MAX:
            raise Failure(ErrorType.CALLED_ELEMENT_ERROR, TOO_DEEP_TEXT, element.key)
        subscriptions.open_for(p, element, node)
        activated(p, element)
        instances.call(p, element, definition, _variables(p, element, node, called))

    def terminate(self, p: Processing, element: Scope, node: FlowNode) -> None:  # noqa: ARG002 - the hook's signature
        """End the called instance first."""
        assert isinstance(element, ElementInstance)
        if element.called_instance_key and p.state.instance(element.called_instance_key) is not None:
            p.enqueue(TerminateElement(element.called_instance_key))
        else:
            terminated(p, element)


def _find(p: Processing, element: Scope, called: CalledElement, process_id: str) -> Definition:
    tenant_id = element.tenant_id
    match called.binding:
        case BindingType.DEPLOYMENT:
            caller = p.state.definition(element.process_definition_key)
            assert caller is not None
            key = caller.row.deployment_key
            definition = p.state.definition_in_deployment(process_id, key, tenant_id)
            text = (
                f"Expected to call process with BPMN process id '{process_id}' with binding type 'deployment', but no such"
                f" process found in the deployment with key {key} which contained the current process. To resolve this"
                " incident, migrate the process instance to a process definition that is deployed together with the"
                " intended process definition to call."
            )
        case BindingType.VERSION_TAG:
            definition = p.state.definition_tagged(process_id, called.version_tag, tenant_id)
            text = (
                f"Expected to call process with BPMN process id '{process_id}' and version tag '{called.version_tag}', but"
                " no such process found. To resolve this incident, deploy a process with the given process id and version"
                " tag."
            )
        case _:
            definition = p.state.latest_definition(process_id, tenant_id)
            text = f"Expected process with BPMN process id '{process_id}' to be deployed, but not found."
    if definition is None:
        raise Failure(ErrorType.CALLED_ELEMENT_ERROR, text, element.key)
    return definition


def _depth(p: Processing, element: Scope) -> int:
    depth = 1
    instance = p.state.instance_of(element)
    while instance.parent_process_instance_key:
        caller = p.state.instance(instance.parent_process_instance_key)
        if caller is None:
            break
        instance = caller
        depth += 1
    return depth


def _variables(p: Processing, element: Scope, node: FlowNode, called: CalledElement) -> Document:
    """What the called instance begins with."""
    if called.propagate_all_parent_variables:
        return {name: variable.text() for name, variable in p.state.visible_variables(element).items()}
    if node.inputs is not None:
        return {name: variable.text() for name, variable in (element.variables or {}).items()}
    return {}
