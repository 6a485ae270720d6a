"""The recorded cases, played on the engine."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

from tests.conformance.engine.engine_driver import CONFORMANCE, EngineDriver

# isort: split
from driver import play
from scenario import NAMESPACE, Scenario, compare, read_all

DEVIATIONS = tomllib.loads((Path(__file__).parents[1] / "deviations.toml").read_text("utf-8")).get("deviation", [])
"""Cases in which we answer differently on purpose."""

QUESTIONS = Path(__file__).parent / "questions"
"""What we have asked the original ourselves, recorded in the same way."""

SCENARIOS: list[Scenario] = read_all(CONFORMANCE / "cases") + read_all(QUESTIONS)


class Unsupported(Exception):  # noqa: N818 - not a fault of the case
    """The engine says that it does not execute something yet."""


class Result(NamedTuple):
    """What became of a case.

    Attributes:
        differences: From the recording, strict.
        out_of_scope: What the engine does not do yet; "" if it did everything.
    """

    differences: list[str]
    out_of_scope: str


def run(scenario: Scenario, *, restarts: bool = False) -> Result:
    """Play one case."""
    driver = EngineDriver(restarts=restarts)
    try:
        outcome = play(scenario, driver, NAMESPACE)
    except AttributeError as missing:
        if isinstance(missing.obj, EngineDriver):
            return Result([], f"step {missing.name}")
        raise
    expected = scenario.expected or {}
    unsupported = _unsupported(outcome, expected)
    if unsupported:
        return Result([], unsupported)
    return Result(compare(expected, outcome, strict=True), "")


def deviations_of(name: str) -> list[dict[str, Any]]:
    """The deliberate deviations of a case."""
    return [entry for entry in DEVIATIONS if entry["case"] == name]


def _unsupported(outcome: dict[str, Any], expected: dict[str, Any]) -> str:
    """A refusal that only says what we do not support, where the original accepts."""
    for ours, theirs in zip(outcome["replies"], expected.get("replies", []), strict=False):
        message = ours.get("message", "")
        if "refused" in ours and "refused" not in theirs and "currently not supported" in json.dumps(message):
            return str(message).strip().splitlines()[-1].strip()
    return ""
