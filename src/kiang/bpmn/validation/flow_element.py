"""FlowElementValidator: elements that BPMN knows and the engine does not execute."""

from __future__ import annotations

from collections.abc import Iterator

from kiang.bpmn.definitions import Definitions
from kiang.bpmn.document import Element
from kiang.bpmn.elements import UNSUPPORTED_NODES

NAME = "FlowElementValidator"
KINDS = UNSUPPORTED_NODES

COVERAGE_PAGE = "https://docs.camunda.io/docs/components/modeler/bpmn/bpmn-coverage/"


def check(_file: Definitions, element: Element) -> Iterator[str]:
    """The element's type, as its tag begins with a capital."""
    type_ = element.kind[0].upper() + element.kind[1:]
    yield (
        f"Elements of type '{type_}' are currently not supported. "
        f"Please refer to the documentation for a list of supported elements: {COVERAGE_PAGE}"
    )
