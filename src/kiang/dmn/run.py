"""What one evaluation of decisions carries along, and what it reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from kiang.feel.evaluation import LimitExceededError, Run, Variables
from kiang.feel.values import MISSING

Value = Any

DECISIONS_MAX: Final = 1_000
"""Decisions evaluated for one request: where each is evaluated once for every requirement, they multiply."""
DEPTH_MAX: Final = 50
"""Decisions, functions and boxed expressions within each other; each takes some frames of Python, which has a thousand."""
PROBLEMS_MAX: Final = 100
"""Problems that are kept."""


class EvaluatedInput(NamedTuple):
    """The value of an input of a decision table."""

    id: str
    name: str
    value: Value


class EvaluatedOutput(NamedTuple):
    """The value of an output of a rule."""

    id: str
    name: str
    value: Value


@dataclass(frozen=True, slots=True)
class MatchedRule:
    """A rule that matched.

    Attributes:
        index: Its place in the table, from 1.
    """

    id: str
    index: int
    outputs: tuple[EvaluatedOutput, ...]


class EvaluatedDecision(NamedTuple):
    """A decision, or a business knowledge model that was called, with what went in and what came out.

    Attributes:
        type: DECISION_TABLE, LITERAL_EXPRESSION, CONTEXT, LIST, RELATION, INVOCATION or UNKNOWN.
    """

    id: str
    name: str
    type: str
    output: Value
    inputs: tuple[EvaluatedInput, ...] = ()
    matched_rules: tuple[MatchedRule, ...] = ()


class Problem(NamedTuple):
    """Something that gave null instead of a value.

    Attributes:
        decision_id: Of the decision that it happened in; "" outside of any.
    """

    decision_id: str
    message: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What came of the evaluation of a decision or of a decision service.

    Attributes:
        decision_id: What was asked for.
        output: Its value; null after a failure.
        evaluated: In the order in which they were evaluated, what was asked for last.
        failed_decision_id: The decision that failed, which may be a required one; "" if none did.
        failure_message: In Zeebe's words; "" if nothing failed.
        problems: What gave null on the way, without failing.
        values: Value of each decision by its name, of a decision service those of its output decisions.
    """

    decision_id: str
    decision_name: str
    output: Value
    evaluated: tuple[EvaluatedDecision, ...] = ()
    failed_decision_id: str = ""
    failure_message: str = ""
    problems: tuple[Problem, ...] = ()
    values: Mapping[str, Value] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        """Say whether there is no result."""
        return bool(self.failure_message)


class DecisionFailure(Exception):
    """A decision has no result.

    Args:
        reason: What goes behind "Expected to evaluate decision '…', but ".
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.decision_id = ""


class DecisionRun(Run):
    """One evaluation: that of FEEL, and what decisions add to it.

    Attributes:
        inputs: What the caller gave.
        by_namespace: Inputs of imported models, by their namespace.
        values: Values of elements of the graph that are known already, by element; a decision service has its own.
        evaluated: The report.
        problems: See `Evaluation`.
        failure: The first failure that only gave null to those who require the decision.
        decision_id: The decision that is being evaluated.
    """

    __slots__ = (
        "by_namespace", "decision_id", "evaluated", "failure", "inputs", "level", "problems", "reads_json", "values",
    )  # fmt: skip

    def __init__(
        self, inputs: Variables, now_ms: int | None, by_namespace: Mapping[str, Variables], *, reads_json: bool
    ) -> None:
        super().__init__(now_ms, MISSING)
        self.inputs = inputs
        self.by_namespace = by_namespace
        self.reads_json = reads_json
        self.values: dict[Any, Value] = {}
        self.evaluated: list[EvaluatedDecision] = []
        self.problems: list[Problem] = []
        self.failure: DecisionFailure | None = None
        self.decision_id = ""
        self.level = 0

    def problem(self, message: str) -> None:
        """Keep what gave null."""
        if len(self.problems) < PROBLEMS_MAX:
            self.problems.append(Problem(self.decision_id, message))

    def report(self, decision: EvaluatedDecision) -> None:
        """Add to the report.

        Raises:
            LimitExceededError: There are too many.
        """
        if len(self.evaluated) >= DECISIONS_MAX:
            raise LimitExceededError(f"at most {DECISIONS_MAX} evaluated decisions")
        self.evaluated.append(decision)

    def enter(self) -> None:
        """Go one level deeper.

        Raises:
            LimitExceededError: That is too deep.
        """
        self.level += 1
        if self.level > DEPTH_MAX:
            raise LimitExceededError(f"at most {DEPTH_MAX} decisions and functions within each other")
