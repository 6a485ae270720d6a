"""ModifyProcessInstance (engine-semantics §22, protocol §3.18).

Everything is checked before anything is done. Then elements are activated, the scopes around them opened on the way, and element instances
terminated, with every scope that has nothing left in it and was not needed for an activation.
"""

from __future__ import annotations

from typing import NamedTuple

from kiang.bpmn.model import FlowNode, Process
from kiang.engine.actions import flows, incidents, jobs, scopes, subscriptions
from kiang.engine.actions.expressions import DocumentVariables, Variables, VisibleVariables
from kiang.engine.actions.user_tasks import task_of
from kiang.engine.actions.variables import set_local
from kiang.engine.elements.behavior import is_empty
from kiang.engine.failure import Failure
from kiang.engine.hash_order import hash_order
from kiang.engine.processing import Processing, Refused
from kiang.engine.processors.start_instructions import SUPPORTED
from kiang.engine.state.element_instance import ElementInstance
from kiang.engine.state.process_instance import ProcessInstance
from kiang.engine.state.state import Scope
from kiang.protocol.answers import Done
from kiang.protocol.commands import ModifyActivation, ModifyProcessInstance, TerminateElement
from kiang.protocol.document import Document
from kiang.protocol.enums import ElementState, ElementType, RejectionType, UserTaskState
from kiang.protocol.events import ElementTerminated, ElementTerminating, InterruptionLifted, UserTaskTransitioned


class Plan(NamedTuple):
    """How one element is activated.

    Attributes:
        node: The element.
        base: The innermost scope around it that is used as it is.
        missing: Scopes to open between the two, from outside to inside.
        activation: The instruction.
    """

    node: FlowNode
    base: Scope
    missing: list[FlowNode]
    activation: ModifyActivation


def modify_process_instance(p: Processing, command: ModifyProcessInstance) -> Done:
    """All of it or nothing."""
    instance = p.state.instance(command.process_instance_key)
    if instance is None or instance.state >= ElementState.TERMINATING:
        raise Refused(
            RejectionType.NOT_FOUND,
            f"Expected to modify process instance but no process instance found with key '{command.process_instance_key}'",
        )
    definition = p.state.definition(instance.process_definition_key)
    assert definition is not None
    _check_elements(instance, definition.process, command)
    _check_terminations(p, instance, command)
    _check_ancestors(p, instance, definition.process, command)
    _check_variables(instance, definition.process, command)
    _check_scopes(p, instance, definition.process, command)
    _check_remains(p, instance, command)
    needed: set[int] = set()
    for activation in command.activate:
        _activate(p, instance, _plan(p, instance, definition.process, activation), needed)
    for key in command.terminate:
        element = p.state.scope(key)
        if element is not None and element.state < ElementState.COMPLETED:
            _terminate(p, element)
            _terminate_empty(p, element, needed)
    return Done(instance.key)


def _expected(instance: ProcessInstance) -> str:
    return f"Expected to modify instance of process '{instance.process_id}' but"


def _refuse(text: str) -> Refused:
    return Refused(RejectionType.INVALID_ARGUMENT, text)


def _quoted(values: list[str]) -> str:
    return "'" + "', '".join(values) + "'"


def _check_elements(instance: ProcessInstance, process: Process, command: ModifyProcessInstance) -> None:
    ids = list(dict.fromkeys(activation.element_id for activation in command.activate))
    unknown = hash_order(id_ for id_ in ids if id_ not in process.nodes and id_ not in process.flows)
    if unknown:
        raise _refuse(
            f"{_expected(instance)} it contains one or more activate instructions with an element that could not be found:"
            f" {_quoted(unknown)}"
        )
    unsupported = (
        f"{_expected(instance)} it contains one or more activate instructions for elements that are unsupported:"
    )
    events = [id_ for id_ in ids if id_ in process.nodes and scopes.is_event_of_gateway(process.nodes[id_])]
    if events:
        raise _refuse(
            f"{unsupported} {_quoted(events)}. The activation of events belonging to an event-based gateway is not"
            " supported."
        )
    kinds = {id_: process.nodes[id_].type if id_ in process.nodes else ElementType.SEQUENCE_FLOW for id_ in ids}
    wrong = [id_ for id_ in ids if kinds[id_] not in SUPPORTED or kinds[id_] == ElementType.PROCESS]
    if wrong:
        types = list(dict.fromkeys(kinds[id_].name for id_ in wrong))
        names = ", ".join(kind.name for kind in SUPPORTED)
        raise _refuse(
            f"{unsupported} {_quoted(wrong)}. The activation of elements with type {_quoted(types)} is not supported."
            f" Supported element types are: [{names}]."
        )


def _check_terminations(p: Processing, instance: ProcessInstance, command: ModifyProcessInstance) -> None:
    unknown = [str(key) for key in command.terminate if not _is_active_in(p, instance, key)]
    if unknown:
        raise _refuse(
            f"{_expected(instance)} it contains one or more terminate instructions with an element instance that could"
            f" not be found: {_quoted(unknown)}"
        )


def _is_active_in(p: Processing, instance: ProcessInstance, key: int) -> bool:
    element = p.state.scope(key)
    return element is not None and element.process_instance_key == instance.key


def _check_ancestors(
    p: Processing, instance: ProcessInstance, process: Process, command: ModifyProcessInstance
) -> None:
    given = [activation for activation in command.activate if activation.ancestor_key > 0]
    expected = f"{_expected(instance)} it contains one or more activate instructions with an ancestor scope key that"
    found = {activation.ancestor_key: p.state.scope(activation.ancestor_key) for activation in given}
    # What is another tenant's is not there, also for a caller who only guesses keys.
    found = {
        key: one if one is not None and one.tenant_id == instance.tenant_id else None for key, one in found.items()
    }
    unknown = [str(key) for key, scope in found.items() if scope is None or scope.state != ElementState.ACTIVATED]
    if unknown:
        raise _refuse(f"{expected} does not exist, or is not in an active state: {_quoted(unknown)}")
    foreign = [
        str(key) for key, scope in found.items() if scope is not None and scope.process_instance_key != instance.key
    ]
    if foreign:
        raise _refuse(f"{expected} does not belong to the modified process instance: {_quoted(foreign)}")
    lines = []
    for activation in given:
        scope = found[activation.ancestor_key]
        assert scope is not None
        if _position(scopes.path_to(process.nodes[activation.element_id]), scope) is None:
            lines.append(
                f"\n- instance '{scope.key}' of element '{scope.element_id}' is not an ancestor of element"
                f" '{activation.element_id}'"
            )
    if lines:
        raise _refuse(f"{expected} is not an ancestor of the element to activate:{''.join(lines)}")


def _position(path: list[FlowNode], scope: Scope) -> int | None:
    """Where an element instance stands in a path of scopes."""
    for at, node in enumerate(path):
        if node.id == scope.element_id and node.type == scope.element_type:
            return at
    return None


def _check_variables(instance: ProcessInstance, process: Process, command: ModifyProcessInstance) -> None:
    given = [(a.element_id, v.scope_id) for a in command.activate for v in a.variables if v.scope_id]
    expected = f"{_expected(instance)} it contains one or more variable instructions with a scope element"
    unknown = [scope_id for _, scope_id in given if scope_id not in process.nodes]
    if unknown:
        raise _refuse(f"{expected} id that could not be found: {_quoted(list(dict.fromkeys(unknown)))}")
    for element_id, scope_id in given:
        node = process.nodes[element_id]
        if scope_id != element_id and all(around.id != scope_id for around in scopes.path_to(node)):
            raise _refuse(
                f"{expected} that doesn't belong to the activating element's flow scope. These variables should be set"
                " before or after the modification."
            )


def _check_scopes(p: Processing, instance: ProcessInstance, process: Process, command: ModifyProcessInstance) -> None:
    for activation in command.activate:
        plan = _plan(p, instance, process, activation)
        for node in plan.missing:
            if node.multi_instance_body is not None or node.type == ElementType.MULTI_INSTANCE_BODY:
                raise _refuse(
                    f"{_expected(instance)} it contains one or more activate instructions that would result in the"
                    f" activation of multi-instance element '{node.id}', which is currently unsupported."
                )
        variables: Variables = VisibleVariables(p.state, plan.base)
        given = _given(instance, activation)
        for outer in reversed(_outwards(p, plan.base)):
            variables = DocumentVariables(given.get(outer.element_id, {}), variables)
        for node in plan.missing:
            variables = DocumentVariables(given.get(node.id, {}), variables)
            try:
                subscriptions.check(p, node, variables)
            except Failure as failure:
                raise _refuse(f"Expected to subscribe to catch event(s) of '{node.id}' but {failure.message}") from None


def _plan(p: Processing, instance: ProcessInstance, process: Process, activation: ModifyActivation) -> Plan:
    """Where to activate an element.

    Raises:
        Refused: A scope around it is active several times, and the instruction does not say which one is meant.
    """
    node = process.nodes[activation.element_id]
    path = scopes.path_to(node)
    if activation.ancestor_key > 0:
        ancestor = p.state.resident(activation.ancestor_key)
        position = _position(path, ancestor)
        assert position is not None
        return Plan(node, ancestor, path[position + 1 :], activation)
    for position in range(len(path) - 1, 0, -1):
        around = path[position]
        found = [scope for scope in _active(p, instance) if _position([around], scope) == 0]
        if len(found) > 1:
            raise _refuse(
                f"{_expected(instance)} it contains one or more activate instructions for an element that has a flow scope"
                f" with more than one active instance: '{around.id}'. Can't decide in which instance of the flow scope the"
                " element should be activated. Please specify an ancestor element instance key for this activate"
                " instruction."
            )
        if found:
            return Plan(node, found[0], path[position + 1 :], activation)
    return Plan(node, instance, path[1:], activation)


def _active(p: Processing, instance: ProcessInstance) -> list[Scope]:
    """Every element instance of a process instance that is active."""
    found: list[Scope] = []
    waiting: list[Scope] = [instance]
    while waiting:
        inside = p.state.children(waiting.pop())
        found += [element for element in inside if element.state == ElementState.ACTIVATED]
        waiting += inside
    return found


def _check_remains(p: Processing, instance: ProcessInstance, command: ModifyProcessInstance) -> None:
    """A called instance must not be left empty: its caller would wait for ever."""
    if command.activate or not instance.parent_process_instance_key:
        return
    if _would_end(p, instance, set(command.terminate)):
        raise _refuse(
            f"{_expected(instance)} the given instructions would terminate the instance. The instance was created by a call"
            " activity in the parent process. To terminate this instance please modify the parent process instead."
        )


def _would_end(p: Processing, instance: Scope, ended: set[int]) -> bool:
    """Whether nothing is left once these element instances have ended."""
    waiting = [instance]
    while waiting:
        scope = waiting.pop()
        if scope.key in ended:
            continue
        inside = p.state.children(scope)
        if not inside or scope.active_flows:
            return False
        waiting += inside
    return True


def _activate(p: Processing, instance: ProcessInstance, plan: Plan, needed: set[int]) -> None:
    given = _given(instance, plan.activation)
    scope = plan.base
    for outer in reversed(_outwards(p, scope)):
        needed.add(outer.key)
        set_local(p, outer, given.get(outer.element_id, {}))
    for node in plan.missing:
        scope = scopes.open_scope(p, scope, node, given.get(node.id, {}))
        needed.add(scope.key)
    if plan.base.interrupted_by and not plan.base.trigger:
        p.emit(InterruptionLifted(plan.base.key))
    flows.jump(p, scope, plan.node, given.get(plan.node.id))


def _given(instance: ProcessInstance, activation: ModifyActivation) -> dict[str, Document]:
    """The variables of an instruction by the id of their scope."""
    given: dict[str, Document] = {}
    for instruction in activation.variables:
        given.setdefault(instruction.scope_id or instance.process_id, {}).update(instruction.variables)
    return given


def _outwards(p: Processing, scope: Scope) -> list[Scope]:
    """A scope and those around it."""
    found = [scope]
    while scope.scope_key:
        scope = p.state.resident(scope.scope_key)
        found.append(scope)
    return found


def _terminate(p: Processing, element: Scope) -> None:
    """End an element and all that is inside, at once."""
    p.emit(ElementTerminating(element.key))
    jobs.cancel_of(p, element)
    incidents.resolve_of(p, element)
    subscriptions.close_for(p, element)
    task = task_of(element)
    if task is not None:
        p.emit(UserTaskTransitioned(task.key, element.key, UserTaskState.CANCELED, "", "cancel"))
    if isinstance(element, ElementInstance) and element.called_instance_key:
        p.enqueue(TerminateElement(element.called_instance_key))
    for child in p.state.children(element):
        _terminate(p, child)
    p.emit(ElementTerminated(element.key))


def _terminate_empty(p: Processing, element: Scope, needed: set[int]) -> None:
    """End the scopes around an element in which nothing is left."""
    while element.scope_key:
        scope = p.state.resident(element.scope_key)
        if scope.key in needed or not is_empty(scope):
            return
        _terminate(p, scope)
        element = scope
