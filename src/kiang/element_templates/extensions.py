"""The extension elements of one BPMN element while a template is applied: what templates bind is data, all else stays XML."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree as ET

from kiang.element_templates.document import BPMN, ZEEBE, in_namespace, local
from kiang.element_templates.values import text_of

SINGLES: Mapping[str, str] = {
    "zeebe:taskDefinition": "taskDefinition",
    "zeebe:taskDefinition:type": "taskDefinition",
    "zeebe:calledElement": "calledElement",
    "zeebe:calledDecision": "calledDecision",
    "zeebe:formDefinition": "formDefinition",
    "zeebe:script": "script",
    "zeebe:assignmentDefinition": "assignmentDefinition",
    "zeebe:priorityDefinition": "priorityDefinition",
    "zeebe:jobPriorityDefinition": "jobPriorityDefinition",
    "zeebe:adHoc": "adHoc",
    "zeebe:agentDefinition": "agentDefinition",
    "zeebe:taskSchedule": "taskSchedule",
}
"""Bindings to an attribute of an extension that an element has once."""


@dataclass(frozen=True)
class Entries:
    """A binding to an entry of a list: where it is, what its binding's name is called, and what of it is the value."""

    container: str
    tag: str
    named_by: str
    name_in_binding: str
    value: str


ENTRIES: Mapping[str, Entries] = {
    "zeebe:input": Entries("ioMapping", "input", "target", "name", "source"),
    "zeebe:output": Entries("ioMapping", "output", "source", "source", "target"),
    "zeebe:taskHeader": Entries("taskHeaders", "header", "key", "key", "value"),
    "zeebe:property": Entries("properties", "property", "name", "name", "value"),
    "zeebe:linkedResource": Entries("linkedResources", "linkedResource", "linkName", "linkName", ""),
}

DEFAULTS: Mapping[tuple[str, str], Any] = {
    ("calledElement", "propagateAllParentVariables"): True,
    ("calledElement", "bindingType"): "latest",
    ("calledDecision", "bindingType"): "latest",
    ("formDefinition", "bindingType"): "latest",
    ("linkedResource", "bindingType"): "latest",
}
"""What an attribute is when it is not written; such a value is not written."""

BOOLEANS = frozenset({"propagateAllChildVariables", "propagateAllParentVariables"})


@dataclass(eq=False)
class Node:
    """An extension, or an entry of one.

    Attributes:
        attributes: Values as a template gave them, or texts.
        content: Children that templates do not know.
    """

    tag: str
    attributes: dict[str, Any] = field(default_factory=dict)
    entries: list[Node] = field(default_factory=list)
    content: list[ET.Element] = field(default_factory=list)

    def get(self, name: str) -> Any:
        """An attribute; what holds without it if it is not there."""
        value = self.attributes.get(name)
        return DEFAULTS.get((self.tag, name)) if value is None else value

    def to_xml(self) -> ET.Element:
        """As it is written."""
        made = ET.Element(f"{{{ZEEBE}}}{self.tag}")
        for name, value in self.attributes.items():
            if value is not None and value != DEFAULTS.get((self.tag, name)):
                made.set(name, text_of(value))
        made.extend(entry.to_xml() for entry in self.entries)
        made.extend(self.content)
        return made


KNOWN = {*SINGLES.values(), *(kind.container for kind in ENTRIES.values()), "userTask"}
TAGS = {kind.container: {k.tag for k in ENTRIES.values() if k.container == kind.container} for kind in ENTRIES.values()}


class Extensions:
    """What stands in `extensionElements`, in order."""

    def __init__(self, element: ET.Element) -> None:
        holder = element.find(f"{{{BPMN}}}extensionElements")
        self.is_present = holder is not None
        self.values: list[Node | ET.Element] = [_read(child) for child in holder] if holder is not None else []

    def find(self, tag: str) -> Node | None:
        """An extension by its tag."""
        return next((v for v in self.values if isinstance(v, Node) and v.tag == tag), None)

    def ensure(self, tag: str) -> Node:
        """An extension, made behind all others if there is none."""
        found = self.find(tag)
        if found is None:
            found = Node(tag)
            self.values.append(found)
        return found

    def remove(self, node: Node) -> None:
        """Take an extension out."""
        self.values = [value for value in self.values if value is not node]

    def drop_foreign(self) -> None:
        """Leave out what is not Zeebe's: a modeler does so when it replaces an element."""
        self.values = [v for v in self.values if isinstance(v, Node) or in_namespace(v, ZEEBE)]
        self.is_present = bool(self.values)

    def entry(self, binding: Mapping[str, Any]) -> Node | None:
        """The entry of a list that a binding names."""
        kind = ENTRIES[binding["type"]]
        container = self.find(kind.container)
        name = binding.get(kind.name_in_binding)
        entries = container.entries if container is not None else ()
        return next((e for e in entries if e.tag == kind.tag and e.attributes.get(kind.named_by) == name), None)

    def sort_entries(self, rank: Callable[[str, Any], int]) -> None:
        """Put entries of lists in the order of the template; what it does not know comes first."""
        for binding_type, kind in ENTRIES.items():
            container = self.find(kind.container)
            if container is not None and binding_type != "zeebe:linkedResource":
                own = [e for e in container.entries if e.tag == kind.tag]
                own.sort(key=lambda e: rank(binding_type, e.attributes.get(kind.named_by)))
                others = [e for e in container.entries if e.tag != kind.tag]
                container.entries = own + others if kind.tag != "output" else others + own

    def write(self, element: ET.Element) -> None:
        """Put it into the element, behind its documentation."""
        holder = element.find(f"{{{BPMN}}}extensionElements")
        if holder is not None:
            element.remove(holder)
        if not self.is_present and not self.values:
            return
        made = ET.Element(f"{{{BPMN}}}extensionElements")
        made.extend(value.to_xml() if isinstance(value, Node) else value for value in self.values)
        documentation = [i for i, child in enumerate(element) if local(child) == "documentation"]
        element.insert(documentation[-1] + 1 if documentation else 0, made)


def _read(child: ET.Element) -> Node | ET.Element:
    tag = local(child)
    if not in_namespace(child, ZEEBE) or tag not in KNOWN:
        return child
    node = Node(tag, {name: _attribute(name, value) for name, value in child.attrib.items()})
    for below in child:
        if local(below) in TAGS.get(tag, ()):
            node.entries.append(Node(local(below), dict(below.attrib), content=list(below)))
        else:
            node.content.append(below)
    return node


def _attribute(name: str, value: str) -> Any:
    return value == "true" if name in BOOLEANS else value
