"""Putting a template on a BPMN element, as a modeler does when somebody picks it.

The element becomes of the template's kind, its extension elements are written from the template's defaults, and it carries the
template's id and version. What a person had filled in before and the template still knows stays. A value that is written can make
other properties count, or count no longer, so everything is looked at again after each value that a condition depends on; the
result equals that of Camunda's `element-templates-cli`, down to what it does with values that were written in between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree as ET

from kiang.element_templates.attributes import Attributes
from kiang.element_templates.conditions import Active, Conditions
from kiang.element_templates.document import EVENTS, KINDS, ZEEBE, Document, local, refused, tag_of
from kiang.element_templates.events import EventParts
from kiang.element_templates.extensions import ENTRIES, SINGLES, Extensions, Node
from kiang.element_templates.replacing import replaced
from kiang.element_templates.values import initial, is_same, is_truthy, text_of

ROUNDS_MAX = 200
"""How often conditions may change one another's outcome before the template counts as one that never settles."""

Entry = Mapping[str, Any]

SINGLE_ORDER = (
    ("calledElement", ("zeebe:calledElement",)),
    ("linkedResources", ()),
    ("userTask", ()),
    ("calledDecision", ("zeebe:calledDecision",)),
    ("formDefinition", ("zeebe:formDefinition",)),
    ("script", ("zeebe:script",)),
    ("assignmentDefinition", ("zeebe:assignmentDefinition",)),
    ("priorityDefinition", ("zeebe:priorityDefinition",)),
    ("jobPriorityDefinition", ("zeebe:jobPriorityDefinition",)),
    ("adHoc", ("zeebe:adHoc",)),
    ("agentDefinition", ("zeebe:agentDefinition",)),
    ("taskSchedule", ("zeebe:taskSchedule",)),
)
"""Extensions in the order in which they are written, and the bindings to their attributes."""

PROPAGATION = ("propagateAllChildVariables", "propagateAllParentVariables")


def apply_template(bpmn: bytes, template: Mapping[str, Any], element_id: str) -> bytes:
    """The file with the template on the element.

    Raises:
        InvalidTemplateError: The file is no BPMN, holds no such element, or the template is not for elements of its kind.
    """
    document = Document(bpmn)
    element = document.element(element_id)
    if element is None:
        raise refused(f"Expected the file to have an element with the id '{element_id}', but it has none.", element_id)
    kind = local(element)
    offered = [
        *template.get("appliesTo", ()),
        *([template["elementType"]["value"]] if "elementType" in template else ()),
    ]
    if not any(kind in KINDS.get(entry, {tag_of(entry)}) for entry in offered):
        names = ", ".join(dict.fromkeys(offered))
        raise refused(f"Expected element '{element_id}' to be one of {names}, but it is bpmn:{kind}.", element_id)
    _Application(document, element, template).carry_out()
    return document.to_bytes()


class _Application:
    def __init__(self, document: Document, element: ET.Element, template: Mapping[str, Any]) -> None:
        self._document = document
        self._element = element
        self._template = template
        self._entries: Sequence[Entry] = template["properties"]
        self._extensions = Extensions(element)
        self._attributes = Attributes(element)
        self._events = EventParts(document, element, template["id"])
        self._conditions = Conditions(self._entries, self._read, self._may_apply)
        self._rounds = 0

    def carry_out(self) -> None:
        """Apply the template, then write what came of it."""
        version = self._template.get("version")
        is_same_template = self._element.get(f"{{{ZEEBE}}}modelerTemplate") == self._template[
            "id"
        ] and self._element.get(f"{{{ZEEBE}}}modelerTemplateVersion") == (None if version is None else str(version))
        self._change(tuple(range(len(self._entries))) if is_same_template else None)
        ranks = self._ranks()
        self._extensions.sort_entries(lambda kind, name: ranks.get((kind, name), -1))
        self._extensions.write(self._element)
        self._attributes.write(self._element)

    def _ranks(self) -> dict[tuple[str, Any], int]:
        ranks: dict[tuple[str, Any], int] = {}
        for place, index in enumerate(self._conditions.active()):
            binding = self._entries[index]["binding"]
            if binding["type"] in ENTRIES:
                name = binding.get(ENTRIES[binding["type"]].name_in_binding)
                ranks.setdefault((binding["type"], name), place)
        return ranks

    def _may_apply(self, entry: Entry) -> bool:
        """A message start event of a process has no subscription; one of an event sub-process has."""
        binding = entry["binding"]
        if binding["type"] != "bpmn:Message#zeebe:subscription#property" or binding.get("name") != "correlationKey":
            return True
        parent = self._document.parent(self._element)
        return local(self._element) != "startEvent" or parent.get("triggeredByEvent") == "true"

    # Reading

    def _read(self, entry: Entry) -> Any:
        """The value that a property has on the element now; "" if nothing is there."""
        binding = entry["binding"]
        kind = binding["type"]
        value: Any = ""
        if kind == "property":
            value = self._attributes.get(binding["name"])
            value = "" if value is None else value
        elif kind in SINGLES:
            node = self._extensions.find(SINGLES[kind])
            value = node.get(_attribute_of(binding)) if node is not None else ""
        elif kind in ENTRIES:
            node = self._extensions.entry(binding)
            value = node.get(ENTRIES[kind].value or binding["property"]) if node is not None else ""
        elif kind in EventParts.BINDINGS:
            value = self._events.get(binding)
            value = "" if value is None else value
        if entry.get("type") == "Boolean":
            return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value
        return value

    # Writing

    def _change(self, old: Active | None) -> None:
        """Write everything that counts now, then again if that made other things count.

        Args:
            old: What counted before, of the same template; None if the element had another one or none.
        """
        self._rounds += 1
        if self._rounds > ROUNDS_MAX:
            raise refused("Expected conditions that settle, but each outcome changes another one.", "")
        new = self._conditions.active()
        self._mark()
        self._replace_element(old)
        self._extensions.is_present = True
        self._write_attributes(new, old)
        self._write_single(new, old, "taskDefinition", ("zeebe:taskDefinition", "zeebe:taskDefinition:type"))
        self._write_entries(new, old, "ioMapping", ("zeebe:input", "zeebe:output"))
        self._write_entries(new, old, "taskHeaders", ("zeebe:taskHeader",))
        self._write_entries(new, old, "properties", ("zeebe:property",))
        self._write_event_parts(new, old)
        for tag, bindings in SINGLE_ORDER:
            if tag == "linkedResources":
                self._write_linked_resources(new, old)
            elif tag == "userTask":
                self._write_user_task(new)
            else:
                self._write_single(new, old, tag, bindings)
        self._stop_propagation()
        for kind in ("zeebe:executionListener", "zeebe:taskListener"):
            self._write_listeners(new, old, kind)
        if self._conditions.differ(self._conditions.active(), new):
            self._change(new)

    def _do(self, write: Callable[[], None], index: int | None = None) -> None:
        """Write something; if a condition depends on it and comes out otherwise, everything is written anew at once.

        Args:
            index: The property that is written; None for anything else.
        """
        if index is not None and self._conditions.bindings[index] not in self._conditions.decisive:
            write()
            return
        before = self._conditions.active()
        write()
        if self._conditions.differ(self._conditions.active(), before):
            self._change(before)

    def _mark(self) -> None:
        version, icon = self._template.get("version"), self._template.get("icon", {}).get("contents")
        marks = {
            "modelerTemplate": self._template["id"],
            "modelerTemplateVersion": None if version is None else str(version),
            "modelerTemplateIcon": icon,
        }
        for name, value in marks.items():
            key = f"{{{ZEEBE}}}{name}"
            if value is not None:
                self._element.set(key, value)
            else:
                self._element.attrib.pop(key, None)

    def _replace_element(self, old: Active | None) -> None:
        wanted = self._template.get("elementType")
        if wanted is None or old is not None:
            return
        kind = tag_of(wanted["value"])
        definition = tag_of(wanted["eventDefinition"]) if "eventDefinition" in wanted else None
        present = [local(child) for child in self._element if local(child).endswith("EventDefinition")]
        if definition is None and local(self._element) == kind and not (kind in EVENTS and present):
            return
        self._attributes.write(self._element)
        message = self._events.owned_message()
        self._element = replaced(self._document, self._element, kind, definition)
        self._extensions.drop_foreign()
        self._attributes = Attributes(self._element)
        self._events = EventParts(self._document, self._element, self._template["id"])
        if message is not None:
            self._events.take_over(message)

    def _of(self, indices: Iterable[int], bindings: Sequence[str]) -> list[int]:
        return [i for i in indices if self._entries[i]["binding"]["type"] in bindings]

    def _old_entry(self, old: Active | None, index: int) -> Entry | None:
        """The property that wrote the same thing before."""
        binding = self._conditions.bindings[index]
        found = next((i for i in old or () if self._conditions.bindings[i] == binding), None)
        return None if found is None else self._entries[found]

    def _is_kept(self, index: int, old: Active | None, current: Any) -> bool:
        """Whether what stands there now is better than the template's default."""
        entry = self._entries[index]
        if entry.get("type") == "Hidden":
            return False
        if entry.get("type") == "Dropdown":
            return any(is_same(choice["value"], current) for choice in entry.get("choices", ()))
        before = self._old_entry(old, index)
        if before is not None:
            return not is_same(current, before.get("value"))
        return is_truthy(current)

    def _write_attributes(self, new: Active, old: Active | None) -> None:
        mine = self._of(new, ("property",))
        names = {self._entries[i]["binding"]["name"] for i in mine}
        for index in self._of(old or (), ("property",)):
            name = self._entries[index]["binding"]["name"]
            if name not in names:
                self._do(lambda name=name: self._attributes.set(name, None), index)  # type: ignore[misc]
        for index in mine:
            name = self._entries[index]["binding"]["name"]
            value = initial(self._entries[index])
            if not self._is_kept(index, old, self._attributes.get(name)):
                self._do(lambda name=name, value=value: self._attributes.set(name, value), index)  # type: ignore[misc]

    def _write_single(self, new: Active, old: Active | None, tag: str, bindings: Sequence[str]) -> None:
        mine = self._of(new, bindings)
        node = self._extensions.find(tag)
        if not mine:
            if node is not None:
                gone = node
                self._do(lambda: self._extensions.remove(gone))
            return
        for index in mine:
            name, value = _attribute_of(self._entries[index]["binding"]), initial(self._entries[index])
            if node is None:
                node = self._extensions.ensure(tag)
            elif self._is_kept(index, old, node.get(name)):
                continue
            self._do(lambda node=node, name=name, value=value: node.attributes.update({name: value}), index)  # type: ignore[misc]
        names = {_attribute_of(self._entries[i]["binding"]) for i in mine}
        for index in self._of(old or (), bindings):
            name = _attribute_of(self._entries[index]["binding"])
            if name not in names and node is not None:
                self._do(lambda node=node, name=name: node.attributes.update({name: None}), index)  # type: ignore[misc]

    def _stop_propagation(self) -> None:
        """A called process sees, and gives, only what is mapped, unless the template says otherwise."""
        node = self._extensions.find("calledElement")
        if node is None or local(self._element) != "callActivity":
            return
        bound = {e["binding"].get("property") for e in self._entries if e["binding"]["type"] == "zeebe:calledElement"}
        node.attributes.update({name: False for name in PROPAGATION if name not in bound})

    def _write_entries(self, new: Active, old: Active | None, tag: str, bindings: Sequence[str]) -> None:
        mine = self._of(new, bindings)
        container = self._extensions.find(tag)
        if not mine:
            if container is not None:
                gone = container
                self._do(lambda: self._extensions.remove(gone))
            return
        if container is None:
            container = self._extensions.ensure(tag)
        unused = [e for e in container.entries if e.tag in {ENTRIES[b].tag for b in bindings}]
        for index in mine:
            entry = self._entries[index]
            kind, value = ENTRIES[entry["binding"]["type"]], initial(entry)
            is_header = tag == "taskHeaders"
            is_wanted = is_truthy(value) or not (is_header or entry.get("optional"))
            present = self._extensions.entry(entry["binding"])
            if present is not None:
                is_kept = self._is_kept(index, old, present.get(kind.value))
                if (is_wanted or is_kept or is_header) and present in unused:
                    unused.remove(present)
                if not is_kept:
                    self._do(lambda e=present, k=kind, v=value: e.attributes.update({k.value: v}), index)  # type: ignore[misc]
            elif is_wanted:
                made = Node(kind.tag, _named(kind, entry["binding"], value))
                self._do(lambda c=container, made=made: c.entries.append(made), index)  # type: ignore[misc]
        if unused:
            holder = container
            self._do(lambda: holder.entries.__setitem__(slice(None), [e for e in holder.entries if e not in unused]))

    def _write_linked_resources(self, new: Active, old: Active | None) -> None:
        mine = self._of(new, ("zeebe:linkedResource",))
        container = self._extensions.find("linkedResources")
        if not mine:
            if container is not None:
                gone = container
                self._do(lambda: self._extensions.remove(gone))
            return
        container = self._extensions.ensure("linkedResources")
        unused = list(container.entries)
        for index in mine:
            entry = self._entries[index]
            binding, value = entry["binding"], initial(entry)
            is_wanted = is_truthy(value) or not entry.get("optional")
            present = self._extensions.entry(binding)
            if present is not None:
                is_kept = self._is_kept(index, old, present.get(binding["property"]))
                if (is_wanted or is_kept) and present in unused:
                    unused.remove(present)
                if not is_kept:
                    self._do(lambda e=present, b=binding, v=value: e.attributes.update({b["property"]: v}), index)  # type: ignore[misc]
            elif is_wanted:
                made = Node("linkedResource", {"linkName": binding["linkName"], binding["property"]: value})
                self._do(lambda c=container, made=made: c.entries.append(made), index)  # type: ignore[misc]
        container.entries = [entry for entry in container.entries if entry not in unused]
        kept = {self._conditions.bindings[i] for i in mine}
        for index in self._of(old or (), ("zeebe:linkedResource",)):
            present = self._extensions.entry(self._entries[index]["binding"])
            if self._conditions.bindings[index] not in kept and present is not None:
                present.attributes[self._entries[index]["binding"]["property"]] = None

    def _write_user_task(self, new: Active) -> None:
        if self._template.get("elementType", {}).get("value") != "bpmn:UserTask":
            return
        is_wanted = any(entry["binding"]["type"] == "zeebe:userTask" for entry in (self._entries[i] for i in new))
        node = self._extensions.find("userTask")
        if is_wanted:
            self._extensions.ensure("userTask")
        elif node is not None:
            self._extensions.remove(node)

    def _write_listeners(self, new: Active, old: Active | None, kind: str) -> None:
        """Listeners stand as the template names them; those that somebody added by hand go with the first of them."""
        mine = self._of(new, (kind,))
        tag = f"{kind.removeprefix('zeebe:')}s"
        if mine or self._of(old or (), (kind,)):
            self._extensions.values = [v for v in self._extensions.values if isinstance(v, Node) or local(v) != tag]
        if mine:
            self._extensions.values.append(_listeners(tag, [self._entries[i] for i in mine]))

    def _write_event_parts(self, new: Active, old: Active | None) -> None:
        """Message, signal, timer, condition: what an event definition refers to or holds."""
        self._events.begin([self._entries[i]["binding"] for i in new], [self._entries[i]["binding"] for i in old or ()])
        for index in [i for kind in EventParts.BINDINGS for i in self._of(new, (kind,))]:
            binding, value = self._entries[index]["binding"], initial(self._entries[index])
            if not self._events.prepare(binding):
                continue
            if not self._is_kept(index, old, self._events.get(binding)):
                self._do(lambda b=binding, v=value: self._events.set(b, v), index)  # type: ignore[misc]
        self._events.end([self._entries[i]["binding"] for i in new])


def _attribute_of(binding: Mapping[str, Any]) -> str:
    if binding["type"] == "zeebe:taskDefinition:type":
        return "type"
    name: str = binding["property"]
    return name


def _named(kind: Any, binding: Mapping[str, Any], value: Any) -> dict[str, Any]:
    """Attributes of a new entry; a property without value is an empty one."""
    if binding["type"] == "zeebe:property" and value is None:
        value = ""
    names = {kind.named_by: binding[kind.name_in_binding], kind.value: value}
    return {name: names[name] for name in sorted(names, key=("key", "name", "source", "target", "value").index)}


def _listeners(tag: str, entries: Sequence[Entry]) -> ET.Element:
    made = ET.Element(f"{{{ZEEBE}}}{tag}")
    for entry in entries:
        binding, value = entry["binding"], initial(entry)
        attributes = {"eventType": binding.get("eventType"), "type": value, "retries": binding.get("retries")}
        listener = ET.SubElement(made, f"{{{ZEEBE}}}{tag.removesuffix('s')}")
        for name, attribute in attributes.items():
            if attribute is not None:
                listener.set(name, text_of(attribute))
        headers = binding.get("headers")
        if headers:
            holder = ET.SubElement(listener, f"{{{ZEEBE}}}taskHeaders")
            for header in headers:
                ET.SubElement(holder, f"{{{ZEEBE}}}header", {k: text_of(v) for k, v in header.items()})
    return made
