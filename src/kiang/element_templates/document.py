"""A BPMN file as a tree that is changed in place: read with limits, written with the prefixes that it came with."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from io import BytesIO
from xml.etree import ElementTree as ET

from kiang.errors import Finding, InvalidTemplateError

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
ZEEBE = "http://camunda.org/schema/zeebe/1.0"
BPMNDI = "http://www.omg.org/spec/BPMN/20100524/DI"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
FILE_SIZE_MAX_BYTES = 20_000_000

TASKS = frozenset(
    ["task", "serviceTask", "sendTask", "receiveTask", "userTask", "manualTask", "businessRuleTask", "scriptTask"]
)
SUB_PROCESSES = frozenset(["subProcess", "adHocSubProcess", "transaction"])
ACTIVITIES = TASKS | SUB_PROCESSES | {"callActivity"}
EVENTS = frozenset(["startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"])
GATEWAYS = frozenset(["exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway", "complexGateway"])
NODES = ACTIVITIES | EVENTS | GATEWAYS

KINDS = {
    "bpmn:Task": TASKS,
    "bpmn:SubProcess": SUB_PROCESSES,
    "bpmn:Activity": ACTIVITIES,
    "bpmn:Event": EVENTS,
    "bpmn:CatchEvent": EVENTS - {"endEvent", "intermediateThrowEvent"},
    "bpmn:ThrowEvent": frozenset(["endEvent", "intermediateThrowEvent"]),
    "bpmn:Gateway": GATEWAYS,
    "bpmn:FlowNode": NODES,
    "bpmn:FlowElement": NODES | {"sequenceFlow"},
}
"""Elements that an abstract entry of `appliesTo` stands for; any other entry stands for itself."""


class Document:
    """The file.

    Attributes:
        root: Its `definitions`.
    """

    def __init__(self, content: bytes) -> None:
        self.root = _parse(content)
        self._parents = {child: parent for parent in self.root.iter() for child in parent}

    def element(self, element_id: str) -> ET.Element | None:
        """The BPMN element with this id."""
        found = (e for e in self.root.iter() if e.get("id") == element_id and in_bpmn(e))
        return next(found, None)

    def parent(self, element: ET.Element) -> ET.Element:
        """What holds an element."""
        return self._parents[element]

    def replace(self, old: ET.Element, new: ET.Element) -> None:
        """Take an element out and put another one behind the last node or flow of the same parent."""
        parent = self._parents.pop(old)
        parent.remove(old)
        flows = [i for i, child in enumerate(parent) if local(child) in NODES | {"sequenceFlow", "dataObjectReference"}]
        parent.insert(flows[-1] + 1 if flows else len(parent), new)
        self._parents[new] = parent
        self._parents.update(dict.fromkeys(new, new))

    def roots(self, kind: str) -> Iterator[ET.Element]:
        """Messages, signals …, in order."""
        return (child for child in self.root if child.tag == f"{{{BPMN}}}{kind}")

    def root_by_id(self, kind: str, root_id: str | None) -> ET.Element | None:
        """One of them."""
        return next((child for child in self.roots(kind) if root_id and child.get("id") == root_id), None)

    def add_root(self, kind: str) -> ET.Element:
        """A new one, behind all others."""
        made = ET.Element(f"{{{BPMN}}}{kind}", {"id": new_id(kind)})
        diagrams = [i for i, child in enumerate(self.root) if in_namespace(child, BPMNDI)]
        self.root.insert(diagrams[0] if diagrams else len(self.root), made)
        self._parents[made] = self.root
        return made

    def remove_root(self, element: ET.Element) -> None:
        """Take one out."""
        self.root.remove(element)
        del self._parents[element]

    def shape_of(self, element_id: str) -> tuple[ET.Element, ET.Element] | None:
        """The plane and the shape that shows an element."""
        for shape in self.root.iter(f"{{{BPMNDI}}}BPMNShape"):
            if shape.get("bpmnElement") == element_id:
                return self._parents[shape], shape
        return None

    def to_bytes(self) -> bytes:
        """The file, indented."""
        ET.indent(self.root, "  ")
        content: bytes = ET.tostring(self.root, encoding="utf-8")
        return b'<?xml version="1.0" encoding="UTF-8"?>\n' + content + b"\n"


def refused(message: str, element: str) -> InvalidTemplateError:
    """Why a template cannot be applied."""
    return InvalidTemplateError(message, (Finding(message, element, rule="apply"),))


def local(element: ET.Element) -> str:
    """The name of its tag without namespace; "" for a comment."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def in_namespace(element: ET.Element, namespace: str) -> bool:
    """Whether its tag is of a namespace."""
    return isinstance(element.tag, str) and element.tag.startswith(f"{{{namespace}}}")


def in_bpmn(element: ET.Element) -> bool:
    """Whether it is BPMN's own."""
    return in_namespace(element, BPMN)


def tag_of(name: str) -> str:
    """`bpmn:ServiceTask` as the local name of its tag."""
    word = name.rpartition(":")[2]
    return word[:1].lower() + word[1:]


def new_id(kind: str) -> str:
    """An id that the file does not have yet."""
    return f"{kind[:1].upper()}{kind[1:]}_{uuid.uuid4().hex[:7]}"


def _parse(content: bytes) -> ET.Element:
    if len(content) > FILE_SIZE_MAX_BYTES:
        raise refused(f"Expected a file of at most {FILE_SIZE_MAX_BYTES} bytes, but it has {len(content)}.", "")
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise refused("Expected a file without document type declaration.", "")
    try:
        for _, (prefix, uri) in ET.iterparse(BytesIO(content), events=["start-ns"]):  # noqa: S314 - no document type, so no entities
            if not re.fullmatch(r"ns\d+", prefix):
                ET.register_namespace(prefix, uri)
        ET.register_namespace("zeebe", ZEEBE)
        ET.register_namespace("xsi", XSI)
        parser = ET.XMLParser(target=ET.TreeBuilder(insert_comments=True))  # noqa: S314 - no document type, so no entities
        return ET.fromstring(content, parser)  # noqa: S314 - likewise
    except ET.ParseError as error:
        raise refused(f"Expected a BPMN file, but it is no XML: {error}", "") from None
