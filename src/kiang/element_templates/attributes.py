"""Attributes of a BPMN element, and its expressions, while a template is applied."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as ET

from kiang.element_templates.document import BPMN, XSI, ZEEBE, local
from kiang.element_templates.values import is_same, text_of

EXPRESSIONS: Mapping[str, frozenset[str]] = {
    "conditionExpression": frozenset({"sequenceFlow"}),
    "completionCondition": frozenset({"adHocSubProcess"}),
    "activationCondition": frozenset({"complexGateway"}),
}
"""Names that are children with an expression, and the elements that have them."""

BOOLEANS: Mapping[str, bool] = {
    "cancelActivity": True,
    "cancelRemainingInstances": True,
    "instantiate": False,
    "isForCompensation": False,
    "isInterrupting": True,
    "parallelMultiple": False,
    "triggeredByEvent": False,
}
"""What holds without the attribute; it is not written then."""

INTEGERS: Mapping[str, int] = {"startQuantity": 1, "completionQuantity": 1}


class Attributes:
    """What templates bind with `property`."""

    def __init__(self, element: ET.Element) -> None:
        self._element = element
        self._values: dict[str, Any] = {}

    def get(self, name: str) -> Any:
        """The value; None if there is none."""
        if name in self._values:
            value = self._values[name]
        elif self._is_expression(name):
            child = self._element.find(f"{{{BPMN}}}{name}")
            value = None if child is None else (child.text or "").strip()
        else:
            text = self._element.get(_qualified(name))
            value = text if name not in BOOLEANS or text is None else text == "true"
        return BOOLEANS.get(name, INTEGERS.get(name)) if value is None else value

    def set(self, name: str, value: Any) -> None:
        """Give it another value; None takes it away."""
        self._values[name] = value

    def write(self, element: ET.Element) -> None:
        """Put what was set into the element."""
        for name, value in self._values.items():
            if self._is_expression(name):
                for child in element.findall(f"{{{BPMN}}}{name}"):
                    element.remove(child)
                made = ET.SubElement(element, f"{{{BPMN}}}{name}", {f"{{{XSI}}}type": "bpmn:tFormalExpression"})
                made.text = None if value is None else text_of(value)
            elif value is None or is_same(value, BOOLEANS.get(name, INTEGERS.get(name))):
                element.attrib.pop(_qualified(name), None)
            else:
                element.set(_qualified(name), text_of(value))

    def _is_expression(self, name: str) -> bool:
        return local(self._element) in EXPRESSIONS.get(name, ())


def _qualified(name: str) -> str:
    prefix, _, rest = name.partition(":")
    if not rest:
        return name
    return f"{{{ZEEBE}}}{rest}" if prefix == "zeebe" else rest
