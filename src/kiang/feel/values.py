"""Values of FEEL that Python does not have, the names of types, and how values are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from kiang.feel.numbers import plain_text
from kiang.feel.temporal import NANOS_PER_SECOND, Date, DateTime, DaysTimeDuration, Time, YearsMonthsDuration

if TYPE_CHECKING:
    from kiang.feel.evaluation import Run
    from kiang.feel.syntax import TypeName

Value = Any
"""None, bool, int, Decimal, str, list, dict, Date, Time, DateTime, DaysTimeDuration, YearsMonthsDuration, Range, Function."""


class _Missing:
    """Stands where a variable, an entry or an argument is not there; null is a value."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final[Any] = _Missing()

NUMBERS: Final = frozenset([int, Decimal])


class Range:
    """All values from one end to the other; an end of null is open without limit.

    Attributes:
        low: Lower end.
        high: Upper end.
        low_included: The lower end belongs to it.
        high_included: The upper end belongs to it.
        is_test: It was written as a comparison, `(< 5)`, and so has only one end.
    """

    __slots__ = ("high", "high_included", "is_test", "low", "low_included")

    def __init__(
        self, low: Value, high: Value, low_included: bool, high_included: bool, *, is_test: bool = False
    ) -> None:
        self.low = low
        self.high = high
        self.low_included = low_included
        self.high_included = high_included
        self.is_test = is_test

    def __repr__(self) -> str:
        return text_of(self)


class Function:
    """A function as a value: a function literal, a built-in function, or one that the caller gives.

    Attributes:
        parameters: Names of the parameters.
        types: Their types, where they are declared; empty if none is.
        code: Called with the arguments, one for each parameter, and the run.
        accepts: Number of arguments it can be called with, the least and the most; a most of -1 is any number.
        name: Of a built-in function, else empty.
        call: For functions that sort out their arguments themselves: called with positional arguments, named arguments and the run.
    """

    __slots__ = ("call", "code", "name", "parameters", "result_type", "types")

    def __init__(
        self,
        parameters: tuple[str, ...],
        code: Callable[[list[Value], Run], Value],
        *,
        types: tuple[TypeName | None, ...] = (),
        result_type: TypeName | None = None,
        name: str = "",
        call: Callable[[list[Value], dict[str, Value] | None, Run], Value] | None = None,
    ) -> None:
        self.parameters = parameters
        self.types = types
        self.result_type = result_type
        self.code = code
        self.name = name
        self.call = call

    def __repr__(self) -> str:
        return f"function({', '.join(self.parameters)})"


_RESULT_TYPES: Final = {
    type(None): "NULL",
    bool: "BOOLEAN",
    int: "NUMBER",
    Decimal: "NUMBER",
    float: "NUMBER",
    str: "STRING",
    DaysTimeDuration: "DURATION",
    YearsMonthsDuration: "PERIOD",
    Date: "DATE",
    DateTime: "DATE_TIME",
    list: "ARRAY",
    dict: "OBJECT",
}

_TYPES: Final = {
    type(None): "Null",
    bool: "boolean",
    int: "number",
    Decimal: "number",
    float: "number",
    str: "string",
    DaysTimeDuration: "days and time duration",
    YearsMonthsDuration: "years and months duration",
    Date: "date",
    Time: "time",
    DateTime: "date and time",
    list: "list",
    dict: "context",
    Range: "range",
    Function: "function",
}


def type_name(value: Value) -> str:
    """Name the type as Zeebe's messages do: NULL, BOOLEAN, NUMBER … and UNKNOWN for times, ranges and functions."""
    return _RESULT_TYPES.get(type(value), "UNKNOWN")


def feel_type(value: Value) -> str:
    """Name the type as FEEL does: number, string, days and time duration …"""
    return _TYPES.get(type(value), "Any")


TEXT_LENGTH_MAX: Final = 10_000_000
"""Characters of a text that an expression may make."""


class TextTooLongError(Exception):
    """Writing a value took more than `TEXT_LENGTH_MAX` characters."""


def text_of(value: Value) -> str:
    """Write a value as Camunda's engine does, texts in quotes: in messages, and as items in what `string` gives."""
    return _text(value, ":", _CAMUNDA_TEXTS)


def standard_text_of(value: Value) -> str:
    """Write a value as the standard does, texts in quotes (DMN 1.5, 10.3.4.1)."""
    return _text(value, ": ", _NO_TEXTS)


def _text(value: Value, separator: str, texts: Mapping[type, Callable[[Any], str]]) -> str:
    kind = type(value)
    if kind is str:
        return f'"{value}"'
    if value is None:
        return "null"
    if kind is bool:
        return "true" if value else "false"
    if kind is int:
        return str(value)
    if kind is Decimal:
        return texts.get(Decimal, plain_text)(value)
    if kind is list:
        return "[" + _joined([_text(item, separator, texts) for item in value]) + "]"
    if kind is dict:
        return (
            "{" + _joined([f"{name}{separator}{_text(item, separator, texts)}" for name, item in value.items()]) + "}"
        )
    if kind is Range:
        opening = "[" if value.low_included else "("
        closing = "]" if value.high_included else ")"
        return f"{opening}{_text(value.low, separator, texts)}..{_text(value.high, separator, texts)}{closing}"
    return texts.get(kind, str)(value)


def _date_text(date: Date) -> str:
    return ("+" if date.year > 9999 else "") + str(date)


def _days_time_text(duration: DaysTimeDuration) -> str:
    """Write a duration without what is less than a second."""
    seconds = DaysTimeDuration(int(duration.nanos / NANOS_PER_SECOND) * NANOS_PER_SECOND)
    return str(seconds) if seconds.nanos else "P0D"


def _years_months_text(duration: YearsMonthsDuration) -> str:
    return str(duration) if duration.months else "P0Y"


_NO_TEXTS: Final[Mapping[type, Callable[[Any], str]]] = {}
_CAMUNDA_TEXTS: Final[Mapping[type, Callable[[Any], str]]] = {
    Decimal: str,
    Date: _date_text,
    DateTime: lambda moment: ("+" if moment.date.year > 9999 else "") + str(moment),
    DaysTimeDuration: _days_time_text,
    YearsMonthsDuration: _years_months_text,
}


def _joined(texts: list[str]) -> str:
    text = ", ".join(texts)
    if len(text) > TEXT_LENGTH_MAX:
        raise TextTooLongError
    return text
