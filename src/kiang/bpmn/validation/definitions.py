"""DefinitionsValidator."""

from __future__ import annotations

from collections.abc import Iterator

from kiang.bpmn.definitions import Definitions
from kiang.bpmn.document import Element

NAME = "DefinitionsValidator"
KINDS = frozenset({"definitions"})


def check(file: Definitions, _element: Element) -> Iterator[str]:
    """There is something to execute."""
    if not file.executable_processes:
        yield "Must contain at least one executable process"
