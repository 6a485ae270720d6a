"""Types of a model: which values conform to them, and how a value is brought to one (DMN 1.5, 7.3.2 and 10.3.2.9).

A type is known by its name: one of FEEL, an item definition of the file, or `import.name` for one of another file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from kiang.dmn.model import ANY, ItemDefinition, UnaryTests
from kiang.feel.dialect import Dialect
from kiang.feel.evaluation import Run, Variables
from kiang.feel.syntax import TypeName
from kiang.feel.temporal import (
    Date,
    DateTime,
    DaysTimeDuration,
    TemporalError,
    Time,
    YearsMonthsDuration,
    parse_date,
    parse_date_time,
    parse_days_time_duration,
    parse_time,
    parse_years_months_duration,
)
from kiang.feel.types import TypeTest, type_test
from kiang.feel.values import Function, Range

Value = Any
Code = Callable[[Variables, Any], Value]
"""A closure; its second argument is the run, which is that of FEEL or, with more in it, that of decisions."""
CompileTests = Callable[[UnaryTests], Code | None]

DEPTH_MAX: Final = 100
"""Types within types, and lists and contexts within values, that are looked at."""

_CLASSES: Final[dict[str, tuple[type, ...]]] = {
    "number": (int, Decimal),
    "string": (str,),
    "boolean": (bool,),
    "date": (Date,),
    "time": (Time,),
    "date and time": (DateTime,),
    "days and time duration": (DaysTimeDuration,),
    "years and months duration": (YearsMonthsDuration,),
    "list": (list,),
    "context": (dict,),
    "function": (Function,),
    "range": (Range,),
    "Null": (type(None),),
}
_ALIASES: Final = {
    "dateTime": "date and time",
    "date time": "date and time",
    "dayTimeDuration": "days and time duration",
    "day time duration": "days and time duration",
    "yearMonthDuration": "years and months duration",
    "year month duration": "years and months duration",
    "integer": "number",
    "long": "number",
    "double": "number",
}
_PARSERS: Final[dict[str, Callable[[str], Value]]] = {
    "date": parse_date,
    "time": parse_time,
    "date and time": parse_date_time,
    "days and time duration": parse_days_time_duration,
    "years and months duration": parse_years_months_duration,
}
"""Readers of what JSON has only as text."""


class Mismatch:
    """Stands for the value that could not be brought to a type."""

    __slots__ = ()


MISMATCH: Final = Mismatch()


class Type:
    """Any value.

    Attributes:
        name: For messages.
    """

    __slots__ = ("name",)

    def __init__(self, name: str = ANY) -> None:
        self.name = name

    def conforms(self, value: Value, run: Run) -> bool:  # noqa: ARG002 - one signature for all
        """Say whether the value is of this type; null is of every type."""
        return True

    def coerce(self, value: Value, run: Run) -> Value:
        """Bring a value to this type: as it is, its only item, a list of it, a date at midnight; else `MISMATCH`."""
        if value is None or self.conforms(value, run):
            return value
        if type(value) is list:
            if len(value) == 1 and not self.is_list and self.conforms(value[0], run):
                return value[0]
            return MISMATCH
        if self.is_list:
            wrapped = [value]
            return wrapped if self.conforms(wrapped, run) else MISMATCH
        return MISMATCH

    @property
    def is_list(self) -> bool:
        """Its values are lists."""
        return False

    def read_json(self, value: Value) -> Value:
        """Make dates, times and durations of the texts that stand for them in JSON."""
        return value


class Simple(Type):
    """A type of FEEL without arguments."""

    __slots__ = ("classes", "parse")

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.classes = frozenset(_CLASSES[name])
        self.parse = _PARSERS.get(name)

    def conforms(self, value: Value, run: Run) -> bool:  # noqa: ARG002 - one signature for all
        """See `Type`."""
        return value is None or type(value) in self.classes

    def coerce(self, value: Value, run: Run) -> Value:
        """See `Type`."""
        if value is None or type(value) in self.classes:
            return value
        if self.name == "date and time" and type(value) is Date:
            return DateTime(value, 0, 0)
        return super().coerce(value, run)

    @property
    def is_list(self) -> bool:
        """See `Type`."""
        return self.name == "list"

    def read_json(self, value: Value) -> Value:
        """See `Type`."""
        if self.parse is not None and type(value) is str:
            try:
                return self.parse(value)
            except TemporalError:
                return value
        return value


class ListType(Type):
    """Lists whose items are all of a type."""

    __slots__ = ("item",)

    def __init__(self, name: str, item: Type) -> None:
        super().__init__(name)
        self.item = item

    def conforms(self, value: Value, run: Run) -> bool:
        """See `Type`."""
        if value is None:
            return True
        if type(value) is not list:
            return False
        run.spend(len(value))
        conforms = self.item.conforms
        return all(each is None or conforms(each, run) for each in value)

    @property
    def is_list(self) -> bool:
        """See `Type`."""
        return True

    def read_json(self, value: Value) -> Value:
        """See `Type`."""
        return [self.item.read_json(each) for each in value] if type(value) is list else self.item.read_json(value)


class ContextType(Type):
    """Contexts that have certain entries; they may have others too."""

    __slots__ = ("members",)

    def __init__(self, name: str, members: Mapping[str, Type]) -> None:
        super().__init__(name)
        self.members = members

    def conforms(self, value: Value, run: Run) -> bool:
        """See `Type`."""
        if value is None:
            return True
        if type(value) is not dict:
            return False
        return all(name in value and member.conforms(value[name], run) for name, member in self.members.items())

    def read_json(self, value: Value) -> Value:
        """See `Type`."""
        if type(value) is not dict:
            return value
        members = self.members
        return {name: members[name].read_json(each) if name in members else each for name, each in value.items()}


class Tested(Type):
    """Values of which a test says whether they belong to the type."""

    __slots__ = ("test",)

    def __init__(self, name: str, test: TypeTest) -> None:
        super().__init__(name)
        self.test = test

    def conforms(self, value: Value, run: Run) -> bool:  # noqa: ARG002 - one signature for all
        """See `Type`."""
        return value is None or self.test(value)


class Constrained(Type):
    """Values of another type that pass unary tests, too."""

    __slots__ = ("base", "tests")

    def __init__(self, base: Type, tests: Code) -> None:
        super().__init__(base.name)
        self.base = base
        self.tests = tests

    def conforms(self, value: Value, run: Run) -> bool:
        """See `Type`."""
        if value is None:
            return True
        if not self.base.conforms(value, run):
            return False
        return passes(self.tests, value, run)

    def coerce(self, value: Value, run: Run) -> Value:
        """See `Type`."""
        coerced = self.base.coerce(value, run)
        if coerced is None or coerced is MISMATCH or passes(self.tests, coerced, run):
            return coerced
        return MISMATCH

    @property
    def is_list(self) -> bool:
        """See `Type`."""
        return self.base.is_list

    def read_json(self, value: Value) -> Value:
        """See `Type`."""
        return self.base.read_json(value)


class Deferred(Type):
    """A type that is looked up when it is first needed, since types may contain themselves."""

    __slots__ = ("found", "look_up")

    def __init__(self, name: str, look_up: Callable[[], Type]) -> None:
        super().__init__(name)
        self.look_up = look_up
        self.found: Type | None = None

    @property
    def target(self) -> Type:
        """The type itself."""
        if self.found is None:
            self.found = self.look_up()
        return self.found

    def conforms(self, value: Value, run: Run) -> bool:
        """See `Type`."""
        return self.target.conforms(value, run)

    def coerce(self, value: Value, run: Run) -> Value:
        """See `Type`."""
        return self.target.coerce(value, run)

    @property
    def is_list(self) -> bool:
        """See `Type`."""
        return self.target.is_list

    def read_json(self, value: Value) -> Value:
        """See `Type`."""
        return self.target.read_json(value)


ANY_TYPE: Final = Type()


def passes(tests: Code, value: Value, run: Run) -> bool:
    """Say whether a value passes unary tests, which see nothing but it."""
    before = run.input_value
    run.input_value = value
    try:
        return tests({}, run) is True
    finally:
        run.input_value = before


class Types:
    """The types that a model knows.

    Args:
        definitions: Its item definitions.
        imported: Types of its imports, by the name of the import.
        compile_tests: Compiles allowed values; None if they are no FEEL.
    """

    def __init__(
        self, definitions: Mapping[str, ItemDefinition], imported: Mapping[str, Types], compile_tests: CompileTests
    ) -> None:
        self.definitions = definitions
        self.imported = imported
        self._compile_tests = compile_tests
        self._found: dict[str, Type] = {}

    def named(self, type_ref: str) -> Type:
        """The type of that name; any value for a name that nobody knows."""
        if not type_ref or type_ref == ANY:
            return ANY_TYPE
        found = self._found.get(type_ref)
        if found is None:
            self._found[type_ref] = Deferred(type_ref, lambda: self._found[type_ref])
            found = self._found[type_ref] = self._make(type_ref)
        return found

    def _make(self, type_ref: str) -> Type:
        definition = self.definitions.get(type_ref)
        if definition is not None:
            return self._of_definition(definition)
        name = _ALIASES.get(type_ref, type_ref)
        if name in _CLASSES:
            return Simple(name)
        for prefix, types in self.imported.items():
            if prefix and type_ref.startswith(prefix + "."):
                return types.named(type_ref[len(prefix) + 1 :])
            if not prefix and type_ref in types.definitions:
                return types.named(type_ref)
        return Type(type_ref)

    def _of_definition(self, definition: ItemDefinition) -> Type:
        name = definition.name
        if definition.function is not None:
            base: Type = Tested(name, type_test(self.type_name(name, definition), {}, Dialect.DMN))
        elif definition.components:
            base = ContextType(name, {each.name: self._of_definition(each) for each in definition.components})
        else:
            base = self.named(definition.type_ref)
        if definition.allowed_values is not None:
            tests = self._compile_tests(definition.allowed_values)
            base = Constrained(base, tests) if tests is not None else base
        if definition.is_collection:
            base = ListType(name, base)
        if definition.constraint is not None:
            tests = self._compile_tests(definition.constraint)
            base = Constrained(base, tests) if tests is not None else base
        return base

    def type_name(self, type_ref: str, definition: ItemDefinition | None = None, depth: int = 0) -> TypeName:
        """Write a type out in FEEL, for the comparison of function types."""
        if definition is None:
            definition = self.definitions.get(type_ref)
        if definition is None or depth > DEPTH_MAX:
            for prefix, types in self.imported.items():
                if prefix and type_ref.startswith(prefix + ".") and depth <= DEPTH_MAX:
                    return types.type_name(type_ref[len(prefix) + 1 :], None, depth + 1)
            name = _ALIASES.get(type_ref, type_ref)
            return TypeName(name if name in _CLASSES else ANY)
        if definition.function is not None:
            function = definition.function
            found = TypeName(
                "function",
                tuple(self.type_name(each.type_ref, None, depth + 1) for each in function.parameters),
                (),
                self.type_name(function.result_type_ref, None, depth + 1),
            )
        elif definition.components:
            found = TypeName(
                "context",
                tuple(self.type_name(each.name, each, depth + 1) for each in definition.components),
                tuple(each.name for each in definition.components),
            )
        elif definition.type_ref == type_ref:
            found = TypeName(ANY)
        else:
            found = self.type_name(definition.type_ref, None, depth + 1)
        return TypeName("list", (found,)) if definition.is_collection else found

    def tests(self) -> dict[str, TypeTest]:
        """Tests of all defined types, by name, for `instance of`, which does not ask for allowed values."""
        found: dict[str, TypeTest] = {}
        for prefix, types in self.imported.items():
            for name, test in types.tests().items():
                found[f"{prefix}.{name}" if prefix else name] = test
        plain = self.without_constraints()
        for name in self.definitions:
            found[name] = _instance_test(plain, name)
        return found

    def without_constraints(self) -> Types:
        """The same types without their allowed values."""
        imported = {name: types.without_constraints() for name, types in self.imported.items()}
        return Types(self.definitions, imported, lambda _: None)


def _instance_test(types: Types, name: str) -> TypeTest:
    def test(value: Value) -> bool:
        return value is not None and types.named(name).conforms(value, Run(None, value))

    return test
