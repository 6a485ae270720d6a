"""Decision tables: which rules match, and what their outputs make together (DMN 1.5, chapter 8)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

from kiang import feel
from kiang.dmn import model
from kiang.dmn.differences import Rule
from kiang.dmn.logic import FAILURES, FeelText, LogicCompiler, Scope, coerced
from kiang.dmn.model import Aggregation, HitPolicy
from kiang.dmn.run import DecisionFailure, DecisionRun, EvaluatedInput, EvaluatedOutput, MatchedRule
from kiang.dmn.types import ANY_TYPE, Code, passes
from kiang.feel import numbers
from kiang.feel.evaluation import Variables
from kiang.feel.numbers import plain_text
from kiang.feel.values import NUMBERS, text_of

Value = Any
Outputs = list[Value]
"""The outputs of a rule that matches, one for each column."""


class TableResult(NamedTuple):
    """What a table gave, and how.

    Attributes:
        failure: Why there is no value; "" if there is one.
    """

    value: Value
    inputs: Sequence[Value]
    matches: Sequence[tuple[int, Outputs]]
    failure: str = ""


class CompiledTable:
    """A table with its cells as closures.

    A cell that always holds has none. The cells of a rule are tested from left to right until one does not hold.
    """

    def __init__(self, compiler: LogicCompiler, table: model.DecisionTable, scope: Scope) -> None:
        self.table = table
        self.standard = compiler.standard
        self.compiler = compiler
        self._never = FeelText(_NEVER, _NEVER.code)
        aggregates = table.hit_policy is HitPolicy.COLLECT and table.aggregation is not None
        if aggregates and len(table.outputs) > 1 and not self.standard:
            compiler.fault(
                "hit policy 'COLLECT' with aggregator is not defined for compound output", table.line, "table"
            )
        self.inputs = [self._input(each, scope) for each in table.inputs]
        self.defaults = [
            compiler.literal(each.default, scope) if each.default is not None else None for each in table.outputs
        ]
        self.cell_texts: list[list[FeelText]] = []
        self.rules: list[tuple[tuple[int, Code], ...]] = []
        self.outputs: list[list[Code]] = []
        for rule in table.rules:
            if self.standard and (len(rule.tests), len(rule.outputs)) != (len(table.inputs), len(table.outputs)):
                compiler.fault(
                    f"Expected {len(table.inputs)} input and {len(table.outputs)} output entries, "
                    f"but the rule has {len(rule.tests)} and {len(rule.outputs)}.",
                    rule.line,
                    "table",
                )
            pairs = zip(rule.tests, table.inputs, strict=False)
            texts = [(position, self._cell(tests, scope)) for position, (tests, _) in enumerate(pairs)]
            cells = [(position, text) for position, text in texts if text is not None]
            self.cell_texts.append([text for _, text in cells])
            self.rules.append(tuple((position, text.code) for position, text in cells))
            self.outputs.append(
                [compiler.compile(each, scope) for each, _ in zip(rule.outputs, table.outputs, strict=False)]
            )
        self.output_types = [compiler.type_named(each.type_ref) for each in table.outputs]
        self.allowed = [self._allowed(each) for each in table.outputs]
        self.ranks = [self._ranks(each) for each in table.outputs] if self._needs_ranks() else []
        self.names = [each.name for each in table.outputs]
        self.checks_outputs = self.standard and any(
            each is not None for each in (*self.allowed, *(t for t in self.output_types if t is not ANY_TYPE))
        )

    # Compilation

    def _input(self, each: model.Input, scope: Scope) -> tuple[Code, Code | None]:
        compiler = self.compiler
        code = compiler.compile(each.expression, scope)
        allowed = None
        if each.values is not None and compiler.follows_standard(Rule.ALLOWED_VALUES):
            text = compiler.feel_text(each.values, scope, unary_tests=True)
            allowed = compiler.guarded(text) if text is not None else None
        return code, allowed

    def _cell(self, tests: model.UnaryTests, scope: Scope) -> FeelText | None:
        """Compile a cell; None if it always holds. One that is no FEEL never does."""
        text = tests.text.strip() if self.standard else tests.text
        if text in {"", "-"}:
            return None
        return self.compiler.feel_text(tests, scope, unary_tests=True) or self._never

    def _allowed(self, output: model.Output) -> Code | None:
        if output.values is None or not self.compiler.follows_standard(Rule.ALLOWED_VALUES):
            return None
        return self.compiler.compile_tests(output.values)

    def _needs_ranks(self) -> bool:
        return self.table.hit_policy in {HitPolicy.PRIORITY, HitPolicy.OUTPUT_ORDER}

    def _ranks(self, output: model.Output) -> Callable[[Value, DecisionRun], Any]:
        """What says how early a value comes in the output values."""
        if not self.standard:
            return _camunda_ranks(output.values.text if output.values is not None else "")
        tests = output.values or self._allowed_values_of_type(output.type_ref)
        codes: list[Code] = []
        if tests is not None:
            text = self.compiler.feel_text(tests, Scope(), unary_tests=True)
            if text is not None:
                codes = text.expression.codes_of_tests()

        def rank(value: Value, run: DecisionRun) -> int:
            for index, code in enumerate(codes):
                if passes(code, value, run):
                    return index
            return len(codes)

        return rank

    def _allowed_values_of_type(self, type_ref: str) -> model.UnaryTests | None:
        types = self.compiler.types
        seen: set[str] = set()
        while types is not None and type_ref in types.definitions and type_ref not in seen:
            seen.add(type_ref)
            definition = types.definitions[type_ref]
            if definition.allowed_values is not None:
                return definition.allowed_values
            type_ref = definition.type_ref
        return None

    # Evaluation

    def evaluate(self, v: Variables, r: DecisionRun) -> TableResult:
        """Evaluate the table.

        Raises:
            DecisionFailure: An expression failed, in Camunda's engine.
        """
        inputs: list[Value] = []
        for position, (code, allowed) in enumerate(self.inputs):
            value = code(v, r)
            inputs.append(value)
            if allowed is not None and value is not None and not self._is_allowed(allowed, value, v, r):
                name = self.table.inputs[position].name
                r.problem(f"Expected the input {name} to be an allowed value, but found {text_of(value)[:200]}.")
                return TableResult(None, inputs, ())
        matched = self._matching(v, r, inputs)
        if not matched:
            try:
                return TableResult(self._default(v, r), inputs, ())
            except DecisionFailure as failure:
                return TableResult(None, inputs, (), failure.reason)
        matches = [(index, [code(v, r) for code in self.outputs[index]]) for index in matched]
        if self.checks_outputs:
            for _, outputs in matches:
                if not self._check_outputs(outputs, r):
                    return TableResult(None, inputs, matches)
        try:
            return TableResult(_POLICIES[self.table.hit_policy](self, matches, r), inputs, matches)
        except _Violation as violation:
            return TableResult(None, inputs, matches, str(violation))

    def _matching(self, v: Variables, r: DecisionRun, inputs: list[Value]) -> list[int]:
        first = self.table.hit_policy is HitPolicy.FIRST
        matched: list[int] = []
        before = r.input_value
        index = cell = 0
        try:
            for index, tests in enumerate(self.rules):
                cell = 0
                for position, code in tests:
                    r.input_value = inputs[position]
                    if code(v, r) is not True:
                        break
                    cell += 1
                else:
                    matched.append(index)
                    if first:
                        break
        except FAILURES as failure:
            text = self.cell_texts[index][cell]
            reason = text.failure(failure)
            if not self.standard:
                raise DecisionFailure(reason) from None
            r.problem(reason)
            r.input_value = before
            return self._matching_one_by_one(v, r, inputs)
        finally:
            r.input_value = before
        if r.assertion is not None:
            reason, r.assertion = r.assertion, None
            if not self.standard:
                raise DecisionFailure(reason)
            r.problem(reason)
        return matched

    def _matching_one_by_one(self, v: Variables, r: DecisionRun, inputs: list[Value]) -> list[int]:
        """Match again where a cell fails, which then does not hold."""
        first = self.table.hit_policy is HitPolicy.FIRST
        matched: list[int] = []
        before = r.input_value
        for index, tests in enumerate(self.rules):
            try:
                for position, code in tests:
                    r.input_value = inputs[position]
                    if code(v, r) is not True:
                        break
                else:
                    matched.append(index)
                    if first:
                        break
            except FAILURES:
                continue
            finally:
                r.input_value = before
        return matched

    def _is_allowed(self, allowed: Code, value: Value, v: Variables, r: DecisionRun) -> bool:
        before = r.input_value
        r.input_value = value
        try:
            return allowed(v, r) is True
        finally:
            r.input_value = before

    def _check_outputs(self, outputs: Outputs, r: DecisionRun) -> bool:
        for position, given in enumerate(outputs):
            value = outputs[position] = coerced(self.output_types[position], given, r)
            allowed = self.allowed[position]
            if allowed is not None and value is not None and not self._is_allowed(allowed, value, {}, r):
                r.problem(f"Expected the output to be an allowed value, but found {text_of(value)[:200]}.")
                return False
        return True

    def _default(self, v: Variables, r: DecisionRun) -> Value:
        given = [
            (name, coerced(type_, code(v, r), r))
            for name, code, type_ in zip(self.names, self.defaults, self.output_types, strict=True)
            if code is not None
        ]
        if not given:
            if self.compiler.follows_standard(Rule.NO_MATCH) and self.table.hit_policy is HitPolicy.COLLECT:
                return _NO_MATCH_OF_COLLECT[self.table.aggregation]()
            return None
        if len(self.names) == 1 or (not self.standard and len(given) == 1):
            return given[0][1]
        values = dict(given)
        return {name: values.get(name) for name in self.names} if self.standard else values

    # Reports

    def report_inputs(self, result: TableResult) -> tuple[EvaluatedInput, ...]:
        """The inputs as reports show them."""
        return tuple(
            EvaluatedInput(each.id, each.name, value)
            for each, value in zip(self.table.inputs, result.inputs, strict=False)
        )

    def report_matches(self, result: TableResult) -> tuple[MatchedRule, ...]:
        """The rules that matched as reports show them."""
        table = self.table
        return tuple(
            MatchedRule(
                table.rules[index].id,
                index + 1,
                tuple(
                    EvaluatedOutput(each.id, each.shown_name, value)
                    for each, value in zip(table.outputs, outputs, strict=False)
                ),
            )
            for index, outputs in result.matches
        )

    # Hit policies

    def _value(self, outputs: Outputs) -> Value:
        return outputs[0] if len(outputs) == 1 else dict(zip(self.names, outputs, strict=False))

    def _unique(self, matches: list[tuple[int, Outputs]], _: DecisionRun) -> Value:
        if len(matches) > 1:
            raise _Violation(f"multiple values aren't allowed for UNIQUE hit policy. found: '{self._found(matches)}'")
        return self._value(matches[0][1])

    def _first(self, matches: list[tuple[int, Outputs]], _: DecisionRun) -> Value:
        return self._value(matches[0][1])

    def _any(self, matches: list[tuple[int, Outputs]], _: DecisionRun) -> Value:
        distinct: list[tuple[int, Outputs]] = []
        for match in matches:
            if not any(_same(match[1], other[1]) for other in distinct):
                distinct.append(match)
        if len(distinct) > 1:
            raise _Violation(f"different values aren't allowed for ANY hit policy. found: '{self._found(distinct)}'")
        return self._value(matches[0][1])

    def _priority(self, matches: list[tuple[int, Outputs]], r: DecisionRun) -> Value:
        return self._value(self._by_rank(matches, r)[0][1])

    def _rule_order(self, matches: list[tuple[int, Outputs]], _: DecisionRun) -> Value:
        return [self._value(outputs) for _, outputs in matches]

    def _output_order(self, matches: list[tuple[int, Outputs]], r: DecisionRun) -> Value:
        return [self._value(outputs) for _, outputs in self._by_rank(matches, r)]

    def _collect(self, matches: list[tuple[int, Outputs]], r: DecisionRun) -> Value:
        aggregation = self.table.aggregation
        if aggregation is None:
            return self._rule_order(matches, r)
        if aggregation is Aggregation.COUNT:
            return len(matches)
        if len(self.names) > 1:
            columns = list(zip(*(outputs for _, outputs in matches), strict=True))
            return {name: self._aggregate(list(values)) for name, values in zip(self.names, columns, strict=True)}
        return self._aggregate([outputs[0] for _, outputs in matches])

    def _aggregate(self, values: list[Value]) -> Value:
        aggregation = self.table.aggregation
        assert aggregation is not None
        if self.standard and aggregation is not Aggregation.SUM:
            return _EXTREMES[aggregation].evaluate({"values": values})
        for value in values:
            if type(value) not in NUMBERS:
                raise _Violation(f"expected number but found '{text_of(value)}'")
        if aggregation is Aggregation.SUM:
            total: int | Decimal = 0
            for value in values:
                total = numbers.add(total, value)
            return total
        return min(values) if aggregation is Aggregation.MIN else max(values)

    def _by_rank(self, matches: list[tuple[int, Outputs]], r: DecisionRun) -> list[tuple[int, Outputs]]:
        def ranks(match: tuple[int, Outputs]) -> list[Any]:
            return [rank(value, r) for rank, value in zip(self.ranks, match[1], strict=False)]

        if self.standard:
            return sorted(matches, key=ranks)
        return sorted(matches, key=lambda match: "".join(ranks(match)))

    def _found(self, matches: Sequence[tuple[int, Outputs]]) -> str:
        """How Camunda's engine shows the outputs of rules."""
        maps = (
            ", ".join(f"{name or 'null'} -> {text_of(value)}" for name, value in zip(self.names, outputs, strict=False))
            for _, outputs in matches
        )
        return "List(" + ", ".join(f"Map({each})" for each in maps) + ")"


class _Violation(Exception):
    """The rules that match do not fit the hit policy."""


def _same(left: Outputs, right: Outputs) -> bool:
    return len(left) == len(right) and all(
        a == b and (type(a) is type(b) or (type(a) in NUMBERS and type(b) in NUMBERS))
        for a, b in zip(left, right, strict=True)
    )


_NEVER: Final = feel.compile("false")

_EXTREMES: Final = {
    Aggregation.MIN: feel.compile("min(values)", dialect=feel.Dialect.DMN),
    Aggregation.MAX: feel.compile("max(values)", dialect=feel.Dialect.DMN),
}

_NO_MATCH_OF_COLLECT: Final[dict[Aggregation | None, Callable[[], Value]]] = {
    None: list,
    Aggregation.SUM: lambda: None,
    Aggregation.MIN: lambda: None,
    Aggregation.MAX: lambda: None,
    Aggregation.COUNT: lambda: 0,
}

_POLICIES: Final[dict[HitPolicy, Callable[[CompiledTable, Any, DecisionRun], Value]]] = {
    HitPolicy.UNIQUE: CompiledTable._unique,
    HitPolicy.FIRST: CompiledTable._first,
    HitPolicy.PRIORITY: CompiledTable._priority,
    HitPolicy.ANY: CompiledTable._any,
    HitPolicy.COLLECT: CompiledTable._collect,
    HitPolicy.RULE_ORDER: CompiledTable._rule_order,
    HitPolicy.OUTPUT_ORDER: CompiledTable._output_order,
}


def _camunda_ranks(text: str) -> Callable[[Value, DecisionRun], str]:
    """Camunda's engine compares places of texts and numbers as texts; what is not listed comes last."""
    places = {part.strip().replace('"', "").replace("'", ""): str(index) for index, part in enumerate(text.split(","))}
    last = "_"

    def rank(value: Value, _: DecisionRun) -> str:
        if type(value) is str:
            return places.get(value, last)
        if type(value) is int or type(value) is Decimal:
            return places.get(plain_text(Decimal(value)), last)
        return last

    return rank
