"""ErrorEventDefinitionValidator."""

from __future__ import annotations

from collections.abc import Iterator

from kiang.bpmn.definitions import Definitions
from kiang.bpmn.document import Element

NAME = "ErrorEventDefinitionValidator"
KINDS = frozenset({"errorEventDefinition"})


def check(file: Definitions, element: Element) -> Iterator[str]:
    """An end event throws a code; a catch event waits for a static one or for all."""
    error = file.referenced(element, "errorRef", "error")
    code = "" if error is None else error.get("errorCode")
    if element.parent is not None and element.parent.kind == "endEvent":
        if error is None:
            yield "Must reference an error"
        elif not code:
            yield "ErrorCode must be present and not empty"
    elif code.startswith("="):
        yield "The errorCode of the error catch event is not allowed to be an expression"
