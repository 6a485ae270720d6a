"""Every recorded case, strict: texts and order count. Run again with a restart of the engine after every step."""

from __future__ import annotations

import pytest
from tests.conformance.engine.cases import SCENARIOS, deviations_of, run


@pytest.mark.parametrize("restarts", [False, True], ids=["running", "restarting"])
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_case_comes_out_as_recorded(scenario, restarts):
    deviations = deviations_of(scenario.name)

    result = run(scenario, restarts=restarts)

    assert not result.out_of_scope, f"the engine refuses to execute the case: {result.out_of_scope}"
    if deviations:
        found = "\n".join(result.differences)
        assert result.differences, "the case is listed as a deviation but comes out as recorded"
        assert all(entry["shows"] in found for entry in deviations), found
        return
    assert not result.differences, "\n".join([scenario.about, *result.differences[:12]])
