"""What the guides show is true: their Python blocks run, in order, against a real engine; their commands exist."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import time
import types
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.integration.running_engine import RunningEngine, running_engine
from typer.testing import CliRunner

import kiang.testing
from kiang import Client
from kiang.cli.main import app

ROOT = Path(__file__).resolve().parents[2]
GUIDES = [ROOT / "docs" / "guides" / f"{name}.md" for name in ("getting-started", "worker")]
PAGES = [GUIDES[0], ROOT / "README.md", ROOT / "docs" / "reference" / "cli.md", *ROOT.glob("examples/*/README.md")]
ORDER = ROOT / "examples" / "order" / "order.bpmn"


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def engine(tmp_path_factory) -> Iterator[RunningEngine]:
    with running_engine(tmp_path_factory.mktemp("engine") / "data") as running:
        yield running


@pytest.mark.parametrize("guide", GUIDES, ids=lambda page: page.stem)
def test_the_python_of_a_guide_runs(guide: Path, engine: RunningEngine, monkeypatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("ZEEBE_ADDRESS", engine.grpc_address)
    monkeypatch.setenv("ZEEBE_REST_ADDRESS", engine.rest_url)
    module = types.ModuleType("guide")  # classes of a page are looked up in the module that they name as theirs
    monkeypatch.setitem(sys.modules, "guide", module)
    names = module.__dict__
    found = blocks(guide, "python")
    assert found

    for number, block in enumerate(found, 1):
        exec(compile(block, f"{guide.name}, block {number}", "exec", dont_inherit=True), names)  # noqa: S102 - our own pages

    tests = [value for name, value in names.items() if name.startswith("test_")]
    assert tests
    for test in tests:
        with kiang.testing.engine() as in_process:
            test(in_process)  # type: ignore[operator]


def test_the_worker_of_the_readme_runs(engine: RunningEngine, tmp_path: Path) -> None:
    (program,) = [block for block in blocks(ROOT / "README.md", "python") if "worker.run()" in block]
    file = tmp_path / "shop.py"
    file.write_text(program)
    with kiang_client(engine) as client:
        client.deploy(ORDER)
        worker = subprocess.Popen([sys.executable, str(file)], env={**os.environ, "ZEEBE_ADDRESS": engine.grpc_address})
        try:
            created = client.create_process_instance("order", {"amount": 30, "order_id": "A-1"})
            _until_paid(client, created.process_instance_key)
        finally:
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(20) == 0


def _until_paid(client: Client, process_instance_key: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        for job in client.activate_jobs("fetch-items", request_timeout=timedelta(seconds=1)):
            if job.process_instance_key == process_instance_key:
                return
    raise AssertionError("the payment was not processed")


def kiang_client(engine: RunningEngine) -> Client:
    return Client(engine.grpc_address, rest_address=engine.rest_url, wire="grpc")


def commands(page: Path) -> Iterator[list[str]]:
    for line in page.read_text().replace("\\\n", " ").splitlines():
        found = re.match(r"^(?:\s{4,}|\$ )(?:\.venv/bin/)?kiang (.*?)(?:\s+#.*)?$", line)
        if found:
            for part in found[1].split("&&"):
                yield shlex.split(part.strip().removeprefix("kiang "))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}-{page.stem}")
def test_the_commands_of_a_page_exist_with_their_options(page: Path) -> None:
    found = list(commands(page))
    assert found

    for command in found:
        words = []
        for word in command:  # a group has a command of its own
            if word.startswith("-") or len(words) == 2:
                break
            words.append(word)
        helped = CliRunner().invoke(app, [words[0], "--help"], env={"COLUMNS": "250", "TERM": "dumb"})
        if " COMMAND " in helped.output.partition("\n\n")[0] or "COMMAND [ARGS]" in helped.output:
            helped = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "250", "TERM": "dumb"})
        assert helped.exit_code == 0, command
        for option in (word.partition("=")[0] for word in command if word.startswith("--")):
            assert option in helped.output, f"{' '.join(command)}: {option}"
