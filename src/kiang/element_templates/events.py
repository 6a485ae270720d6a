"""What an element's event definition refers to or holds: message and its subscription, signal, timer, condition."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from xml.etree import ElementTree as ET

from kiang.element_templates.document import BPMN, EVENTS, XSI, ZEEBE, Document, local
from kiang.element_templates.values import text_of

Binding = Mapping[str, Any]

MESSAGE, SUBSCRIPTION = "bpmn:Message#property", "bpmn:Message#zeebe:subscription#property"
SIGNAL = "bpmn:Signal#property"
TIMER = "bpmn:TimerEventDefinition#property"
CONDITION = "bpmn:ConditionalEventDefinition#property"
FILTER = "bpmn:ConditionalEventDefinition#zeebe:conditionalFilter#property"

REFERRED: Mapping[str, tuple[str, frozenset[str]]] = {
    "message": ("messageRef", frozenset({MESSAGE, SUBSCRIPTION})),
    "signal": ("signalRef", frozenset({SIGNAL})),
}
TEMPLATE = f"{{{ZEEBE}}}modelerTemplate"
EXTENSIONS = f"{{{BPMN}}}extensionElements"
TIMES = ("timeDate", "timeDuration", "timeCycle")


class EventParts:
    """Reads and writes them for one element."""

    BINDINGS = (MESSAGE, SUBSCRIPTION, SIGNAL, TIMER, CONDITION, FILTER)

    def __init__(self, document: Document, element: ET.Element, template_id: str) -> None:
        self._document = document
        self._element = element
        self._template_id = template_id

    def get(self, binding: Binding) -> Any:
        """The value of a binding; None if there is none."""
        place = self._place(binding)
        if place is None:
            return None
        if binding["type"] in {TIMER, CONDITION}:
            child = place.find(f"{{{BPMN}}}{binding['name']}")
            return None if child is None else (child.text or "").strip()
        return place.get(binding["name"])

    def begin(self, new: Iterable[Binding], old: Iterable[Binding]) -> None:
        """Take away what the template wrote before and does not write now."""
        wanted = [dict(binding) for binding in new]
        for binding in old:
            if binding["type"] in self.BINDINGS and dict(binding) not in wanted:
                self.set(binding, None)

    def prepare(self, binding: Binding) -> bool:
        """Make the place of a binding; False if the element cannot have one."""
        kind = binding["type"]
        if kind in {MESSAGE, SUBSCRIPTION}:
            message = self._ensure("message")
            if message is not None and kind == SUBSCRIPTION:
                _ensure_extension(message, "subscription")
        elif kind == SIGNAL:
            self._ensure("signal")
        elif kind == FILTER:
            definition = self._definition("conditionalEventDefinition")
            if definition is not None:
                _ensure_extension(definition, "conditionalFilter")
        elif kind == TIMER and binding["name"] == "timeCycle":
            self._stop_interrupting()
        return self._place(binding) is not None

    def set(self, binding: Binding, value: Any) -> None:
        """Write a value; None takes it away."""
        place = self._place(binding)
        if place is None:
            return
        name = binding["name"]
        if binding["type"] in {TIMER, CONDITION}:
            for child in list(place):
                if local(child) == name or (binding["type"] == TIMER and local(child) in TIMES):
                    place.remove(child)
            if value is not None:
                made = ET.SubElement(place, f"{{{BPMN}}}{name}", {f"{{{XSI}}}type": "bpmn:tFormalExpression"})
                made.text = text_of(value)
        elif value is None:
            place.attrib.pop(name, None)
        else:
            place.set(name, text_of(value))

    def end(self, new: Iterable[Binding]) -> None:
        """Mark what is referred to as the template's; let go of what the template does not know."""
        kinds = {binding["type"] for binding in new}
        for root_kind, (attribute, bindings) in REFERRED.items():
            root = self._referred(root_kind)
            holder = self._holder()
            if root is None or holder is None:
                continue
            if kinds & bindings:
                root.set(TEMPLATE, self._template_id)
            else:
                root_id = root.get("id")
                del holder.attrib[attribute]
                if not any(e.get(attribute) == root_id for e in self._document.root.iter()):
                    self._document.remove_root(root)

    def owned_message(self) -> ET.Element | None:
        """The message that a template made."""
        message = self._referred("message")
        return message if message is not None and message.get(TEMPLATE) else None

    def take_over(self, message: ET.Element) -> None:
        """Refer to the message of the element that this one replaces; drop it if this one cannot."""
        holder = self._holder()
        can_refer = holder is not None and (holder is not self._element or local(holder) in {"receiveTask", "sendTask"})
        if holder is not None and can_refer:
            holder.set("messageRef", message.get("id", ""))
        else:
            self._document.remove_root(message)

    def _holder(self) -> ET.Element | None:
        """What refers: the event definition of an event, any other element itself."""
        if local(self._element) in EVENTS:
            return next((child for child in self._element if local(child).endswith("EventDefinition")), None)
        return self._element

    def _definition(self, kind: str) -> ET.Element | None:
        return next((child for child in self._element if local(child) == kind), None)

    def _referred(self, kind: str) -> ET.Element | None:
        holder = self._holder()
        return None if holder is None else self._document.root_by_id(kind, holder.get(REFERRED[kind][0]))

    def _ensure(self, kind: str) -> ET.Element | None:
        """The message or signal; a copy of one that was not made by a template, which others may use."""
        present, holder = self._referred(kind), self._holder()
        if holder is None or (present is not None and present.get(TEMPLATE)):
            return present
        made = self._document.add_root(kind)
        made.set(TEMPLATE, self._template_id)
        holder.set(REFERRED[kind][0], made.get("id", ""))
        if present is not None:
            if "name" in present.attrib:
                made.set("name", present.attrib["name"])
            extensions = present.find(EXTENSIONS)
            if extensions is not None:
                made.append(ET.fromstring(ET.tostring(extensions)))  # noqa: S314 - our own text
        return made

    def _place(self, binding: Binding) -> ET.Element | None:
        kind = binding["type"]
        if kind == MESSAGE:
            return self._referred("message")
        if kind == SIGNAL:
            return self._referred("signal")
        if kind == TIMER:
            return self._definition("timerEventDefinition")
        if kind == CONDITION:
            return self._definition("conditionalEventDefinition")
        holder = self._referred("message") if kind == SUBSCRIPTION else self._definition("conditionalEventDefinition")
        tag = "subscription" if kind == SUBSCRIPTION else "conditionalFilter"
        return None if holder is None else holder.find(f"{EXTENSIONS}/{{{ZEEBE}}}{tag}")

    def _stop_interrupting(self) -> None:
        """What comes again and again cannot end what it comes from."""
        kind, parent = local(self._element), self._document.parent(self._element)
        if kind == "boundaryEvent":
            self._element.set("cancelActivity", "false")
        elif kind == "startEvent" and parent.get("triggeredByEvent") == "true":
            self._element.set("isInterrupting", "false")


def _ensure_extension(element: ET.Element, tag: str) -> None:
    extensions = element.find(EXTENSIONS)
    if extensions is None:
        extensions = ET.Element(EXTENSIONS)
        element.insert(0, extensions)
    if extensions.find(f"{{{ZEEBE}}}{tag}") is None:
        ET.SubElement(extensions, f"{{{ZEEBE}}}{tag}")
