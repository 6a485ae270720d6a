"""Making another kind of element of one, as a modeler does: what both kinds can have stays, references go."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from kiang.element_templates.document import (
    ACTIVITIES,
    BPMN,
    BPMNDI,
    SUB_PROCESSES,
    ZEEBE,
    Document,
    in_bpmn,
    local,
    new_id,
)

ATTRIBUTES = frozenset({"id", "name", "isForCompensation", "parallelMultiple", "attachedToRef"})
"""Attributes that survive where the new kind has them; those with a default that is not false begin anew."""

OF_ACTIVITIES = frozenset({"default", "isForCompensation"})
OF_EVENTS = frozenset({"parallelMultiple", "attachedToRef"})

CHILDREN = frozenset({"documentation", "extensionElements", "auditing", "monitoring", "incoming", "outgoing"})
OF_BOTH_ACTIVITIES = frozenset(
    {
        "ioSpecification",
        "property",
        "loopCharacteristics",
        "multiInstanceLoopCharacteristics",
        "standardLoopCharacteristics",
    }
)
REFERENCES = frozenset({"messageRef", "signalRef", "errorRef", "escalationRef", "operationRef"})


def replaced(document: Document, old: ET.Element, kind: str, event_definition: str | None) -> ET.Element:
    """The element as one of another kind, at the end of its parent; its id, name and flows stay."""
    before = local(old)
    new = ET.Element(f"{{{BPMN}}}{kind}")
    for name, value in old.attrib.items():
        if name.startswith(f"{{{ZEEBE}}}") or name in _attributes_of(before, kind):
            new.set(name, value)
    definitions = [child for child in old if local(child).endswith("EventDefinition")]
    keeps_definition = any(local(child) == event_definition for child in definitions)
    for child in old:
        name = local(child)
        if name in CHILDREN or not in_bpmn(child):
            new.append(child)
        elif name.endswith("EventDefinition"):
            if keeps_definition:
                new.append(_copied(child))
        elif {before, kind} <= SUB_PROCESSES or (name in OF_BOTH_ACTIVITIES and {before, kind} <= ACTIVITIES):
            new.append(child)
    if event_definition and not keeps_definition:
        ET.SubElement(new, f"{{{BPMN}}}{event_definition}", {"id": new_id(event_definition)})
    document.replace(old, new)
    _renew_shape(document, new.get("id", ""), "Activity" if kind in ACTIVITIES else "Event")
    _renew_lane(document, new.get("id", ""))
    return new


def _attributes_of(before: str, now: str) -> frozenset[str]:
    if {before, now} <= ACTIVITIES:
        return ATTRIBUTES | OF_ACTIVITIES
    return ATTRIBUTES - {"isForCompensation"} - (frozenset() if before == now else OF_EVENTS - {"parallelMultiple"})


def _copied(definition: ET.Element) -> ET.Element:
    """An event definition without what it refers to, under a new id."""
    attributes = {name: value for name, value in definition.attrib.items() if name not in REFERENCES | {"id"}}
    copy = ET.Element(definition.tag, {"id": new_id(local(definition)), **attributes})
    copy.extend(definition)
    return copy


def _renew_shape(document: Document, element_id: str, prefix: str) -> None:
    """The shape becomes a new one behind the other shapes, where it was before."""
    found = document.shape_of(element_id)
    if found is None:
        return
    plane, shape = found
    shape.set("id", f"{new_id(prefix)}_di")
    plane.remove(shape)
    shapes = [i for i, child in enumerate(plane) if child.tag == f"{{{BPMNDI}}}BPMNShape"]
    plane.insert(shapes[-1] + 1 if shapes else 0, shape)


def _renew_lane(document: Document, element_id: str) -> None:
    for lane in document.root.iter(f"{{{BPMN}}}lane"):
        for reference in lane.findall(f"{{{BPMN}}}flowNodeRef"):
            if (reference.text or "").strip() == element_id:
                lane.remove(reference)
                places = [i for i, child in enumerate(lane) if local(child) == "flowNodeRef"]
                lane.insert(places[-1] + 1 if places else len(lane), reference)
