"""Types of FEEL as tests of values: `instance of`, parameters of functions, and types that decisions define."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from kiang.feel.dialect import Dialect, Rule
from kiang.feel.syntax import TypeName
from kiang.feel.values import Function, Range, Value, feel_type

TypeTest = Callable[[Value], bool]

_DURATIONS: Final = frozenset(["days and time duration", "years and months duration"])
_BASIC: Final = _DURATIONS | {"number", "string", "boolean", "date", "time", "date and time"}
_CAMUNDA: Final = _BASIC | {"list", "context", "function", "range"}
_ALIASES: Final = {
    "date time": "date and time",
    "dateTime": "date and time",
    "year-month-duration": "years and months duration",
    "day-time-duration": "days and time duration",
    "yearMonthDuration": "years and months duration",
    "dayTimeDuration": "days and time duration",
}


def type_test(type_name: TypeName, defined: Mapping[str, TypeTest], dialect: Dialect) -> TypeTest:
    """Make the test whether a value is of a type.

    Args:
        type_name: The type as it is written.
        defined: Tests of the types that the caller defines, by name; they come before those of the language.
        dialect: Whether types may have arguments.
    """
    name = type_name.name
    if name in defined:
        return defined[name]
    name = _ALIASES.get(name, name)
    if name == "Any":
        return _is_something
    if not dialect.follows_standard(Rule.GENERIC_TYPES):
        return _named(name) if name in _CAMUNDA else _never
    arguments = [type_test(argument, defined, dialect) for argument in type_name.arguments]
    if name == "Null":
        return _is_null
    if name in _BASIC and not arguments:
        return _named(name)
    if name == "list":
        return _list_of(arguments[0]) if arguments else _named("list")
    if name == "range":
        return _range_of(arguments[0]) if arguments else _named("range")
    if name == "context":
        return _context_of(dict(zip(type_name.members, arguments, strict=True))) if arguments else _named("context")
    if name == "function":
        return _function_of(len(arguments)) if type_name.result is not None else _named("function")
    return _never


def _is_something(value: Value) -> bool:
    return value is not None


def _is_null(value: Value) -> bool:
    return value is None


def _never(_: Value) -> bool:
    return False


def _named(name: str) -> TypeTest:
    def test(value: Value) -> bool:
        return feel_type(value) == name

    return test


def _list_of(item: TypeTest) -> TypeTest:
    def test(value: Value) -> bool:
        return type(value) is list and all(each is None or item(each) for each in value)

    return test


def _range_of(end: TypeTest) -> TypeTest:
    def test(value: Value) -> bool:
        return type(value) is Range and all(each is None or end(each) for each in (value.low, value.high))

    return test


def _context_of(members: Mapping[str, TypeTest]) -> TypeTest:
    def test(value: Value) -> bool:
        return type(value) is dict and all(
            name in value and (value[name] is None or member(value[name])) for name, member in members.items()
        )

    return test


def _function_of(count: int) -> TypeTest:
    def test(value: Value) -> bool:
        return type(value) is Function and (value.call is not None or len(value.parameters) == count)

    return test
