"""Two BPMN files compared by what they mean: ids made at random, white space, and the drawing aside."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree as ET

MADE_ID = re.compile(r"(?:[A-Za-z]+EventDefinition|Message|Signal)_[0-9a-z]{6,8}")
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")


def meaning(xml: str | bytes) -> Any:
    """The file as nested tuples: tag, attributes, text, children in order."""
    ids: dict[str, str] = {}

    def value(text: str) -> str:
        text = UUID.sub("a uuid", text)
        return ids.setdefault(text, f"made id {len(ids)}") if MADE_ID.fullmatch(text) else text

    def element(node: ET.Element) -> Any:
        attributes = sorted((name.rpartition("}")[2], value(text)) for name, text in node.attrib.items())
        children = [element(child) for child in node if not child.tag.endswith("BPMNDiagram")]
        return (node.tag.rpartition("}")[2], attributes, value((node.text or "").strip()), children)

    return element(ET.fromstring(xml))


def drawn(xml: str | bytes) -> dict[str, tuple[str, ...]]:
    """Where each element is drawn."""
    shapes = {}
    for shape in ET.fromstring(xml).iter("{http://www.omg.org/spec/BPMN/20100524/DI}BPMNShape"):
        bounds = shape.find("{http://www.omg.org/spec/DD/20100524/DC}Bounds")
        assert bounds is not None
        shapes[shape.get("bpmnElement", "")] = tuple(sorted(f"{k}={v}" for k, v in bounds.attrib.items()))
    return shapes
