"""Boxed expressions to closures, made once and called often (DMN 1.5, chapters 7 and 10.2.2).

A closure takes the variables in scope and the run, like those of FEEL, so that functions of the model can be called from
any expression. What is no FEEL becomes a finding and a closure that gives null.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from kiang import feel
from kiang.dmn import model
from kiang.dmn.differences import Rule
from kiang.dmn.run import DecisionFailure, DecisionRun
from kiang.dmn.types import ANY_TYPE, MISMATCH, Code, Type, Types
from kiang.errors import Finding
from kiang.feel.compiler import SuppressibleFailure, item_at, range_items
from kiang.feel.dialect import Dialect
from kiang.feel.errors import FeelSyntaxError
from kiang.feel.evaluation import FatalFailureError, ItemLocals, Locals, Run, Variables
from kiang.feel.external import java_function
from kiang.feel.numbers import is_whole
from kiang.feel.values import MISSING, NUMBERS, Function, Range, text_of

Value = Any
FeelCode = Callable[[Variables, Run], Value]

FEEL_LANGUAGES: Final = frozenset(["", "feel"])
FAILURES: Final = (FatalFailureError, SuppressibleFailure)
"""What an expression of FEEL raises where it has no value, not even null."""

_CAMUNDA_TYPES: Final = frozenset(
    ["string", "number", "boolean", "time", "date", "dateTime", "dayTimeDuration", "yearMonthDuration"]
)
"""The types that Camunda's engine checks; it ignores all others."""
_KINDS: Final = {
    model.DecisionTable: "DECISION_TABLE",
    model.LiteralExpression: "LITERAL_EXPRESSION",
    model.Context: "CONTEXT",
    model.ListExpression: "LIST",
    model.Relation: "RELATION",
    model.Invocation: "INVOCATION",
}


def kind_of(logic: model.Expression | None) -> str:
    """How reports call the logic of a decision."""
    return _KINDS.get(type(logic), "UNKNOWN")


@dataclass(frozen=True, slots=True)
class Scope:
    """What expressions can name where they stand.

    Attributes:
        names: Names with blanks or operators in them, which the parser must know; plain words need not be here.
        knowledge: Business knowledge models by name, for invocations in Camunda's engine.
    """

    names: frozenset[str] = frozenset()
    knowledge: Mapping[str, Any] | None = None

    def with_names(self, names: Iterable[str]) -> Scope:
        """The scope inside of something that brings more names."""
        more = {name for name in names if not name.isidentifier()}
        return Scope(self.names | more, self.knowledge) if more - self.names else self


@dataclass(frozen=True, slots=True)
class FeelText:
    """A compiled text, with what is needed to say how it failed."""

    expression: feel.Expression
    code: FeelCode

    def failure(self, error: BaseException) -> str:
        """What Zeebe says of it."""
        return str(self.expression.failure(error))


class LogicCompiler:
    """Compiles the expressions of one model.

    Args:
        dialect: Whose rules hold.
        types: The types of the model.
        member_names: Names of entries and components, which may stand behind a dot anywhere.
    """

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.standard = dialect is Dialect.DMN
        self.findings: list[Finding] = []
        self.types: Types | None = None
        self.member_names: frozenset[str] = frozenset()
        self._tests: Mapping[str, Callable[[Value], bool]] | None = None
        self._element = ""
        self._texts: dict[tuple[str, bool, frozenset[str]], FeelText] = {}

    def follows_standard(self, rule: Rule) -> bool:
        """Say whether the standard's side of a rule holds; the argument names the rule for the reader."""
        assert rule is not None
        return self.standard

    def within(self, element: str) -> None:
        """Say in which element of the graph the following expressions stand."""
        self._element = element

    def fault(self, message: str, line: int, rule: str) -> None:
        """Keep a finding."""
        self.findings.append(Finding(message=message, element=self._element, line=line, rule=rule))

    def type_named(self, type_ref: str) -> Type:
        """The type that values are brought to; none in Camunda's engine."""
        if not type_ref or self.types is None or not self.follows_standard(Rule.TYPES):
            return ANY_TYPE
        return self.types.named(type_ref)

    # Texts in FEEL

    def feel_text(
        self, expression: model.LiteralExpression | model.UnaryTests, scope: Scope, *, unary_tests: bool = False
    ) -> FeelText | None:
        """Compile a text; None with a finding if it is no FEEL."""
        language = expression.language.strip().lower()
        if language not in FEEL_LANGUAGES and not (language.startswith("http") and "feel" in language):
            self.fault(f"Expression language '{language}' is not supported", expression.line, "expression-language")
            return None
        if isinstance(expression, model.LiteralExpression) and not expression.has_text and not self.standard:
            self.fault(f"The expression '{expression.id}' must not be empty.", expression.line, "feel")
            return None
        key = (expression.text, unary_tests, scope.names)
        known = self._texts.get(key)
        if known is not None:
            return known  # tables say the same in many cells
        make = feel.compile_unary_tests if unary_tests else feel.compile
        try:
            compiled = make(
                expression.text,
                dialect=self.dialect,
                names=(*scope.names, *self.member_names),
                types=self._type_tests(),
            )
        except FeelSyntaxError as error:
            kind = "FEEL unary-tests" if unary_tests else "FEEL expression"
            reason = str(error) if self.standard else error.zeebe_message
            self.fault(f"{kind}: {reason}", expression.line, "feel")
            return None
        found = self._texts[key] = FeelText(compiled, compiled.code)
        return found

    def _type_tests(self) -> Mapping[str, Callable[[Value], bool]] | None:
        if self._tests is None and self.types is not None and self.standard:
            self._tests = self.types.tests()
        return self._tests

    def compile_tests(self, tests: model.UnaryTests) -> Code | None:
        """Compile allowed values, which see nothing but the value."""
        found = self.feel_text(tests, Scope(), unary_tests=True)
        return self.guarded(found) if found is not None else None

    def guarded(self, text: FeelText) -> Code:
        """Make failures of an expression null by the standard, and failures of the decision in Camunda's engine."""
        code = text.code
        if self.follows_standard(Rule.FAILURES):

            def run_or_null(v: Variables, r: DecisionRun) -> Value:
                try:
                    value = code(v, r)
                except FAILURES as failure:
                    r.problem(text.failure(failure))
                    return None
                if r.assertion is not None:
                    r.problem(r.assertion)
                    r.assertion = None
                    return None
                return value

            return run_or_null

        def run(v: Variables, r: DecisionRun) -> Value:
            try:
                value = code(v, r)
            except FAILURES as failure:
                raise DecisionFailure(text.failure(failure)) from None
            if r.assertion is not None:
                raise DecisionFailure(text.expression.assertion_text(r.assertion))
            return value

        return run

    # Boxed expressions

    def compile(self, expression: model.Expression | None, scope: Scope) -> Code:
        """Make the closure of an expression; it gives null where there is none."""
        if expression is None:
            return null
        code = _COMPILERS[type(expression)](self, expression, scope)
        return self.typed(code, expression.type_ref)

    def typed(self, code: Code, type_ref: str) -> Code:
        """Bring the value to a type, or make it null."""
        type_ = self.type_named(type_ref)
        if type_ is ANY_TYPE or type(type_) is Type:
            return code

        def run(v: Variables, r: DecisionRun) -> Value:
            return coerced(type_, code(v, r), r)

        return run

    def literal(self, expression: model.LiteralExpression, scope: Scope) -> Code:
        """A text in FEEL; in the standard a text of nothing is null."""
        if self.standard and not expression.text.strip():
            return null
        text = self.feel_text(expression, scope)
        return self.guarded(text) if text is not None else _faulty(self.findings[-1].message)

    def _decision_table(self, table: model.DecisionTable, scope: Scope) -> Code:
        from kiang.dmn.decision_table import CompiledTable  # noqa: PLC0415 - each needs the other

        compiled = CompiledTable(self, table, scope)

        def run(v: Variables, r: DecisionRun) -> Value:
            return compiled.evaluate(v, r).value

        return run

    def _context(self, context: model.Context, scope: Scope) -> Code:
        entries: list[tuple[str, Code]] = []
        result: Code | None = None
        for entry in context.entries:
            code = self.typed(self.compile(entry.expression, scope), entry.type_ref)
            if entry.name:
                entries.append((entry.name, code))
                scope = scope.with_names([entry.name])
            else:
                result = code

        def run(v: Variables, r: DecisionRun) -> Value:
            values: dict[str, Value] = {}
            inner = Locals(values, v)
            for name, code in entries:
                values[name] = code(inner, r)
            return values if result is None else result(inner, r)

        return run

    def _list(self, expression: model.ListExpression, scope: Scope) -> Code:
        items = [self.compile(item, scope) for item in expression.items]

        def run(v: Variables, r: DecisionRun) -> Value:
            return [item(v, r) for item in items]

        return run

    def _relation(self, relation: model.Relation, scope: Scope) -> Code:
        count = len(relation.columns)
        rows = []
        for row in relation.rows:
            if len(row) != count:
                self.fault(f"expected row with '{count}' elements but found '{len(row)}'", relation.line, "relation")
            cells = [
                self.typed(self.compile(cell, scope), type_ref)
                for cell, type_ref in zip(row, relation.column_types, strict=False)
            ]
            rows.append(list(zip(relation.columns, cells, strict=False)))

        def run(v: Variables, r: DecisionRun) -> Value:
            return [{name: cell(v, r) for name, cell in row} for row in rows]

        return run

    def _function_definition(self, definition: model.FunctionDefinition, scope: Scope) -> Code:
        if not self.standard and not isinstance(definition.body, model.LiteralExpression):
            self.fault("expected literal expression but found another one", definition.line, "function")
        make = self.function_maker(definition, scope)

        def run(v: Variables, _: DecisionRun) -> Value:
            return make(v)

        return run

    def function_maker(self, definition: model.FunctionDefinition, scope: Scope) -> Callable[[Variables], Function]:
        """Make what makes a function that sees the given variables."""
        names = tuple(parameter.name for parameter in definition.parameters)
        if definition.kind is not model.FunctionKind.FEEL:
            return self._external(definition, names, scope)
        types = [self.type_named(parameter.type_ref) for parameter in definition.parameters]
        body = self.compile(definition.body, scope.with_names(names))
        checks = [] if self.standard else [parameter.type_ref for parameter in definition.parameters]

        def make(v: Variables) -> Function:
            def code(arguments: list[Value], r: Any) -> Value:
                values = dict(zip(names, arguments, strict=True))
                for name, type_ in zip(names, types, strict=True):
                    if type_ is not ANY_TYPE:
                        value = type_.coerce(values[name], r)
                        if value is MISMATCH:
                            r.problem(mismatch_text(name, type_, values[name]))
                            return None
                        values[name] = value
                for name, type_ref in zip(names, checks, strict=False):
                    if camunda_mismatch(values[name], type_ref) is not None:
                        return None
                try:
                    return called(body, Locals(values, v), r)
                except DecisionFailure:
                    return None

            return Function(names, code)

        return make

    def _external(
        self, definition: model.FunctionDefinition, names: tuple[str, ...], scope: Scope
    ) -> Callable[[Variables], Function]:
        """A function in another language: only what is in the table of harmless ones is ever called."""
        body = self.compile(definition.body, scope)

        def make(v: Variables) -> Function:
            def code(arguments: list[Value], r: Any) -> Value:
                place = body(v, r)
                function = java_function(place) if definition.kind is model.FunctionKind.JAVA else None
                if function is not None:
                    return function(arguments)
                r.problem(f"Functions of kind {definition.kind} are not called from here: {text_of(place)[:200]}.")
                return None

            return Function(names, code)

        return make

    def _invocation(self, invocation: model.Invocation, scope: Scope) -> Code:
        if not self.standard:
            return self._invocation_in_camunda(invocation, scope)
        function = self.compile(invocation.function, scope)
        bindings = [(binding.parameter, self.compile(binding.expression, scope)) for binding in invocation.bindings]
        bound = {name for name, _ in bindings}

        def run(v: Variables, r: DecisionRun) -> Value:
            value = function(v, r)
            if type(value) is not Function:
                r.problem(f"Expected a function to invoke, but found {text_of(value)}.")
                return None
            arguments = {name: code(v, r) for name, code in bindings}
            if value.call is not None:
                return value.call(list(arguments.values()), arguments, r)
            if bound != set(value.parameters):
                r.problem(f"Expected arguments for {', '.join(value.parameters)}, but found {', '.join(bound)}.")
                return None
            return value.code([arguments[name] for name in value.parameters], r)

        return run

    def _invocation_in_camunda(self, invocation: model.Invocation, scope: Scope) -> Code:
        bindings: list[tuple[str, Code]] = []
        for binding in invocation.bindings:
            if isinstance(binding.expression, model.LiteralExpression):
                bindings.append((binding.parameter, self.literal(binding.expression, scope)))
            else:
                self.fault(
                    "expected binding with literal expression but found another one", invocation.line, "invocation"
                )
        if not isinstance(invocation.function, model.LiteralExpression):
            self.fault(
                "expected invocation with literal expression but found another one", invocation.line, "invocation"
            )
            return null
        name = invocation.function.text
        knowledge = (scope.knowledge or {}).get(name)
        if knowledge is None:
            self.fault(f"no BKM found with name '{name}'", invocation.line, "invocation")
            return null

        def run(v: Variables, r: DecisionRun) -> Value:
            return knowledge.invoke({name: code(v, r) for name, code in bindings}, v, r)

        return run

    def _conditional(self, expression: model.Conditional, scope: Scope) -> Code:
        condition = self.compile(expression.condition, scope)
        then = self.compile(expression.then, scope)
        otherwise = self.compile(expression.otherwise, scope)

        def run(v: Variables, r: DecisionRun) -> Value:
            verdict = condition(v, r)
            if verdict is True:
                return then(v, r)
            if verdict is not False and verdict is not None:
                r.problem(f"Expected the condition to be a boolean, but found {text_of(verdict)[:200]}.")
                return None
            return otherwise(v, r)

        return run

    def _filter(self, expression: model.Filter, scope: Scope) -> Code:
        collection = self.compile(expression.collection, scope)
        match = self.compile(expression.match, scope.with_names(["item"]))

        def run(v: Variables, r: DecisionRun) -> Value:
            items = _items(collection(v, r), r)
            if items is None:
                return None
            kept = []
            for item in items:
                r.spend(1)
                verdict = match(ItemLocals(item, v), r)
                if type(verdict) in NUMBERS:
                    return item_at(items, verdict) if is_whole(verdict) else None
                if verdict is True:
                    kept.append(item)
                elif verdict is not False and verdict is not None:
                    r.problem(f"Expected a filter to give booleans, but found {text_of(verdict)[:200]}.")
                    return None
            return kept

        return run

    def _for_(self, expression: model.For, scope: Scope) -> Code:
        collection = self.compile(expression.collection, scope)
        body = self.compile(expression.body, scope.with_names([expression.variable]))
        variable = expression.variable

        def run(v: Variables, r: DecisionRun) -> Value:
            items = _items(collection(v, r), r)
            if items is None:
                return None
            results: list[Value] = []
            for item in items:
                r.spend(1)
                results.append(body(Locals({variable: item, "partial": list(results)}, v), r))
            return results

        return run

    def _quantified(self, expression: model.Quantified, scope: Scope) -> Code:
        collection = self.compile(expression.collection, scope)
        condition = self.compile(expression.condition, scope.with_names([expression.variable]))
        variable, decisive = expression.variable, not expression.every

        def run(v: Variables, r: DecisionRun) -> Value:
            items = _items(collection(v, r), r)
            if items is None:
                return None
            outcome: bool | None = not decisive
            for item in items:
                r.spend(1)
                verdict = condition(Locals({variable: item}, v), r)
                if verdict is decisive:
                    return decisive
                if type(verdict) is not bool:
                    outcome = None
            return outcome

        return run


def null(_: Variables, __: Run) -> Value:
    """Stand for logic that is not there."""
    return None


def _faulty(message: str) -> Code:
    def run(_: Variables, r: DecisionRun) -> Value:
        r.problem(message)
        return None

    return run


def coerced(type_: Type, value: Value, run: DecisionRun) -> Value:
    """Bring a value to a type; null, with a problem, if it cannot be."""
    found = type_.coerce(value, run)
    if found is MISMATCH:
        run.problem(mismatch_text("the value", type_, value))
        return None
    return found


def mismatch_text(what: str, type_: Type, value: Value) -> str:
    """Say that a value is not of a type."""
    return f"Expected {what} to be of type {type_.name}, but found {text_of(value)[:200]}."


def called(body: Code, variables: Variables, run: DecisionRun) -> Value:
    """Evaluate the body of a function: the input value of a cell that calls it is not seen inside."""
    before = run.input_value
    run.input_value = MISSING
    run.enter()
    try:
        return body(variables, run)
    finally:
        run.level -= 1
        run.input_value = before


def camunda_mismatch(value: Value, type_ref: str) -> str | None:
    """What Camunda's engine says of a value that is not of the declared simple type; None if nothing is wrong."""
    type_ref = type_ref.replace("feel:", "")
    if value is None or type_ref not in _CAMUNDA_TYPES:
        return None
    found = feel.feel_type(value)
    expected = {
        "dateTime": "date and time",
        "dayTimeDuration": "days and time duration",
        "yearMonthDuration": "years and months duration",
    }.get(type_ref, type_ref)
    return None if found == expected else f"expected '{type_ref}' but found '{text_of(value)}'"


def _items(value: Value, run: Run) -> list[Value] | None:
    """The items that a boxed filter or iterator goes over."""
    if value is None:
        return None
    if type(value) is list:
        return value
    if type(value) is Range:
        return range_items(value, run)
    return [value]


_COMPILERS: Final[dict[type[model.Expression], Callable[[LogicCompiler, Any, Scope], Code]]] = {
    model.LiteralExpression: LogicCompiler.literal,
    model.DecisionTable: LogicCompiler._decision_table,
    model.Context: LogicCompiler._context,
    model.ListExpression: LogicCompiler._list,
    model.Relation: LogicCompiler._relation,
    model.FunctionDefinition: LogicCompiler._function_definition,
    model.Invocation: LogicCompiler._invocation,
    model.Conditional: LogicCompiler._conditional,
    model.Filter: LogicCompiler._filter,
    model.For: LogicCompiler._for_,
    model.Quantified: LogicCompiler._quantified,
}
