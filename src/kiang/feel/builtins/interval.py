"""How points and ranges lie to each other (DMN 1.5, 10.3.4.8, table 76)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from kiang.feel.builtins.registry import Refused, builtin
from kiang.feel.evaluation import Run
from kiang.feel.operators import comparable
from kiang.feel.values import Range, Value


class _End(NamedTuple):
    """An end of a range; infinite is -1 or 1 where there is none."""

    value: Value
    included: bool
    infinite: int


class _Span(NamedTuple):
    start: _End
    end: _End


def _span(value: Value) -> _Span:
    if type(value) is Range:
        return _Span(
            _End(value.low, value.low_included, -1 if value.low is None else 0),
            _End(value.high, value.high_included, 1 if value.high is None else 0),
        )
    return _Span(_End(value, True, 0), _End(value, True, 0))


def _compare(x: _End, y: _End) -> int:
    if x.infinite or y.infinite:
        return x.infinite - y.infinite
    if not comparable(x.value, y.value):
        raise Refused
    return 0 if x.value == y.value else -1 if x.value < y.value else 1


def _before(x: _Span, y: _Span) -> bool:
    order = _compare(x.end, y.start)
    return order < 0 or (order == 0 and not (x.end.included and y.start.included))


def _meets(x: _Span, y: _Span) -> bool:
    return x.end.included and y.start.included and _compare(x.end, y.start) == 0


def _overlaps(x: _Span, y: _Span) -> bool:
    return not _before(x, y) and not _before(y, x)


def _overlaps_before(x: _Span, y: _Span) -> bool:
    starts = _compare(x.start, y.start)
    ends = _compare(x.end, y.end)
    return (
        (starts < 0 or (starts == 0 and x.start.included and not y.start.included))
        and not _before(x, y)
        and (ends < 0 or (ends == 0 and (not x.end.included or y.end.included)))
    )


def _overlaps_after(x: _Span, y: _Span) -> bool:
    starts = _compare(y.start, x.start)
    ends = _compare(y.end, x.end)
    return (
        (starts < 0 or (starts == 0 and y.start.included and not x.start.included))
        and not _before(y, x)
        and (ends < 0 or (ends == 0 and (not y.end.included or x.end.included)))
    )


def _finishes(x: _Span, y: _Span) -> bool:
    starts = _compare(x.start, y.start)
    return (
        x.end.included == y.end.included
        and _compare(x.end, y.end) == 0
        and (starts > 0 or (starts == 0 and (not x.start.included or y.start.included)))
    )


def _includes(x: _Span, y: _Span) -> bool:
    starts = _compare(x.start, y.start)
    ends = _compare(x.end, y.end)
    return (starts < 0 or (starts == 0 and (x.start.included or not y.start.included))) and (
        ends > 0 or (ends == 0 and (x.end.included or not y.end.included))
    )


def _starts(x: _Span, y: _Span) -> bool:
    ends = _compare(x.end, y.end)
    return (
        x.start.included == y.start.included
        and _compare(x.start, y.start) == 0
        and (ends < 0 or (ends == 0 and (not x.end.included or y.end.included)))
    )


def _coincides(x: _Span, y: _Span) -> bool:
    return (
        x.start.included == y.start.included
        and x.end.included == y.end.included
        and _compare(x.start, y.start) == 0
        and _compare(x.end, y.end) == 0
    )


def _reversed(test: Callable[[_Span, _Span], bool]) -> Callable[[_Span, _Span], bool]:
    return lambda x, y: test(y, x)


_RELATIONS: Final[dict[str, tuple[Callable[[_Span, _Span], bool], str]]] = {
    "before": (_before, "points, point and range, range and point, ranges"),
    "after": (_reversed(_before), "points, point and range, range and point, ranges"),
    "meets": (_meets, "ranges"),
    "met by": (_reversed(_meets), "ranges"),
    "overlaps": (_overlaps, "ranges"),
    "overlaps before": (_overlaps_before, "ranges"),
    "overlaps after": (_overlaps_after, "ranges"),
    "finishes": (_finishes, "point and range, ranges"),
    "finished by": (_reversed(_finishes), "range and point, ranges"),
    "includes": (_includes, "range and point, ranges"),
    "during": (_reversed(_includes), "point and range, ranges"),
    "starts": (_starts, "point and range, ranges"),
    "started by": (_reversed(_starts), "range and point, ranges"),
    "coincides": (_coincides, "points, ranges"),
}
"""Each relation with the operands that it has."""

_NAMES: Final = {
    "points": ("point1", "point2"),
    "point and range": ("point", "range"),
    "range and point": ("range", "point"),
    "ranges": ("range1", "range2"),
}


def _kind_of(x: Value, y: Value) -> str:
    if type(x) is Range:
        return "ranges" if type(y) is Range else "range and point"
    return "point and range" if type(y) is Range else "points"


def _declare(name: str, test: Callable[[_Span, _Span], bool], operands: str) -> None:
    kinds = operands.split(", ")

    def code(run: Run, x: Any, y: Any) -> bool:
        if _kind_of(x, y) not in kinds:
            raise Refused
        return test(_span(x), _span(y))

    for kind in kinds:
        first, second = _NAMES[kind]
        builtin(f"{name}({first}: any, {second}: any)")(code)


for _name, (_test, _operands) in _RELATIONS.items():
    _declare(_name, _test, _operands)
