"""One BPMN file with its cross references: who has which id, which flows and boundary events belong to which node."""

from __future__ import annotations

from functools import cached_property

from kiang.bpmn.document import Element
from kiang.bpmn.elements import EVENT_DEFINITIONS, UNSUPPORTED_EVENT_DEFINITIONS

JAVA_BLANKS = "".join(map(chr, range(33)))
"""What the original trims from the text of an element."""


class Definitions:
    """The tree of a file and what its references lead to.

    Attributes:
        root: The element `definitions`.
        by_id: Every element that has an id; of several with the same, the first.
    """

    def __init__(self, root: Element) -> None:
        self.root = root
        self.by_id: dict[str, Element] = {}
        self._all: dict[str, list[Element]] = {}
        for element in root.walk():
            self._all.setdefault(element.kind, []).append(element)
            if element.id:
                self.by_id.setdefault(element.id, element)

    @cached_property
    def executable_processes(self) -> list[Element]:
        """In document order; a process without `isExecutable` is not executable."""
        return [process for process in self.root.all("process") if flag(process, "isExecutable", default=False)]

    def all(self, kind: str) -> list[Element]:
        """Every element of that kind, in document order."""
        return self._all.get(kind, [])

    def referenced(self, element: Element, attribute: str, kind: str) -> Element | None:
        """The element of that kind that an attribute names; None if it names none."""
        found = self.by_id.get(local_name(element.get(attribute)))
        return found if found is not None and found.kind == kind else None

    @cached_property
    def outgoing(self) -> dict[str, list[Element]]:
        """Sequence flows by the id of the node that they leave, in document order."""
        return self._flows_by("sourceRef")

    @cached_property
    def incoming(self) -> dict[str, list[Element]]:
        """Sequence flows by the id of the node that they enter, in document order."""
        return self._flows_by("targetRef")

    @cached_property
    def boundary_events(self) -> dict[str, list[Element]]:
        """Boundary events by the id of the activity that they are attached to, in document order."""
        found: dict[str, list[Element]] = {}
        for event in self.all("boundaryEvent"):
            found.setdefault(local_name(event.get("attachedToRef")), []).append(event)
        return found

    @cached_property
    def associations(self) -> dict[str, list[Element]]:
        """What associations that leave an element lead to, by the id of that element."""
        found: dict[str, list[Element]] = {}
        for association in self.all("association"):
            target = self.by_id.get(local_name(association.get("targetRef")))
            if target is not None:
                found.setdefault(local_name(association.get("sourceRef")), []).append(target)
        return found

    def listed_flows(self, element: Element, direction: str) -> list[Element]:
        """The sequence flows that an element lists as its `incoming` or `outgoing`: what the rules look at."""
        flows = []
        for child in element.children:
            if child.kind == direction:
                flow = self.by_id.get(local_name(child.text))
                if flow is not None and flow.kind == "sequenceFlow":
                    flows.append(flow)
        return flows

    @cached_property
    def message_holders(self) -> dict[str, list[Element]]:
        """Events and receive tasks that refer to a message, by the id of the message."""
        found: dict[str, list[Element]] = {}
        for kind in ("messageEventDefinition", "receiveTask", "sendTask"):
            for element in self.all(kind):
                holder = element.parent if kind == "messageEventDefinition" else element
                if holder is not None:
                    found.setdefault(local_name(element.get("messageRef")), []).append(holder)
        return found

    def references(self, kind: str, attribute: str) -> dict[str, list[Element]]:
        """Elements of a kind by the id that one of their attributes refers to."""
        found: dict[str, list[Element]] = {}
        for element in self.all(kind):
            found.setdefault(local_name(element.get(attribute)), []).append(element)
        return found

    def _flows_by(self, attribute: str) -> dict[str, list[Element]]:
        found: dict[str, list[Element]] = {}
        for flow in self.all("sequenceFlow"):
            found.setdefault(flow.get(attribute).strip(), []).append(flow)
        return found


def flag(element: Element, attribute: str, *, default: bool) -> bool:
    """An attribute of type xsd:boolean; the original takes nothing but `true` for true."""
    value = element.attributes.get(attribute)
    return default if value is None else value.strip().lower() == "true"


def local_name(reference: str) -> str:
    """A reference by qualified name, without its prefix."""
    return reference.strip().rpartition(":")[2]


def text_of(element: Element | None) -> str:
    """Text inside an element without the blanks around it; "" if there is no element."""
    return "" if element is None else element.text.strip(JAVA_BLANKS)


def event_definitions(element: Element) -> list[Element]:
    """The event definitions of an event, in document order."""
    return [
        child
        for child in element.children
        if child.kind in EVENT_DEFINITIONS or child.kind in UNSUPPORTED_EVENT_DEFINITIONS
    ]


def event_definition(element: Element) -> Element | None:
    """The only event definition of an event."""
    found = event_definitions(element)
    return found[0] if found else None


def is_event_sub_process(element: Element) -> bool:
    """Whether it is a sub-process that an event starts."""
    return element.kind == "subProcess" and flag(element, "triggeredByEvent", default=False)


def process_of(element: Element) -> Element | None:
    """The process around an element."""
    while element.kind != "process":
        if element.parent is None:
            return None
        element = element.parent
    return element
