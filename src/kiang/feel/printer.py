"""Tree to text: what is printed and parsed again is the same tree."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from kiang.feel.dialect import Dialect
from kiang.feel.numbers import plain_text
from kiang.feel.parser import KEYWORDS
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
    TypeName,
    UnaryComparison,
    UnaryTests,
)

_CONTROL: Final = 0
_OR: Final = 1
_AND: Final = 2
_COMPARISON: Final = 3
_POSTFIX: Final = 8
_PRIMARY: Final = 9
_LEVELS: Final = {"+": 4, "-": 4, "*": 5, "/": 5, "**": 6}
_SUM: Final = 4
_NEGATION: Final = 7
_PLAIN_LENGTH_MAX: Final = 100
_TYPES_WITH_BLANKS: Final = frozenset(
    ["date and time", "years and months duration", "days and time duration", "date time"]
)


def print_expression(node: Node, *, dialect: Dialect = Dialect.CAMUNDA) -> str:
    """Write a tree as FEEL with as few parentheses as are safe.

    Args:
        node: The tree.
        dialect: Whose parser will read it.
    """
    return _Printer(dialect).at_level(node, _CONTROL)


class _Printer:
    def __init__(self, dialect: Dialect) -> None:
        self.escapes_backslashes = dialect is not Dialect.CAMUNDA
        self.escapes_keys = dialect is Dialect.DMN

    def at_level(self, node: Node, level_min: int) -> str:
        """Write a node, in parentheses if it binds weaker than its surroundings."""
        level, text = _PRINTERS[type(node)](self, node)
        return text if level >= level_min else f"({text})"

    def literal(self, node: Literal) -> tuple[int, str]:
        value = node.value
        if isinstance(value, str):
            return _PRIMARY, self.quoted(value)
        if value is None:
            return _PRIMARY, "null"
        if isinstance(value, bool):
            return _PRIMARY, "true" if value else "false"
        text = plain_text(value)
        return _PRIMARY, text if len(text) <= _PLAIN_LENGTH_MAX or not isinstance(value, Decimal) else str(value)

    def quoted(self, text: str) -> str:
        if self.escapes_backslashes:
            return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
        # Camunda's engine leaves a backslash alone that begins no escape, so what it has read needs none.
        return '"' + text.replace('"', '\\"') + '"'

    def key(self, text: str) -> str:
        """Name of an entry: Camunda's parser takes what stands between the quotes as it is."""
        return self.quoted(text) if self.escapes_keys else f'"{text}"'

    def at_literal(self, node: AtLiteral) -> tuple[int, str]:
        return _PRIMARY, "@" + self.quoted(node.text)

    def name(self, node: Name) -> tuple[int, str]:
        return _PRIMARY, _word(node.name)

    def input_value(self, _: InputValue) -> tuple[int, str]:
        return _PRIMARY, "?"

    def list_literal(self, node: ListLiteral) -> tuple[int, str]:
        return _PRIMARY, f"[{self._listed(node.items)}]"

    def _listed(self, nodes: tuple[Node, ...]) -> str:
        return ", ".join(self.at_level(node, _CONTROL) for node in nodes)

    def context_literal(self, node: ContextLiteral) -> tuple[int, str]:
        entries = ", ".join(f"{self.key(key)}: {self.at_level(value, _CONTROL)}" for key, value in node.entries)
        return _PRIMARY, f"{{{entries}}}"

    def range_literal(self, node: RangeLiteral) -> tuple[int, str]:
        low = "" if node.low is None else self.at_level(node.low, _SUM)
        high = "" if node.high is None else self.at_level(node.high, _SUM)
        return _PRIMARY, f"{'[' if node.low_included else '('}{low}..{high}{']' if node.high_included else ')'}"

    def path(self, node: Path) -> tuple[int, str]:
        return _POSTFIX, f"{self.at_level(node.base, _POSTFIX)}.{_word(node.name)}"

    def filter(self, node: Filter) -> tuple[int, str]:
        return _POSTFIX, f"{self.at_level(node.base, _POSTFIX)}[{self.at_level(node.condition, _CONTROL)}]"

    def call(self, node: Call) -> tuple[int, str]:
        if node.names:
            arguments = ", ".join(
                f"{_word(name)}: {self.at_level(argument, _CONTROL)}"
                for name, argument in zip(node.names, node.arguments, strict=True)
            )
        else:
            arguments = self._listed(node.arguments)
        return _POSTFIX, f"{self.at_level(node.function, _POSTFIX)}({arguments})"

    def negation(self, node: Negation) -> tuple[int, str]:
        return _NEGATION, f"-{self.at_level(node.operand, _POSTFIX)}"

    def arithmetic(self, node: Arithmetic) -> tuple[int, str]:
        level = _LEVELS[node.operators[0]]
        text = self.at_level(node.operands[0], level + 1)
        for operator, operand in zip(node.operators, node.operands[1:], strict=True):
            text += f" {operator} {self.at_level(operand, level + 1)}"
        return level, text

    def comparison(self, node: Comparison) -> tuple[int, str]:
        return _COMPARISON, f"{self.at_level(node.left, _SUM)} {node.operator} {self.at_level(node.right, _SUM)}"

    def between(self, node: Between) -> tuple[int, str]:
        value, low, high = (self.at_level(each, _SUM) for each in (node.value, node.low, node.high))
        return _COMPARISON, f"{value} between {low} and {high}"

    def in_(self, node: In) -> tuple[int, str]:
        return _COMPARISON, f"{self.at_level(node.value, _SUM)} in ({self._listed(node.tests)})"

    def instance_of(self, node: InstanceOf) -> tuple[int, str]:
        return _COMPARISON, f"{self.at_level(node.value, _SUM)} instance of {_type(node.type)}"

    def conjunction(self, node: Conjunction) -> tuple[int, str]:
        return _AND, " and ".join(self.at_level(each, _COMPARISON) for each in node.operands)

    def disjunction(self, node: Disjunction) -> tuple[int, str]:
        return _OR, " or ".join(self.at_level(each, _AND) for each in node.operands)

    def if_(self, node: If) -> tuple[int, str]:
        condition, then, otherwise = (
            self.at_level(each, _CONTROL) for each in (node.condition, node.then, node.otherwise)
        )
        return _CONTROL, f"if {condition} then {then} else {otherwise}"

    def _iterations(self, iterations: tuple[Iteration, ...]) -> str:
        texts = []
        for each in iterations:
            values = self.at_level(each.values, _SUM)
            end = "" if each.end is None else ".." + self.at_level(each.end, _SUM)
            texts.append(f"{_word(each.name)} in {values}{end}")
        return ", ".join(texts)

    def for_(self, node: For) -> tuple[int, str]:
        return _CONTROL, f"for {self._iterations(node.iterations)} return {self.at_level(node.body, _CONTROL)}"

    def quantified(self, node: Quantified) -> tuple[int, str]:
        word = "every" if node.every else "some"
        condition = self.at_level(node.condition, _CONTROL)
        return _CONTROL, f"{word} {self._iterations(node.iterations)} satisfies {condition}"

    def function(self, node: FunctionLiteral) -> tuple[int, str]:
        parameters = ", ".join(
            _word(each.name) + ("" if each.type is None else f": {_type(each.type)}") for each in node.parameters
        )
        body = self.at_level(node.body, _CONTROL)
        return _CONTROL, f"function({parameters}) {'external ' if node.external else ''}{body}"

    def unary_comparison(self, node: UnaryComparison) -> tuple[int, str]:
        return _COMPARISON, f"{node.operator} {self.at_level(node.operand, _SUM)}"

    def unary_tests(self, node: UnaryTests) -> tuple[int, str]:
        if not node.tests:
            return _CONTROL, "-"
        text = self._listed(node.tests)
        if node.negated:
            return _CONTROL, f"not({text})"
        return _CONTROL, f"({text})" if len(node.tests) == 1 and text.startswith("not") else text


def _word(name: str) -> str:
    plain = name.isidentifier() and name.isascii() and name not in KEYWORDS
    return name if plain else f"`{name}`"


def _type(type_name: TypeName) -> str:
    name = type_name.name
    if name not in _TYPES_WITH_BLANKS and name != "function":
        name = ".".join(_word(part) for part in name.split("."))
    if type_name.members:
        arguments = [
            f"{member}: {_type(argument)}"
            for member, argument in zip(type_name.members, type_name.arguments, strict=True)
        ]
    else:
        arguments = [_type(argument) for argument in type_name.arguments]
    text = f"{name}<{', '.join(arguments)}>" if arguments or type_name.result is not None else name
    return text if type_name.result is None else f"{text} -> {_type(type_name.result)}"


_PRINTERS: Final[dict[type[Node], Callable[[_Printer, Any], tuple[int, str]]]] = {
    Literal: _Printer.literal,
    AtLiteral: _Printer.at_literal,
    Name: _Printer.name,
    InputValue: _Printer.input_value,
    ListLiteral: _Printer.list_literal,
    ContextLiteral: _Printer.context_literal,
    RangeLiteral: _Printer.range_literal,
    Path: _Printer.path,
    Filter: _Printer.filter,
    Call: _Printer.call,
    Negation: _Printer.negation,
    Arithmetic: _Printer.arithmetic,
    Comparison: _Printer.comparison,
    Between: _Printer.between,
    In: _Printer.in_,
    InstanceOf: _Printer.instance_of,
    Conjunction: _Printer.conjunction,
    Disjunction: _Printer.disjunction,
    If: _Printer.if_,
    For: _Printer.for_,
    Quantified: _Printer.quantified,
    FunctionLiteral: _Printer.function,
    UnaryComparison: _Printer.unary_comparison,
    UnaryTests: _Printer.unary_tests,
}
