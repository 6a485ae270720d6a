"""MessageValidator."""

from __future__ import annotations

from collections.abc import Iterator

from kiang.bpmn.definitions import Definitions
from kiang.bpmn.document import Element

NAME = "MessageValidator"
KINDS = frozenset({"message"})


def check(file: Definitions, element: Element) -> Iterator[str]:
    """Its name and, if somebody waits for it inside an instance, its subscription."""
    holders = file.message_holders.get(element.id, [])
    if holders and not element.get("name"):
        yield "Name must be present and not empty"
    waits = [holder for holder in holders if _waits_in_instance(holder)]
    if waits and len(element.extensions("zeebe:subscription")) != 1:
        yield "Must have exactly one zeebe:subscription extension element"
    for process in file.executable_processes:
        starts = [holder for holder in holders if holder.kind == "startEvent" and holder.parent is process]
        if len(starts) > 1:
            yield "A message cannot be referred by more than one start event"


def _waits_in_instance(holder: Element) -> bool:
    if holder.kind in {"intermediateCatchEvent", "boundaryEvent", "receiveTask"}:
        return True
    return holder.kind == "startEvent" and holder.parent is not None and holder.parent.kind != "process"
