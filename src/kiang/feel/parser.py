"""Text to tree: the grammar of DMN 1.5, chapter 10.3.1, and what Camunda's engine makes of it.

The text is cut into tokens at once; then operators are taken by precedence. Whether `a b` is one name is decided by
the names that are known, longest first, as the standard asks; where none fits, adjacent words are one name too, since
they could be nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import lru_cache
from typing import Final, NamedTuple, NoReturn, TypeVar

from kiang.feel import numbers
from kiang.feel.dialect import Dialect, Rule
from kiang.feel.errors import FeelSyntaxError
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
    Parameter,
    Path,
    Quantified,
    RangeLiteral,
    TypeName,
    UnaryComparison,
    UnaryTests,
)

TEXT_LENGTH_MAX: Final = 1_000_000
"""Characters of an expression: a thousand times the longest seen in processes."""
DEPTH_MAX: Final = 100
"""Expressions within expressions. Each level takes up to five frames of Python, which has a thousand."""
NUMBER_LENGTH_MAX: Final = 1_000
"""Characters of a number in the text; only 34 digits of it count."""

_RESERVED_IN_CAMUNDA: Final = frozenset(
    ["null", "true", "false", "function", "in", "return", "then", "else", "satisfies", "and", "or"]
)
KEYWORDS: Final = _RESERVED_IN_CAMUNDA | {"between", "every", "for", "if", "instance", "not", "some"}
NAMES_WITH_KEYWORDS: Final = (
    "date and time",
    "years and months duration",
    "days and time duration",
    "get or else",
)
"""Names that every expression knows and that could not be told from operators otherwise."""

_NAME_START: Final = (
    "A-Z_a-z\u00b7\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d\u203f\u2040"
    "\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_BLANK: Final = " \t-\r\x1c-\x1f\x85\xa0\u1680\u180e\u2000-\u200b\u2028\u2029\u202f\u205f\u3000\ufeff"
_TOKEN: Final = re.compile(
    rf"""
    (?P<blank>(?:[{_BLANK}]|//[^\n\r]*|/\*.*?\*/)+)
  | (?P<number>(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<name>[{_NAME_START}$](?:(?![{_BLANK}])[{_NAME_START}$0-9\u0300-\u036f])*)
  | (?P<quoted>`[^`]+`)
  | (?P<string>"(?:[^"\\]|\\.)*")
  | (?P<symbol>\*\*|\.\.|<=|>=|!=|->|[-+*/()\[\]{{}},.:<>=?@'\u2019])
  | (?P<open>"|`|/\*)
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)

_KEY_IN_CAMUNDA: Final = re.compile(r'[^"{}:,\[\]`]+')
_LEVELS: Final = {
    "or": 1, "and": 2, "=": 3, "!=": 3, "<": 3, "<=": 3, ">": 3, ">=": 3, "between": 3, "in": 3, "instance": 3,
    "+": 4, "-": 4, "*": 5, "/": 5, "**": 6,
}  # fmt: skip
_COMPARISON: Final = 3
_ADDITIVE: Final = 4
_UNARY_OPERATORS: Final = frozenset(["<", "<=", ">", ">="])
_TEST_OPERATORS: Final = _UNARY_OPERATORS | {"=", "!="}
_NAME_SYMBOLS: Final = frozenset(["+", "-", "*", "/", ".", "'", "\u2019", "**"])
_GENERIC_TYPES: Final = frozenset(["list", "range", "context", "function"])
_SIMPLE_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "'": "'", '"': '"', "\\": "\\"}
_CAMUNDA_ESCAPE: Final = re.compile(r"\\([nrtbf'\"\\])")
_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{6})|(.))", re.DOTALL)
_SURROGATES: Final = re.compile("[\ud800-\udbff][\udc00-\udfff]")


Read = TypeVar("Read")


class Token(NamedTuple):
    """A piece of the text; kind is name, quoted, number, string, symbol or end."""

    kind: str
    text: str
    start: int
    end: int


def parse(text: str, *, names: Iterable[str] = (), dialect: Dialect = Dialect.CAMUNDA) -> Node:
    """Read an expression.

    Args:
        text: The expression, without the `=` that marks one in BPMN.
        names: Names with blanks or operators in them that the expression may use: of variables, their members,
            functions and types. Plain words need not be given.
        dialect: Which grammar holds where the standard and Camunda's engine differ.

    Raises:
        FeelSyntaxError: The text is no FEEL; the error says where.
    """
    return _guarded(_Parser(text, names, dialect), _Parser.whole_expression)


def parse_unary_tests(text: str, *, names: Iterable[str] = (), dialect: Dialect = Dialect.CAMUNDA) -> UnaryTests:
    """Read what stands in an input cell of a decision table. Arguments and errors are those of `parse`."""
    return _guarded(_Parser(text, names, dialect, unary_tests=True), _Parser.whole_unary_tests)


def _guarded(parser: _Parser, read: Callable[[_Parser], Read]) -> Read:
    try:
        return read(parser)
    except RecursionError:
        raise parser.error(0, _TOO_DEEP, "more") from None


_TOO_DEEP: Final = f"at most {DEPTH_MAX} expressions within each other"


def tokens_of(text: str) -> list[Token]:
    """Cut a text into tokens, without blanks and comments; the last one is of kind end."""
    found = [
        Token(match.lastgroup or "other", match.group(), match.start(), match.end())
        for match in _TOKEN.finditer(text)
        if match.lastgroup != "blank"
    ]
    found.append(Token("end", "", len(text), len(text)))
    return found


Known = dict[str, tuple[tuple[tuple[str, ...], str], ...]]
"""Names of several words by their first word, as (words, name), the longest first."""


@lru_cache(maxsize=256)
def _known_from(names: tuple[str, ...]) -> Known:
    """The table of names that one parser after the other begins with: nobody changes it, `_add_name` replaces entries."""
    known: Known = {}
    for name in names:
        _add_name(known, name)
    return known


def _add_name(known: Known, name: str) -> None:
    words = tuple(token.text for token in tokens_of(name) if token.text)
    if len(words) > 1:
        entries = (*known.get(words[0], ()), (words, name))
        known[words[0]] = tuple(sorted(entries, key=lambda entry: -len(entry[0])))


class _Parser:
    def __init__(self, text: str, names: Iterable[str], dialect: Dialect, *, unary_tests: bool = False) -> None:
        self.text = text
        self.dialect = dialect
        self.unary_tests = unary_tests
        if len(text) > TEXT_LENGTH_MAX:
            raise self.error(0, f"at most {TEXT_LENGTH_MAX} characters", f"{len(text)}")
        self.tokens = tokens_of(text)
        self.position = 0
        self.depth = 0
        self.known = dict(_known_from((*NAMES_WITH_KEYWORDS, *names)))

    # What is known and what is next

    def _learn(self, name: str) -> None:
        _add_name(self.known, name)

    @property
    def token(self) -> Token:
        return self.tokens[self.position]

    def _is(self, text: str) -> bool:
        token = self.tokens[self.position]
        return token.text == text and token.kind in {"symbol", "name"}

    def _take(self, text: str) -> bool:
        if self._is(text):
            self.position += 1
            return True
        return False

    def _need(self, text: str) -> Token:
        token = self.token
        if not self._take(text):
            self._refuse(f"'{text}'")
        return token

    def _refuse(self, expected: str) -> NoReturn:
        raise self._refusal(expected)

    def _refusal(self, expected: str) -> FeelSyntaxError:
        token = self.token
        found = f"'{token.text[:40]}'"
        match token.kind:
            case "end":
                found = "the end of the expression"
            case "open":
                expected = {'"': 'a closing "', "`": "a closing `", "/*": "a closing */"}[token.text]
                found = "the end of the expression"
        return self.error(token.start, expected, found)

    def error(self, offset: int, expected: str, found: str) -> FeelSyntaxError:
        return FeelSyntaxError(self.text, offset, expected, found, unary_tests=self.unary_tests)

    def _deeper(self) -> None:
        self.depth += 1
        if self.depth > DEPTH_MAX:
            raise self.error(self.token.start, _TOO_DEEP, "more")

    def _follows(self, rule: Rule) -> bool:
        return self.dialect.follows_standard(rule)

    # Entries

    def whole_expression(self) -> Node:
        node = self._expression()
        self._end()
        return node

    def _end(self) -> None:
        if self.token.kind != "end":
            self._refuse("an operator or the end of the expression")

    def whole_unary_tests(self) -> UnaryTests:
        at = self.token.start
        if self._is("-") and self.tokens[self.position + 1].kind == "end":
            return UnaryTests((), at=at)
        if self._is("not") and self.tokens[self.position + 1].text == "(":
            self.position += 2
            tests = self._tests()
            self._need(")")
            if self.token.kind == "end":
                return UnaryTests(tests, negated=True, at=at)
            self.position = 0
        tests = self._tests()
        self._end()
        return UnaryTests(tests, at=at)

    def _tests(self) -> tuple[Node, ...]:
        tests = [self._test()]
        while self._take(","):
            tests.append(self._test())
        return tuple(tests)

    def _test(self) -> Node:
        token = self.token
        if token.kind == "symbol" and token.text in {"=", "!="} and self._follows(Rule.EQUALITY_AS_UNARY_TEST):
            self.position += 1
            return UnaryComparison(token.text, self._operators(_ADDITIVE), at=token.start)
        return self._expression()

    # Expressions

    def _expression(self) -> Node:
        self._deeper()
        token = self.token
        read = _CONTROL.get(token.text) if token.kind == "name" else None
        if read is not None and (self._is_known_name() or self._stands_alone(token.text)):
            read = None
        node = read(self) if read is not None else self._operators(1)
        self.depth -= 1
        return node

    def _stands_alone(self, word: str) -> bool:
        """Say whether a word that could begin a loop or condition is a variable, since nothing fitting follows."""
        if self._follows(Rule.KEYWORDS_AS_NAMES) or word in _RESERVED_IN_CAMUNDA:
            return False
        following = self.tokens[self.position + 1]
        if following.kind == "end":
            return True
        return following.kind == "symbol" and following.text in ")],}.+*/=:**<>!=<=>=" and word in _CONTROL

    def _is_known_name(self) -> bool:
        return self._known_name() is not None

    def _operators(self, level_min: int) -> Node:
        """Read operands with operators of at least this level between them."""
        if self.token.text in _UNARY_OPERATORS and level_min <= _COMPARISON:
            left = self._unary_comparison()
            if not self._follows(Rule.CHAINED_COMPARISONS) and _LEVELS.get(self.token.text) == _COMPARISON:
                return left
        else:
            left = self._operand()
        while True:
            token = self.token
            level = _LEVELS.get(token.text, 0) if token.kind in {"symbol", "name"} else 0
            if not level or level < level_min:
                return left
            if level == _COMPARISON:
                left = self._comparison(left)
                if not self._follows(Rule.CHAINED_COMPARISONS) and _LEVELS.get(self.token.text) == _COMPARISON:
                    return left
            else:
                left = self._chain(left, level)

    def _chain(self, first: Node, level: int) -> Node:
        operands, operators = [first], []
        while self.token.kind in {"symbol", "name"} and _LEVELS.get(self.token.text) == level:
            operators.append(self.token.text)
            self.position += 1
            operands.append(self._operators(level + 1))
        if level == _LEVELS["or"]:
            return Disjunction(tuple(operands), at=first.at)
        if level == _LEVELS["and"]:
            return Conjunction(tuple(operands), at=first.at)
        return Arithmetic(tuple(operands), tuple(operators), at=first.at)

    def _comparison(self, left: Node) -> Node:
        operator = self.token.text
        self.position += 1
        match operator:
            case "between":
                low = self._operators(_ADDITIVE)
                self._need("and")
                return Between(left, low, self._operators(_ADDITIVE), at=left.at)
            case "instance":
                self._need("of")
                return InstanceOf(left, self._type(), at=left.at)
            case "in":
                return In(left, self._in_tests(), at=left.at)
            case _:
                return Comparison(operator, left, self._operators(_ADDITIVE), at=left.at)

    def _in_tests(self) -> tuple[Node, ...]:
        if self._is("("):
            start = self.position
            self.position += 1
            tests = self._tests()
            if self._take(")") and _LEVELS.get(self.token.text, 0) < _ADDITIVE:
                return tests
            self.position = start
        if self.token.text in _TEST_OPERATORS:
            return (self._test(),)
        return (self._operators(_ADDITIVE),)

    def _operand(self) -> Node:
        token = self.token
        if token.kind == "symbol" and token.text == "-":
            self.position += 1
            if not self._follows(Rule.REPEATED_NEGATION) and self._is("-") and not self._is_signed_number():
                self._refuse("an operand")
            self._deeper()
            operand = self._operand()
            self.depth -= 1
            return Negation(operand, at=token.start)
        return self._chained(self._primary())

    def _is_signed_number(self) -> bool:
        sign, number = self.tokens[self.position : self.position + 2]
        return number.kind == "number" and number.start == sign.end

    def _chained(self, node: Node) -> Node:
        """Read what may follow a value: members, filters, calls."""
        depth = self.depth
        while True:
            token = self.token
            if token.kind != "symbol" or token.text not in ".[(":
                break
            if token.text == ".":
                self.position += 1
                node = Path(node, self._member_name(), at=node.at)
            elif token.text == "[":
                start = self.position
                self.position += 1
                try:
                    condition = self._expression()
                    self._need("]")
                except FeelSyntaxError:
                    if not self.open_end_allowed:
                        raise
                    self.position = start
                    break
                node = Filter(node, condition, at=node.at)
            elif self._callable(node):
                node = self._call(node)
            else:
                break
            self._deeper()
        self.depth = depth
        return node

    open_end_allowed = False

    def _callable(self, node: Node) -> bool:
        if self._follows(Rule.CALL_OF_ANY_EXPRESSION):
            return not isinstance(node, RangeLiteral)
        while isinstance(node, Path):
            node = node.base
        return isinstance(node, Name)

    # Values

    def _primary(self) -> Node:
        token = self.token
        match token.kind:
            case "number":
                self.position += 1
                return Literal(self._number(token), at=token.start)
            case "string":
                self.position += 1
                return Literal(self._string(token), at=token.start)
            case "quoted":
                self.position += 1
                return Name(token.text[1:-1], at=token.start)
            case "name":
                return self._word(token)
            case "symbol":
                read = _BRACKETS.get(token.text)
                if read is not None:
                    return read(self)
        raise self._refusal("an operand")

    def _number(self, token: Token) -> int | Decimal:
        if len(token.text) > NUMBER_LENGTH_MAX:
            raise self.error(token.start, f"a number of at most {NUMBER_LENGTH_MAX} characters", "a longer one")
        if token.text.isdigit() and len(token.text) <= 34:
            return int(token.text)
        if not self._follows(Rule.EXPONENT_IN_NUMBER) and token.text.lower().find("e") >= 0:
            raise self.error(token.start, "a number without exponent", f"'{token.text}'")
        try:
            numbers.parsed(token.text)  # whether it is in reach; all its digits are kept
            return Decimal(token.text)
        except numbers.NumberError:
            raise self.error(token.start, "a number of at most 6144 digits", f"'{token.text[:40]}'") from None

    def _string(self, token: Token) -> str:
        body = token.text[1:-1]
        if "\\" not in body:
            return body
        if self._follows(Rule.ESCAPES):
            return _SURROGATES.sub(lambda pair: pair.group().encode("utf-16", "surrogatepass").decode("utf-16"),
                                   _ESCAPE.sub(_unescape, body))  # fmt: skip
        if self.dialect is Dialect.CONNECTORS:
            return _CAMUNDA_ESCAPE.sub(lambda escape: _SIMPLE_ESCAPES[escape[1]], body)
        for escape in "nrtbf'\"":  # two backslashes stay two, as a recorded connector job shows (body/unicode)
            body = body.replace("\\" + escape, _SIMPLE_ESCAPES[escape])
        return body.replace("\\s", " ")

    def _word(self, token: Token) -> Node:
        known = self._known_operand()
        if known is not None:
            self.position += known[0]
            return Name(known[1], at=token.start)
        if token.text in KEYWORDS:
            following = self.tokens[self.position + 1]
            if token.text in _CONSTANTS and not (following.text == "(" and following.start == token.end):
                self.position += 1
                return Literal(_CONSTANTS[token.text], at=token.start)
            if token.text in {"and", "or", "not"} and following.text == "(":
                self.position += 1
                return Name(token.text, at=token.start)
            if token.text in _CONSTANTS:
                self.position += 1
                return Literal(_CONSTANTS[token.text], at=token.start)
            if self._follows(Rule.KEYWORDS_AS_NAMES) or token.text in _RESERVED_IN_CAMUNDA:
                self._refuse("an operand")
            self.position += 1
            return Name(token.text, at=token.start)
        words = self._adjacent_words()
        blank = len(words) > 1
        after = self.tokens[self.position + len(words)]
        if blank and not (self._follows(Rule.NAMES_WITH_BLANKS) or after.text == "("):
            words = words[:1]
        self.position += len(words)
        return Name(" ".join(words), at=token.start)

    def _adjacent_words(self) -> list[str]:
        words = [self.token.text]
        for token in self.tokens[self.position + 1 :]:
            if token.kind != "name" or token.text in KEYWORDS:
                break
            words.append(token.text)
        return words

    def _known_name(self) -> tuple[int, str] | None:
        """Give the number of tokens and the text of the longest known name that begins here."""
        for words, name in self.known.get(self.token.text, ()):
            here = self.tokens[self.position : self.position + len(words)]
            if len(here) == len(words) and all(
                token.text == word and token.kind != "string" for token, word in zip(here, words, strict=True)
            ):
                return len(words), name
        return None

    def _known_operand(self) -> tuple[int, str] | None:
        """As `_known_name`, where only names of functions may have blanks."""
        known = self._known_name()
        if known is None or self._follows(Rule.NAMES_WITH_BLANKS) or self.tokens[self.position + known[0]].text == "(":
            return known
        return None

    def _member_name(self) -> str:
        token = self.token
        if token.kind == "quoted":
            self.position += 1
            return token.text[1:-1]
        if token.kind != "name" or (token.text in _RESERVED_IN_CAMUNDA and not self._follows(Rule.KEYWORDS_AS_NAMES)):
            self._refuse("the name of a member")
        known = self._known_name()
        if known is not None:
            self.position += known[0]
            return known[1]
        words = self._adjacent_words()
        if len(words) > 1 and not self._follows(Rule.NAMES_WITH_BLANKS):
            words = words[: 2 if words[:2] == ["time", "offset"] else 1]
        self.position += len(words)
        return " ".join(words)

    # Brackets

    def _parenthesis(self) -> Node:
        start = self._need("(")
        node = self._test()
        if self._is(".."):
            return self._range(node, start, included=False)
        self._need(")")
        return node

    def _square(self) -> Node:
        start = self._need("[")
        if self._take("]"):
            return ListLiteral((), at=start.start)
        first = self._expression()
        if self._is(".."):
            return self._range(first, start, included=True)
        items = [first]
        while self._take(","):
            items.append(self._expression())
        self._need("]")
        return ListLiteral(tuple(items), at=start.start)

    def _reversed(self) -> Node:
        start = self._need("]")
        low = self._operators(_ADDITIVE)
        return self._range(low, start, included=False)

    def _range(self, low: Node, start: Token, *, included: bool) -> Node:
        self._need("..")
        outer, self.open_end_allowed = self.open_end_allowed, True
        high = self._operators(_ADDITIVE)
        self.open_end_allowed = outer
        token = self.token
        if token.kind != "symbol" or token.text not in "])[":
            self._refuse("']', ')' or '[' at the end of the range")
        self.position += 1
        return RangeLiteral(low, high, included, token.text == "]", at=start.start)

    def _context(self) -> Node:
        start = self._need("{")
        entries: list[tuple[str, Node]] = []
        is_open = not self._is("}")
        while is_open:
            key = self._key()
            self._need(":")
            entries.append((key, self._expression()))
            is_open = self._take(",")
        self._need("}")
        return ContextLiteral(tuple(entries), at=start.start)

    def _key(self) -> str:
        token = self.token
        if token.kind == "string":
            self.position += 1
            key = self._string(token) if self._follows(Rule.ESCAPES) else token.text[1:-1]  # Camunda's has none in keys
        elif token.kind == "quoted":
            self.position += 1
            key = token.text[1:-1]
        else:
            key = self._plain_key()
        self._learn(key)
        return key

    def _plain_key(self) -> str:
        if self._follows(Rule.ANY_CHARACTERS_IN_KEYS):
            return self._words_until(":", "the key of an entry")
        match = _KEY_IN_CAMUNDA.match(self.text, self.token.start)
        if match is None:
            self._refuse("the key of an entry")
        while self.token.kind != "end" and self.token.start < match.end():
            self.position += 1
        return match[0].strip()

    def _words_until(self, end: str, expected: str) -> str:
        """Read a name that anything but the given symbol may be part of."""
        first = self.position
        while self.token.kind in {"name", "number"} or self.token.text in _NAME_SYMBOLS:
            self.position += 1
        if self.position == first or not self._is(end):
            self._refuse(expected if self.position == first else f"'{end}'")
        text = self.text[self.tokens[first].start : self.tokens[self.position - 1].end]
        return " ".join(text.split())

    def _input_value(self) -> Node:
        return InputValue(at=self._need("?").start)

    def _at_literal(self) -> Node:
        start = self._need("@")
        token = self.token
        if token.kind != "string":
            self._refuse("a string behind @")
        self.position += 1
        return AtLiteral(self._string(token), at=start.start)

    def _unary_comparison(self) -> Node:
        token = self.token
        self.position += 1
        return UnaryComparison(token.text, self._operators(_ADDITIVE), at=token.start)

    # Calls and functions

    def _call(self, function: Node) -> Node:
        self._need("(")
        names: list[str] = []
        arguments: list[Node] = []
        if not self._is(")"):
            named = self._is_named_argument()
            while True:
                if named:
                    names.append(self._argument_name())
                    self._need(":")
                arguments.append(self._expression())
                if not self._take(","):
                    break
        self._need(")")
        return Call(function, tuple(arguments), tuple(names), at=function.at)

    def _is_named_argument(self) -> bool:
        for token in self.tokens[self.position :]:
            if token.text == ":" and token.kind == "symbol":
                return True
            if token.kind not in {"name", "number", "quoted"} and token.text not in _NAME_SYMBOLS:
                return False
        return False

    def _argument_name(self) -> str:
        token = self.token
        if token.kind == "quoted":
            self.position += 1
            return token.text[1:-1]
        return self._words_until(":", "the name of an argument")

    def _function(self) -> Node:
        start = self._need("function")
        self._need("(")
        parameters: list[Parameter] = []
        while not self._is(")"):
            parameters.append(self._parameter())
            if not self._take(","):
                break
        self._need(")")
        external = self._is("external") and self.tokens[self.position + 1].text == "{"
        if external:
            self.position += 1
        return FunctionLiteral(tuple(parameters), self._expression(), external, at=start.start)

    def _parameter(self) -> Parameter:
        token = self.token
        if token.kind == "quoted":
            self.position += 1
            name = token.text[1:-1]
        else:
            first = self.position
            while self.token.kind in {"name", "number"} or self.token.text in _NAME_SYMBOLS:
                self.position += 1
            if self.position == first:
                self._refuse("the name of a parameter")
            name = " ".join(self.text[token.start : self.tokens[self.position - 1].end].split())
        self._learn(name)
        return Parameter(name, self._type() if self._take(":") else None, at=token.start)

    def _type(self) -> TypeName:
        self._deeper()
        token = self.token
        name = self._type_name()
        arguments: list[TypeName] = []
        members: list[str] = []
        result: TypeName | None = None
        if name in _GENERIC_TYPES and self._follows(Rule.GENERIC_TYPES) and self._take("<"):
            while not self._is(">"):
                if name == "context":
                    members.append(self._words_until(":", "the name of a member"))
                    self._need(":")
                arguments.append(self._type())
                if not self._take(","):
                    break
            self._need(">")
            if name == "function" and self._take("->"):
                result = self._type()
        self.depth -= 1
        return TypeName(name, tuple(arguments), tuple(members), result, at=token.start)

    def _type_name(self) -> str:
        parts = []
        while True:
            known = self._known_name()
            if known is not None:
                self.position += known[0]
                parts.append(known[1])
            elif self.token.kind == "quoted":
                parts.append(self.token.text[1:-1])
                self.position += 1
            elif self.token.kind == "name" and self.token.text not in KEYWORDS - {"function"}:
                words = self._adjacent_words()
                if not self._follows(Rule.NAMES_WITH_BLANKS):
                    words = words[:1]
                self.position += len(words)
                parts.append(" ".join(words))
            else:
                self._refuse("the name of a type")
            if not self._take("."):
                return ".".join(parts)

    # Control

    def _if(self) -> Node:
        start = self._need("if")
        condition = self._expression()
        self._need("then")
        then = self._expression()
        self._need("else")
        return If(condition, then, self._expression(), at=start.start)

    def _for(self) -> Node:
        start = self._need("for")
        iterations = self._iterations("return")
        return For(iterations, self._expression(), at=start.start)

    def _quantified(self) -> Node:
        start = self.token
        self.position += 1
        iterations = self._iterations("satisfies")
        return Quantified(start.text == "every", iterations, self._expression(), at=start.start)

    def _iterations(self, end: str) -> tuple[Iteration, ...]:
        iterations = [self._iteration()]
        while not self._take(end):
            if not self._take(",") and not self._follows(Rule.ITERATIONS_WITHOUT_COMMA):
                self._refuse(f"',' or '{end}'")
            if self.token.kind not in {"name", "quoted"}:
                self._refuse(f"',' or '{end}'")
            iterations.append(self._iteration())
        return tuple(iterations)

    def _iteration(self) -> Iteration:
        token = self.token
        if token.kind == "quoted":
            self.position += 1
            name = token.text[1:-1]
        elif token.kind == "name" and token.text not in KEYWORDS:
            first = self.position
            while not self._is("in") and (self.token.kind in {"name", "number"} or self.token.text in _NAME_SYMBOLS):
                self.position += 1
            name = " ".join(self.text[token.start : self.tokens[self.position - 1].end].split())
            if self.position - first > 1 and not self._follows(Rule.NAMES_WITH_BLANKS):
                self.position = first + 1
                name = token.text
        else:
            self._refuse("the name of a variable")
        self._learn(name)
        self._need("in")
        values = self._expression()
        end = self._operators(_ADDITIVE) if self._take("..") else None
        return Iteration(name, values, end, at=token.start)


_CONSTANTS: Final = {"null": None, "true": True, "false": False}
_CONTROL: Final = {
    "if": _Parser._if,
    "for": _Parser._for,
    "some": _Parser._quantified,
    "every": _Parser._quantified,
    "function": _Parser._function,
}
_BRACKETS: Final = {
    "(": _Parser._parenthesis,
    "[": _Parser._square,
    "]": _Parser._reversed,
    "{": _Parser._context,
    "?": _Parser._input_value,
    "@": _Parser._at_literal,
}


def _unescape(match: re.Match[str]) -> str:
    code = match[1] or match[2]
    if code:
        return chr(int(code, 16)) if int(code, 16) <= 0x10FFFF else match[0]
    return _SIMPLE_ESCAPES.get(match[3], match[0])
