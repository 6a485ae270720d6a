"""ZeebeFormDefinitionValidator: which form a user task refers to."""

from __future__ import annotations

from collections.abc import Iterator

from kiang.bpmn.definitions import Definitions
from kiang.bpmn.document import Element

NAME = "ZeebeFormDefinitionValidator"
KINDS = frozenset({"zeebe:formDefinition"})


def check(_file: Definitions, element: Element) -> Iterator[str]:
    """Exactly one of the attributes that this kind of user task knows."""
    task = element.parent.parent if element.parent is not None else None
    if task is not None and task.extension("zeebe:userTask") is not None:
        if _count_given(element, "formId", "externalReference") != 1:
            yield (
                "Exactly one of the attributes 'formId, externalReference' must be present and not blank "
                "for native user tasks"
            )
    elif _count_given(element, "formId", "formKey") != 1:
        yield "Exactly one of the attributes 'formId, formKey' must be present and not blank"


def _count_given(element: Element, *attributes: str) -> int:
    return sum(1 for attribute in attributes if element.get(attribute).strip())
