"""What an evaluation of decisions reports: in answers to clients, in events and in rows. Values are JSON texts."""

from __future__ import annotations

import msgspec


class InputReport(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An input of a decision table."""

    id: str
    name: str
    value: str


class OutputReport(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An output of a rule that matched."""

    id: str
    name: str
    value: str


class RuleReport(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A rule that matched; `index` counts from 1."""

    id: str
    index: int
    outputs: tuple[OutputReport, ...]


class DecisionReport(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One evaluated decision, or a business knowledge model that was called.

    Attributes:
        key: Of this report.
        decision_key: -1 for what is no deployed decision.
        version: As `decision_key`.
        type: DECISION_TABLE, LITERAL_EXPRESSION, CONTEXT, INVOCATION, LIST, RELATION or UNKNOWN.
        output: JSON.
    """

    key: int
    decision_key: int
    decision_id: str
    name: str
    version: int
    type: str
    output: str
    inputs: tuple[InputReport, ...] = ()
    matched_rules: tuple[RuleReport, ...] = ()
