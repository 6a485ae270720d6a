"""StraightThroughProcessingLoopValidator: loops that would never wait for anybody, and so never end (engine-semantics §24)."""

from __future__ import annotations

from collections.abc import Iterator

from kiang.bpmn.definitions import Definitions, event_definition, is_event_sub_process
from kiang.bpmn.document import Element
from kiang.bpmn.elements import FLOW_NODES
from kiang.bpmn.expression import is_expression

NAME = "StraightThroughProcessingLoopValidator"

BEGINNINGS = frozenset({"task", "manualTask", "callActivity"})
"""Where the search for a loop begins."""

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

TABLE_SIZE_MIN = 16
TABLE_LOAD_MAX = 0.75
HASH_MASK = 0xFFFFFFFF


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
        for start in in_table_order(_elements_with_id(self._process)):
            if start.kind in BEGINNINGS and start not in self._done:
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
        while True:
            flows = self._file.outgoing.get(element.id, [])
            if flows:
                targets = (self._file.by_id.get(flow.get("targetRef").strip()) for flow in reversed(flows))
                return iter([target for target in targets if target is not None])
            scope = element.parent
            if scope is None or scope.kind != "subProcess" or is_event_sub_process(scope):
                return iter(())
            element = scope

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


def _elements_with_id(process: Element) -> list[Element]:
    """The process and everything that the engine knows by id."""
    return [
        element
        for element in process.walk()
        if element.id and (element.kind in FLOW_NODES or element.kind in {"process", "sequenceFlow"})
    ]


def in_table_order(elements: list[Element]) -> list[Element]:
    """Elements in the order of a hash table by id, since it decides which of several loops is named.

    The table has a power of two of places, at most three quarters of them taken; an element's place comes from the sum of its id's
    bytes, each time multiplied by 31, with the upper half folded onto the lower.
    """
    size = TABLE_SIZE_MIN
    while len(elements) > size * TABLE_LOAD_MAX:
        size *= 2
    return sorted(elements, key=lambda element: _place(element.id, size))


def _place(text: str, size: int) -> int:
    value = 1
    for byte in text.encode():
        value = (31 * value + (byte - 256 if byte > 127 else byte)) & HASH_MASK
    return (value ^ (value >> 16)) & (size - 1)
