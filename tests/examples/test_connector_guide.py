"""The guide to an own connector: its commands, run one after the other as it shows them."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from tests.integration.running_engine import running_engine

GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "guides" / "connector.md").read_text("utf-8")
SECONDS_MAX = 40


def test_the_guide_leads_to_a_connector_that_a_process_uses(tmp_path: Path) -> None:
    (process,) = re.findall(r"^```xml\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
    commands = re.findall(r"^    kiang (.*)$", GUIDE, re.MULTILINE)
    work = tmp_path / "work"
    work.mkdir()
    (work / "hello.bpmn").write_text(process, "utf-8")
    printed: dict[str, str] = {}
    background: list[subprocess.Popen[bytes]] = []
    with running_engine(tmp_path / "data") as engine:
        where = {"ZEEBE_ADDRESS": engine.grpc_address, "ZEEBE_REST_ADDRESS": engine.rest_url}
        environ = {**os.environ, **where, "ZEEBE_PREFER_REST": "false"}
        try:
            for command in commands:
                words = [sys.executable, "-m", "kiang", *shlex.split(command.removesuffix("&"))]
                if command.endswith("&"):
                    background.append(subprocess.Popen(words, cwd=work, env=environ, stdout=subprocess.DEVNULL))
                    continue
                done = subprocess.run(
                    words, cwd=work, env=environ, capture_output=True, text=True, timeout=SECONDS_MAX, check=False
                )
                assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
                printed[command.partition(" ")[0]] = done.stdout
        finally:
            for process_ in background:
                process_.terminate()
                assert process_.wait(SECONDS_MAX) == 0

    tests = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "greeter"],
        cwd=work,
        capture_output=True,
        check=False,
    )
    assert "Hello Ada" in printed["connectors"]
    assert "Hello Ada" in printed["start"]
    assert (work / "greeter" / "template.json").is_file()
    assert tests.returncode == 0, tests.stdout
