"""@camunda8/orchestration-cluster-api (checking every answer strictly) and the REST client of @camunda8/sdk, unchanged.

The packages are installed into `build/rest_sdk` once. Without npm or a registry the tests are skipped, saying so.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.integration.packages import need_node_packages
from tests.integration.running_engine import running_engine
from tests.integration.sdk_processes import write_processes

from kiang.gateway.rest.catalogue import CATALOGUE
from kiang.gateway.rest.resources import OPERATIONS

SOURCES = Path(__file__).parent / "rest_sdk_node"
STORY_SECONDS_MAX = 120


@pytest.fixture(scope="module")
def installed() -> Path:
    """The folder with the packages and the stories."""
    return need_node_packages(SOURCES, "rest_sdk", SOURCES.glob("*.js"))


CATALOGUED = {entry.id.lower() for entry in CATALOGUE}
OFFERED = [operation.id for operation in OPERATIONS]


def play(story: str, installed: Path, tmp_path: Path, *arguments: str, before: tuple[str, ...] = ()) -> dict[str, Any]:
    """What a story has seen."""
    write_processes(tmp_path)
    with running_engine(tmp_path / "data", "--controlled-clock") as engine:
        done = subprocess.run(
            ["node", story, *before, engine.rest_url, str(tmp_path), *(arguments or [engine.grpc_address])],
            check=False,
            cwd=installed,
            timeout=STORY_SECONDS_MAX,
            capture_output=True,
            text=True,
        )
    assert done.returncode == 0, (done.stdout + done.stderr)[-4_000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


def test_cluster_api_finds_nothing_wrong_with_our_answers(installed: Path, tmp_path: Path) -> None:
    seen = play("cluster_api.js", installed, tmp_path)

    assert seen["deployed"] == ["tour", "simple"]
    assert (seen["worked"], seen["doubled"]) == (list(range(8)), list(range(0, 16, 2)))
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


AGAINST_ITSELF = {
    "getResourceContent": "its schema wants a text; what comes as application/json it has made an object of"
}
"""Answers in which the client's strict validation contradicts how the client reads them."""


@pytest.mark.parametrize("client", ["cluster-api", "sdk"])
def test_every_operation_of_the_sdk_is_answered(client: str, installed: Path, tmp_path: Path) -> None:
    seen = play("every_operation.js", installed, tmp_path, *OFFERED, before=(client,))

    contradicted = set(AGAINST_ITSELF) if client == "cluster-api" else set()
    assert set(seen["faults"]) == contradicted, seen["faults"]
    assert seen["withoutRow"] == [], "give them a row in every_operation.js"
    assert {name.lower() for name in seen["notOffered"]} <= CATALOGUED, "no operation may be unknown to us"
    for name in seen["notOffered"]:
        print(f"not called with {client}: {name}: it is answered with 501 and its name")
    assert len(seen["answered"]) + len(seen["notOffered"]) + len(contradicted) == seen["operations"]


NO_SUCH_ENDPOINT = {
    "modifyAuthorization": "PATCH /authorizations/{key}: of a preview of 8.7; updateAuthorization is what there is now",
}
"""Methods of the client that ask for something that no server of today has."""


@pytest.mark.parametrize("client", ["rest", "grpc"])
def test_every_method_of_the_sdk_is_answered(client: str, installed: Path, tmp_path: Path) -> None:
    seen = play("every_method.js", installed, tmp_path, before=(client,))

    expected = NO_SUCH_ENDPOINT if client == "rest" else {}
    assert set(seen["faults"]) == set(expected), seen["faults"]
    assert seen["withoutRow"] == [], "give them a row in every_method.js"
    for name, reason in expected.items():
        print(f"not answered: {name}: {reason}")
    assert len(seen["answered"]) + len(expected) == seen["methods"]
