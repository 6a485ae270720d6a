"""zeebe-node and @camunda8/sdk, as their registry ships them, against a real engine process.

The packages are installed into `build/foreign_clients` once. Without npm or a registry the tests are skipped, saying so.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from tests.integration.packages import need_node_packages
from tests.integration.running_engine import running_engine
from tests.shared_material import ROOT

FOLDER = Path(__file__).parent
STORY_SECONDS_MAX = 120


@pytest.fixture(scope="module")
def installed() -> Path:
    """The folder with the clients' packages and the story."""
    scripts = (FOLDER / "story.js", FOLDER / "guarded.bpmn", ROOT / "examples" / "order" / "order.bpmn")
    return need_node_packages(FOLDER, "foreign_clients", scripts)


@pytest.mark.parametrize("client", ["zeebe-node", "camunda8-sdk"])
def test_a_client_for_node_lives_its_story_unchanged(client, installed, tmp_path):
    with running_engine(tmp_path / "data") as engine:
        done = subprocess.run(
            ["node", "story.js", client, engine.grpc_address, engine.rest_url, str(installed)],
            check=False,
            cwd=installed,
            timeout=STORY_SECONDS_MAX,
            capture_output=True,
            text=True,
        )

    assert done.returncode == 0, done.stderr[-3_000:]
    seen = json.loads(done.stdout.strip().splitlines()[-1])
    assert seen["topology"]["partitionsCount"] == 1
    assert seen["topology"]["brokers"][0]["partitions"][0]["role"] in {"LEADER", 0}
    assert (seen["deployed"]["bpmnProcessId"], seen["deployed"]["version"]) == ("order", 1)
    assert seen["headers"] == {"currency": "EUR", "method": "card"}
    assert seen["result"]["variables"] == {
        "amount": 30, "precise": "9007199254740993", "paid": 30, "retriesLeft": 2, "items": 3, "parcel": "ÄÖÜ-取",
    }  # fmt: skip
    assert seen["completeAfterError"]["code"] == 5
    assert seen["variables"] == {"order": "o-2"}
    assert seen["incident"] == {"type": "JOB_NO_RETRIES", "message": "nothing works"}
    assert seen["again"] == {"same": True, "variables": {"order": "o-2", "set": True}}
    assert int(seen["message"]["key"]) < int(seen["signal"]["key"])
    assert seen["cancelTwice"]["code"] == 5
    assert "but no such process was found" in seen["cancelTwice"]["details"]
    assert seen["unknownProcess"] == {
        "code": 5,
        "details": "Command 'CREATE' rejected with code 'NOT_FOUND': Expected to find process definition with process ID"
        " 'nobody', but none found",
    }
    if client == "camunda8-sdk":
        assert seen["streamed"] == sorted(f"s-{n}" for n in range(20))
