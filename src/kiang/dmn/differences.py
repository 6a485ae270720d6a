"""Where decisions of Camunda's engine and of the DMN standard differ, each rule named once.

Files of DMN 1.1 to 1.3 are what Camunda's modeler writes, so the engine evaluates them as Camunda 8 does, and existing
decisions behave the same. Whoever writes a file of DMN 1.4 or 1.5 means that standard, and gets it (Camunda 8 reads these
files too, but as if they were of 1.3). Whoever evaluates decisions without the engine may choose. The differences of the
expressions themselves are in `kiang.feel.dialect`.
"""

from __future__ import annotations

from enum import Enum, unique
from typing import Final

from kiang.feel.dialect import Dialect, Difference

CAMUNDA_VERSIONS: Final = frozenset(["1.1", "1.2", "1.3"])


def dialect_of(version: str) -> Dialect:
    """The dialect in which the engine evaluates a file of that version of DMN."""
    return Dialect.CAMUNDA if version in CAMUNDA_VERSIONS else Dialect.DMN


@unique
class Rule(Enum):
    """The differences."""

    SCOPE = Difference(
        "a decision sees what it requires", "it sees all variables, and what it requires in front of them"
    )
    RESULT_NAME = Difference("the name of the decision", "the name of its variable, or without one its id")
    ONCE = Difference("each decision is evaluated once", "once for each requirement, and reported as often")
    TYPES = Difference(
        "values are brought to declared types, or become null",
        "types of inputs and outputs are ignored; a result or argument of another simple type is a failure",
    )
    ALLOWED_VALUES = Difference("other values give null", "they only say which output comes first")
    FAILURES = Difference("what fails is null to those who need it", "it fails the whole evaluation")
    NO_MATCH = Difference("COLLECT gives an empty list", "null, for COUNT too")
    INCOMPLETE = Difference("a decision without logic is null", "it is refused")
    BOXES = Difference("every boxed expression", "functions are literal, arguments of invocations too")
    CALLED_KNOWLEDGE = Difference("only decisions are reported", "called business knowledge models are, too")
