"""ZeebeLoopCharacteristicsValidator: the two attributes of an output belong together, at ad-hoc sub-processes too."""

from __future__ import annotations

from collections.abc import Iterator

from kiang.bpmn.definitions import Definitions
from kiang.bpmn.document import Element

NAME = "ZeebeLoopCharacteristicsValidator"
KINDS = frozenset({"zeebe:loopCharacteristics", "zeebe:adHoc"})


def check(_file: Definitions, element: Element) -> Iterator[str]:
    """Neither or both of the collection and its element."""
    for given, missing in (("outputCollection", "outputElement"), ("outputElement", "outputCollection")):
        if element.get(given) and not element.get(missing):
            yield f"Attribute '{missing}' must be present if the attribute '{given}' is set"
