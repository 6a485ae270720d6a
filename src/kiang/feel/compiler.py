# ruff: noqa: D102, ARG001 - every closure takes variables and run; the methods of the compiler are named after the nodes that they compile
"""Tree to closures: each node becomes a function of the variables and the run, made once and called often.

The closures for the cases that occur most, whole numbers and texts, do their work themselves; whatever else a value may
be is left to `operators`. What a closure knows at compile time (constants, names, functions) is bound into it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from kiang.feel import numbers, operators
from kiang.feel.builtins.registry import REFUSALS, Builtin, Overload
from kiang.feel.dialect import Dialect, Rule
from kiang.feel.evaluation import FatalFailureError, ItemLocals, LimitExceededError, Locals, LoopLocals, Run, Variables
from kiang.feel.external import java_function
from kiang.feel.numbers import WHOLE_LIMIT
from kiang.feel.syntax import (
    Arithmetic,
    AtLiteral,
    Between,
    Call,
    Comparison,
    Conjunction,
    ContextLiteral,
    Disjunction,
    Filter,
    For,
    FunctionLiteral,
    If,
    In,
    InputValue,
    InstanceOf,
    Iteration,
    ListLiteral,
    Literal,
    Name,
    Negation,
    Node,
    Path,
    Quantified,
    RangeLiteral,
    UnaryComparison,
    UnaryTests,
    children,
)
from kiang.feel.temporal import Date, TemporalError, parse_at_literal, parse_clock, parse_time
from kiang.feel.types import TypeTest, type_test
from kiang.feel.values import MISSING, NUMBERS, Function, Range, Value, text_of

Code = Callable[[Variables, Run], Value]

CALLS_MAX: Final = 80
"""Functions of the expression within each other: each takes some ten frames of Python, which has a thousand."""

_BOOLEAN_NODES: Final = (Comparison, Conjunction, Disjunction, Between, In, InstanceOf, Quantified)
_FAILED: Final = object()
"""What a condition gives that has failed: no boolean, and it has been warned of already."""
_NO_INPUT: Final = "No input value available. '?' can only be used inside an unary-test expression."


class SuppressibleFailure(Exception):
    """A failed call of a member, which ends all that is around it up to an operator, a condition or another call."""


class Compiler:
    """Makes closures for one dialect.

    Args:
        dialect: Which rules hold.
        functions: The built-in functions.
        types: Tests for names of types that the caller defines.
    """

    def __init__(
        self, dialect: Dialect, functions: Mapping[str, Builtin], types: Mapping[str, TypeTest] | None = None
    ) -> None:
        self.dialect = dialect
        self.functions = functions
        self.types = types or {}
        self.in_filter = False
        standard = dialect is Dialect.DMN
        self.standard = standard
        self.read_time = parse_time if dialect.follows_standard(Rule.SECONDS_OF_TIMES) else parse_clock
        exact = dialect.follows_standard(Rule.DURATION_FRACTIONS)
        self.singletons = dialect.follows_standard(Rule.SINGLETON_LIST)
        self.operators: dict[str, operators.Operator] = {
            "+": operators.add,
            "-": operators.subtract_by_standard
            if dialect.follows_standard(Rule.DATE_MINUS_DATE_AND_TIME)
            else operators.subtract,
            "*": operators.multiply_by_standard if exact else operators.multiply,
            "/": operators.divide_by_standard if exact else operators.divide,
            "**": operators.power_by_standard
            if dialect.follows_standard(Rule.SUPPRESSED_FAILURES)
            else operators.power,
        }
        self.negate = (
            operators.negate_by_standard if dialect.follows_standard(Rule.NEGATIVE_DURATIONS) else operators.negate
        )
        self.equal = (
            operators.equal_by_standard if dialect.follows_standard(Rule.ZONES_IN_EQUALITY) else operators.equal
        )
        self.order = (
            operators.ORDER if dialect.follows_standard(Rule.SUPPRESSED_FAILURES) else operators.ORDER_IN_CAMUNDA
        )

    def compile(self, node: Node) -> Code:
        """Make the closure of a node."""
        return _COMPILERS[type(node)](self, node)

    # Values

    def literal(self, node: Literal) -> Code:
        return constant(node.value)

    def at_literal(self, node: AtLiteral) -> Code:
        try:
            return constant(parse_at_literal(node.text, self.read_time))
        except TemporalError:
            return constant(None)

    def name(self, node: Name) -> Code:
        name, at = node.name, node.at
        builtin = self.functions.get(name) if self.standard else None
        fallback = MISSING if builtin is None else builtin.value

        def read(v: Variables, r: Run) -> Value:
            value = v.get(name, MISSING)
            if value is not MISSING:
                return value
            if fallback is not MISSING:
                return fallback
            r.note("NO_VARIABLE_FOUND", f"No variable found with name '{name}'", at)
            return None

        if not self.in_filter:
            return read

        def read_of_item(v: Variables, r: Run) -> Value:
            if type(v) is ItemLocals:
                item = v.item
                if type(item) is dict:
                    value = item.get(name, MISSING)
                    if value is not MISSING:
                        return value
            return read(v, r)

        return read_of_item

    def input_value(self, _: InputValue) -> Code:
        def read(v: Variables, r: Run) -> Value:
            if r.input_value is MISSING:
                value = v.get("?", MISSING)
                if value is MISSING:
                    raise FatalFailureError(_NO_INPUT)
                return value
            return r.input_value

        return read

    def list_literal(self, node: ListLiteral) -> Code:
        items = [self.value(item) for item in node.items]
        if all(map(is_constant, items)):
            return constant([value_of(item) for item in items])

        def make(v: Variables, r: Run) -> Value:
            return [item(v, r) for item in items]

        return make

    def context_literal(self, node: ContextLiteral) -> Code:
        keys = [key for key, _ in node.entries]
        if self.standard and len(set(keys)) < len(keys):
            return constant(None)
        entries = [(key, self.value(value)) for key, value in node.entries]
        if all(is_constant(code) for _, code in entries):
            return constant({key: value_of(code) for key, code in entries})
        if not any(_mentions(value, set(keys[:index])) for index, (_, value) in enumerate(node.entries)):

            def make_plain(v: Variables, r: Run) -> Value:
                return {key: code(v, r) for key, code in entries}

            return make_plain

        def make(v: Variables, r: Run) -> Value:
            values: dict[str, Value] = {}
            inner = Locals(values, v)
            for key, code in entries:
                values[key] = code(inner, r)
            return values

        return make

    def range_literal(self, node: RangeLiteral) -> Code:
        """A range that stands alone: a value by the standard, a test of the input value in Camunda's engine."""
        return self.range_value(node) if self.standard else self.test_range(node)

    def range_value(self, node: RangeLiteral) -> Code:
        low = self.compile(node.low) if node.low is not None else constant(None)
        high = self.compile(node.high) if node.high is not None else constant(None)
        low_included, high_included, at, standard = node.low_included, node.high_included, node.at, self.standard

        def make(v: Variables, r: Run) -> Value:
            start, end = low(v, r), high(v, r)
            if not operators.comparable(start, end) or (standard and end < start):
                message = f"Invalid range definition '{text_of(start)}..{text_of(end)}'"
                r.note("INVALID_TYPE", message, at)
                if standard:
                    return None
                raise SuppressibleFailure(message)
            return Range(start, end, low_included, high_included)

        if is_constant(low) and is_constant(high) and (standard or operators.comparable(value_of(low), value_of(high))):
            return constant(make({}, _folding()))
        return make

    def value(self, node: Node) -> Code:
        """Compile what stands where ranges are values in both dialects, or are not in either."""
        return self.compile(node)

    # Paths and filters

    def path(self, node: Path) -> Code:
        names: list[str] = [node.name]
        base = node.base
        while isinstance(base, Path):
            names.append(base.name)
            base = base.base
        names.reverse()
        if isinstance(base, Name):
            return self._variable_path(base, names, node)
        read = self.compile(base)
        at = node.at
        if len(names) == 1:
            return self._member(read, names[0], at)

        def follow(v: Variables, r: Run) -> Value:
            value = read(v, r)
            for name in names:
                value = operators.member(value, name, r, at)
            return value

        return follow

    @staticmethod
    def _member(read: Code, name: str, at: int) -> Code:
        def follow(v: Variables, r: Run) -> Value:
            value = read(v, r)
            if type(value) is dict:
                found = value.get(name, MISSING)
                if found is not MISSING:
                    return found
            return operators.member(value, name, r, at)

        return follow

    def _variable_path(self, base: Name, names: list[str], node: Path) -> Code:
        root, at, root_at = base.name, node.at, base.at
        first, rest = names[0], names[1:]
        joined = [".".join([root, *names[: index + 1]]) for index in range(len(names))] if self.standard else []

        def missing(v: Variables, r: Run) -> Value:
            for index in range(len(joined) - 1, -1, -1):
                value = v.get(joined[index], MISSING)
                if value is not MISSING:
                    for name in names[index + 1 :]:
                        value = operators.member(value, name, r, at)
                    return value
            r.note("NO_VARIABLE_FOUND", f"No variable found with name '{root}'", root_at)
            return None

        if not rest:

            def read_one(v: Variables, r: Run) -> Value:
                value = v.get(root, MISSING)
                if type(value) is dict:
                    found = value.get(first, MISSING)
                    if found is not MISSING:
                        return found
                elif value is MISSING:
                    return missing(v, r)
                return operators.member(value, first, r, at)

            return read_one

        def read(v: Variables, r: Run) -> Value:
            value = v.get(root, MISSING)
            if value is MISSING:
                return missing(v, r)
            for name in names:
                if type(value) is dict:
                    found = value.get(name, MISSING)
                    if found is not MISSING:
                        value = found
                        continue
                value = operators.member(value, name, r, at)
            return value

        return read

    def filter(self, node: Filter) -> Code:
        base = self.compile(node.base)
        at = node.at
        index = _constant_index(node.condition)
        as_list = self._list_of
        if index is not None:

            def pick(v: Variables, r: Run) -> Value:
                items = base(v, r)
                if type(items) is not list:
                    items = as_list(items, r, at)
                    if items is None:
                        return None
                return item_at(items, index)

            return self._suppressing(pick, node)
        outer, self.in_filter = self.in_filter, True
        condition = self.compile(node.condition)
        self.in_filter = outer
        if isinstance(node.condition, _BOOLEAN_NODES) and (
            self.standard or (isinstance(node.condition, Comparison) and node.condition.operator != "!=")
        ):
            index_first = False
        else:
            index_first = (
                self.standard or isinstance(node.condition, Comparison) or not isinstance(node.condition, Call)
            )
        uses_outer_first = index_first and not self.standard

        def select(v: Variables, r: Run) -> Value:
            items = base(v, r)
            if type(items) is not list:
                items = as_list(items, r, at)
                if items is None:
                    return None
            if uses_outer_first:
                index = condition(v, r)
                if type(index) in NUMBERS:
                    return item_at(items, index)
            elif not items and index_first:
                return None if type(condition(v, Run(r.now_ms, r.input_value))) in NUMBERS else []
            r.spend(len(items))
            inner = ItemLocals(None, v)
            chosen = []
            first = True
            for item in items:
                inner.item = item
                verdict = condition(inner, r)
                if verdict is True:
                    chosen.append(item)
                elif first and type(verdict) in NUMBERS:
                    return item_at(items, verdict)
                first = False
            return chosen

        return self._suppressing(select, node)

    def _list_of(self, value: Value, r: Run, at: int) -> list[Value] | None:
        """Take a value for a list where that is allowed."""
        if type(value) is list:
            return value
        if self.singletons and value is not None:
            if type(value) is Range:
                return range_items(value, r)
            return [value]
        if r.warnings is not None:
            r.note("INVALID_TYPE", f"Expected list but found '{text_of(value)}'", at)
        return None

    # Arithmetic

    def arithmetic(self, node: Arithmetic) -> Code:
        codes = [self.compile(operand) for operand in node.operands]
        code = codes[0]
        for operator, right in zip(node.operators, codes[1:], strict=True):
            code = self._operation(operator, code, right, node.at)
        return self._suppressing(code, node)

    def _operation(self, operator: str, left: Code, right: Code, at: int) -> Code:
        slow = self.operators[operator]
        if is_constant(left) and is_constant(right):
            try:
                result = slow(value_of(left), value_of(right), _folding(), at)
            except (FatalFailureError, LimitExceededError):
                result = None
            if result is not None:
                return constant(result)
        return _FAST_ARITHMETIC.get(operator, _general)(left, right, slow, at)

    def negation(self, node: Negation) -> Code:
        operand, at, negate = self.compile(node.operand), node.at, self.negate
        if is_constant(operand):
            result = negate(value_of(operand), _folding(), at)
            if result is not None:
                return constant(result)

        def run(v: Variables, r: Run) -> Value:
            x = operand(v, r)
            return -x if type(x) is int else negate(x, r, at)

        return self._suppressing(run, node)

    # Comparison and logic

    def comparison(self, node: Comparison) -> Code:
        left, right, at = self.compile(node.left), self.compile(node.right), node.at
        if node.operator == "=":
            return _equality(left, right, self.equal, at)
        if node.operator == "!=":
            same = _equality(left, right, self.equal, at)
            is_standard = self.standard

            def different(v: Variables, r: Run) -> Value:
                result = same(v, r)
                if result is None:
                    if not is_standard:
                        r.note("INVALID_TYPE", "Expected boolean but found 'null'", at)
                    return None
                return not result

            return different
        return _FAST_ORDER[node.operator](left, right, self.order[node.operator], at)

    def between(self, node: Between) -> Code:
        """As `value >= low and value <= high`, which is how warnings come in Camunda's order."""
        value = self.compile(node.value)
        at = node.at
        low = _FAST_ORDER[">="](value, self.compile(node.low), self.order[">="], at)
        high = _FAST_ORDER["<="](value, self.compile(node.high), self.order["<="], at)
        return _logic([low, high], False, at, self.standard)

    def conjunction(self, node: Conjunction) -> Code:
        return _logic([self._condition(each) for each in node.operands], False, node.at, self.standard)

    def disjunction(self, node: Disjunction) -> Code:
        return _logic([self._condition(each) for each in node.operands], True, node.at, self.standard)

    def _condition(self, node: Node) -> Code:
        return self._suppressing(self.compile(node), node, _FAILED)

    def if_(self, node: If) -> Code:
        condition = self._condition(node.condition)
        then, otherwise, at = self.compile(node.then), self.compile(node.otherwise), node.at

        def run(v: Variables, r: Run) -> Value:
            verdict = condition(v, r)
            if verdict is True:
                return then(v, r)
            if verdict is not False:
                _not_boolean(verdict, r, at)
            return otherwise(v, r)

        return run

    def instance_of(self, node: InstanceOf) -> Code:
        value = self.compile(node.value)
        test = type_test(node.type, self.types, self.dialect)

        def run(v: Variables, r: Run) -> Value:
            return test(value(v, r))

        return run

    # Loops

    def for_(self, node: For) -> Code:
        body = self._suppressing(self.compile(node.body), node.body)
        uses_partial = _mentions(node.body, {"partial"})
        copies_partial = uses_partial and _keeps_partial(node.body)
        rounds = self._rounds(node.iterations)

        def run(v: Variables, r: Run) -> Value:
            results: list[Value] = []
            values: dict[str, Value] = {}
            inner = LoopLocals(values, v)
            iterator = rounds(v, inner, values, r)
            if iterator is None:
                return None
            try:
                for _ in iterator:
                    if uses_partial:
                        if copies_partial:
                            r.spend(len(results))
                        values["partial"] = results.copy() if copies_partial else results
                    results.append(body(inner, r))
            except _NoListError:
                return None
            return results

        return self._suppressing(run, node)

    def quantified(self, node: Quantified) -> Code:
        condition = self._condition(node.condition)
        rounds = self._rounds(node.iterations)
        decisive = not node.every
        at, standard = node.at, self.standard

        def run(v: Variables, r: Run) -> Value:
            values: dict[str, Value] = {}
            inner = LoopLocals(values, v)
            iterator = rounds(v, inner, values, r)
            if iterator is None:
                return None
            state: bool | None = not decisive
            try:
                for _ in iterator:
                    verdict = condition(inner, r)
                    if verdict is decisive:
                        return decisive
                    if verdict is not True and verdict is not False:
                        if state is not None and not standard:
                            _not_boolean(verdict, r, at)
                        state = None
            except _NoListError:
                return None
            return state

        return self._suppressing(run, node)

    def _rounds(
        self, iterations: Sequence[Iteration]
    ) -> Callable[[Variables, Locals, dict[str, Value], Run], Iterator[None] | None]:
        """Make what sets the variables for each round; gives None where something is no list."""
        names = [each.name for each in iterations]
        sources = [self._source(each) for each in iterations]
        if len(iterations) == 1:
            name, source = names[0], sources[0]

            def rounds_of_one(v: Variables, _: Locals, values: dict[str, Value], r: Run) -> Iterator[None] | None:
                items = source(v, r)
                return None if items is None else _round_of_one(items, name, values, r)

            return rounds_of_one
        if not self.dialect.follows_standard(Rule.LATER_ITERATION_SEES_EARLIER):

            def rounds_of_all(v: Variables, _: Locals, values: dict[str, Value], r: Run) -> Iterator[None] | None:
                lists = [source(v, r) for source in sources]
                if any(items is None for items in lists):
                    return None
                return _product_rounds(lists, names, values, r)

            return rounds_of_all

        def rounds(v: Variables, inner: Locals, values: dict[str, Value], r: Run) -> Iterator[None] | None:
            items = sources[0](v, r)
            return None if items is None else _nested_rounds(items, 0, names, sources, inner, values, r)

        return rounds

    def _source(self, iteration: Iteration) -> Callable[[Variables, Run], Sequence[Value] | None]:
        values, at = self.compile(iteration.values), iteration.at
        if isinstance(iteration.values, RangeLiteral) and self.standard:
            values = self.range_value(iteration.values)
        if iteration.end is None:
            as_list = self._list_of

            def items_of(v: Variables, r: Run) -> Sequence[Value] | None:
                items = values(v, r)
                return items if type(items) is list else as_list(items, r, at)

            return items_of
        end = self.compile(iteration.end)

        def counted(v: Variables, r: Run) -> Sequence[Value] | None:
            return counting(values(v, r), end(v, r), r, at)

        return counted

    # Functions

    def function(self, node: FunctionLiteral) -> Code:
        parameters = tuple(parameter.name for parameter in node.parameters)
        types = tuple(parameter.type for parameter in node.parameters)
        if node.external:
            return self._external(node.body, parameters)
        body = self.compile(node.body)
        tests = [None if each is None else type_test(each, self.types, self.dialect) for each in types]
        typed = any(test is not None for test in tests)
        coerced = self._coerced
        standard = self.standard

        def make(v: Variables, _: Run) -> Value:
            outer = _snapshot(v, shares_entries=standard)

            def code(arguments: list[Value], r: Run) -> Value:
                if typed:
                    arguments = [
                        value if test is None else coerced(value, test)
                        for value, test in zip(arguments, tests, strict=True)
                    ]
                    if MISSING in arguments:
                        return None
                r.depth += 1
                if r.depth > CALLS_MAX:
                    raise LimitExceededError(f"at most {CALLS_MAX} calls of functions within each other")
                try:
                    return body(Locals(dict(zip(parameters, arguments, strict=True)), outer), r)
                finally:
                    r.depth -= 1

            return Function(parameters, code, types=types if typed else ())

        return make

    def _external(self, place: Node, parameters: tuple[str, ...]) -> Code:
        """A function of Java: refused in Camunda's engine, by the standard all but some known to be harmless."""
        where = self.compile(place)
        standard = self.dialect.follows_standard(Rule.EXTERNAL_FUNCTIONS)

        def make(v: Variables, _: Run) -> Value:
            def code(arguments: list[Value], r: Run) -> Value:
                found = where(v, r) if standard else None
                function = java_function(found.get("java")) if type(found) is dict else None
                if function is None:
                    r.note("FUNCTION_INVOCATION_FAILURE", "External functions are not supported", 0)
                    return None
                return function(arguments)

            return Function(parameters, code)

        return make

    @staticmethod
    def _coerced(value: Value, test: TypeTest) -> Value:
        """Bring an argument to the declared type: as it is, a list of one for its item, an item for a list of one."""
        if value is None or test(value):
            return value
        if type(value) is list and len(value) == 1 and test(value[0]):
            return value[0]
        if test([value]):
            return [value]
        return None

    def call(self, node: Call) -> Code:
        function = node.function
        arguments = [self._argument(argument) for argument in node.arguments]
        if isinstance(function, Name):
            temporal = self._temporal_literal(function.name, node)
            if temporal is not None:
                return temporal
            code = self._named_call(function.name, arguments, node)
        elif isinstance(function, Path) and not self.standard:
            code = self._member_call(function, arguments, node)
        else:
            code = self._value_call(self.compile(function), arguments, node)
        return code

    def _argument(self, node: Node) -> Code:
        return self.range_value(node) if isinstance(node, RangeLiteral) else self.compile(node)

    def _temporal_literal(self, name: str, node: Call) -> Code | None:
        """A call such as `date("2024-02-29")` is a literal."""
        if name not in _TEMPORAL_LITERALS or len(node.arguments) != 1 or node.names:
            return None
        argument = node.arguments[0]
        if not (isinstance(argument, Literal) and type(argument.value) is str):
            return None
        builtin = self.functions[name]
        overload = builtin.positional(1)
        assert overload is not None
        if self.standard:
            invoke = self._builtin_call(builtin, overload, [constant(argument.value)], node.at)
            value = builtin.invoke(overload, [argument.value], _folding(), node.at)
            return constant(value) if value is not None else invoke
        return constant(builtin.invoke(overload, [argument.value], _folding(), node.at))

    def _named_call(self, name: str, arguments: list[Code], node: Call) -> Code:
        """Call a function by its name: one of the expression or the variables, else a built-in one."""
        at, names = node.at, node.names
        builtin = self.functions.get(name)
        dynamic = _dynamic_call(arguments, names, at, name, standard=self.standard)
        direct = self._direct_call(name, builtin, arguments, node)
        if is_constant(direct) and builtin is None:
            return direct

        def call(v: Variables, r: Run) -> Value:
            function = v.get(name, MISSING)
            if function is not MISSING and type(function) is Function:
                if function.call is not None:
                    if builtin is None:  # given by the caller, not a built-in one that a variable holds
                        values = [argument(v, r) for argument in arguments]
                        named = dict(zip(names, values, strict=True)) if names else None
                        return function.call([] if names else values, named, r)
                elif names or len(function.parameters) == len(arguments) or builtin is None:
                    return dynamic(function, v, r)
            return direct(v, r)

        if self.standard or not _may_fail(node):
            return call

        def suppress(v: Variables, r: Run) -> Value:
            try:
                return call(v, r)
            except SuppressibleFailure as failure:
                r.note("FUNCTION_INVOCATION_FAILURE", f"Failed to invoke function '{name}': {failure}", at)
                return None

        return suppress

    def _direct_call(self, name: str, builtin: Builtin | None, arguments: list[Code], node: Call) -> Code:
        at, names = node.at, node.names
        if builtin is None:
            message = (
                f"No function found with name '{name}' and parameters: {','.join(names)}"
                if names
                else f"No function found with name '{name}' and {len(arguments)} parameters"
            )

            def unknown(v: Variables, r: Run) -> Value:
                r.note("NO_FUNCTION_FOUND", message, at)
                return None

            return unknown
        if names:
            return self._builtin_call_by_names(builtin, names, arguments, at)
        overload = builtin.positional(len(arguments))
        if overload is None:
            count = len(arguments)

            def wrong_count(v: Variables, r: Run) -> Value:
                builtin.not_found(count, r, at)
                return None

            return wrong_count
        return self._builtin_call(builtin, overload, arguments, at)

    def _builtin_call_by_names(self, builtin: Builtin, names: tuple[str, ...], arguments: list[Code], at: int) -> Code:
        overload = builtin.named(frozenset(names)) if len(set(names)) == len(names) else None
        if overload is None:

            def wrong_names(v: Variables, r: Run) -> Value:
                r.note(
                    "NO_FUNCTION_FOUND",
                    f"No function found with name '{builtin.name}' and parameters: {','.join(names)}",
                    at,
                )
                return None

            return wrong_names
        found = overload

        def call(v: Variables, r: Run) -> Value:
            named = {name: argument(v, r) for name, argument in zip(names, arguments, strict=True)}
            return builtin.invoke_named(found, named, r, at)

        return call

    @staticmethod
    def _builtin_call(builtin: Builtin, overload: Overload, arguments: list[Code], at: int) -> Code:
        """Call a function that is known, with the checks of types in line for one or two arguments."""
        function, invoke = overload.code, builtin.invoke
        if len(arguments) == 1 and (not overload.variadic or len(overload.parameters) == 1):
            (first,) = arguments
            types = frozenset([list]) if overload.variadic else overload.types[0]

            def call_one(v: Variables, r: Run) -> Value:
                argument = first(v, r)
                if types is None or type(argument) in types:
                    try:
                        return function(r, argument)
                    except REFUSALS as refusal:
                        return builtin.refuse([argument], r, at, refusal)
                return invoke(overload, [argument], r, at)

            return call_one
        if len(arguments) == 2 and not overload.variadic:
            one, two = arguments
            types, second_types = overload.types[0], overload.types[1]

            def call_two(v: Variables, r: Run) -> Value:
                a, b = one(v, r), two(v, r)
                if (types is None or type(a) in types) and (second_types is None or type(b) in second_types):
                    try:
                        return function(r, a, b)
                    except REFUSALS as refusal:
                        return builtin.refuse([a, b], r, at, refusal)
                return invoke(overload, [a, b], r, at)

            return call_two

        if overload.variadic:

            def call_variadic(v: Variables, r: Run) -> Value:
                return invoke(overload, [argument(v, r) for argument in arguments], r, at)

            return call_variadic
        all_types = [types or None for types in overload.types[: len(arguments)]]

        def call(v: Variables, r: Run) -> Value:
            given = [argument(v, r) for argument in arguments]
            for argument, allowed in zip(given, all_types, strict=True):
                if allowed is not None and type(argument) not in allowed:
                    return invoke(overload, given, r, at)
            try:
                return function(r, *given)
            except REFUSALS as refusal:
                return builtin.refuse(given, r, at, refusal)

        return call

    def _value_call(self, function: Code, arguments: list[Code], node: Call) -> Code:
        at = node.at
        dynamic = _dynamic_call(arguments, node.names, at, "", standard=self.standard)

        def call(v: Variables, r: Run) -> Value:
            value = function(v, r)
            if type(value) is Function:
                return dynamic(value, v, r)
            if r.warnings is not None:
                r.note("INVALID_TYPE", f"Expected function but found '{text_of(value)}'", at)
            return None

        return call

    def _member_call(self, path: Path, arguments: list[Code], node: Call) -> Code:
        """Call an entry of a context in Camunda's engine, where a failure is not null at once."""
        base, name, at, count = self.compile(path.base), path.name, node.at, len(node.arguments)
        dynamic = _dynamic_call(arguments, node.names, at, name, standard=False)

        def call(v: Variables, r: Run) -> Value:
            context = base(v, r)
            if type(context) is not dict:
                message = f"Expected context but found '{text_of(context)}'"
                r.note("INVALID_TYPE", message, at)
                raise SuppressibleFailure(message)
            function = context.get(name, MISSING)
            if type(function) is Function and (node.names or len(function.parameters) == count):
                return dynamic(function, v, r)
            message = f"No function found with name '{name}' and {count} parameters"
            r.note("NO_FUNCTION_FOUND", message, at)
            raise SuppressibleFailure(message)

        return call

    def _suppressing(self, code: Code, node: Node, instead: Value = None) -> Code:
        """Make null of a failure where Camunda's engine suppresses it; only few things have such failures."""
        if self.standard or is_constant(code) or not _may_fail(node):
            return code

        def suppress(v: Variables, r: Run) -> Value:
            try:
                return code(v, r)
            except SuppressibleFailure:
                return instead

        return suppress

    # Tests of an input value

    def in_(self, node: In) -> Code:
        value = self.compile(node.value)
        test = self.tests(node.tests)
        members = _constant_texts(node.tests)

        def run(v: Variables, r: Run) -> Value:
            x = value(v, r)
            if members is not None and type(x) is str:
                return x in members
            outer = r.input_value
            r.input_value = x
            try:
                return test(v, r)
            finally:
                r.input_value = outer

        return run

    def unary_tests(self, node: UnaryTests) -> Code:
        if not node.tests:
            return constant(True)
        test = self.tests(node.tests)
        if not node.negated:
            return test

        def negated(v: Variables, r: Run) -> Value:
            verdict = test(v, r)
            return None if verdict is None else not verdict

        return negated

    def tests(self, nodes: Sequence[Node]) -> Code:
        """Compile tests of which one must hold."""
        if len(nodes) == 1:
            return self.test(nodes[0])
        # Among others, Camunda's engine takes true for a test that holds, not for a value.
        codes = [
            self._test_camunda(node)
            if not self.standard and isinstance(node, Literal) and type(node.value) is bool
            else self.test(node)
            for node in nodes
        ]
        standard, at = self.standard, nodes[0].at

        def run(v: Variables, r: Run) -> Value:
            state: bool | None = False
            for code in codes:
                verdict = code(v, r)
                if verdict is True:
                    return True
                if verdict is not False:
                    if state is not None and not standard:
                        _not_boolean(verdict, r, at)
                    state = None
            return state

        return run

    def test(self, node: Node) -> Code:
        """Compile one test of the input value."""
        if isinstance(node, UnaryComparison):
            return self.test_comparison(node)
        if isinstance(node, RangeLiteral):
            return self.test_range(node)
        if isinstance(node, Literal):
            return self._test_constant(node)
        return self._test_standard(node) if self.standard else self._test_camunda(node)

    def _test_constant(self, node: Literal) -> Code:
        expected, at, same, standard = node.value, node.at, self.equal, self.standard
        kind = type(expected)

        def run(v: Variables, r: Run) -> Value:
            x = r.input_value
            if type(x) is kind:
                return x == expected
            if standard and type(x) is list:
                return any(same(item, expected, r, at) for item in x)
            return same(x, expected, r, at)

        return run

    def test_comparison(self, node: UnaryComparison) -> Code:
        """Compile `< 5` and its kin where the input value stands for the left operand."""
        return self._with_input(node.operator, self.compile(node.operand), node.at)

    def _with_input(self, operator: str, operand: Code, at: int) -> Code:
        if operator == "=":
            return _equality(_input, operand, self.equal, at)
        if operator == "!=":
            same = _equality(_input, operand, self.equal, at)

            def different(v: Variables, r: Run) -> Value:
                verdict = same(v, r)
                return None if verdict is None else not verdict

            return different
        return _FAST_ORDER[operator](_input, operand, self.order[operator], at)

    def unary_comparison(self, node: UnaryComparison) -> Code:
        """`< 5` where no test stands: by the standard a range, in Camunda's engine a test of the input value."""
        if not self.standard:
            return self.test_comparison(node)
        operand, operator = self.compile(node.operand), node.operator
        if operator == "!=":
            return self.test_comparison(node)
        if operator == "=":

            def make_point(v: Variables, r: Run) -> Value:
                point = operand(v, r)
                return Range(point, point, True, True, is_test=True) if operators.comparable(point, point) else None

            return make_point
        included = operator in {"<=", ">="}
        upper = operator[0] == "<"

        def make(v: Variables, r: Run) -> Value:
            end = operand(v, r)
            if operators.comparable(end, end):
                low, high = (None, end) if upper else (end, None)
                return Range(low, high, not upper and included, upper and included, is_test=True)
            return None

        return make

    def test_range(self, node: RangeLiteral) -> Code:
        low = self.compile(node.low) if node.low is not None else constant(None)
        high = self.compile(node.high) if node.high is not None else constant(None)
        low_included, high_included, at = node.low_included, node.high_included, node.at
        if is_constant(low) and is_constant(high):
            start, end = value_of(low), value_of(high)
            if type(start) is int and type(end) is int:
                return _whole_range(start, end, low_included, high_included, at)

        def run(v: Variables, r: Run) -> Value:
            start, end = low(v, r), high(v, r)
            x = _input(v, r)
            bounded = start is not None and end is not None
            verdict = operators.in_range(x, start, end, low_included, high_included) if bounded else None
            if verdict is None:
                _not_in_range(v, start, end, r, at)
            return verdict

        return run

    def _test_standard(self, node: Node) -> Code:
        code, at, same = self.compile(node), node.at, self.equal
        if _asks_for_input(node):

            def holds(v: Variables, r: Run) -> Value:
                verdict = code(v, r)
                return verdict if verdict is True or verdict is False else None

            return holds

        def run(v: Variables, r: Run) -> Value:
            x = r.input_value
            value = code(v, r)
            return value_matches(x, value, r, at, same)

        return run

    def _test_camunda(self, node: Node) -> Code:
        code, at, same = self.compile(node), node.at, self.equal
        asks = _asks_for_input(node)

        def run(v: Variables, r: Run) -> Value:
            x = _input(v, r)
            value = code(v, r)
            if asks:
                return value if value is True or value is False else None
            if value is True:
                return True
            if type(value) is list and any(operators.same_in_camunda(x, item, r) for item in value):
                return True
            verdict = same(x, value, r, at)
            if verdict is True:
                return True
            return False if type(value) is list else verdict

        return run


def value_matches(x: Value, value: Value, r: Run, at: int, same: operators.Operator) -> Value:
    """Say whether an input value passes the value of a test (DMN 1.5, 7.3.14)."""
    kind = type(value)
    if kind is bool and type(x) is not bool:
        return value
    if kind is list:
        if type(x) is list and operators.same(x, value, r):
            return True
        return any(value_matches_item(x, item, r) for item in value)
    if kind is Range:
        return operators.in_range(x, value.low, value.high, value.low_included, value.high_included)
    if type(x) is list and kind is not list and value is not None:
        return any(operators.same(item, value, r) is True for item in x)
    return same(x, value, r, at)


def value_matches_item(x: Value, item: Value, r: Run) -> bool:
    """Say whether an input value equals an item of a list of tests, or lies in it if it is a range."""
    if type(item) is Range:
        return operators.in_range(x, item.low, item.high, item.low_included, item.high_included) is True
    return operators.same(x, item, r) is True


_TEMPORAL_LITERALS: Final = frozenset(["date", "time", "date and time", "duration"])


def _folding() -> Run:
    """Give a run for what is calculated once, when it is compiled."""
    return Run(0, MISSING)


# Constants


def constant(value: Value) -> Code:
    """Make a closure that always gives the same value."""

    def give(v: Variables, r: Run) -> Value:
        return value

    give.constant = value  # type: ignore[attr-defined]
    return give


def is_constant(code: Code) -> bool:
    """Say whether a closure always gives the same value."""
    return hasattr(code, "constant")


def value_of(code: Code) -> Value:
    """Give the value of a constant."""
    return code.constant  # type: ignore[attr-defined]


def _constant_index(node: Node) -> int | None:
    if isinstance(node, Literal) and type(node.value) is int:
        return node.value
    if isinstance(node, Negation) and isinstance(node.operand, Literal) and type(node.operand.value) is int:
        return -node.operand.value
    return None


def _constant_texts(nodes: Sequence[Node]) -> frozenset[str] | None:
    texts = [node.value for node in nodes if isinstance(node, Literal) and type(node.value) is str]
    return frozenset(texts) if len(texts) == len(nodes) else None


# What a tree holds


def _walk(node: Node) -> Iterator[Node]:
    waiting = [node]
    while waiting:
        each = waiting.pop()
        yield each
        waiting.extend(children(each))


def _mentions(node: Node, names: set[str]) -> bool:
    """Say whether a tree reads one of the names, as far as can be seen; a call counts."""
    return bool(names) and any(isinstance(each, Name) and each.name in names for each in _walk(node))


def _keeps_partial(node: Node) -> bool:
    """Say whether `partial` is used other than by looking at its items, so that later items would show."""
    if isinstance(node, Filter) and isinstance(node.base, Name) and node.base.name == "partial":
        return _keeps_partial(node.condition)
    if isinstance(node, Name):
        return node.name == "partial"
    if (
        isinstance(node, Call)
        and isinstance(node.function, Name)
        and node.function.name in _LOOKING_ONLY
        and not node.names
    ):
        return any(_keeps_partial(each) for each in node.arguments if not isinstance(each, Name))
    return any(_keeps_partial(each) for each in children(node))


_LOOKING_ONLY: Final = frozenset(["count", "sum", "min", "max", "mean", "list contains"])


def _may_fail(node: Node) -> bool:
    return any(
        isinstance(each, RangeLiteral) or (isinstance(each, Call) and isinstance(each.function, Path))
        for each in _walk(node)
    )


def _asks_for_input(node: Node) -> bool:
    """Say whether a tree reads `?` outside of tests within it, which have their own."""
    if isinstance(node, InputValue):
        return True
    if isinstance(node, In):
        return _asks_for_input(node.value)
    return any(_asks_for_input(each) for each in children(node))


# Scopes


def _snapshot(v: Variables, *, shares_entries: bool) -> Variables:
    """Copy the names of the expression as they are now, since a loop changes them in place.

    Args:
        v: The names.
        shares_entries: Entries of contexts that come later are seen too, so that a function can call itself.
    """
    if type(v) is Locals or type(v) is LoopLocals:
        values = v.values if shares_entries and type(v) is Locals else dict(v.values)
        return Locals(values, _snapshot(v.outer, shares_entries=shares_entries))
    if type(v) is ItemLocals:
        return ItemLocals(v.item, _snapshot(v.outer, shares_entries=shares_entries))
    return v


# Arithmetic


def _general(left: Code, right: Code, slow: operators.Operator, at: int) -> Code:
    def run(v: Variables, r: Run) -> Value:
        return slow(left(v, r), right(v, r), r, at)

    return run


def _fast_add(left: Code, right: Code, slow: operators.Operator, at: int) -> Code:
    if is_constant(right):
        y = value_of(right)
        if type(y) is int and abs(y) < WHOLE_LIMIT:

            def add_constant(v: Variables, r: Run) -> Value:
                x = left(v, r)
                if type(x) is int:
                    z = x + y
                    if -WHOLE_LIMIT < z < WHOLE_LIMIT:
                        return z
                return slow(x, y, r, at)

            return add_constant

    def run(v: Variables, r: Run) -> Value:
        x, y = left(v, r), right(v, r)
        if type(x) is int and type(y) is int:
            z = x + y
            if -WHOLE_LIMIT < z < WHOLE_LIMIT:
                return z
        return slow(x, y, r, at)

    return run


def _fast_subtract(left: Code, right: Code, slow: operators.Operator, at: int) -> Code:
    def run(v: Variables, r: Run) -> Value:
        x, y = left(v, r), right(v, r)
        if type(x) is int and type(y) is int:
            z = x - y
            if -WHOLE_LIMIT < z < WHOLE_LIMIT:
                return z
        return slow(x, y, r, at)

    return run


def _fast_multiply(left: Code, right: Code, slow: operators.Operator, at: int) -> Code:
    multiply = numbers.CONTEXT.multiply

    def run(v: Variables, r: Run) -> Value:
        x, y = left(v, r), right(v, r)
        if type(x) is int and type(y) is int:
            z = x * y
            if -WHOLE_LIMIT < z < WHOLE_LIMIT:
                return z
        elif type(x) in NUMBERS and type(y) in NUMBERS:
            try:
                product = multiply(x, y)
            except numbers.NumberError:
                return slow(x, y, r, at)
            if product:
                return product
        return slow(x, y, r, at)

    return run


_FAST_ARITHMETIC: Final[dict[str, Callable[[Code, Code, operators.Operator, int], Code]]] = {
    "+": _fast_add,
    "-": _fast_subtract,
    "*": _fast_multiply,
}


# Comparison


def _equality(left: Code, right: Code, slow: operators.Operator, at: int) -> Code:
    if is_constant(left) and not is_constant(right):
        y = value_of(left)
        if type(y) is str or type(y) is int or type(y) is bool:

            def constant_left(v: Variables, r: Run) -> Value:
                x = right(v, r)
                return x == y if type(x) is type(y) else slow(y, x, r, at)

            return constant_left
    if is_constant(right):
        y = value_of(right)
        kind = type(y)
        if kind is str or kind is int or kind is bool:

            def constant_right(v: Variables, r: Run) -> Value:
                x = left(v, r)
                return x == y if type(x) is kind else slow(x, y, r, at)

            return constant_right
        if y is None:

            def is_null(v: Variables, r: Run) -> Value:
                return left(v, r) is None

            return is_null

    def run(v: Variables, r: Run) -> Value:
        x, y = left(v, r), right(v, r)
        kind = type(x)
        if kind is type(y) and (kind is str or kind is int):
            return x == y
        return slow(x, y, r, at)

    return run


def _less(left: Code, right: Code, slow: operators.Operator, at: int) -> Code:
    if is_constant(right) and type(value_of(right)) is int:
        y = value_of(right)

        def than_constant(v: Variables, r: Run) -> Value:
            x = left(v, r)
            return x < y if type(x) is int else slow(x, y, r, at)

        return than_constant

    def run(v: Variables, r: Run) -> Value:
        x, y = left(v, r), right(v, r)
        return x < y if type(x) is int and type(y) is int else slow(x, y, r, at)

    return run


def _less_or_equal(left: Code, right: Code, slow: operators.Operator, at: int) -> Code:
    if is_constant(right) and type(value_of(right)) is int:
        y = value_of(right)

        def than_constant(v: Variables, r: Run) -> Value:
            x = left(v, r)
            return x <= y if type(x) is int else slow(x, y, r, at)

        return than_constant

    def run(v: Variables, r: Run) -> Value:
        x, y = left(v, r), right(v, r)
        return x <= y if type(x) is int and type(y) is int else slow(x, y, r, at)

    return run


def _greater(left: Code, right: Code, slow: operators.Operator, at: int) -> Code:
    if is_constant(right) and type(value_of(right)) is int:
        y = value_of(right)

        def than_constant(v: Variables, r: Run) -> Value:
            x = left(v, r)
            return x > y if type(x) is int else slow(x, y, r, at)

        return than_constant

    def run(v: Variables, r: Run) -> Value:
        x, y = left(v, r), right(v, r)
        return x > y if type(x) is int and type(y) is int else slow(x, y, r, at)

    return run


def _greater_or_equal(left: Code, right: Code, slow: operators.Operator, at: int) -> Code:
    if is_constant(right) and type(value_of(right)) is int:
        y = value_of(right)

        def than_constant(v: Variables, r: Run) -> Value:
            x = left(v, r)
            return x >= y if type(x) is int else slow(x, y, r, at)

        return than_constant

    def run(v: Variables, r: Run) -> Value:
        x, y = left(v, r), right(v, r)
        return x >= y if type(x) is int and type(y) is int else slow(x, y, r, at)

    return run


_FAST_ORDER: Final[dict[str, Callable[[Code, Code, operators.Operator, int], Code]]] = {
    "<": _less,
    "<=": _less_or_equal,
    ">": _greater,
    ">=": _greater_or_equal,
}


def _logic(codes: list[Code], decisive: bool, at: int, standard: bool) -> Code:
    """Make `and` (decided by false) or `or` (decided by true); operands are taken two at a time, from the left."""
    if len(codes) > 2 and not standard:
        return _logic([_logic(codes[:-1], decisive, at, standard), codes[-1]], decisive, at, standard)
    if len(codes) == 2:
        left, right = codes

        def run_two(v: Variables, r: Run) -> Value:
            x = left(v, r)
            if x is decisive:
                return decisive
            y = right(v, r)
            if y is decisive:
                return decisive
            if type(x) is bool and type(y) is bool:
                return y
            if not standard and r.warnings is not None:
                _not_boolean(x if type(x) is not bool else y, r, at)
            return None

        def run_two_in_order(v: Variables, r: Run) -> Value:
            if r.warnings is None:
                return run_two(v, r)
            x = left(v, r)
            if x is decisive:
                return decisive
            if type(x) is not bool:
                _not_boolean(x, r, at)
            y = right(v, r)
            if y is decisive:
                return decisive
            if type(x) is bool and type(y) is not bool:
                _not_boolean(y, r, at)
            return y if type(x) is bool and type(y) is bool else None

        return run_two if standard else run_two_in_order

    def run(v: Variables, r: Run) -> Value:
        state: bool | None = not decisive
        for code in codes:
            verdict = code(v, r)
            if verdict is decisive:
                return decisive
            if type(verdict) is not bool:
                state = None
        return state

    return run


def _not_boolean(value: Value, r: Run, at: int) -> None:
    if r.warnings is not None and value is not _FAILED:
        r.note("INVALID_TYPE", f"Expected boolean but found '{text_of(value)}'", at)


# Input values and ranges


def _input(v: Variables, r: Run) -> Value:
    x = r.input_value
    if x is MISSING:
        x = v.get("?", MISSING)
        if x is MISSING:
            r.note("NO_VARIABLE_FOUND", "No input value found.", 0)
            return None
    return x


def _not_in_range(v: Variables, start: Value, end: Value, r: Run, at: int) -> None:
    if r.warnings is not None:
        x = _input(v, r)  # read again, as Camunda's engine does, so that its absence is reported again
        r.note("NOT_COMPARABLE", f"Can't compare '{text_of(x)}' with '{text_of(start)}' and '{text_of(end)}'", at)


def _whole_range(start: int, end: int, low_included: bool, high_included: bool, at: int) -> Code:
    lowest = start if low_included else start + 1
    highest = end if high_included else end - 1

    def run(v: Variables, r: Run) -> Value:
        x = _input(v, r)
        if type(x) is int:
            return lowest <= x <= highest
        verdict = operators.in_range(x, start, end, low_included, high_included)
        if verdict is None:
            _not_in_range(v, start, end, r, at)
        return verdict

    return run


def counting(start: Value, end: Value, r: Run, at: int) -> Sequence[Value] | None:
    """Count from one number or date to another, up or down, both included."""
    if type(start) is int and type(end) is int:
        r.spend(abs(end - start))
        return range(start, end + 1) if start <= end else range(start, end - 1, -1)
    if type(start) is Date and type(end) is Date:
        days = counting(start.days, end.days, r, at)
        assert days is not None
        return [Date.of_days(day) for day in days]
    for each in (start, end):
        if type(each) not in NUMBERS:
            if r.warnings is not None:
                r.note("INVALID_TYPE", f"Expected number but found '{text_of(each)}'", at)
            return None
    step = 1 if start <= end else -1
    count = int(abs(end - start)) + 1
    r.spend(count)
    return [numbers.add(start, step * index) for index in range(count)]


def range_items(value: Range, r: Run) -> list[Value] | None:
    """Give all whole steps from one end of a range to the other, null if it cannot be counted through."""
    low, high = value.low, value.high
    if not (type(low) is type(high) is int or type(low) is type(high) is Date):
        return None
    items = list(counting(low, high, r, 0) or ())
    if not value.low_included:
        items = items[1:]
    return items if value.high_included else items[:-1]


def item_at(items: list[Value], index: Any) -> Value:
    """Give the item at a position from 1, or from the end if it is negative."""
    position = int(index)
    if position > 0:
        return items[position - 1] if position <= len(items) else None
    return items[position] if 0 < -position <= len(items) else None


# Rounds of loops


def _round_of_one(items: Sequence[Value], name: str, values: dict[str, Value], r: Run) -> Iterator[None]:
    for item in items:
        r.spend(1)
        values[name] = item
        yield


def _product_rounds(
    lists: Sequence[Any], names: Sequence[str], values: dict[str, Value], r: Run, depth: int = 0
) -> Iterator[None]:
    for item in lists[depth]:
        r.spend(1)
        values[names[depth]] = item
        if depth + 1 == len(lists):
            yield
        else:
            yield from _product_rounds(lists, names, values, r, depth + 1)


class _NoListError(Exception):
    """A later iteration of a loop goes over something that is no list."""


def _nested_rounds(
    items: Sequence[Value],
    depth: int,
    names: Sequence[str],
    sources: Sequence[Callable[[Variables, Run], Sequence[Value] | None]],
    inner: Locals,
    values: dict[str, Value],
    r: Run,
) -> Iterator[None]:
    for item in items:
        r.spend(1)
        values[names[depth]] = item
        if depth + 1 == len(sources):
            yield
            continue
        following = sources[depth + 1](inner, r)
        if following is None:
            raise _NoListError
        yield from _nested_rounds(following, depth + 1, names, sources, inner, values, r)


# Calls


def _dynamic_call(
    arguments: list[Code], names: tuple[str, ...], at: int, shown: str, *, standard: bool
) -> Callable[[Function, Variables, Run], Value]:
    """Make the call of a function that is known only when it is called."""

    def call(function: Function, v: Variables, r: Run) -> Value:
        if function.call is not None:
            values = [argument(v, r) for argument in arguments]
            return function.call(values, dict(zip(names, values, strict=True)) if names else None, r)
        if not names:
            values = [argument(v, r) for argument in arguments]
            if len(values) != len(function.parameters):
                _no_such_function(shown, len(values), r, at)
                return None
            return function.code(values, r)
        named = {name: argument(v, r) for name, argument in zip(names, arguments, strict=True)}
        known = set(function.parameters)
        if not known >= named.keys() or (standard and known != named.keys()):
            r.note("NO_FUNCTION_FOUND", f"No function found with name '{shown}' and parameters: {','.join(names)}", at)
            return None
        return function.code([named.get(name) for name in function.parameters], r)

    return call


def _no_such_function(name: str, count: int, r: Run, at: int) -> None:
    r.note("NO_FUNCTION_FOUND", f"No function found with name '{name}' and {count} parameters", at)


_COMPILERS: Final[dict[type[Node], Callable[[Compiler, Any], Code]]] = {
    Literal: Compiler.literal,
    AtLiteral: Compiler.at_literal,
    Name: Compiler.name,
    InputValue: Compiler.input_value,
    ListLiteral: Compiler.list_literal,
    ContextLiteral: Compiler.context_literal,
    RangeLiteral: Compiler.range_literal,
    Path: Compiler.path,
    Filter: Compiler.filter,
    Call: Compiler.call,
    Negation: Compiler.negation,
    Arithmetic: Compiler.arithmetic,
    Comparison: Compiler.comparison,
    Between: Compiler.between,
    In: Compiler.in_,
    InstanceOf: Compiler.instance_of,
    Conjunction: Compiler.conjunction,
    Disjunction: Compiler.disjunction,
    If: Compiler.if_,
    For: Compiler.for_,
    Quantified: Compiler.quantified,
    FunctionLiteral: Compiler.function,
    UnaryComparison: Compiler.unary_comparison,
    UnaryTests: Compiler.unary_tests,
}
