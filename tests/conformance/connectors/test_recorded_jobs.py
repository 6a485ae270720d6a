"""Every job that the original runtime has been recorded with: same requests, same outcome, same texts."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from tests.conformance.connectors.playing import of_the_runtime, play, recordings
from tests.shared_material import shared

from kiang.connector_runtime.settings import Settings

FOLDER = shared("conformance-connectors")
CASES = FOLDER / "cases"
DEVIATIONS = tomllib.loads((Path(__file__).parents[1] / "connector-deviations.toml").read_text("utf-8"))
scenario = recordings(FOLDER)
OWN_CASES = Path(__file__).parent / "cases"
"""Jobs that we have put to the original runtime ourselves, in the same form: each held a question that no other job answers."""


def names_in(folder: Path) -> list[str]:
    return sorted(path.parent.relative_to(folder).as_posix() for path in folder.glob("*/*/case.json"))


NAMES = names_in(CASES)


@pytest.mark.parametrize("name", names_in(OWN_CASES))
async def test_a_job_of_ours_ends_as_it_did_with_the_original_runtime(name: str) -> None:
    case = json.loads((OWN_CASES / name / "case.json").read_text("utf-8"))
    expected = json.loads((OWN_CASES / name / "expected.json").read_text("utf-8"))

    actual = await play(case, expected["job_variables"], scenario, Settings())

    differences = scenario.compare(case, of_the_runtime(expected), actual, strict=True)
    assert not differences, "\n".join(differences)


@pytest.mark.parametrize("name", NAMES)
async def test_a_job_ends_as_it_did_with_the_original_runtime(name: str) -> None:
    case = json.loads((CASES / name / "case.json").read_text("utf-8"))
    expected = json.loads((CASES / name / "expected.json").read_text("utf-8"))
    if "text_length" in json.dumps(expected["job_variables"]):
        pytest.skip(
            "the recording holds the input in short only: this job is played over the wire, where the engine makes it"
        )

    actual = await play(case, expected["job_variables"], scenario, Settings())

    differences = scenario.compare(case, of_the_runtime(expected), actual, strict=True)
    deviation = DEVIATIONS.get(name)
    if deviation is None or deviation.get("over_the_wire"):
        assert not differences, "\n".join(differences)
    else:
        assert differences, f"{name} is listed as a deviation but equals the recording: take it off the list"


def test_every_deviation_names_a_case_and_its_reason() -> None:
    for name, deviation in DEVIATIONS.items():
        assert name in NAMES or deviation.get("held_back"), name
        assert deviation["differs"], name
        assert deviation["why"], name
