"""A DMN file as frozen data: what the reader makes and the compiler reads (DMN 1.5, chapters 6 to 8 and 10.2).

Nothing here knows XML or calculates anything. Texts of expressions are kept as they are; the compiler parses them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum, unique
from typing import Final

ANY: Final = "Any"
"""Name of the type that every value has."""


@unique
class HitPolicy(StrEnum):
    """What a decision table makes of the rules that match."""

    UNIQUE = "UNIQUE"
    FIRST = "FIRST"
    PRIORITY = "PRIORITY"
    ANY = "ANY"
    COLLECT = "COLLECT"
    RULE_ORDER = "RULE ORDER"
    OUTPUT_ORDER = "OUTPUT ORDER"


@unique
class Aggregation(StrEnum):
    """How COLLECT makes one value of many."""

    SUM = "SUM"
    COUNT = "COUNT"
    MIN = "MIN"
    MAX = "MAX"


@unique
class FunctionKind(StrEnum):
    """In which language the body of a function definition is written."""

    FEEL = "FEEL"
    JAVA = "Java"
    PMML = "PMML"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """What all boxed expressions have.

    Attributes:
        id: "" if the file gives none.
        type_ref: Name of the type that the value must have; "" for any.
        line: Line in the file, from 1.
    """

    id: str = ""
    type_ref: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class LiteralExpression(Expression):
    """A text in FEEL.

    Attributes:
        text: Without the blanks around it.
        language: As the file says it, "" for the default, which is FEEL.
        has_text: The file gives a text, be it an empty one.
    """

    text: str
    language: str = ""
    has_text: bool = True


@dataclass(frozen=True, slots=True)
class UnaryTests(Expression):
    """A cell of a decision table or a list of allowed values."""

    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Input:
    """An input of a decision table.

    Attributes:
        label: For people; "" if there is none.
        values: The values that are allowed.
    """

    id: str
    label: str
    expression: LiteralExpression
    values: UnaryTests | None = None

    @property
    def name(self) -> str:
        """How reports call it."""
        return self.label or self.expression.text


@dataclass(frozen=True, slots=True)
class Output:
    """An output of a decision table.

    Attributes:
        values: The values that are allowed, the most important one first.
        default: Its value where no rule matches.
    """

    id: str
    name: str
    label: str
    type_ref: str = ""
    values: UnaryTests | None = None
    default: LiteralExpression | None = None

    @property
    def shown_name(self) -> str:
        """How reports call it."""
        return self.label or self.name


@dataclass(frozen=True, slots=True)
class TableRule:
    """A row of a decision table."""

    id: str
    tests: tuple[UnaryTests, ...]
    outputs: tuple[LiteralExpression, ...]
    line: int = 0


@dataclass(frozen=True, slots=True)
class DecisionTable(Expression):
    """A decision table, read row by row."""

    hit_policy: HitPolicy
    aggregation: Aggregation | None
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    rules: tuple[TableRule, ...]


@dataclass(frozen=True, slots=True)
class ContextEntry:
    """An entry of a boxed context; without a name it is the result of the context."""

    name: str
    type_ref: str
    expression: Expression | None


@dataclass(frozen=True, slots=True)
class Context(Expression):
    """A boxed context; each entry sees those before it."""

    entries: tuple[ContextEntry, ...]


@dataclass(frozen=True, slots=True)
class ListExpression(Expression):
    """A boxed list."""

    items: tuple[Expression | None, ...]


@dataclass(frozen=True, slots=True)
class Relation(Expression):
    """A list of contexts, written as a table."""

    columns: tuple[str, ...]
    column_types: tuple[str, ...]
    rows: tuple[tuple[Expression | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a function, or the input of a decision service."""

    name: str
    type_ref: str = ""


@dataclass(frozen=True, slots=True)
class FunctionDefinition(Expression):
    """A boxed function."""

    kind: FunctionKind
    parameters: tuple[Parameter, ...]
    body: Expression | None


@dataclass(frozen=True, slots=True)
class Binding:
    """A parameter with the argument for it."""

    parameter: str
    expression: Expression | None


@dataclass(frozen=True, slots=True)
class Invocation(Expression):
    """A boxed call by names of parameters."""

    function: Expression | None
    bindings: tuple[Binding, ...]


@dataclass(frozen=True, slots=True)
class Conditional(Expression):
    """A boxed if."""

    condition: Expression | None
    then: Expression | None
    otherwise: Expression | None


@dataclass(frozen=True, slots=True)
class Filter(Expression):
    """A boxed filter."""

    collection: Expression | None
    match: Expression | None


@dataclass(frozen=True, slots=True)
class For(Expression):
    """A boxed for."""

    variable: str
    collection: Expression | None
    body: Expression | None


@dataclass(frozen=True, slots=True)
class Quantified(Expression):
    """A boxed some or every."""

    every: bool
    variable: str
    collection: Expression | None
    condition: Expression | None


@dataclass(frozen=True, slots=True)
class FunctionItem:
    """What an item definition says of a function."""

    parameters: tuple[Parameter, ...]
    result_type_ref: str


@dataclass(frozen=True, slots=True)
class ItemDefinition:
    """A type of the file.

    Attributes:
        type_ref: The type that it is based on; "" for a structure, a function, or any.
        allowed_values: What a value, or each item of a collection, must pass.
        constraint: What the value as a whole must pass (DMN 1.5).
    """

    name: str
    type_ref: str = ""
    is_collection: bool = False
    components: tuple[ItemDefinition, ...] = ()
    allowed_values: UnaryTests | None = None
    constraint: UnaryTests | None = None
    function: FunctionItem | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """A requirement: namespace ("" for the file itself) and id of what is required.

    Attributes:
        is_input: It names input data.
    """

    namespace: str
    id: str
    line: int = 0
    is_input: bool = False


@dataclass(frozen=True, slots=True)
class InputData:
    """Something that a decision is given from outside."""

    id: str
    name: str
    type_ref: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision.

    Attributes:
        variable: Name of its result; "" if the file declares none.
        logic: None for a decision that is only drawn.
        required: Decisions and input data, in the order of the file.
        knowledge: Business knowledge models and decision services.
        version_tag: Camunda's `versionTag`; "" if there is none.
    """

    id: str
    name: str
    variable: str = ""
    type_ref: str = ""
    logic: Expression | None = None
    required: tuple[Reference, ...] = ()
    knowledge: tuple[Reference, ...] = ()
    version_tag: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class BusinessKnowledgeModel:
    """A function with a name."""

    id: str
    name: str
    type_ref: str = ""
    function: FunctionDefinition | None = None
    knowledge: tuple[Reference, ...] = ()
    line: int = 0


@dataclass(frozen=True, slots=True)
class DecisionService:
    """Decisions that are called like a function."""

    id: str
    name: str
    type_ref: str = ""
    output_decisions: tuple[Reference, ...] = ()
    encapsulated_decisions: tuple[Reference, ...] = ()
    input_decisions: tuple[Reference, ...] = ()
    input_data: tuple[Reference, ...] = ()
    line: int = 0


DrgElement = InputData | Decision | BusinessKnowledgeModel | DecisionService


@dataclass(frozen=True, slots=True)
class Import:
    """Another model, whose elements are seen under a name; under none they are seen like one's own."""

    name: str
    namespace: str


@dataclass(frozen=True, slots=True)
class Definitions:
    """A whole file.

    Attributes:
        resource_name: Name of the file.
        version: Of DMN, for example "1.3".
        elements: By id, in the order of the file.
        types: By name.
    """

    id: str
    name: str
    namespace: str
    resource_name: str
    version: str
    imports: tuple[Import, ...] = ()
    types: dict[str, ItemDefinition] = field(default_factory=dict)
    elements: dict[str, DrgElement] = field(default_factory=dict)

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """The decisions, in the order of the file."""
        return tuple(each for each in self.elements.values() if isinstance(each, Decision))
