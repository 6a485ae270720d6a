"""Zeebe's words for a text that is no FEEL, which clients of Camunda 8 and tests know.

Its parser takes the first alternative that fits, goes back where one does not, and in the end names what it had tried at the
last place that it could not get beyond. This is a model of that: the same alternatives in the same order, each with the name
that the message shows, so that a rule gives the message and not a list of cases. Nothing here is used to evaluate.

How names are put together: an alternative that begins at the place is shown by its name, one that began before it by what it
tried there; of a sequence that begins at the place all parts up to the one that failed are shown, with `~` between them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Final, NamedTuple

from kiang.feel.utf16 import joined_units, utf16_units

FOUND_LENGTH: Final = 10
"""Characters that the message shows of what stands at the place."""
STEPS_MAX: Final = 200_000
"""Attempts after which the model gives up; the real one would take very long too."""

Names = tuple[str, ...]


class _Attempt(NamedTuple):
    """How an alternative went: whether it fitted, where it ended, how it is called, what it tried at the place."""

    fits: bool
    end: int
    called: Names
    tried: Names


class _UnclosedCommentError(Exception):
    """A comment begins that does not end, which ends all attempts."""


class _GivenUpError(Exception):
    """It took too many attempts."""


Rule = Callable[["_Text", int], _Attempt]
_BLANK: Final = frozenset(" \t\n\r\x0b\x0c\x85\xa0\u1680\u180e\u2028\u2029\u202f\u205f\u3000\ufeff") | {
    chr(code) for code in range(0x2000, 0x200C)
}
_RESERVED: Final = ("satisfies", "function", "return", "false", "null", "true", "then", "else", "and", "in", "or")


class _Text:
    """A text with the place that messages are about; nothing is remembered for another place."""

    def __init__(self, text: str, place: int) -> None:
        self.text = text
        self.place = place
        self.known: dict[tuple[int, int], _Attempt] = {}
        self.steps = 0

    def after_blanks(self, at: int) -> int:
        text, size = self.text, len(self.text)
        while at < size:
            if text[at] in _BLANK:
                at += 1
            elif text.startswith("//", at):
                end = text.find("\n", at)
                at = size if end < 0 else end
            elif text.startswith("/*", at):
                end = text.find("*/", at + 2)
                if end < 0:
                    raise _UnclosedCommentError
                at = end + 2
            else:
                break
        return at

    def named(self, at: int, name: str) -> Names:
        return (name,) if at >= self.place else ()


def _literal(word: str, shown: str | None = None) -> Rule:
    name = f'"{word}"' if shown is None else shown

    def attempt(text: _Text, at: int) -> _Attempt:
        fits = text.text.startswith(word, at)
        names = text.named(at, name)
        return _Attempt(fits, at + len(word) if fits else at, names, names)

    return attempt


def _one_of(words: tuple[str, ...], shown: str) -> Rule:
    def attempt(text: _Text, at: int) -> _Attempt:
        names = text.named(at, shown)
        for word in words:
            if text.text.startswith(word, at):
                return _Attempt(True, at + len(word), names, names)
        return _Attempt(False, at, names, names)

    return attempt


def _rendered(names: Names) -> str:
    distinct = tuple(dict.fromkeys(names))
    return distinct[0] if len(distinct) == 1 else f"({' | '.join(distinct)})"


def _sequence(*rules: Rule, blanks: bool = True) -> Rule:
    def attempt(text: _Text, at: int) -> _Attempt:
        left = rules[0](text, at)
        for rule in rules[1:]:
            if not left.fits:
                return left
            begin = text.after_blanks(left.end) if blanks else left.end
            right = rule(text, begin)
            tried = left.tried + right.tried
            parts = [_rendered(names) for names in (left.called, right.called) if names]
            called: Names = (" ~ ".join(parts),) if tried and parts else ()
            left = _Attempt(right.fits, right.end, called, tried if begin <= text.place or not called else called)
        return left

    return attempt


def _either(*rules: Rule) -> Rule:
    def attempt(text: _Text, at: int) -> _Attempt:
        called: Names = ()
        tried: Names = ()
        for rule in rules:
            each = rule(text, at)
            called, tried = called + each.called, tried + each.tried
            if each.fits:
                return _Attempt(True, each.end, called, tried)
        return _Attempt(False, at, called, tried)

    return attempt


def _rule(name: str, content: Callable[[], Rule]) -> Rule:
    """Name an alternative, and remember how it went; the content is made when it is first needed."""
    made: list[Rule] = []

    def attempt(text: _Text, at: int) -> _Attempt:
        key = (id(attempt), at)
        known = text.known.get(key)
        if known is not None:
            return known
        text.steps += 1
        if text.steps > STEPS_MAX:
            raise _GivenUpError
        if not made:
            made.append(content())
        result = made[0](text, at)
        if name:
            called: Names = (name,) if result.tried else ()
            result = _Attempt(result.fits, result.end, called, called if at >= text.place else result.tried)
        text.known[key] = result
        return result

    return attempt


def _optional(rule: Rule) -> Rule:
    def attempt(text: _Text, at: int) -> _Attempt:
        each = rule(text, at)
        called: Names = (_rendered(each.called) + ".?",) if each.called else ()
        return _Attempt(True, each.end if each.fits else at, called, each.tried)

    return attempt


def _repeated(rule: Rule, separator: Rule | None = None, *, least: int = 0, blanks: bool = True) -> Rule:
    def attempt(text: _Text, at: int) -> _Attempt:
        end, count = at, 0
        tried: Names = ()
        called: Names = ()
        begin = at
        while True:
            if separator is not None and count:
                mark = separator(text, begin)
                if not mark.fits:
                    tried += mark.tried
                    break
                following = text.after_blanks(mark.end) if blanks else mark.end
                each = rule(text, following)
                if mark.called and each.called:
                    tried += (f"{_rendered(mark.called)} ~ {_rendered(each.called)}",)
                else:
                    tried += mark.tried + each.tried
            else:
                each = rule(text, begin)
                tried += each.tried
            if not count:
                called = each.called
            if not each.fits:
                break
            count += 1
            end = each.end
            begin = text.after_blanks(end) if blanks else end
        shown: Names = (_rendered(called) + (f".rep({least})" if least else ".rep"),) if called else ()
        if count < least:
            return _Attempt(False, at, shown, shown if shown and at >= text.place else tried)
        return _Attempt(True, end, shown, tried)

    return attempt


def _then(first: Rule, second: Rule) -> Rule:
    """One alternative that goes on behind another; what the first tried is forgotten if it fitted."""

    def attempt(text: _Text, at: int) -> _Attempt:
        left = first(text, at)
        return second(text, text.after_blanks(left.end)) if left.fits else left

    return attempt


def _at_start(text: _Text, at: int) -> _Attempt:
    names = text.named(at, "start-of-input")
    return _Attempt(at == 0, at, names, names)


def _at_end(text: _Text, at: int) -> _Attempt:
    names = text.named(at, "end-of-input")
    return _Attempt(at == len(text.text), at, names, names)


# Words


def _is_identifier_start(char: str) -> bool:
    return char.isalpha() or char in "_$" or unicodedata.category(char) in {"Nl", "Sc", "Pc"}


def _is_identifier_part(char: str) -> bool:
    return _is_identifier_start(char) or unicodedata.category(char) in {"Nd", "Mn", "Mc", "Cf"}


def _identifier(text: _Text, at: int) -> _Attempt:
    """A word that is not reserved, though it may begin with one that is."""
    source = text.text
    begin = at + max((len(word) for word in _RESERVED if source.startswith(word, at)), default=0)
    tried = (text.named(begin, "namePart") if begin > at else ()) + text.named(begin, "nameStart")
    fits = begin < len(source) and (
        _is_identifier_part(source[begin]) if begin > at else _is_identifier_start(source[begin])
    )
    end = begin
    while fits and end < len(source) and _is_identifier_part(source[end]):
        end += 1
    return _Attempt(fits, end if fits else at, tried, tried)


def _escaped_identifier(text: _Text, at: int) -> _Attempt:
    names = text.named(at, "escapedIdentifier")
    end = text.text.find("`", at + 1) if text.text.startswith("`", at) else -1
    return _Attempt(end > at + 1, end + 1 if end > at + 1 else at, names, names)


def _quoted(text: _Text, at: int) -> _Attempt:
    names = text.named(at, "stringWithQuotes")
    source = text.text
    if source.startswith('"', at):
        end = at + 1
        while end < len(source):
            if source[end] == "\\":
                end += 2
            elif source[end] == '"':
                return _Attempt(True, end + 1, names, names)
            else:
                end += 1
    return _Attempt(False, at, names, names)


def _digits(text: _Text, at: int) -> int:
    while at < len(text.text) and text.text[at] in "0123456789":
        at += 1
    return at


def _number(text: _Text, at: int) -> _Attempt:
    names = text.named(at, "number")
    begin = at + text.text.startswith("-", at)
    end = _digits(text, begin)
    if text.text.startswith(".", end):
        fraction = _digits(text, end + 1)
        if fraction > end + 1:
            end = fraction
    return _Attempt(end > begin, end if end > begin else at, names, names)


_name: Final[Rule] = _rule("name", lambda: _either(_identifier, _escaped_identifier))
_spaced_name: Final[Rule] = _rule(
    "identifierWithWhitespaces",
    lambda: _sequence(
        _identifier,
        _repeated(
            _sequence(_repeated(_literal(" "), least=1, blanks=False), _identifier, blanks=False), least=1, blanks=False
        ),
        blanks=False,
    ),
)
_qualified: Final[Rule] = _rule("qualifiedName", lambda: _repeated(_name, _literal("."), least=1))
_parameter_name: Final[Rule] = _rule("parameterName", lambda: _either(_spaced_name, _name))

# Expressions

_expression: Final[Rule] = _rule("", lambda: _either(_if, _for, _quantified, _disjunction))
_if: Final[Rule] = _rule(
    "ifOp",
    lambda: _sequence(_literal("if"), _expression, _literal("then"), _expression, _literal("else"), _expression),
)
_for: Final[Rule] = _rule(
    "forOp",
    lambda: _sequence(_literal("for"), _repeated(_iterator, _literal(","), least=1), _literal("return"), _expression),
)
_quantified: Final[Rule] = _rule(
    "quantifiedOp",
    lambda: _sequence(
        _either(_literal("some"), _literal("every")),
        _repeated(_iterator, _literal(","), least=1),
        _literal("satisfies"),
        _expression,
    ),
)
_iterator: Final[Rule] = _rule("listIterator", lambda: _sequence(_name, _literal("in"), _either(_counting, _value)))
_counting: Final[Rule] = _rule("iterationContext", lambda: _sequence(_add_sub, _literal(".."), _add_sub))
_disjunction: Final[Rule] = _rule(
    "disjunction", lambda: _sequence(_conjunction, _repeated(_sequence(_literal("or"), _conjunction)))
)
_conjunction: Final[Rule] = _rule(
    "conjunction", lambda: _sequence(_comparison, _repeated(_sequence(_literal("and"), _comparison)))
)
_comparison: Final[Rule] = _rule(
    "",
    lambda: _either(
        _then(_add_sub, _optional(_either(_binary, _between, _instance_of, _in))), _unary_comparison, _range
    ),
)
_binary: Final[Rule] = _rule(
    "binaryComparison", lambda: _sequence(_one_of(("<=", ">=", "!=", "<", ">", "="), "comparison"), _add_sub)
)
_between: Final[Rule] = _rule("between", lambda: _sequence(_literal("between"), _add_sub, _literal("and"), _add_sub))
_type_name: Final[Rule] = _rule(
    "typeName",
    lambda: _either(
        _one_of(("years and months duration", "days and time duration", "date and time", "function"), "type"),
        _qualified,
    ),
)
_instance_of: Final[Rule] = _rule("instanceOf", lambda: _sequence(_literal("instance"), _literal("of"), _type_name))
_in: Final[Rule] = _rule(
    "in",
    lambda: _sequence(
        _literal("in"), _either(_sequence(_literal("("), _positive_tests, _literal(")")), _positive_test)
    ),
)
_add_sub: Final[Rule] = _rule(
    "addSub", lambda: _sequence(_mul_div, _repeated(_sequence(_one_of(("+", "-"), r"[+\\-]"), _mul_div)))
)
_mul_div: Final[Rule] = _rule(
    "mulDiv", lambda: _sequence(_exponent, _repeated(_sequence(_one_of(("*", "/"), "[*/]"), _exponent)))
)
_exponent: Final[Rule] = _rule(
    "exponent", lambda: _sequence(_negation, _repeated(_sequence(_literal("**"), _negation)))
)
_negation: Final[Rule] = _rule("mathNegation", lambda: _sequence(_optional(_literal("-")), _value))
_value: Final[Rule] = _rule("", lambda: _then(_terminal, _optional(_chain)))
_chain: Final[Rule] = _rule("", lambda: _then(_either(_path, _filter), _optional(_chain)))
_path: Final[Rule] = _rule(
    "path",
    lambda: _repeated(_sequence(_literal("."), _either(_property, _name)), least=1),
)
_property: Final[Rule] = _one_of(("time offset", "start included", "end included"), "valueProperty")
_filter: Final[Rule] = _rule("filter", lambda: _repeated(_sequence(_literal("["), _expression, _literal("]")), least=1))

_terminal: Final[Rule] = _rule(
    "",
    lambda: _either(
        _temporal,
        _invocation,
        _variable,
        _null,
        _boolean,
        _string,
        _rule("number", lambda: _number),
        _list,
        _context,
        _input,
        _function,
        _sequence(_literal("("), _expression, _literal(")")),
    ),
)
_temporal: Final[Rule] = _rule(
    "temporal",
    lambda: _either(
        _sequence(
            _one_of(("duration", "date and time", "date", "time"), "temporal"), _literal("("), _quoted, _literal(")")
        ),
        _sequence(_literal("@"), _quoted),
    ),
)
_invocation: Final[Rule] = _rule(
    "functionInvocation",
    lambda: _sequence(
        _either(_literal("and"), _literal("or"), _spaced_name, _qualified),
        _literal("("),
        _optional(_parameters),
        _literal(")"),
    ),
)
_argument: Final[Rule] = _rule("", lambda: _either(_range, _expression))
_parameters: Final[Rule] = _rule(
    "",
    lambda: _either(
        _repeated(_sequence(_parameter_name, _literal(":"), _argument), _literal(","), least=1),
        _repeated(_argument, _literal(","), least=1),
    ),
)
_variable: Final[Rule] = _rule("variableRef", lambda: _qualified)
_null: Final[Rule] = _rule("nullLiteral", lambda: _literal("null"))
_boolean: Final[Rule] = _rule("boolean", lambda: _either(_literal("true"), _literal("false")))
_string: Final[Rule] = _rule("string", lambda: _quoted)
_list: Final[Rule] = _rule(
    "list", lambda: _sequence(_literal("["), _repeated(_expression, _literal(",")), _literal("]"))
)
_context: Final[Rule] = _rule(
    "context", lambda: _sequence(_literal("{"), _repeated(_entry, _literal(",")), _literal("}"))
)
_entry: Final[Rule] = _rule(
    "contextEntry", lambda: _sequence(_either(_quoted, _escaped_identifier, _key), _literal(":"), _expression)
)
_input: Final[Rule] = _rule("inputValue", lambda: _literal("?"))
_function: Final[Rule] = _rule(
    "functionDefinition",
    lambda: _sequence(
        _literal("function"),
        _literal("("),
        _repeated(_parameter_name, _literal(",")),
        _literal(")"),
        _expression,
    ),
)


def _key(text: _Text, at: int) -> _Attempt:
    """A key: any characters but those that have a meaning in contexts and lists, blanks between them too."""
    end = at
    while end < len(text.text) and text.text[end] not in '"{}:,[]`':
        end += 1
    while end > at and text.text[end - 1] in _BLANK:
        end -= 1
    names = text.named(at, "key")
    return _Attempt(end > at, end, names, names)


# Unary tests

_tests: Final[Rule] = _rule("", lambda: _either(_negated, _positive_tests, _any_input))
_negated: Final[Rule] = _rule(
    "negation", lambda: _sequence(_literal("not"), _literal("("), _positive_tests, _literal(")"))
)
_positive_tests: Final[Rule] = _rule("positiveUnaryTests", lambda: _repeated(_positive_test, _literal(","), least=1))
_positive_test: Final[Rule] = _rule("", lambda: _either(_boolean, _simple_test, _expression))
_simple_test: Final[Rule] = _rule("", lambda: _either(_unary_comparison, _range))
_any_input: Final[Rule] = _rule("anyInput", lambda: _literal("-"))
_unary_comparison: Final[Rule] = _rule(
    "unaryComparison", lambda: _sequence(_one_of(("<=", ">=", "<", ">"), "comparison"), _add_sub)
)
_range: Final[Rule] = _rule(
    "range",
    lambda: _sequence(
        _one_of(("(", "]", "["), "[(\\\\[\\\\]]"),
        _add_sub,
        _literal(".."),
        _add_sub,
        _one_of((")", "[", "]"), "[)\\\\[\\\\]]"),
    ),
)

_WHOLE: Final = {
    False: _sequence(_at_start, _expression, _at_end),
    True: _sequence(_at_start, _tests, _at_end),
}


def describe(text: str, *, unary_tests: bool = False) -> str | None:
    """Give the message with which Zeebe refuses a text, nothing if it would take it (or is too deep to say)."""
    units = utf16_units(text)
    whole = _WHOLE[unary_tests]
    try:
        place = _place_of_failure(units, whole)
        if place is None:
            return None
        expected = _rendered(whole(_Text(units, place), 0).tried)
    except _UnclosedCommentError:
        place, expected = len(units), '"*/"'
    except (_GivenUpError, RecursionError):
        return None
    line = units.count("\n", 0, place) + 1
    column = place - (units.rfind("\n", 0, place) + 1) + 1
    found = _shown(units[place : place + FOUND_LENGTH])
    return f"failed to parse expression '{text}': Expected {expected}:{line}:{column}, found {found}"


def _place_of_failure(text: str, whole: Rule) -> int | None:
    attempt = whole(_Text(text, len(text) + 1), 0)
    return None if attempt.fits else attempt.end


_SHOWN: Final = {
    '"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t",
}  # fmt: skip


def _shown(text: str) -> str:
    return '"' + "".join(_SHOWN.get(char, char) for char in joined_units(text)) + '"'
