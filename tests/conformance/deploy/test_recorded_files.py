"""Files put to a real Zeebe 8.6.0, valid and faulty ones, and what it said about each: the reader says the same, word for word.

`recorded.jsonl` holds one file a line: its name, the file, and the text of the refusal (null if it was deployed).
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from kiang.bpmn.reader import read
from kiang.bpmn.validation import EXPRESSION_RULES, MODEL_RULES
from kiang.errors import Finding, InvalidBpmnError

RECORDED = [
    json.loads(line) for line in Path(__file__).with_name("recorded.jsonl").read_text(encoding="utf-8").splitlines()
]

INTERNAL = "the original fails at it with an internal error as text; here the element is named"
LATER = "executed since a later version than the one that was asked"

DEVIATIONS = {
    "xml/declaration-bad-encoding": INTERNAL,
    "xml/root-process": INTERNAL,
    "xml/root-task": INTERNAL,
    "schema/flow-without-id": INTERNAL,
    "schema/flow-to-flow": INTERNAL,
    "schema/flow-to-process": INTERNAL,
    "schema/choreography-task": "the original passes by it silently; here it is refused by name",
    "process/listener-unknown-event": INTERNAL,
    "task/listener-unknown-event": INTERNAL,
    "task/listener-upper-event": INTERNAL,
    "mix/listener-enum-and-service": INTERNAL,
    "boundary/timer-on-gateway": INTERNAL,
    "boundary/timer-on-event": INTERNAL,
    "end/compensation-no-id": INTERNAL,
    "end/compensation-of-event": INTERNAL,
    "throw/compensation-no-id": INTERNAL,
    "throw/compensation-of-event": INTERNAL,
    "comp/no-id": INTERNAL,
    "comp/handler-is-event": INTERNAL,
    "comp/handler-missing": INTERNAL,
    "exclusive/default-is-node": INTERNAL,
    "inclusive/default-is-node": INTERNAL,
    "bad/cycle-49": INTERNAL,
    "user/native-priority-big": "a priority beyond 32 bits overflows there and is accepted",
    "user/job-priority-big": "a priority beyond 32 bits overflows there and is accepted",
    "task/mapping-input-no-source": "an input without source is null since 8.8: templates write inputs that nobody filled in so",
    "esp/conditional": LATER,
    "boundary/conditional": LATER,
    "catch/conditional": LATER,
    "ebg/conditional": LATER,
    "unsupported/adHocSubProcess": LATER,
    "unsupported/adhoc-bad-inside": LATER,
    "loop2/random-09": "of several loops another one is named",
    "loop2/random-18": "the same loop is named from another element on",
    "loop2/random-19": "the same loop is named from another element on",
    "loop2/random-25": "of several loops another one is named",
    "loop2/large-3": "of several loops another one is named",
    "schema2/unknown-in-resourcerole": "the list of what may stand there is longer here",
}


@pytest.mark.parametrize("group", sorted({entry["name"].partition("/")[0] for entry in RECORDED}))
def test_files_are_taken_or_refused_as_recorded(group):
    different = []

    for entry in RECORDED:
        if entry["name"].partition("/")[0] == group:
            found = refusal_of(entry["file"])
            same = in_order(found or "") == in_order(entry["refusal"] or "")
            if same == (entry["name"] in DEVIATIONS):
                different.append(f"{entry['name']}\n  recorded: {entry['refusal']}\n  here:     {found}")

    assert not different, "\n".join(different)


def test_every_rule_is_broken_by_a_recorded_file():
    broken = {finding.rule for entry in RECORDED for finding in findings_of(entry["file"])}
    added_by_us = {"ElementIdValidator", "ZeebeListenerEventTypeValidator"}
    of_later_versions = {"AdHocSubProcessValidator", "AgentDefinitionValidator", "TaskListenersValidator"}

    rules = {rule.name for rule in (*MODEL_RULES, *EXPRESSION_RULES)} | {"StraightThroughProcessingLoopValidator"}

    assert rules - broken <= of_later_versions
    assert added_by_us <= rules


def findings_of(file: str) -> tuple[Finding, ...]:
    """The faults that the reader finds in a file."""
    try:
        read("f.bpmn", file.encode(), now_ms=0)
    except InvalidBpmnError as error:
        return error.findings
    return ()


def refusal_of(file: str) -> str | None:
    """What the reader says about a file; None if it takes it."""
    try:
        read("f.bpmn", file.encode(), now_ms=0)
    except InvalidBpmnError as error:
        return str(error)
    return None


def in_order(text: str) -> list[object]:
    """The faults of a refusal, whose order means nothing, put in order."""
    head, *blocks = re.split(r"(?:^|\n| )- Element: ", text)
    return [head.strip(), *sorted(sorted(block.strip().split("\n    - ")) for block in blocks)]
