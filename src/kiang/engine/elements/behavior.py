"""What an element does at each step of its life. One subclass per BPMN element, in the file of its name.

`lifecycle` calls these hooks; they end in one of the functions below. A hook may raise `Failure` before it has emitted anything that must
not be repeated: it is called again when the incident is resolved.
"""

from __future__ import annotations

from kiang.bpmn.model import FlowNode
from kiang.engine.actions import compensation, event_trigger, flows, joins, mappings, subscriptions
from kiang.engine.actions.variables import propagate, set_local
from kiang.engine.processing import Processing
from kiang.engine.state.state import Scope
from kiang.engine.state.tokens import has_tokens
from kiang.protocol.commands import CompleteElement, TerminateChildren, TerminateElement
from kiang.protocol.document import Document
from kiang.protocol.enums import ElementState, ElementType
from kiang.protocol.events import ElementActivated, ElementCompleted, ElementTerminated

BEHAVIORS: dict[ElementType, ElementBehavior] = {}
"""Filled by `elements/__init__`."""


class ElementBehavior:
    """An element that does nothing but pass a token on."""

    def activate(self, p: Processing, element: Scope, node: FlowNode) -> None:
        """Begin to work, wait, or be done: after input mappings and start listeners."""
        subscriptions.open_for(p, element, node)
        activated(p, element)
        complete_soon(p, element)

    def take_variables(self, p: Processing, element: Scope, node: FlowNode, variables: Document) -> None:  # noqa: ARG002
        """The element was entered with variables."""
        set_local(p, element, variables)

    def apply_outputs(self, p: Processing, element: Scope, node: FlowNode, variables: Document) -> None:
        """Bring results out: `variables` are those of the job or event that has ended the element."""
        if node.outputs is not None:
            set_local(p, element, variables)
            is_inner = node.multi_instance_body is not None
            mappings.apply_outputs(
                p, element, node.outputs, element if is_inner else p.state.resident(element.scope_key)
            )
        elif variables:
            propagate(p, element, variables)

    def go_on(self, p: Processing, element: Scope, node: FlowNode) -> None:
        """Something that the active or ending element has waited for is done."""

    def complete(self, p: Processing, element: Scope, node: FlowNode) -> None:
        """Leave: after output mappings and end listeners."""
        leave(p, element, node)

    def terminate(self, p: Processing, element: Scope, node: FlowNode) -> None:  # noqa: ARG002 - for subclasses
        """End without leaving; incident, job and subscriptions are gone already."""
        terminated(p, element)


class CatchBehavior(ElementBehavior):
    """An event that has happened: its variables are its own, and go outwards when it is left."""

    def apply_outputs(self, p: Processing, element: Scope, node: FlowNode, variables: Document) -> None:
        """Without output mappings everything goes to the scope around and further out."""
        set_local(p, element, variables)
        scope = p.state.resident(element.scope_key)
        if node.outputs is not None:
            mappings.apply_outputs(p, element, node.outputs, scope)
        elif element.variables:
            propagate(p, scope, {name: variable.text() for name, variable in element.variables.items()})


class ContainerBehavior(ElementBehavior):
    """An element with others inside."""

    def terminate(self, p: Processing, element: Scope, node: FlowNode) -> None:  # noqa: ARG002 - for subclasses
        """End what is inside first."""
        if element.children:
            p.enqueue(TerminateChildren(element.key))
        else:
            terminated(p, element)

    def terminated(self, p: Processing, element: Scope) -> None:
        """The element has been terminated; called of those that are in no scope."""

    def child_activating(self, p: Processing, scope: Scope, child: Scope) -> None:
        """`child` is being entered; called of multi-instance bodies before its input mappings."""

    def before_path_ends(self, p: Processing, scope: Scope, child: Scope) -> bool:  # noqa: ARG002 - for subclasses
        """A path inside is about to end with `child`, which is COMPLETING; gives what `path_ended` takes as `is_done`."""
        return False

    def path_ended(self, p: Processing, scope: Scope, child: Scope, *, is_done: bool) -> None:  # noqa: ARG002
        """A path inside has ended with `child`."""
        if scope.state == ElementState.ACTIVATED and is_empty(scope):
            complete_soon(p, scope)

    def child_terminated(self, p: Processing, scope: Scope, child: Scope) -> None:  # noqa: ARG002 - for subclasses
        """`child` was terminated and nothing follows it."""
        if scope.children:
            return
        if scope.state == ElementState.TERMINATING:
            terminated(p, scope)
        elif scope.interrupted_by and scope.trigger and scope.state == ElementState.ACTIVATED:
            event_trigger.go_on_in_scope(p, scope)
        elif is_empty(scope) and scope.state == ElementState.ACTIVATED:
            complete_soon(p, scope)


def activated(p: Processing, element: Scope) -> None:
    """The element waits or works now."""
    p.emit(ElementActivated(element.key))


def completed(p: Processing, element: Scope) -> None:
    """The element is over, and with it perhaps the instance that was started only up to it."""
    p.emit(ElementCompleted(element.key))
    _check_end(p, element)


def complete_soon(p: Processing, element: Scope, variables: Document | None = None) -> None:
    """The element is to be left once what was enqueued before is done."""
    p.enqueue(CompleteElement(element.key, variables or {}))


def leave(p: Processing, element: Scope, node: FlowNode) -> None:
    """The element is done: on to what follows it, or its path ends here."""
    if node.boundary_events or element.awaits & compensation.HOLDS_COMPENSABLE:
        compensation.remember(p, element, node)
    if node.is_for_compensation and node.multi_instance_body is None:
        compensation.handler_ended(p, element)
    if node.outgoing:
        completed(p, element)
        flows.take_all(p, element, node)
        _check_joins(p, element)
    else:
        end_path(p, element)


def end_path(p: Processing, element: Scope) -> None:
    """The element is done and nothing follows."""
    scope = p.state.resident(element.scope_key)
    container = container_of(scope)
    is_done = container.before_path_ends(p, scope, element)
    completed(p, element)
    container.path_ended(p, scope, element, is_done=is_done)
    _check_joins(p, element)


def terminated(p: Processing, element: Scope) -> None:
    """The element has ended without being left, and with it the scopes and callers around it that have waited for that.

    Those are ended here one after the other, not each inside of the one before: a thousand calls may stand above each other.
    """
    p.terminating.append(element)
    if len(p.terminating) > 1:
        return
    try:
        while p.terminating:
            _terminated(p, p.terminating[0])
            p.terminating.popleft()
    finally:
        p.terminating.clear()


def _terminated(p: Processing, element: Scope) -> None:
    """One element has ended; an event that has interrupted it goes on now."""
    p.emit(ElementTerminated(element.key))
    _check_end(p, element)
    if element.scope_key == 0:
        container_of(element).terminated(p, element)
        return
    scope = p.state.resident(element.scope_key)
    if not element.trigger or not event_trigger.go_on_at_boundary(p, element, scope):
        container_of(scope).child_terminated(p, scope, element)
        if element.node is not None and element.node.is_for_compensation and scope.state == ElementState.ACTIVATED:
            compensation.handler_ended(p, element)
    _check_joins(p, element)


def _check_end(p: Processing, element: Scope) -> None:
    instance = p.state.instance_of(element)
    if instance.terminate_after and element.element_id in instance.terminate_after.split():
        p.enqueue(TerminateElement(instance.key))


def _check_joins(p: Processing, element: Scope) -> None:
    scope = p.state.resident(element.scope_key)
    if has_tokens(scope):
        joins.check_soon(p, scope)


def container_of(scope: Scope) -> ContainerBehavior:
    """The behavior of an element that has others inside."""
    behavior = BEHAVIORS[ElementType(scope.element_type)]
    assert isinstance(behavior, ContainerBehavior)
    return behavior


def is_empty(scope: Scope) -> bool:
    """Whether nothing inside is active and no token is on its way or waits."""
    return not scope.children and scope.active_flows == 0
