"""How built-in functions are declared, found and called.

A family declares each function by its signature as the standard writes it:

    @builtin("substring(string: string, start position: number, length?: number)")
    def substring(run, text, start, length=MISSING): ...

`?` marks what may be left out, `...` a last parameter that takes any number of arguments or one list of them. A type is a
FEEL type, several with `|` between them, or `any`. Only arguments of these types reach the code.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple, TypeVar

from kiang.feel.dialect import Dialect, Rule
from kiang.feel.evaluation import Run
from kiang.feel.numbers import NumberError
from kiang.feel.operators import number_of
from kiang.feel.temporal import Date, DateTime, DaysTimeDuration, TemporalError, Time, YearsMonthsDuration
from kiang.feel.values import MISSING, Function, Range, Value, text_of

_TYPES: Final[dict[str, frozenset[type]]] = {
    "null": frozenset([type(None)]),
    "boolean": frozenset([bool]),
    "number": frozenset([int, Decimal]),
    "string": frozenset([str]),
    "date": frozenset([Date]),
    "time": frozenset([Time]),
    "date and time": frozenset([DateTime]),
    "days and time duration": frozenset([DaysTimeDuration]),
    "years and months duration": frozenset([YearsMonthsDuration]),
    "list": frozenset([list]),
    "context": frozenset([dict]),
    "function": frozenset([Function]),
    "range": frozenset([Range]),
}

_LISTS: Final = _TYPES["list"]

Code = Callable[..., Value]
Declared = TypeVar("Declared", bound=Code)


class Refused(Exception):
    """A function gives null for its arguments, and says why in the warning."""


REFUSALS: Final = (Refused, *NumberError, TemporalError)
"""What the code of a function may raise to give null."""


class Overload(NamedTuple):
    """One signature with its code.

    Attributes:
        parameters: Names of the parameters.
        types: For each, what an argument may be; None for anything.
        required: How many of them must be given.
        variadic: The last one takes any number of arguments.
        code: Called with the run and the arguments.
    """

    parameters: tuple[str, ...]
    types: tuple[frozenset[type] | None, ...]
    required: int
    variadic: bool
    code: Code

    def takes(self, count: int) -> bool:
        """Say whether it can be called with so many arguments."""
        return count >= self.required if self.variadic else self.required <= count <= len(self.parameters)

    def takes_named(self, names: frozenset[str]) -> bool:
        """Say whether it has parameters of these names."""
        return names <= set(self.parameters)

    def is_complete(self, names: frozenset[str]) -> bool:
        """Say whether the names are those of all parameters that must be given."""
        return names >= set(self.parameters[: self.required])


class Builtin:
    """A function of the language with all its signatures."""

    def __init__(self, name: str, dialect: Dialect) -> None:
        self.name = name
        self.overloads: list[Overload] = []
        self.coerces = dialect.follows_standard(Rule.SINGLETON_LIST)
        self.value = Function((), self._call_value, name=name, call=self._call_any)

    def _call_value(self, arguments: list[Value], run: Run) -> Value:
        return self._call_any(arguments, None, run)

    def _call_any(self, arguments: Sequence[Value], named: dict[str, Value] | None, run: Run) -> Value:
        overload = self.named(frozenset(named)) if named is not None else self.positional(len(arguments))
        if overload is None:
            self.not_found(len(arguments) if named is None else len(named), run, 0)
            return None
        if named is not None:
            return self.invoke_named(overload, named, run, 0)
        return self.invoke(overload, arguments, run, 0)

    def positional(self, count: int) -> Overload | None:
        """Find the signature for a number of arguments."""
        return next((each for each in self.overloads if each.takes(count)), None)

    def named(self, names: frozenset[str]) -> Overload | None:
        """Find the signature for names of arguments; where some are missing, one in which they are null."""
        fitting = [each for each in self.overloads if each.takes_named(names)]
        return next((each for each in fitting if each.is_complete(names)), fitting[0] if fitting and names else None)

    def not_found(self, count: int, run: Run, at: int) -> None:
        """Warn that no signature fits."""
        run.note("NO_FUNCTION_FOUND", f"No function found with name '{self.name}' and {count} parameters", at)

    def invoke_named(self, overload: Overload, named: dict[str, Value], run: Run, at: int) -> Value:
        """Call with arguments by name."""
        arguments = [
            named.get(name, None if index < overload.required else MISSING)
            for index, name in enumerate(overload.parameters)
        ]
        while arguments and arguments[-1] is MISSING:
            arguments.pop()
        return self.invoke(overload, arguments, run, at, spread=False)

    def invoke(
        self, overload: Overload, arguments: Sequence[Value], run: Run, at: int, *, spread: bool = True
    ) -> Value:
        """Call, having brought the arguments to the types of the parameters; null if that cannot be."""
        given = list(arguments)
        if overload.variadic and spread:
            given = self._collected(overload, given)
        last = len(given) - 1 if overload.variadic else -1
        for index, types in enumerate(overload.types[: len(given)]):
            if index == last and types is None:
                types = _LISTS  # noqa: PLW2901
            if types is None or type(given[index]) in types or given[index] is MISSING:
                continue
            fitting = self._fitted(given[index], types)
            if fitting is MISSING:
                return self.refuse(given, run, at)
            given[index] = fitting
        try:
            return overload.code(run, *given)
        except REFUSALS as refusal:
            return self.refuse(given, run, at, refusal)

    def _collected(self, overload: Overload, given: list[Value]) -> list[Value]:
        """Make one list of the last arguments, unless there is one and it is a list already."""
        last = len(overload.parameters) - 1
        rest = given[last:]
        if len(rest) == 1 and type(rest[0]) is list and last == 0:
            return given
        return [*given[:last], rest]

    def _fitted(self, value: Value, types: frozenset[type]) -> Value:
        value = number_of(value)
        if type(value) in types:
            return value
        if self.coerces:
            if type(value) is list and len(value) == 1 and type(value[0]) in types:
                return value[0]
            if list in types and value is not None:
                return [value]
        return MISSING

    def refuse(self, arguments: Sequence[Value], run: Run, at: int, refusal: BaseException | None = None) -> None:
        """Warn that the arguments are wrong."""
        if run.warnings is not None:
            shown = [argument for argument in arguments if argument is not MISSING]
            reason = str(refusal) if type(refusal) is Refused else ""
            reason = reason or f"Illegal arguments: {_listed(shown)}"
            run.note("FUNCTION_INVOCATION_FAILURE", f"Failed to invoke function '{self.name}': {reason}", at)


def _listed(values: Sequence[Value]) -> str:
    return ", ".join(f"'{text_of(value)}'" for value in values)


class _Declared(NamedTuple):
    name: str
    overload: Overload
    dialects: tuple[Dialect, ...]


_declared: list[_Declared] = []
_SIGNATURE: Final = re.compile(r"([^(]+)\((.*)\)")


def builtin(
    signature: str, *, standard: Rule | None = None, camunda: Rule | None = None
) -> Callable[[Declared], Declared]:
    """Declare a function.

    Args:
        signature: As described above.
        standard: The function is the standard's side of this difference.
        camunda: It is Camunda's side of this difference.
    """
    match = _SIGNATURE.fullmatch(signature)
    assert match is not None, signature
    dialects = (Dialect.DMN,) if standard else (Dialect.CAMUNDA, Dialect.CONNECTORS) if camunda else tuple(Dialect)
    parameters: list[str] = []
    types: list[frozenset[type] | None] = []
    required = 0
    for part in filter(None, match[2].split(", ")):
        name, _, type_text = part.partition(": ")
        optional = name.endswith("?")
        required += not optional
        parameters.append(name.removesuffix("?").removesuffix("..."))
        types.append(_types_of(type_text))
    variadic = "...:" in match[2]

    def declare(code: Declared) -> Declared:
        overload = Overload(tuple(parameters), tuple(types), required, variadic, code)
        _declared.append(_Declared(match[1], overload, dialects))
        return code

    return declare


def _types_of(text: str) -> frozenset[type] | None:
    if text == "any":
        return None
    return frozenset[type]().union(*(_TYPES[name] for name in text.split(" | ")))


def table_of(dialect: Dialect) -> dict[str, Builtin]:
    """Give the functions of a dialect by name."""
    table: dict[str, Builtin] = {}
    for declared in _declared:
        if dialect in declared.dialects:
            table.setdefault(declared.name, Builtin(declared.name, dialect)).overloads.append(declared.overload)
    return table


def named_function(value: Any) -> bool:
    """Say whether a value is a function."""
    return type(value) is Function
