"""Every example runs: its own tests, and its worker against a real engine."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.running_engine import RunningEngine, running_engine

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"

ORDER = {"amount": 30, "order_id": "A-1", "items": ["ink", "paper"]}
BOOKING = {"room": 13, "arrival": "2026-05-01", "nights": 3, "guest": {"name": "Ada", "email": "ada@example.com"}}


@pytest.fixture(scope="module")
def engine(tmp_path_factory) -> Iterator[RunningEngine]:
    with running_engine(tmp_path_factory.mktemp("engine") / "data") as running:
        yield running


def test_the_tests_of_the_examples_pass() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "examples", "-q", "-p", "no:cacheprovider"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout
    assert "passed" in done.stdout


@pytest.mark.parametrize(
    ("name", "variables", "expected"),
    [
        ("order", ORDER, {"payment": "30.00 EUR paid", "receipt": "R-A-1", "parcel": "2 items with parcel-post"}),
        ("booking", BOOKING, {"mail": "To ada@example.com: Dear Ada, These rooms are free: [12, 14]."}),
    ],
)
def test_the_worker_of_an_example_does_its_process(engine: RunningEngine, name, variables, expected) -> None:
    where = ["--address", engine.grpc_address]
    kiang = [sys.executable, "-m", "kiang"]
    subprocess.run(
        [*kiang, "deploy", f"examples/{name}/{name}.bpmn", *where], cwd=ROOT, check=True, capture_output=True
    )
    worker = subprocess.Popen(
        [*kiang, "worker", f"examples.{name}.worker:worker", *where], cwd=ROOT, stderr=subprocess.DEVNULL
    )
    try:
        command = [*kiang, "start", name, "--variables", json.dumps(variables), "--wait", "--json", *where]
        done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    finally:
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(20) == 0

    assert json.loads(done.stdout)["variables"].items() >= expected.items()


@pytest.mark.parametrize(
    "folder", sorted(path.parent for path in EXAMPLES.glob("*/*.bpmn")), ids=lambda path: path.name
)
def test_examples_have_one_shape(folder: Path) -> None:
    name = folder.name

    present = {path.name for path in folder.iterdir() if path.is_file()}

    assert present == {"README.md", "worker.py", f"{name}.bpmn", f"test_{name}.py"}
    assert f"[{name}]({name})" in (EXAMPLES / "README.md").read_text()
    assert "BPMNDiagram" in (folder / f"{name}.bpmn").read_text()
