"""Random processes that use all elements, each driven by random steps, and what a real Zeebe 8.6.0 did with them.

`recorded_random.jsonl` holds one case a line: name, steps, files, and the outcome, as in the recorded cases beside the checkout.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.conformance.engine.cases import run

# isort: split
from scenario import Scenario

RECORDED = [
    json.loads(line)
    for line in Path(__file__).with_name("recorded_random.jsonl").read_text(encoding="utf-8").splitlines()
]


@pytest.mark.parametrize("restarts", [False, True], ids=["running", "restarting"])
@pytest.mark.parametrize("group", sorted({entry["name"].rpartition("/")[0] for entry in RECORDED}))
def test_random_processes_come_out_as_recorded(group, restarts):
    different = []

    for entry in RECORDED:
        if entry["name"].rpartition("/")[0] == group:
            result = run(scenario_of(entry), restarts=restarts)
            if result.differences or result.out_of_scope:
                different.append("\n".join([entry["name"], result.out_of_scope, *result.differences[:8]]))

    assert not different, "\n".join(different)


def scenario_of(entry: dict) -> Scenario:
    files = {name: text.encode() for name, text in entry["files"].items()}
    return Scenario(entry["name"], Path(), "", entry["steps"], files, entry["expected"])
