"""StraightThroughProcessingLoopValidator: loops that would never wait for anybody, and so never end (engine-semantics §24)."""

from __future__ import annotations

from collections.abc import Iterator

from kiang.bpmn.definitions import Definitions, event_definition
from kiang.bpmn.document import Element
from kiang.bpmn.expression import is_expression

NAME = "StraightThroughProcessingLoopValidator"

BEGINNINGS = frozenset({"task", "manualTask", "callActivity"})
"""Where the search for a loop begins, in the order of their ids."""

PASSED = BEGINNINGS | {
    "subProcess",
    "exclusiveGateway",
    "parallelGateway",
    "inclusiveGateway",
    "startEvent",
    "endEvent",
    "intermediateThrowEvent",
}
"""Elements that are passed without waiting."""


def check(file: Definitions, process: Element) -> Iterator[str]:
    """The first loop that is found in a process."""
    loop = _Search(file, process).first_loop()
    if loop is not None:
        path = " > ".join(element.id for element in loop)
        yield f"Processes are not allowed to contain a straight-through processing loop: {path}"


class _Search:
    """Looks for a loop, depth first, without recursion.

    Attributes:
        done: Elements from which no loop can be reached.
    """

    def __init__(self, file: Definitions, process: Element) -> None:
        self._file = file
        self._process = process
        self._processes = {other.id: other for other in file.executable_processes}
        self._done: set[Element] = set()

    def first_loop(self) -> list[Element] | None:
        starts = [element for element in self._process.walk() if element.kind in BEGINNINGS]
        for start in sorted(starts, key=lambda element: element.id):
            if start not in self._done:
                loop = self._search(start)
                if loop is not None:
                    return loop
        return None

    def _search(self, start: Element) -> list[Element] | None:
        path: dict[Element, Iterator[Element]] = {start: self._next(start)}
        while path:
            current = next(reversed(path))
            following = next(path[current], None)
            if following is None:
                path.popitem()
                self._done.add(current)
            elif following in path:
                elements = list(path)
                return [*elements[elements.index(following) :], following]
            elif following.kind in PASSED and following not in self._done:
                path[following] = self._next(following)
        return None

    def _next(self, element: Element) -> Iterator[Element]:
        """What comes after an element, in the order in which the engine goes there."""
        inside = self._entered(element)
        if inside is not None:
            return iter(inside)
        flows = self._file.outgoing.get(element.id, [])
        scope = element.parent
        if not flows and scope is not None and scope.kind == "subProcess":
            flows = self._file.outgoing.get(scope.id, [])
        targets = (self._file.by_id.get(flow.get("targetRef").strip()) for flow in reversed(flows))
        return iter([target for target in targets if target is not None])

    def _entered(self, element: Element) -> list[Element] | None:
        """Where a container begins; None if the element is none."""
        if element.kind == "subProcess":
            if element.child("multiInstanceLoopCharacteristics") is not None:
                return []
            return _none_starts(element)
        if element.kind == "callActivity":
            called = element.extension("zeebe:calledElement")
            process_id = "" if called is None else called.get("processId")
            process = None if is_expression(process_id) else self._processes.get(process_id)
            return [] if process is None else _none_starts(process)
        return None


def _none_starts(scope: Element) -> list[Element]:
    return [start for start in scope.all("startEvent") if event_definition(start) is None][:1]
