"""Decision requirements graphs: models that are compiled once and evaluated often (DMN 1.5, chapter 6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from kiang.dmn import model
from kiang.dmn.decision_table import CompiledTable
from kiang.dmn.differences import Rule, dialect_of
from kiang.dmn.logic import LogicCompiler, Scope, called, camunda_mismatch, coerced, kind_of, mismatch_text, null
from kiang.dmn.model import Definitions, Reference
from kiang.dmn.run import DecisionFailure, DecisionRun, EvaluatedDecision, Evaluation
from kiang.dmn.types import ANY_TYPE, MISMATCH, Code, Type, Types
from kiang.errors import Finding, InvalidDmnError
from kiang.feel.compiler import SuppressibleFailure
from kiang.feel.dialect import Dialect
from kiang.feel.evaluation import FatalFailureError, LimitExceededError, Locals, Variables
from kiang.feel.size import check_size
from kiang.feel.values import MISSING, Function, TextTooLongError

Value = Any

IMPORTS_MAX: Final = 50
"""Models that a model may bring in, all in all."""

_CYCLE: Final = "Invalid DMN model: Cyclic dependencies between {what} detected."


class DecisionModel:
    """A model that is ready to be evaluated; it may be evaluated by several threads at once.

    Attributes:
        definitions: What it was made of.
        dialect: Whose rules hold.
        findings: What is wrong with it; only a model that was compiled in spite of its faults has any.
    """

    def __init__(self, definitions: Definitions, dialect: Dialect, imported: Mapping[str, DecisionModel]) -> None:
        self.definitions = definitions
        self.dialect = dialect
        self.imported = imported
        self.compiler = LogicCompiler(dialect)
        self.types: Types = Types(
            definitions.types,
            {name: each.types for name, each in imported.items()},
            self.compiler.compile_tests,
        )
        self.compiler.types = self.types
        self.compiler.member_names = frozenset(self.special_names())
        self.elements: dict[str, Element] = {}
        self.element_names = frozenset(
            name
            for each in definitions.elements.values()
            for name in (each.name, getattr(each, "variable", ""))
            if name
        )
        for key, each in definitions.elements.items():
            self.elements[key] = _ELEMENTS[type(each)](self, each)
        for element in self.elements.values():
            if self.compiler.standard or not isinstance(element, KnowledgeElement):
                element.compile()  # Camunda's engine looks at the knowledge that is required, and no other

    @property
    def findings(self) -> list[Finding]:
        """See the class."""
        return self.compiler.findings

    def special_names(self) -> Iterator[str]:
        """Names with blanks or operators in them that may stand behind a dot, or name a type, anywhere."""
        for each in self.imported.values():
            yield from each.special_names()
        for import_ in self.definitions.imports:
            if not import_.name.isidentifier():
                yield import_.name
        for definition in self.definitions.types.values():
            yield from _names_in(definition)

    def element(self, reference: Reference) -> tuple[str, Element] | None:
        """What a requirement names, with the name of the import that it comes by ("" for the model itself)."""
        if not reference.namespace:
            found = self.elements.get(reference.id)
            return ("", found) if found is not None else None
        for import_ in self.definitions.imports:
            if import_.namespace == reference.namespace and import_.name in self.imported:
                found = self.imported[import_.name].elements.get(reference.id)
                if found is not None:
                    return import_.name, found
        return None

    # Evaluation

    def evaluate(
        self,
        decision: str,
        variables: Variables,
        *,
        now_ms: int | None = None,
        by_namespace: Mapping[str, Variables] | None = None,
        reads_json: bool = False,
    ) -> Evaluation:
        """Evaluate a decision or a decision service.

        Args:
            decision: Its id or its name.
            variables: The input data by name; for a decision service its input decisions, too. Anything with
                `get(name, default)` and `in`.
            now_ms: What `now()` and `today()` say, in milliseconds since 1970; by default what the clock says.
            by_namespace: Input data of imported models, by namespace; those that are not here are in `variables`.
            reads_json: The variables come from JSON, which has dates, times and durations only as texts: those that are
                declared as such become what they stand for.

        Raises:
            KeyError: There is no such decision.
        """
        element = self.find(decision)
        run = DecisionRun(variables, now_ms, by_namespace or {}, reads_json=reads_json)
        output: Value = None
        failure: DecisionFailure | None = None
        values: dict[str, Value] = {}
        try:
            output = element.requested(run, values)
        except DecisionFailure as error:
            failure = error
        except _LIMITS as error:
            failure = DecisionFailure(f"the evaluation takes more than it may: {_limit_text(error)}")
            failure.decision_id = run.decision_id or element.id
        failure = failure or run.failure
        return Evaluation(
            decision_id=element.id,
            decision_name=element.name,
            output=None if failure is not None and self.dialect is Dialect.CAMUNDA else output,
            evaluated=tuple(run.evaluated),
            failed_decision_id=failure.decision_id if failure is not None else "",
            failure_message=f"Expected to evaluate decision '{element.id}', but {failure.reason}" if failure else "",
            problems=tuple(run.problems),
            values=values or {element.name: output},
        )

    def find(self, decision: str) -> Element:
        """The decision or decision service with that id, or else that name.

        Raises:
            KeyError: There is none.
        """
        found = self.elements.get(decision)
        if isinstance(found, _REQUESTABLE):
            return found
        for each in self.elements.values():
            if each.name == decision and isinstance(each, _REQUESTABLE):
                return each
        raise KeyError(decision)


_LIMITS: Final = (
    LimitExceededError,
    RecursionError,
    TextTooLongError,
    MemoryError,
    FatalFailureError,
    SuppressibleFailure,
)


def _limit_text(error: BaseException) -> str:
    return str(error) if isinstance(error, LimitExceededError) else type(error).__name__


def _names_in(definition: model.ItemDefinition) -> Iterator[str]:
    if not definition.name.isidentifier():
        yield definition.name
    for component in definition.components:
        yield from _names_in(component)


class Element:
    """A node of the graph."""

    def __init__(self, owner: DecisionModel, source: Any) -> None:
        self.owner = owner
        self.source = source
        self.id: str = source.id
        self.name: str = source.name
        self.compiled = False

    def compile(self) -> None:
        """Compile what belongs to it, once."""

    def value(self, run: DecisionRun) -> Value:  # noqa: ARG002 - one signature for all
        """What those who require it see, by the standard."""
        raise AssertionError

    def requested(self, run: DecisionRun, values: dict[str, Value]) -> Value:  # noqa: ARG002 - one signature for all
        """Its value for the caller; what else is known by name goes into `values`."""
        return self.value(run)

    @property
    def seen_names(self) -> Iterable[str]:
        """Names that expressions may use once they see this."""
        return (self.name,)


class InputDataElement(Element):
    """Something that is given from outside."""

    source: model.InputData

    def compile(self) -> None:
        """See `Element`."""
        self.type: Type = self.owner.compiler.type_named(self.source.type_ref)

    def value(self, run: DecisionRun) -> Value:
        """See `Element`."""
        value = run.values.get(self, MISSING)
        if value is MISSING:
            namespace = self.owner.definitions.namespace
            source = run.by_namespace.get(namespace)
            value = source.get(self.name, MISSING) if source is not None else MISSING
            if value is MISSING:
                value = run.inputs.get(self.name)
            run.values[self] = value = self.accept(value, run)
        return value

    def accept(self, value: Value, run: DecisionRun) -> Value:
        """Bring a value from outside to the declared type."""
        if self.type is ANY_TYPE:
            return value
        if run.reads_json:
            value = self.type.read_json(value)
        return coerced(self.type, value, run)


class DecisionElement(Element):
    """A decision."""

    source: model.Decision

    def __init__(self, owner: DecisionModel, source: model.Decision) -> None:
        super().__init__(owner, source)
        standard = owner.compiler.follows_standard(Rule.RESULT_NAME)
        self.result_name = (source.variable or source.name) if standard else (source.variable or source.id)
        if standard:
            self.name = self.result_name
        self.required: list[tuple[str, Element]] = []
        self.knowledge: list[tuple[str, Element]] = []
        self.code: Code = null
        self.table: CompiledTable | None = None
        self.type: Type = ANY_TYPE

    @property
    def seen_names(self) -> Iterable[str]:
        """See `Element`: its name, and those of the entries that its value may have."""
        return (self.name, *_entry_names(self.source.logic))

    def compile(self) -> None:
        """See `Element`."""
        if self.compiled:
            return
        self.compiled = True
        owner, source, compiler = self.owner, self.source, self.owner.compiler
        self.required = [found for each in source.required if (found := owner.element(each)) is not None]
        self.knowledge = [found for each in source.knowledge if (found := owner.element(each)) is not None]
        for _, element in self.knowledge:
            element.compile()
        compiler.within(self.id)
        scope = _scope(self.required, self.knowledge)
        self.type = compiler.type_named(source.type_ref)
        logic = source.logic
        if logic is None:
            if not compiler.follows_standard(Rule.INCOMPLETE):
                compiler.fault("unsupported decision expression 'null'", source.line, "logic")
        elif not compiler.standard and type(logic) in _STANDARD_BOXES:
            compiler.fault(f"unsupported decision expression '{type(logic).__name__}'", logic.line, "logic")
        elif isinstance(logic, model.DecisionTable):
            self.table = CompiledTable(compiler, logic, scope)
        else:
            self.code = compiler.compile(logic, scope)
        self.table_type = (
            compiler.type_named(logic.type_ref) if self.table is not None and logic is not None else ANY_TYPE
        )

    def value(self, run: DecisionRun) -> Value:
        """See `Element`."""
        value = run.values.get(self, MISSING)
        if value is not MISSING:
            return value
        if self.source.logic is None and self.name in run.inputs:
            value = run.inputs.get(self.name)
            if run.reads_json:
                value = self.type.read_json(value)
        else:
            before, run.decision_id = run.decision_id, self.id
            input_before, run.input_value = run.input_value, MISSING
            run.enter()
            scope = _variables(self.required, self.knowledge, run)
            variables = Locals(scope, _Outside(run.inputs, self.owner.element_names))
            value = self._calculate(variables, run)
            run.level -= 1
            run.input_value = input_before
            run.decision_id = before
        run.values[self] = value
        return value

    def _calculate(self, variables: Variables, run: DecisionRun) -> Value:
        table = self.table
        if table is None:
            value = coerced(self.type, self.code(variables, run), run)
            if type(value) is list or type(value) is dict:
                check_size(value)
            run.report(EvaluatedDecision(self.id, self.source.name, kind_of(self.source.logic), value))
            return value
        result = table.evaluate(variables, run)
        value = coerced(self.type, coerced(self.table_type, result.value, run), run)
        if result.failure:
            run.problem(result.failure)
            if run.failure is None:
                run.failure = DecisionFailure(result.failure)
                run.failure.decision_id = self.id
        run.report(
            EvaluatedDecision(
                self.id,
                self.source.name,
                "DECISION_TABLE",
                value,
                table.report_inputs(result),
                table.report_matches(result),
            )
        )
        return value

    def requested(self, run: DecisionRun, values: dict[str, Value]) -> Value:
        """See `Element`."""
        if self.owner.compiler.follows_standard(Rule.ONCE):
            value = self.value(run)
            for element, each in run.values.items():
                if isinstance(element, DecisionElement):
                    values.setdefault(element.name, each)
            return value
        return _shown(self.source.logic, self.evaluate_in_camunda(run.inputs, run))

    def evaluate_in_camunda(self, outside: Variables, run: DecisionRun) -> Value:
        """Evaluate as Camunda's engine does: requirements first, again for each that requires them."""
        run.enter()
        known: dict[str, Value] = {}
        for _, element in self.required:
            if isinstance(element, DecisionElement):
                known[element.result_name] = element.evaluate_in_camunda(outside, run)
        for _, element in self.knowledge:
            if isinstance(element, KnowledgeElement):
                known[element.name] = element.function_in_camunda(outside, run)
        run.decision_id = self.id
        try:
            value = reported(
                self.id, self.source.name, self.source.logic, self.table, self.code, Locals(known, outside), run
            )
            mismatch = camunda_mismatch(value, self.source.type_ref)
            if mismatch is not None:
                raise DecisionFailure(mismatch)  # noqa: TRY301 - the handler adds where it happened
        except DecisionFailure as failure:
            failure.decision_id = failure.decision_id or self.id
            raise
        run.level -= 1
        return value


def reported(
    id_: str,
    name: str,
    logic: model.Expression | None,
    table: CompiledTable | None,
    code: Code,
    variables: Variables,
    run: DecisionRun,
) -> Value:
    """Evaluate logic as Camunda's engine does, and put it into the report."""
    if table is None:
        try:
            value = code(variables, run)
        except DecisionFailure:
            run.report(EvaluatedDecision(id_, name, kind_of(logic), None))
            raise
        run.report(EvaluatedDecision(id_, name, kind_of(logic), _shown(logic, value)))
        return value
    result = table.evaluate(variables, run)
    run.report(
        EvaluatedDecision(
            id_, name, "DECISION_TABLE", result.value, table.report_inputs(result), table.report_matches(result)
        )
    )
    if result.failure:
        raise DecisionFailure(result.failure)
    return result.value


def _shown(logic: model.Expression | None, value: Value) -> Value:
    """What Camunda's engine tells of a value: functions in a boxed context are null, though they can be called."""
    if isinstance(logic, model.Context) and type(value) is dict:
        return {name: None if type(each) is Function else each for name, each in value.items()}
    return value


class KnowledgeElement(Element):
    """A business knowledge model: a function."""

    source: model.BusinessKnowledgeModel

    @property
    def seen_names(self) -> Iterable[str]:
        """See `Element`: its name, its parameters and the entries that its value may have."""
        function = self.source.function
        parameters = [each.name for each in function.parameters] if function is not None else []
        return (self.name, *parameters, *_entry_names(function))

    def __init__(self, owner: DecisionModel, source: model.BusinessKnowledgeModel) -> None:
        super().__init__(owner, source)
        self.knowledge: list[tuple[str, Element]] = []
        self.function: Function | None = None
        self.code: Code = null
        self.table: CompiledTable | None = None

    def compile(self) -> None:
        """See `Element`."""
        if self.compiled:
            return
        self.compiled = True
        owner, source, compiler = self.owner, self.source, self.owner.compiler
        self.knowledge = [found for each in source.knowledge if (found := owner.element(each)) is not None]
        for _, element in self.knowledge:
            element.compile()
        compiler.within(self.id)
        scope = _scope([], self.knowledge)
        definition = source.function
        if compiler.standard:
            if definition is not None:
                self.function = self._function(definition, scope)
            return
        if definition is None:
            return
        body = definition.body
        inner = scope.with_names(parameter.name for parameter in definition.parameters)
        if isinstance(body, model.DecisionTable):
            self.table = CompiledTable(compiler, body, inner)
        elif isinstance(body, model.LiteralExpression | model.Context | model.Relation | model.ListExpression):
            self.code = compiler.compile(body, inner)
        else:
            kind = type(body).__name__ if body is not None else "null"
            compiler.fault(f"unsupported business knowledge model logic found '{kind}'", source.line, "logic")

    def _function(self, definition: model.FunctionDefinition, scope: Scope) -> Function:
        """The function by the standard: it sees its arguments and the knowledge that it requires."""
        compiler = self.owner.compiler
        make = compiler.function_maker(definition, scope)
        result_type = _result_type(self.owner, self.source.type_ref)
        names = tuple(parameter.name for parameter in definition.parameters)
        knowledge = self.knowledge
        encapsulated = compiler.type_named(definition.type_ref)

        def code(arguments: list[Value], run: Any) -> Value:
            seen = _variables([], knowledge, run)
            value = make(seen).code(arguments, run)
            return coerced(result_type, coerced(encapsulated, value, run), run)

        return Function(names, code)

    def value(self, run: DecisionRun) -> Value:  # noqa: ARG002 - one signature for all
        """See `Element`."""
        return self.function

    def function_in_camunda(self, outside: Variables, run: DecisionRun) -> Function:  # noqa: ARG002 - one signature for all
        """The function as Camunda's engine makes it: it sees what the decision sees."""
        definition = self.source.function
        parameters = definition.parameters if definition is not None else ()
        names = tuple(parameter.name for parameter in parameters)

        def code(arguments: list[Value], r: Any) -> Value:
            try:
                return self.invoke(dict(zip(names, arguments, strict=True)), outside, r)
            except DecisionFailure:
                return None

        return Function(names, code)

    def invoke(self, arguments: Mapping[str, Value], outside: Variables, run: DecisionRun) -> Value:
        """Call it as Camunda's engine does.

        Raises:
            DecisionFailure: An argument is missing or of another type, or its logic fails.
        """
        definition = self.source.function
        for parameter in definition.parameters if definition is not None else ():
            if parameter.name not in arguments and parameter.name not in outside:
                raise DecisionFailure(f"no parameter found with name '{parameter.name}'")
            mismatch = camunda_mismatch(arguments.get(parameter.name), parameter.type_ref)
            if mismatch is not None:
                raise DecisionFailure(mismatch)
        known: dict[str, Value] = dict(arguments)
        for _, element in self.knowledge:
            if isinstance(element, KnowledgeElement):
                known.setdefault(element.name, element.function_in_camunda(outside, run))
        logic = definition.body if definition is not None else None

        def body(variables: Variables, r: DecisionRun) -> Value:
            return reported(self.id, self.name, logic, self.table, self.code, variables, r)

        return called(body, Locals(known, outside), run)


class ServiceElement(Element):
    """A decision service."""

    source: model.DecisionService

    def compile(self) -> None:
        """See `Element`."""
        if self.compiled:
            return
        self.compiled = True
        owner, source = self.owner, self.source
        self.inputs: list[Element] = []
        for reference in (*source.input_data, *source.input_decisions):
            found = owner.element(reference)
            if found is not None:
                self.inputs.append(found[1])
        self.outputs: list[DecisionElement] = []
        for reference in source.output_decisions:
            found = owner.element(reference)
            if found is not None and isinstance(found[1], DecisionElement):
                self.outputs.append(found[1])
        for element in (*self.inputs, *self.outputs):
            element.compile()
        self.result_type = _result_type(owner, source.type_ref)
        self.function = Function(tuple(element.name for element in self.inputs), self._called)

    def value(self, run: DecisionRun) -> Value:  # noqa: ARG002 - one signature for all
        """See `Element`."""
        return self.function

    def _called(self, arguments: list[Value], run: Any) -> Value:
        given: dict[Element, Value] = {}
        for element, argument in zip(self.inputs, arguments, strict=True):
            type_: Type = element.type  # type: ignore[attr-defined]
            value = type_.coerce(argument, run)
            if value is MISMATCH:
                run.problem(mismatch_text(element.name, type_, argument))
                return None
            given[element] = value
        return self._outputs(given, run, {})

    def _outputs(self, given: dict[Element, Value], run: DecisionRun, values: dict[str, Value]) -> Value:
        before, run.values = run.values, dict(given)
        input_before, run.input_value = run.input_value, MISSING
        run.enter()
        try:
            for output in self.outputs:
                values[output.name] = output.value(run)
        finally:
            run.level -= 1
            run.values = before
            run.input_value = input_before
        value = values[self.outputs[0].name] if len(self.outputs) == 1 else dict(values)
        return coerced(self.result_type, value, run)

    def requested(self, run: DecisionRun, values: dict[str, Value]) -> Value:
        """See `Element`."""
        given: dict[Element, Value] = {}
        for element in self.inputs:
            value = run.inputs.get(element.name)
            type_: Type = element.type  # type: ignore[attr-defined]
            if run.reads_json:
                value = type_.read_json(value)
            given[element] = coerced(type_, value, run)
        found = self._outputs(given, run, values)
        if len(self.outputs) == 1:
            values[self.outputs[0].name] = found
        return found


_ELEMENTS: Final = {
    model.InputData: InputDataElement,
    model.Decision: DecisionElement,
    model.BusinessKnowledgeModel: KnowledgeElement,
    model.DecisionService: ServiceElement,
}
_REQUESTABLE: Final = (DecisionElement, ServiceElement)
_STANDARD_BOXES: Final = (model.Conditional, model.Filter, model.For, model.Quantified, model.FunctionDefinition)


def _entry_names(logic: model.Expression | None) -> Iterator[str]:
    """Names of what the value of boxed logic may have as entries."""
    match logic:
        case model.Context():
            for entry in logic.entries:
                if entry.name:
                    yield entry.name
                yield from _entry_names(entry.expression)
        case model.Relation():
            yield from logic.columns
        case model.DecisionTable():
            yield from (output.name for output in logic.outputs if output.name)
        case model.ListExpression():
            for item in logic.items:
                yield from _entry_names(item)
        case model.FunctionDefinition():
            yield from _entry_names(logic.body)


def _result_type(owner: DecisionModel, type_ref: str) -> Type:
    """The type of what a function returns: declared as such, or by the type of the function."""
    definition = owner.definitions.types.get(type_ref)
    if definition is not None and definition.function is not None:
        return owner.compiler.type_named(definition.function.result_type_ref)
    return owner.compiler.type_named(type_ref)


def _scope(required: Sequence[tuple[str, Element]], knowledge: Sequence[tuple[str, Element]]) -> Scope:
    names = [name for _, element in (*required, *knowledge) for name in element.seen_names]
    by_name = {element.name: element for _, element in knowledge if isinstance(element, KnowledgeElement)}
    return Scope(frozenset(name for name in names if not name.isidentifier()), by_name)


def _variables(
    required: Sequence[tuple[str, Element]], knowledge: Sequence[tuple[str, Element]], run: DecisionRun
) -> dict[str, Value]:
    """What an element sees, by name; what comes by an import is an entry of a context under the name of the import."""
    seen: dict[str, Value] = {}
    for prefix, element in (*required, *knowledge):
        value = element.value(run)
        if prefix:
            seen.setdefault(prefix, {})[element.name] = value
        else:
            seen[element.name] = value
    return seen


class _Outside:
    """What the caller gave beside the input data: names that the model does not know."""

    __slots__ = ("known", "variables")

    def __init__(self, variables: Variables, known: frozenset[str]) -> None:
        self.variables = variables
        self.known = known

    def get(self, name: str, default: Value = None) -> Value:
        """The value of a name that is no element of the model."""
        return default if name in self.known else self.variables.get(name, default)

    def __contains__(self, name: object) -> bool:
        return name not in self.known and name in self.variables


def compile_model(
    definitions: Definitions,
    imports: Iterable[Definitions] = (),
    *,
    dialect: Dialect | None = None,
    in_spite_of_faults: bool = False,
) -> DecisionModel:
    """Make a model ready to be evaluated.

    Args:
        definitions: The model.
        imports: Models that it, or one of these, imports.
        dialect: Whose rules hold; by default those that the engine follows for files of that version.
        in_spite_of_faults: Evaluate to null what is wrong, instead of refusing the whole model.

    Raises:
        InvalidDmnError: There are faults; the message is what Zeebe says, `.findings` has all of them.
    """
    dialect = dialect or dialect_of(definitions.version)
    available = {each.namespace: each for each in imports}
    findings = list(_graph_faults(definitions, available, dialect))
    if findings and not in_spite_of_faults:
        raise InvalidDmnError(findings[0].message, findings)
    compiled = _compile(definitions, available, dialect, ())
    findings += compiled.findings
    if findings and not in_spite_of_faults:
        raise InvalidDmnError("\n".join(dict.fromkeys(each.message for each in findings)), findings)
    return compiled


def _compile(
    definitions: Definitions, available: Mapping[str, Definitions], dialect: Dialect, outer: tuple[str, ...]
) -> DecisionModel:
    imported: dict[str, DecisionModel] = {}
    for import_ in definitions.imports:
        source = available.get(import_.namespace)
        if source is not None and import_.namespace not in outer and len(outer) < IMPORTS_MAX:
            imported[import_.name] = _compile(source, available, dialect, (*outer, definitions.namespace))
    return DecisionModel(definitions, dialect, imported)


def _graph_faults(
    definitions: Definitions, available: Mapping[str, Definitions], dialect: Dialect
) -> Iterator[Finding]:
    """Requirements that nothing fitting is found for, and elements that require themselves."""
    elements = definitions.elements
    kinds = _KNOWLEDGE_KINDS[dialect]
    for each in elements.values():
        for reference in (*getattr(each, "required", ()), *getattr(each, "knowledge", ())):
            if reference.is_input and dialect is Dialect.CAMUNDA:
                continue  # it takes all variables, declared or not
            known = elements if not reference.namespace else getattr(available.get(reference.namespace), "elements", {})
            found = known.get(reference.id)
            if found is None:
                message = f"Unable to find a model element instance for id {reference.id}"
            elif reference in getattr(each, "knowledge", ()) and not isinstance(found, kinds):
                message = f"Expected '{reference.id}' to be knowledge that can be required, but it is none."
            elif (
                not reference.is_input
                and reference in getattr(each, "required", ())
                and not isinstance(found, model.Decision)
            ):
                message = f"Expected '{reference.id}' to be a decision, but it is none."
            else:
                continue
            yield Finding(message, each.id, reference.line, "requirement")
    if dialect is Dialect.DMN:
        for import_ in definitions.imports:
            if import_.namespace not in available:
                yield Finding(f"Expected a model with the namespace {import_.namespace} to import.", "", 0, "import")
    for attribute, what in (("required", "decisions"), ("knowledge", "BKMs")):
        circle = _circle(definitions, attribute)
        if circle:
            yield Finding(_CYCLE.format(what=what), circle, getattr(elements[circle], "line", 0), "cycle")


_KNOWLEDGE_KINDS: Final[dict[Dialect, tuple[type, ...]]] = {
    Dialect.CAMUNDA: (model.BusinessKnowledgeModel,),
    Dialect.DMN: (model.BusinessKnowledgeModel, model.DecisionService),
}


def _circle(definitions: Definitions, attribute: str) -> str:
    """The id of an element that requires itself; "" if there is none."""
    done: set[str] = set()
    for start in definitions.elements:
        if start in done:
            continue
        path: dict[str, None] = {start: None}
        stack: list[tuple[str, Iterator[str]]] = [(start, iter(_targets(definitions, start, attribute)))]
        while stack:
            key, targets = stack[-1]
            following = next(targets, None)
            if following is None:
                stack.pop()
                path.pop(key)
                done.add(key)
            elif following in path:
                return following
            elif following not in done:
                path[following] = None
                stack.append((following, iter(_targets(definitions, following, attribute))))
    return ""


def _targets(definitions: Definitions, key: str, attribute: str) -> list[str]:
    references = getattr(definitions.elements[key], attribute, ())
    return [
        reference.id for reference in references if not reference.namespace and reference.id in definitions.elements
    ]
