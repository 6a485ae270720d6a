"""Small questions about one rule each, put to a real Zeebe 8.6.0 in families: every kind of value where one may stand, every pair of
elements that a command can name, every type that another may be mapped to. The engine answers as it did.

`recorded_rules.jsonl` holds one case a line, as `recorded_random.jsonl` does.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.conformance.engine.cases import run
from tests.conformance.engine.test_random_cases import scenario_of

RECORDED = [
    json.loads(line)
    for line in Path(__file__).with_name("recorded_rules.jsonl").read_text(encoding="utf-8").splitlines()
]


@pytest.mark.parametrize("restarts", [False, True], ids=["running", "restarting"])
@pytest.mark.parametrize("group", sorted({entry["name"].partition("/")[0] for entry in RECORDED}))
def test_questions_are_answered_as_recorded(group, restarts):
    different = []

    for entry in RECORDED:
        if entry["name"].partition("/")[0] == group:
            result = run(scenario_of(entry), restarts=restarts)
            if result.differences or result.out_of_scope:
                different.append("\n".join([entry["name"], result.out_of_scope, *result.differences[:8]]))

    assert not different, "\n".join(different)
