"""List functions (DMN 1.5, 10.3.4.4), and Camunda's."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from functools import reduce
from typing import Final

from kiang.feel import numbers
from kiang.feel.builtins.registry import Refused, builtin
from kiang.feel.dialect import Rule
from kiang.feel.evaluation import FatalFailureError, LimitExceededError, Run
from kiang.feel.numbers import CONTEXT, Number
from kiang.feel.operators import comparable, same
from kiang.feel.values import MISSING, NUMBERS, TEXT_LENGTH_MAX, Function, Value, text_of

List = list[Value]

_HASHABLE: Final = frozenset([str, int, bool, Decimal, type(None)])


_WHOLE: Final = frozenset([int])
_TEXT: Final = frozenset([str])


def _position(index: Number) -> int:
    """Cut off what stands behind the decimal point."""
    return int(index)


@builtin("list contains(list: list, element: any)")
def list_contains(run: Run, items: List, element: Value) -> bool:
    """Say whether an element is in a list."""
    run.spend(len(items))
    return any(same(item, element, run) is True for item in items)


@builtin("count(list: list)")
def count(run: Run, items: List) -> int:
    """Count the items."""
    return len(items)


def _comparable_items(run: Run, items: List) -> List:
    run.spend(len(items))
    if _WHOLE.issuperset(map(type, items)) or _TEXT.issuperset(map(type, items)):
        return items
    first = items[0]
    if not all(comparable(first, item) for item in items):
        raise Refused(f"{text_of(items)} is not comparable")
    return items


@builtin("min(list...: any)")
def min_(run: Run, items: List) -> Value:
    """Give the least item, null of an empty list."""
    return min(_comparable_items(run, items)) if items else None


@builtin("max(list...: any)")
def max_(run: Run, items: List) -> Value:
    """Give the greatest item, null of an empty list."""
    return max(_comparable_items(run, items)) if items else None


def _numbers(run: Run, items: List) -> list[Number]:
    run.spend(len(items))
    if not NUMBERS.issuperset(map(type, items)):
        found = next(item for item in items if type(item) not in NUMBERS)
        raise Refused(f"expected number but found '{text_of(found)}'")
    return items


def total(values: list[Number]) -> Number:
    """Add numbers up."""
    if _WHOLE.issuperset(map(type, values)):
        return numbers.bounded(sum(values))  # type: ignore[arg-type]
    return reduce(numbers.add, values)


@builtin("sum(list...: any)")
def sum_(run: Run, items: List) -> Number | None:
    """Add the items up, null of an empty list."""
    return total(_numbers(run, items)) if items else None


@builtin("product(list...: any)")
def product(run: Run, items: List) -> Number | None:
    """Multiply the items, null of an empty list."""
    return reduce(numbers.multiply, _numbers(run, items)) if items else None


@builtin("mean(list...: any)")
def mean(run: Run, items: List) -> Number | None:
    """Give the average, null of an empty list."""
    return numbers.divide(total(_numbers(run, items)), len(items)) if items else None


@builtin("median(list...: any)")
def median(run: Run, items: List) -> Number | None:
    """Give the item in the middle, or the average of the two there, null of an empty list."""
    if not items:
        return None
    ordered = sorted(_numbers(run, items))
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return numbers.divide(numbers.add(ordered[middle - 1], ordered[middle]), 2)


def _variance(run: Run, items: List) -> Number:
    values = _numbers(run, items)
    average = numbers.divide(total(values), len(values))
    differences = [numbers.subtract(value, average) for value in values]
    return numbers.divide(total([numbers.multiply(each, each) for each in differences]), len(values) - 1)


@builtin("stddev(list...: any)", camunda=Rule.DIGITS_OF_ROOTS)
def stddev(run: Run, items: List) -> Number | None:
    """Give the standard deviation of a sample, null of an empty list."""
    if not items:
        return None
    if len(_numbers(run, items)) == 1:
        raise FatalFailureError("java.lang.ArithmeticException: Division undefined", separator=" : ")
    return numbers.parsed(repr(math.sqrt(_variance(run, items))))


@builtin("stddev(list...: any)", standard=Rule.DIGITS_OF_ROOTS)
def stddev_by_standard(run: Run, items: List) -> Number | None:
    """Give the standard deviation of a sample, null of less than two items."""
    return CONTEXT.sqrt(_variance(run, items)) if len(items) >= 2 else None


@builtin("mode(list...: any)")
def mode(run: Run, items: List) -> List:
    """Give the most frequent items, in ascending order."""
    counts: dict[Number, int] = {}
    for value in _numbers(run, items):
        counts[value] = counts.get(value, 0) + 1
    most = max(counts.values(), default=0)
    return sorted(value for value, times in counts.items() if times == most)


def _decided(items: List, decisive: bool) -> bool | None:
    state: bool | None = not decisive
    for item in items:
        if type(item) is not bool:
            state = None
        elif item is decisive:
            return decisive
    return state


@builtin("all(list...: any)")
@builtin("and(list...: any)")
def all_(run: Run, items: List) -> bool | None:
    """Say whether all items are true; false if one is false, else null if one is no boolean."""
    return _decided(items, decisive=False)


@builtin("any(list...: any)")
@builtin("or(list...: any)")
def any_(run: Run, items: List) -> bool | None:
    """Say whether one item is true; true if one is, else null if one is no boolean."""
    return _decided(items, decisive=True)


def _index(items: List, position: Number) -> int:
    """Give the index of a position from 1, or from the end if it is not positive, as Camunda's engine has it."""
    return int(position) - 1 if position > 0 else len(items) + int(position)


@builtin("sublist(list: list, start position: number, length?: number)", camunda=Rule.POSITION_ZERO)
@builtin("sublist(list: list, start: number, length?: number)", camunda=Rule.POSITION_ZERO)
def sublist(run: Run, items: List, start: Number, length: Number = MISSING) -> List:
    """Give a part of a list."""
    first = _index(items, start)
    end = len(items) if length is MISSING else first + int(length)
    return items[max(0, first) : max(0, end)]


@builtin("sublist(list: list, start position: number, length?: number)", standard=Rule.POSITION_ZERO)
def sublist_by_standard(run: Run, items: List, start: Number, length: Number = MISSING) -> List | None:
    """Give a part of a list."""
    position = _position(start)
    if position == 0 or abs(position) > len(items):
        return None
    first = position - 1 if position > 0 else len(items) + position
    if length is MISSING:
        return items[first:]
    end = first + _position(length)
    return items[first:end] if first < end <= len(items) else None


@builtin("append(list: list, items...: any)")
def append(run: Run, items: List, added: List) -> List:
    """Put items at the end."""
    run.spend(len(items) + len(added))
    return [*items, *added]


def _all_items(run: Run, lists: List) -> List:
    together: List = []
    for each in lists:
        part = each if type(each) is list else [each]
        run.spend(len(part) + 1)
        together.extend(part)
    return together


@builtin("concatenate(lists...: any)")
def concatenate(run: Run, lists: List) -> List:
    """Put lists one behind the other."""
    return _all_items(run, lists)


@builtin("insert before(list: list, position: number, newItem: any)", camunda=Rule.POSITION_ZERO)
def insert_before(run: Run, items: List, position: Number, item: Value) -> List:
    """Put an item before a position."""
    run.spend(len(items))
    index = max(0, _index(items, position))
    return [*items[:index], item, *items[index:]]


@builtin("insert before(list: list, position: number, newItem: any)", standard=Rule.POSITION_ZERO)
def insert_before_by_standard(run: Run, items: List, position: Number, item: Value) -> List | None:
    """Put an item before a position that there is."""
    run.spend(len(items))
    index = _existing(items, position)
    return None if index is None else [*items[:index], item, *items[index:]]


def _existing(items: List, position: Number) -> int | None:
    index = _position(position)
    if index == 0 or abs(index) > len(items):
        return None
    return index - 1 if index > 0 else len(items) + index


@builtin("remove(list: list, position: number)", camunda=Rule.POSITION_ZERO)
def remove(run: Run, items: List, position: Number) -> List:
    """Leave the item at a position out."""
    run.spend(len(items))
    return [*items[: max(0, _index(items, position))], *items[max(0, _index(items, position + 1)) :]]


@builtin("remove(list: list, position: number)", standard=Rule.POSITION_ZERO)
def remove_by_standard(run: Run, items: List, position: Number) -> List | None:
    """Leave the item at a position out."""
    run.spend(len(items))
    index = _existing(items, position)
    return None if index is None else [*items[:index], *items[index + 1 :]]


@builtin("list replace(list: list, match: function, newItem: any)")
@builtin("list replace(list: list, position: number | function, newItem: any)")
def list_replace(run: Run, items: List, where: Number | Function, item: Value) -> List | None:
    """Put an item in the place of the one at a position, or of all for which a function says so."""
    run.spend(len(items))
    if isinstance(where, Function):
        return [item if _verdict(run, where, old, item) else old for old in items]
    index = _existing(items, where)
    return None if index is None else [*items[:index], item, *items[index + 1 :]]


def _verdict(run: Run, test: Function, *arguments: Value) -> bool:
    verdict = called(run, test, list(arguments))
    if type(verdict) is not bool:
        raise Refused("Expected a function that gives booleans")
    return verdict


def called(run: Run, function: Function, arguments: List) -> Value:
    """Call a function that came as an argument."""
    run.spend(1)
    if function.call is not None:
        return function.call(arguments, None, run)
    if len(function.parameters) != len(arguments):
        raise Refused(
            f"Expected a function with {len(arguments)} parameters, but was one with {len(function.parameters)}"
        )
    return function.code(arguments, run)


@builtin("reverse(list: list)")
def reverse(run: Run, items: List) -> List:
    """Turn a list round."""
    run.spend(len(items))
    return items[::-1]


@builtin("index of(list: list, match: any)")
def index_of(run: Run, items: List, match: Value) -> List:
    """Give the positions at which a value is."""
    run.spend(len(items))
    return [position for position, item in enumerate(items, 1) if same(item, match, run) is True]


def _distinct(run: Run, items: List) -> tuple[List, List]:
    """Give each value once, and those once that come more than once, in order."""
    once: List = []
    again: List = []
    seen: set[object] = set()
    seen_again: set[object] = set()
    for item in items:
        run.spend(1)
        if type(item) in _HASHABLE:
            key = (type(item) is bool, item)
            if key not in seen:
                seen.add(key)
                once.append(item)
            elif key not in seen_again:
                seen_again.add(key)
                again.append(item)
        elif not _holds(run, once, item):
            once.append(item)
        elif not _holds(run, again, item):
            again.append(item)
    return once, again


def _holds(run: Run, items: List, item: Value) -> bool:
    run.spend(len(items))
    return any(same(each, item, run) is True for each in items)


@builtin("union(lists...: any)")
def union(run: Run, lists: List) -> List:
    """Put lists together, each value once."""
    return _distinct(run, _all_items(run, lists))[0]


@builtin("distinct values(list: list)")
def distinct_values(run: Run, items: List) -> List:
    """Give each value once."""
    return _distinct(run, items)[0]


@builtin("duplicate values(list: list)")
def duplicate_values(run: Run, items: List) -> List:
    """Give those values that come more than once."""
    once, again = _distinct(run, items)
    return [item for item in once if _holds(run, again, item)] if again else []


@builtin("flatten(list: list)")
def flatten(run: Run, items: List) -> List:
    """Put the items of lists within lists into one list."""
    flat: List = []
    waiting = [iter(items)]
    while waiting:
        for item in waiting[-1]:
            run.spend(1)
            if type(item) is list:
                waiting.append(iter(item))
                break
            flat.append(item)
        else:
            waiting.pop()
    return flat


class _Precedence:
    """An item for Python's sort, which asks only whether one comes before another."""

    __slots__ = ("before", "item")

    def __init__(self, item: Value, before: Callable[[Value, Value], bool]) -> None:
        self.item = item
        self.before = before

    def __lt__(self, other: _Precedence) -> bool:
        return self.before(self.item, other.item)


@builtin("sort(list: list, precedes: function)")
def sort(run: Run, items: List, precedes: Function) -> List:
    """Order a list by a function that says whether its first argument comes before the second."""
    if precedes.call is None and len(precedes.parameters) != 2:
        raise Refused(f"expect boolean function with 2 arguments, but found '{len(precedes.parameters)}'")

    def before(x: Value, y: Value) -> bool:
        verdict = called(run, precedes, [x, y])
        if type(verdict) is not bool:
            found = text_of(verdict)
            raise Refused(f"fail to sort list by given precedes function: expected boolean but found '{found}'")
        return verdict

    run.spend(len(items))
    return [each.item for each in sorted(_Precedence(item, before) for item in items)]


@builtin("sort(list: list)")
def sort_ascending(run: Run, items: List) -> List:
    """Order a list of values that can be compared."""
    return sorted(_comparable_items(run, items)) if items else []


@builtin("string join(list: list, delimiter?: string | null)")
def string_join(run: Run, items: List, delimiter: str | None = None) -> str:
    """Put texts together; null is left out."""
    return string_join_within(run, items, delimiter, None, None)


@builtin("string join(list: list, delimiter: string | null, prefix: string | null, suffix: string | null)")
def string_join_within(run: Run, items: List, delimiter: str | None, prefix: str | None, suffix: str | None) -> str:
    """Put texts together, between a prefix and a suffix; null is left out."""
    run.spend(len(items))
    texts = [item for item in items if item is not None]
    if any(type(text) is not str for text in texts):
        raise Refused(f"expected a list of strings but found 'List({text_of(items)[1:-1]})'")
    between = delimiter if type(delimiter) is str else ""
    length = sum(map(len, texts)) + len(between) * len(texts)
    if length > TEXT_LENGTH_MAX:
        raise LimitExceededError(f"texts of at most {TEXT_LENGTH_MAX} characters")
    return (prefix or "") + between.join(texts) + (suffix or "")


@builtin("is empty(list: list)")
def is_empty(run: Run, items: List) -> bool:
    """Say whether a list has no items."""
    return not items


@builtin("partition(list: list, size: number)")
def partition(run: Run, items: List, size: Number) -> List:
    """Cut a list into lists of a size."""
    width = _position(size)
    if width < 1:
        raise Refused("Expected a size of at least 1")
    run.spend(len(items))
    return [items[start : start + width] for start in range(0, len(items), width)]
