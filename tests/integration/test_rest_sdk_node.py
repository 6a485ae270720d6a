"""@camunda8/orchestration-cluster-api (checking every answer strictly) and the REST client of @camunda8/sdk, unchanged.

The packages are installed into `build/rest_sdk` once. Without npm or a registry the tests are skipped, saying so.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.bpmn_builder import BpmnFile, tag
from tests.integration.running_engine import running_engine
from tests.integration.test_rest_sdk_python import DECISION, FORM
from tests.shared_material import ROOT

from kiang.gateway.rest.resources import OPERATIONS

SOURCES = Path(__file__).parent / "rest_sdk_node"
INSTALLED = ROOT / "build" / "rest_sdk"
INSTALL_SECONDS_MAX = 300
STORY_SECONDS_MAX = 120


@pytest.fixture(scope="module")
def installed() -> Path:
    """The folder with the packages and the stories."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip("npm is not installed, so the SDKs for Node.js cannot be tried")
    INSTALLED.mkdir(parents=True, exist_ok=True)
    wanted = (SOURCES / "package.json").read_text()
    marker = INSTALLED / "installed.json"
    if not marker.exists() or marker.read_text() != wanted:
        (INSTALLED / "package.json").write_text(wanted)
        command = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
        try:
            done = subprocess.run(
                command, check=False, cwd=INSTALLED, timeout=INSTALL_SECONDS_MAX, capture_output=True, text=True
            )
        except subprocess.TimeoutExpired:
            pytest.skip(f"npm did not install the SDKs within {INSTALL_SECONDS_MAX} s: is there a registry?")
        if done.returncode:
            pytest.skip(f"npm could not install the SDKs: {done.stderr.strip()[-300:]}")
        marker.write_text(wanted)
    for source in SOURCES.glob("*.js"):
        shutil.copy(source, INSTALLED)
    return INSTALLED


PLAIN = sorted(
    operation.id
    for operation in OPERATIONS
    if "{" not in operation.path
    and (operation.method == "GET" or operation.path.endswith("/search"))
    and operation.answer_type == "application/json"
)
"""Operations that can be called with nothing: a new one is tried without a change here."""

UNKNOWN_TO_THE_SDK = frozenset(
    {"getExportingStatus", "getOpenApi", "searchElementInstanceWaitStates", "searchOwnAuthorizations"}
)
"""Newer than the SDK, or ours alone."""

NEWER_VALUES = frozenset({"searchAuthorizations"})
"""What the built-in roles may do names kinds of resources that the API has only since the SDK's release."""


def play(story: str, installed: Path, tmp_path: Path, *arguments: str) -> dict[str, Any]:
    """What a story has seen."""
    b = BpmnFile("tour")
    b.start("s").service_task("work", job_type="work")
    b.user_task("review", extensions=tag("zeebe:formDefinition", formId="review")).end("e")
    b.chain("s", "work", "review", "e")
    (tmp_path / "tour.bpmn").write_bytes(b.xml())
    (tmp_path / "prices.dmn").write_bytes(DECISION)
    (tmp_path / "review.form").write_bytes(FORM)
    with running_engine(tmp_path / "data") as engine:
        done = subprocess.run(
            ["node", story, engine.rest_url, str(tmp_path), *arguments],
            check=False,
            cwd=installed,
            timeout=STORY_SECONDS_MAX,
            capture_output=True,
            text=True,
        )
    assert done.returncode == 0, (done.stdout + done.stderr)[-4_000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


def test_cluster_api_finds_nothing_wrong_with_our_answers(installed: Path, tmp_path: Path) -> None:
    seen = play("cluster_api.js", installed, tmp_path, *PLAIN)

    assert set(seen["unknownOperations"]) == UNKNOWN_TO_THE_SDK
    assert set(seen["faults"]) == NEWER_VALUES, seen["faults"]
    assert set(seen["answered"]) == set(PLAIN) - UNKNOWN_TO_THE_SDK - NEWER_VALUES

    assert seen["deployed"] == ["tour"]
    assert seen["job"] == {"type": "work", "variables": {"a": 1}}
    assert seen["incident"] == "JOB_NO_RETRIES"
    assert seen["taskVariables"] == ["a", "b"]
    assert (seen["state"], seen["flows"], seen["statistics"]) == ("COMPLETED", 3, 4)
    assert seen["elements"] == ["s", "work", "review", "e"]
    assert seen["value"] == [1, None, {"c": "ä"}]
    assert seen["price"] == "5"
    assert seen["pages"] == [2, 2, 2]
    assert (seen["unknown"]["status"], seen["unknown"]["title"]) == (404, "NOT_FOUND")
    assert seen["wrong"]["status"] == 400


def test_the_rest_client_of_the_sdk(installed: Path, tmp_path: Path) -> None:
    seen = play("rest_client.js", installed, tmp_path)

    assert (seen["partitions"], seen["deployed"]) == (1, ["tour"])
    assert seen["jobVariables"] == {"a": 1}
    assert seen["taskVariables"] == ["a", "b"]
    assert seen["instances"] == ["COMPLETED"]
    assert seen["elements"] == ["s", "work", "review", "e"]
    assert seen["variables"] == ["a", "b", "ok"]
    assert seen["price"] == "9"
