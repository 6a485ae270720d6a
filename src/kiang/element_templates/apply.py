"""Putting a template on a BPMN element, as a modeler does when somebody picks it.

The element becomes of the template's kind, its extension elements are written from the template's defaults, and it carries
the template's id and version. What a person had filled in under an earlier version of the same template stays.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
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
CONTAINERS = frozenset(["callActivity", "subProcess", "adHocSubProcess"])
EVENTS = frozenset(["startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"])

KINDS: Mapping[str, frozenset[str]] = {
    "bpmn:Task": TASKS,
    "bpmn:Activity": TASKS | CONTAINERS,
    "bpmn:Event": EVENTS,
}
"""Elements that an abstract entry of `appliesTo` stands for; any other entry stands for itself."""

EXTENSION_ORDER = (
    "taskDefinition",
    "calledElement",
    "linkedResources",
    "adHoc",
    "ioMapping",
    "taskHeaders",
    "properties",
)


def apply_template(bpmn: bytes, template: Mapping[str, Any], element_id: str) -> bytes:
    """The file with the template on the element.

    Raises:
        InvalidTemplateError: The file is no BPMN, holds no such element, or the template is not for elements of its kind.
    """
    root = _parse(bpmn)
    parents = {child: parent for parent in root.iter() for child in parent}
    element = next((e for e in root.iter() if e.get("id") == element_id and e.tag.startswith(f"{{{BPMN}}}")), None)
    if element is None:
        raise _refused(f"Expected the file to have an element with the id '{element_id}', but it has none.", element_id)
    kind = element.tag.removeprefix(f"{{{BPMN}}}")
    offered = template.get("appliesTo", [])
    if not any(kind in KINDS.get(entry, frozenset({_lower(_local(entry))})) for entry in offered):
        names = ", ".join(offered)
        raise _refused(f"Expected element '{element_id}' to be one of {names}, but it is bpmn:{kind}.", element_id)
    _Application(root, parents, element, template).carry_out()
    ET.indent(root, "  ")
    content: bytes = ET.tostring(root, encoding="utf-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + content + b"\n"


@dataclass
class _Application:
    root: ET.Element
    parents: dict[ET.Element, ET.Element]
    element: ET.Element
    template: Mapping[str, Any]
    values: dict[int, Any] = field(default_factory=dict)

    def carry_out(self) -> None:
        is_upgrade = self.element.get(f"{{{ZEEBE}}}modelerTemplate") == self.template["id"]
        kept = dict(self._present()) if is_upgrade else {}
        self._replace_element()
        self._mark()
        for index, entry in enumerate(self.template["properties"]):
            key = _binding_key(entry)
            self.values[index] = kept[key] if key in kept else _initial(entry)
        active = [i for i, entry in enumerate(self.template["properties"]) if self._is_active(entry)]
        self._drop_bound()
        for index in active:
            self._write(self.template["properties"][index], self.values[index])
        self._order()

    # Conditions

    def _is_active(self, entry: Mapping[str, Any]) -> bool:
        condition = entry.get("condition")
        if condition is None:
            return True
        return all(self._holds(part) for part in condition.get("allMatch", [condition]))

    def _holds(self, condition: Mapping[str, Any]) -> bool:
        named = [(i, e) for i, e in enumerate(self.template["properties"]) if e.get("id") == condition.get("property")]
        shown = next(((i, e) for i, e in named if self._is_active(e)), None)
        if "isActive" in condition:
            return bool(condition["isActive"]) is (shown is not None)
        if shown is None:
            return False
        value = self.values[shown[0]]
        if "isEmpty" in condition:
            return bool(condition["isEmpty"]) is (value in {None, ""})
        if "oneOf" in condition:
            return value in condition["oneOf"]
        return bool(value == condition.get("equals"))

    # The element

    def _replace_element(self) -> None:
        wanted = self.template.get("elementType")
        if wanted is None:
            return
        kind = _lower(_local(wanted["value"]))
        definition = wanted.get("eventDefinition")
        if self.element.tag == f"{{{BPMN}}}{kind}" and not definition:
            return
        if self.element.tag != f"{{{BPMN}}}{kind}":
            self.element.tag = f"{{{BPMN}}}{kind}"
            parent = self.parents[self.element]
            parent.remove(self.element)
            parent.append(self.element)
        if definition:
            self._event_definition(_lower(_local(definition)))

    def _event_definition(self, kind: str) -> None:
        present = [c for c in self.element if c.tag.endswith("EventDefinition")]
        if any(c.tag == f"{{{BPMN}}}{kind}" for c in present):
            return
        for other in present:
            self.element.remove(other)
        definition = ET.SubElement(self.element, f"{{{BPMN}}}{kind}", {"id": _new_id(_upper(kind))})
        if kind == "messageEventDefinition":
            definition.set("messageRef", self._new_root("message", "Message").get("id", ""))
        elif kind == "signalEventDefinition":
            definition.set("signalRef", self._new_root("signal", "Signal").get("id", ""))

    def _new_root(self, tag: str, prefix: str) -> ET.Element:
        made = ET.Element(f"{{{BPMN}}}{tag}", {"id": _new_id(prefix)})
        made.set(f"{{{ZEEBE}}}modelerTemplate", self.template["id"])
        diagrams = [i for i, child in enumerate(self.root) if child.tag.startswith(f"{{{BPMNDI}}}")]
        self.root.insert(diagrams[0] if diagrams else len(self.root), made)
        return made

    def _mark(self) -> None:
        self.element.set(f"{{{ZEEBE}}}modelerTemplate", self.template["id"])
        if "version" in self.template:
            self.element.set(f"{{{ZEEBE}}}modelerTemplateVersion", str(self.template["version"]))
        icon = self.template.get("icon", {}).get("contents")
        if icon:
            self.element.set(f"{{{ZEEBE}}}modelerTemplateIcon", icon)

    # Values

    def _present(self) -> Iterator[tuple[tuple[str, str], Any]]:
        """What the element carries now, by binding."""
        extensions = self.element.find(f"{{{BPMN}}}extensionElements")
        for child in extensions if extensions is not None else ():
            kind = _local_tag(child)
            if kind == "taskDefinition":
                for name in ("type", "retries"):
                    if child.get(name) is not None:
                        yield ("zeebe:taskDefinition", name), child.get(name)
            elif kind == "ioMapping":
                for entry in child:
                    if _local_tag(entry) == "input" and entry.get("source") is not None:
                        yield ("zeebe:input", entry.get("target", "")), _unwrapped(entry.get("source", ""))
            elif kind == "taskHeaders":
                for entry in child:
                    yield ("zeebe:taskHeader", entry.get("key", "")), entry.get("value")
            elif kind == "properties":
                for entry in child:
                    if entry.get("value") is not None:
                        yield ("zeebe:property", entry.get("name", "")), entry.get("value")

    def _extension(self, kind: str, parent: ET.Element | None = None) -> ET.Element:
        holder = parent
        if holder is None:
            holder = self.element.find(f"{{{BPMN}}}extensionElements")
            if holder is None:
                holder = ET.Element(f"{{{BPMN}}}extensionElements")
                documentation = [i for i, c in enumerate(self.element) if c.tag == f"{{{BPMN}}}documentation"]
                self.element.insert(documentation[-1] + 1 if documentation else 0, holder)
        found = holder.find(f"{{{ZEEBE}}}{kind}")
        return found if found is not None else ET.SubElement(holder, f"{{{ZEEBE}}}{kind}")

    def _drop_bound(self) -> None:
        extensions = self.element.find(f"{{{BPMN}}}extensionElements")
        if extensions is None:
            return
        bound = {_container_of(entry["binding"]["type"]) for entry in self.template["properties"]}
        for child in list(extensions):
            if _local_tag(child) in bound:
                extensions.remove(child)

    def _write(self, entry: Mapping[str, Any], value: Any) -> None:
        binding = entry["binding"]
        kind = binding["type"]
        text = _text(entry, value)
        is_empty = text in {None, ""}
        if is_empty and entry.get("optional"):
            return
        match kind:
            case "property":
                if text is not None:
                    self.element.set(binding["name"], text)
            case "zeebe:taskDefinition":
                self._extension("taskDefinition").set(binding["property"], text or "")
            case "zeebe:taskDefinition:type":
                self._extension("taskDefinition").set("type", text or "")
            case "zeebe:input":
                attributes = {} if is_empty else {"source": text or ""}
                ET.SubElement(
                    self._extension("ioMapping"), f"{{{ZEEBE}}}input", {**attributes, "target": binding["name"]}
                )
            case "zeebe:output":
                if not is_empty:
                    attributes = {"source": binding["source"], "target": text or ""}
                    ET.SubElement(self._extension("ioMapping"), f"{{{ZEEBE}}}output", attributes)
            case "zeebe:taskHeader":
                if not is_empty:
                    attributes = {"key": binding["key"], "value": text or ""}
                    ET.SubElement(self._extension("taskHeaders"), f"{{{ZEEBE}}}header", attributes)
            case "zeebe:property":
                attributes = {"name": binding["name"]} | ({} if text is None else {"value": text})
                ET.SubElement(self._extension("properties"), f"{{{ZEEBE}}}property", attributes)
            case "bpmn:Message#property":
                if text is not None:
                    self._message().set(binding["name"], text)
            case "bpmn:Message#zeebe:subscription#property":
                if not is_empty and self._may_subscribe():
                    self._subscription().set(binding["name"], text or "")
            case "zeebe:linkedResource":
                self._linked_resource(binding["linkName"]).set(binding["property"], text or "")
            case "zeebe:adHoc" | "zeebe:calledElement":
                if not is_empty:
                    name = kind.removeprefix("zeebe:")
                    self._extension(name).set(binding.get("property", binding.get("name", "")), text or "")
            case _:
                raise _refused(f"Expected a binding that can be applied, but was '{kind}'.", entry.get("id", ""))

    def _message(self) -> ET.Element:
        definition = self.element.find(f"{{{BPMN}}}messageEventDefinition")
        holder = definition if definition is not None else self.element
        reference = holder.get("messageRef")
        for child in self.root:
            if child.tag == f"{{{BPMN}}}message" and child.get("id") == reference:
                return child
        made = self._new_root("message", "Message")
        holder.set("messageRef", made.get("id", ""))
        return made

    def _may_subscribe(self) -> bool:
        """A message start event of a process has no subscription; one of an event sub-process has."""
        parent = self.parents[self.element]
        return _local_tag(self.element) != "startEvent" or parent.get("triggeredByEvent") == "true"

    def _subscription(self) -> ET.Element:
        message = self._message()
        extensions = message.find(f"{{{BPMN}}}extensionElements")
        if extensions is None:
            extensions = ET.SubElement(message, f"{{{BPMN}}}extensionElements")
        return self._extension("subscription", extensions)

    def _linked_resource(self, link_name: str) -> ET.Element:
        resources = self._extension("linkedResources")
        for child in resources:
            if child.get("linkName") == link_name:
                return child
        return ET.SubElement(resources, f"{{{ZEEBE}}}linkedResource", {"linkName": link_name})

    def _order(self) -> None:
        extensions = self.element.find(f"{{{BPMN}}}extensionElements")
        if extensions is None:
            return
        places = {kind: index for index, kind in enumerate(EXTENSION_ORDER)}
        extensions[:] = sorted(extensions, key=lambda child: places.get(_local_tag(child), len(places)))


def _initial(entry: Mapping[str, Any]) -> Any:
    if "generatedValue" in entry:
        return str(uuid.uuid4())
    return entry.get("value")


def _text(entry: Mapping[str, Any], value: Any) -> str | None:
    """The value as an attribute: expressions get their `=`, booleans and numbers of inputs are expressions."""
    if value is None:
        return None
    is_mapping = entry["binding"]["type"] in {"zeebe:input", "zeebe:output"}
    text = {True: "true", False: "false"}.get(value) if isinstance(value, bool) else str(value)
    assert text is not None
    feel = entry.get("feel") or ("static" if is_mapping and entry.get("type") in {"Boolean", "Number"} else None)
    if text == "":
        return text
    wants_equals = feel == "required" or (feel == "static" and is_mapping)
    return f"={text}" if wants_equals and not text.startswith("=") else text


def _unwrapped(source: str) -> Any:
    """A literal that was written as an expression."""
    if source in {"=true", "=false"}:
        return source == "=true"
    if re.fullmatch(r"=-?\d+", source):
        return int(source[1:])
    return source


def _binding_key(entry: Mapping[str, Any]) -> tuple[str, str]:
    binding = entry["binding"]
    return binding["type"], binding.get("name") or binding.get("key") or binding.get("property") or ""


def _container_of(binding_type: str) -> str:
    return {
        "zeebe:taskDefinition": "taskDefinition",
        "zeebe:taskDefinition:type": "taskDefinition",
        "zeebe:input": "ioMapping",
        "zeebe:output": "ioMapping",
        "zeebe:taskHeader": "taskHeaders",
        "zeebe:property": "properties",
        "zeebe:linkedResource": "linkedResources",
        "zeebe:adHoc": "adHoc",
        "zeebe:calledElement": "calledElement",
    }.get(binding_type, "")


def _parse(content: bytes) -> ET.Element:
    if len(content) > FILE_SIZE_MAX_BYTES:
        raise _refused(f"Expected a file of at most {FILE_SIZE_MAX_BYTES} bytes, but it has {len(content)}.", "")
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise _refused("Expected a file without document type declaration.", "")
    try:
        for _, (prefix, uri) in ET.iterparse(BytesIO(content), events=["start-ns"]):  # noqa: S314 - no document type, so no entities
            if not re.fullmatch(r"ns\d+", prefix):
                ET.register_namespace(prefix, uri)
        ET.register_namespace("zeebe", ZEEBE)
        parser = ET.XMLParser(target=ET.TreeBuilder(insert_comments=True))  # noqa: S314 - no document type, so no entities
        return ET.fromstring(content, parser)  # noqa: S314 - likewise
    except ET.ParseError as error:
        raise _refused(f"Expected a BPMN file, but it is no XML: {error}", "") from None


def _refused(message: str, element: str) -> InvalidTemplateError:
    return InvalidTemplateError(message, (Finding(message, element, rule="apply"),))


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]


def _upper(name: str) -> str:
    return name[:1].upper() + name[1:]


def _local_tag(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _new_id(prefix: str) -> str:
    return f"{prefix}_{uuid.uuid4().hex[:7]}"
