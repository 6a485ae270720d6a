"""From the tree of a valid file to the executable model: one process after the other, in three passes without recursion.

First every flow node becomes a node with what stands on itself, then flows and references connect the nodes, then each scope gets
its children.
"""

from __future__ import annotations

from kiang.bpmn import attributes
from kiang.bpmn.definitions import Definitions, flag, is_event_sub_process, local_name, text_of
from kiang.bpmn.document import Element
from kiang.bpmn.elements import CONTAINERS, EVENTS, FLOW_NODES, GATEWAYS_WITH_CONDITIONS
from kiang.bpmn.event import read_event, read_message
from kiang.bpmn.expression import expression
from kiang.bpmn.model import Event, FlowNode, Process, SequenceFlow
from kiang.protocol.enums import ElementType, EventType, ListenerEventType

INNER_INSTANCE_SUFFIX = "#innerInstance"
"""Behind the id of an ad-hoc sub-process: the id of the scope of one activated element."""


def build(file: Definitions, process: Element) -> Process:
    """The model of one process of a valid file."""
    return _Builder(file, process).build()


class _Builder:
    """One process in the making.

    Attributes:
        nodes: The node of each flow node of the file; of a multi-instance activity its body.
    """

    def __init__(self, file: Definitions, process: Element) -> None:
        self._file = file
        self._process = process
        self._root = FlowNode(process.id, ElementType.PROCESS, 0, process.get("name"))
        self._nodes: dict[Element, FlowNode] = {process: self._root}
        self._by_id: dict[str, FlowNode] = {process.id: self._root}
        self._flows: dict[str, SequenceFlow] = {}
        self._outgoing: dict[FlowNode, list[SequenceFlow]] = {}
        self._incoming: dict[FlowNode, list[SequenceFlow]] = {}
        self._children: dict[FlowNode, list[FlowNode]] = {}
        self._boundary: dict[FlowNode, list[FlowNode]] = {}
        self._link_targets: dict[str, FlowNode] | None = None
        self._index = 0
        self._has_agents = False

    def build(self) -> Process:
        process = self._process
        self._read_listeners(self._root, process)
        self._root.properties = attributes.read_properties(process)
        elements = [
            e for e in process.walk() if e.kind in FLOW_NODES and e.parent is not None and e.parent.kind in CONTAINERS
        ]
        for element in elements:
            self._add(element)
        for flow in process.walk():
            if flow.kind == "sequenceFlow":
                self._connect(flow)
        for element in elements:
            self._refer(element)
        self._finish()
        return Process(
            process.id,
            process.get("name"),
            self._root,
            self._by_id,
            self._flows,
            attributes.read_version_tag(process),
            attributes.read_forms(process),
            self._has_agents,
        )

    def _next_index(self) -> int:
        self._index += 1
        return self._index

    def _add(self, element: Element) -> None:
        """Make the node of an element, and of a multi-instance its body around it."""
        assert element.parent is not None
        scope = inner_scope(self._nodes[element.parent])
        type_ = ElementType.EVENT_SUB_PROCESS if is_event_sub_process(element) else FLOW_NODES[element.kind]
        node = FlowNode(element.id, type_, self._next_index(), element.get("name"), scope)
        self._read(node, element)
        loop = attributes.read_loop(element)
        if loop is not None:
            body = FlowNode(element.id, ElementType.MULTI_INSTANCE_BODY, node.index, node.name, scope)
            node.index = self._next_index()
            body.loop, body.inner, body.properties = loop, node, node.properties
            body.is_for_compensation = node.is_for_compensation
            node.scope, node.multi_instance_body = body, body
            node = body
        if type_ == ElementType.AD_HOC_SUB_PROCESS:
            self._add_inner_instance(node)
        self._nodes[element] = node
        self._by_id[element.id] = node
        self._children.setdefault(scope, []).append(node)

    def _add_inner_instance(self, outer: FlowNode) -> None:
        """The scope in which each activated element of an ad-hoc sub-process runs."""
        ad_hoc = outer if outer.inner is None else outer.inner
        type_ = ElementType.AD_HOC_SUB_PROCESS_INNER_INSTANCE
        inner = FlowNode(ad_hoc.id + INNER_INSTANCE_SUFFIX, type_, self._next_index(), ad_hoc.name, ad_hoc)
        ad_hoc.inner = inner
        self._by_id[inner.id] = inner

    def _read(self, node: FlowNode, element: Element) -> None:
        """What an element says about itself."""
        node.inputs = attributes.read_inputs(element)
        node.outputs = attributes.read_outputs(element)
        node.job = attributes.read_job(element)
        node.agent_type = attributes.read_agent_type(element)
        self._has_agents = self._has_agents or bool(node.agent_type)
        self._read_listeners(node, element)
        node.properties = attributes.read_properties(element)
        node.is_for_compensation = flag(element, "isForCompensation", default=False)
        if element.kind in EVENTS:
            node.event = read_event(self._file, element)
        elif element.kind == "receiveTask":
            node.event = Event(EventType.MESSAGE, message=read_message(self._file, element))
        elif element.kind == "sendTask" and element.extension("zeebe:publishMessage") is not None:
            node.event = Event(EventType.MESSAGE, message=read_message(self._file, element, element))
        elif element.kind == "callActivity":
            node.called_element = attributes.read_called_element(element)
        elif element.kind == "businessRuleTask":
            node.called_decision = attributes.read_called_decision(element)
        elif element.kind == "scriptTask":
            node.script = attributes.read_script(element)
        elif element.kind == "userTask":
            node.user_task = attributes.read_user_task(element)
            if node.user_task is not None and node.user_task.native:
                node.task_listeners = attributes.read_task_listeners(element)
        elif element.kind == "adHocSubProcess":
            node.ad_hoc = attributes.read_ad_hoc(element)

    @staticmethod
    def _read_listeners(node: FlowNode, element: Element) -> None:
        node.start_listeners = attributes.read_execution_listeners(element, ListenerEventType.START)
        node.end_listeners = attributes.read_execution_listeners(element, ListenerEventType.END)

    def _connect(self, element: Element) -> None:
        """Make a sequence flow."""
        source = self._by_id.get(element.get("sourceRef").strip())
        target = self._by_id.get(element.get("targetRef").strip())
        if source is None or target is None:
            return
        flow = SequenceFlow(element.id, source, target)
        condition = text_of(element.child("conditionExpression"))
        source_element = self._file.by_id[source.id]
        if condition and source_element.kind in GATEWAYS_WITH_CONDITIONS:
            flow.condition = expression(condition)
        if source_element.kind in GATEWAYS_WITH_CONDITIONS and source_element.get("default").strip() == element.id:
            source.default_flow = flow
        self._flows[element.id] = flow
        self._outgoing.setdefault(source, []).append(flow)
        self._incoming.setdefault(target, []).append(flow)

    def _refer(self, element: Element) -> None:
        """Follow the references of an element to other nodes."""
        node = self._nodes[element]
        if element.kind == "boundaryEvent":
            activity = self._by_id.get(local_name(element.get("attachedToRef")))
            if activity is not None:
                node.attached_to = activity
                self._boundary.setdefault(activity, []).append(node)
            if node.event is not None and node.event.type == EventType.COMPENSATION:
                handlers = [target for target in self._file.associations.get(element.id, []) if target in self._nodes]
                node.compensation_handler = self._nodes[handlers[0]] if handlers else None
        elif node.event is not None and node.event.type == EventType.LINK and element.kind == "intermediateThrowEvent":
            node.link_target = self._link_target(node.event.link_name)

    def _link_target(self, name: str) -> FlowNode | None:
        """The catch event of that name; there is at most one in the process."""
        if self._link_targets is None:
            self._link_targets = {}
            for node in self._by_id.values():
                event = node.event if node.type == ElementType.INTERMEDIATE_CATCH_EVENT else None
                if event is not None and event.type == EventType.LINK:
                    self._link_targets.setdefault(event.link_name, node)
        return self._link_targets.get(name)

    def _finish(self) -> None:
        """Turn what was collected into the tuples of the model."""
        for node, flows in self._outgoing.items():
            node.outgoing = tuple(reversed(flows))
        for node, flows in self._incoming.items():
            node.incoming = tuple(flows)
        for node, events in self._boundary.items():
            node.boundary_events = tuple(reversed(events))
        for scope, children in self._children.items():
            scope.children = tuple(children)
            holder = scope
            if scope.type == ElementType.AD_HOC_SUB_PROCESS_INNER_INSTANCE:
                assert scope.scope is not None
                holder = scope.scope
                holder.children = scope.children
            holder.event_sub_processes = tuple(
                child for child in children if child.type == ElementType.EVENT_SUB_PROCESS
            )
            holder.start_events = tuple(child for child in children if child.type == ElementType.START_EVENT)
            holder.none_start = _none_start(holder)


def inner_scope(node: FlowNode) -> FlowNode:
    """The scope of the nodes inside a container: of a multi-instance the inner activity, of an ad-hoc sub-process its inner instance."""
    if node.type == ElementType.MULTI_INSTANCE_BODY:
        assert node.inner is not None
        node = node.inner
    if node.type == ElementType.AD_HOC_SUB_PROCESS:
        assert node.inner is not None
        node = node.inner
    return node


def _none_start(scope: FlowNode) -> FlowNode | None:
    for event in scope.start_events:
        if scope.type == ElementType.EVENT_SUB_PROCESS or event.event is None or event.event.type == EventType.NONE:
            return event
    return None
