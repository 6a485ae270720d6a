"""The dialects, and every rule in which Camunda's and the standard's differ, each named once.

`=` expressions of BPMN follow Camunda's engine, so that existing processes behave as they do there; decisions follow DMN 1.5.
Whatever is not in this table is the same in both. Expressions of connectors are those of the engine but for backslashes in
texts: Camunda's connector runtime comes with a newer version of FEEL, where two of them are one.
"""

from __future__ import annotations

from enum import Enum, unique
from typing import NamedTuple


@unique
class Dialect(Enum):
    """How FEEL is read and calculated."""

    CAMUNDA = "camunda"
    DMN = "dmn"
    CONNECTORS = "connectors"

    def follows_standard(self, rule: Rule) -> bool:
        """Say whether the standard's side of a rule holds; the argument names the rule for the reader."""
        assert rule is not None
        return self is Dialect.DMN


class Difference(NamedTuple):
    """What the standard says, and what Camunda's engine does."""

    standard: str
    camunda: str


@unique
class Rule(Enum):
    """The differences."""

    # Grammar
    NAMES_WITH_BLANKS = Difference("a name may have blanks in it", "only function and parameter names may")
    EXPONENT_IN_NUMBER = Difference("1e3 is a number", "it is refused")
    ESCAPES = Difference("\\\\ is one backslash, \\u00e4 a character", "both are left alone, \\s is a blank")
    CHAINED_COMPARISONS = Difference("1 = 1 = true is read from left to right", "it is refused")
    ANY_CHARACTERS_IN_KEYS = Difference("a key is a name or a text", "a key may hold what has no other meaning there")
    REPEATED_NEGATION = Difference("--x negates twice", "it is refused; only a number may have a sign of its own")
    KEYWORDS_AS_NAMES = Difference("if, for, some, every, not … are no names", "they are where nothing else fits")
    EQUALITY_AS_UNARY_TEST = Difference("= 1 and != 1 are unary tests", "they are refused")
    CALL_OF_ANY_EXPRESSION = Difference("(function(x) x)(1) calls", "only names and paths can be called")
    GENERIC_TYPES = Difference("list<number> and its kin are types", "they are refused")
    ITERATIONS_WITHOUT_COMMA = Difference("some x in a y in b satisfies …", "iterations need commas")

    # Evaluation
    LATER_ITERATION_SEES_EARLIER = Difference("for x in [[1]], y in x sees x", "it does not")
    SINGLETON_LIST = Difference("a value is taken for a list of one, and such a list for its item", "null")
    DURATION_FRACTIONS = Difference("durations are multiplied and divided exactly", "they are cut to whole numbers")
    NEGATIVE_DURATIONS = Difference('-@"P1D" is a duration', "null")
    DATE_MINUS_DATE_AND_TIME = Difference("a date counts as its midnight in UTC", "null")
    ZONES_IN_EQUALITY = Difference("the same instant is equal in every zone", "only with the same zone")
    RANGE_AS_VALUE = Difference("[1..5] is a range", "outside of in and of arguments it tests the input value")
    CONTEXTS_ARE_CHECKED = Difference("keys that come twice or lead into a number give null", "the last one counts")
    CONTEXT_TEXT = Difference("string({a: 1}) is {a: 1}", "it is {a:1}")
    LENGTH_IN_CODE_POINTS = Difference("characters are code points of Unicode", "they are units of UTF-16")
    SUPPRESSED_FAILURES = Difference("a wrong operand gives null", "[1] < [2], modulo(5, 0), 0 ** -1 … fail")

    # Functions
    NUMBER_WITH_TWO_ARGUMENTS = Difference("number() has one or three arguments", "the third may be left out")
    DIGITS_OF_ROOTS = Difference("sqrt, log, exp, stddev and ** have 34 digits", "those of a floating-point number")
    SECONDS_OF_TIMES = Difference("a time has seconds", 'time("10:00") is 10:00, and "24:00" midnight')
    POSITION_ZERO = Difference("a position that a list or text does not have gives null", "positions are cut to fit")
    REGULAR_EXPRESSIONS = Difference("patterns are those of XPath", "they are those of Java")
    EXTERNAL_FUNCTIONS = Difference(
        "external functions may name some pure ones of Java, no code is loaded", "they give null"
    )
