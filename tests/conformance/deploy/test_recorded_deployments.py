"""The same files deployed on an engine: what the reader takes, the engine takes too, and nothing breaks it."""

from __future__ import annotations

import pytest
from tests.conformance.deploy.test_recorded_files import DEVIATIONS, RECORDED
from tests.conformance.engine.engine_driver import EngineDriver

# isort: split
from driver import Refused


@pytest.mark.parametrize("group", sorted({entry["name"].partition("/")[0] for entry in RECORDED}))
def test_files_are_deployed_or_refused_as_recorded(group):
    different = []

    for entry in RECORDED:
        if entry["name"].partition("/")[0] == group and entry["name"] not in DEVIATIONS:
            is_deployed = deploys(entry["file"])
            if is_deployed != (entry["refusal"] is None):
                different.append(entry["name"])

    assert different == []


def deploys(file: str) -> bool:
    try:
        EngineDriver().deploy([("f.bpmn", file.encode())])
    except Refused:
        return False
    return True
