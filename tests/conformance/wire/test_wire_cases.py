"""The recorded cases over the wire: a real `kiang serve`, commands by gRPC, outcome by the searches of REST; driver and probe unchanged.

The clock goes back to the machine's between cases: each case pins it ahead of the machine's, and the next one begins there.
Every tenth case is played by default; all of them with `KIANG_WIRE_CASES=all`, which takes some minutes.
"""

from __future__ import annotations

import os
import urllib.request
from collections.abc import Iterator

import pytest
from tests.conformance.engine.cases import SCENARIOS, deviations_of
from tests.integration.running_engine import RunningEngine, running_engine

# isort: split
from driver import Driver, play
from rest_probe import RestClock, RestProbe
from scenario import compare

STEP = 1 if os.environ.get("KIANG_WIRE_CASES") == "all" else 10


@pytest.fixture(scope="module")
def engine(tmp_path_factory) -> Iterator[RunningEngine]:
    with running_engine(tmp_path_factory.mktemp("wire") / "data", "--controlled-clock") as engine:
        yield engine


@pytest.mark.parametrize("scenario", SCENARIOS[::STEP], ids=lambda scenario: scenario.name)
def test_case_comes_out_as_recorded_over_the_wire(engine: RunningEngine, scenario) -> None:
    driver = Driver(engine.grpc_address, engine.rest_url, RestProbe(engine.rest_url), RestClock(engine.rest_url))

    try:
        outcome = play(scenario, driver)
    finally:
        driver.clean_up()
        reset = urllib.request.Request(f"{engine.rest_url}/v2/clock/reset", method="POST")
        urllib.request.urlopen(reset, timeout=10).read()

    differences = compare(scenario.expected or {}, outcome, strict=True)
    if deviations := deviations_of(scenario.name):
        assert all(entry["shows"] in "\n".join(differences) for entry in deviations)
        return
    assert not differences, "\n".join([scenario.about, *differences[:12]])
