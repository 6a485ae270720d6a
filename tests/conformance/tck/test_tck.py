"""The DMN TCK beside the checkout: every case must pass."""

from __future__ import annotations

import pytest
from tests.conformance.tck.cases import Case, Runner, find_cases
from tests.shared_material import shared

CASES = list(find_cases(shared("tck")))
RUNNER = Runner()


def test_there_are_cases() -> None:
    assert len(CASES) > 2000


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_case_has_the_expected_result(case: Case) -> None:
    verdict = RUNNER.run(case)

    assert not verdict.reason, f"{case.description}: {verdict.reason} {verdict.problems}"
