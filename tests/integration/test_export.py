"""The record log leaves a running engine: in order, nothing missing, whatever is killed meanwhile."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.integration.rest_server import one_task
from tests.integration.running_engine import RunningEngine, running_engine
from typer.testing import CliRunner

from kiang.cli.main import app

WAIT_S = 20


def until(condition: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + WAIT_S
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not within {WAIT_S} s: {what}"
        time.sleep(0.02)
    return found


def start_instances(engine: RunningEngine, count: int, first: int = 0) -> None:
    with httpx.Client(base_url=f"{engine.rest_url}/v2") as http:
        for number in range(first, first + count):
            body = {"processDefinitionId": "order", "variables": {"number": number}}
            assert http.post("/process-instances", json=body).status_code == 200


def deploy(engine: RunningEngine) -> None:
    files = {"resources": ("order.bpmn", one_task())}
    assert httpx.post(f"{engine.rest_url}/v2/deployments", files=files).status_code == 200


def lines(path: Path) -> list[dict[str, Any]]:
    text = path.read_bytes() if path.exists() else b""
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith(b"\n")]


def numbers(records: list[dict[str, Any]]) -> list[int]:
    """Those of the started instances, each once, in order of their first record."""
    values = [
        r["value"]["value"] for r in records if r["event"] == "VariableCreated" and r["value"]["name"] == "number"
    ]
    return list(dict.fromkeys(map(int, values)))


def exporters_of(engine: RunningEngine) -> list[int]:
    children = Path(f"/proc/{engine.process.pid}/task/{engine.process.pid}/children").read_text().split()
    return [int(pid) for pid in children if b"kiang.exporter.process" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def test_nothing_is_missing_after_exporter_and_engine_were_killed(tmp_path: Path) -> None:
    target = tmp_path / "out" / "records.jsonl"
    with running_engine(tmp_path / "data", f"--export=jsonl:{target}") as engine:
        deploy(engine)
        start_instances(engine, 20)
        (exporter,) = until(lambda: exporters_of(engine), "an exporter")
        os.kill(exporter, signal.SIGKILL)
        start_instances(engine, 20, 20)
        until(lambda: numbers(lines(target)) == list(range(40)), "40 instances after the exporter was killed")
        start_instances(engine, 20, 40)
        engine.process.kill()
    with running_engine(tmp_path / "data", f"--export=jsonl:{target}") as engine:
        start_instances(engine, 5, 60)
        records = until(lambda: len(numbers(found := lines(target))) == 65 and found, "65 instances after the restart")

    assert numbers(records) == list(range(65))
    positions = [(record["position"], record["index"]) for record in records]
    assert sorted(set(positions)) == list(dict.fromkeys(positions))


def test_exporters_rest_when_they_are_told(tmp_path: Path) -> None:
    target = tmp_path / "records.jsonl"
    with running_engine(tmp_path / "data", f"--export=jsonl:{target}") as engine:
        deploy(engine)
        start_instances(engine, 1)
        until(lambda: numbers(lines(target)) == [0], "the first instance")
        assert httpx.get(f"{engine.rest_url}/v2/exporting").json() == {"status": "EXPORTING"}
        assert httpx.post(f"{engine.rest_url}/v2/exporting/pause").status_code == 204
        assert httpx.get(f"{engine.rest_url}/v2/exporting").json() == {"status": "PAUSED"}
        start_instances(engine, 3, 1)

    with running_engine(tmp_path / "data", f"--export=jsonl:{target}") as engine:
        lag = "kiang_exporter_lag_commits"
        metrics = httpx.get(f"{engine.management_url}/metrics").text
        assert float(next(x for x in metrics.splitlines() if x.startswith(lag)).rpartition(" ")[2]) >= 3
        assert numbers(lines(target)) == [0]
        assert httpx.post(f"{engine.rest_url}/v2/exporting/resume").status_code == 204
        until(lambda: numbers(lines(target)) == [0, 1, 2, 3], "the others after the resumption")


def test_the_log_goes_to_kafka(tmp_path: Path) -> None:
    kafka = pytest.importorskip("confluent_kafka", reason="confluent-kafka is not installed")
    holder = kafka.Producer({"bootstrap.servers": "unused", "test.mock.num.brokers": 1, "client.id": "mock"})
    broker = next(iter(holder.list_topics(timeout=10).brokers.values()))
    address = f"{broker.host}:{broker.port}"
    with running_engine(tmp_path / "data", f"--export=kafka://{address}/records") as engine:
        deploy(engine)
        start_instances(engine, 10)
        consumer = kafka.Consumer({"bootstrap.servers": address, "group.id": "test", "auto.offset.reset": "earliest"})
        consumer.subscribe(["records"])
        records: list[dict[str, Any]] = []

        def all_there() -> bool:
            message = consumer.poll(0.2)
            if message is not None and message.error() is None:
                records.append(json.loads(message.value()))
            return len(numbers(records)) == 10

        until(all_there, "10 instances in the topic")
        consumer.close()
    assert numbers(records) == list(range(10))
    del holder


def test_the_command_prints_the_log_of_a_running_engine(tmp_path: Path) -> None:
    with running_engine(tmp_path / "data") as engine:
        deploy(engine)
        start_instances(engine, 3)
        result = CliRunner().invoke(app, ["export", "--data", str(tmp_path / "data")])
        assert result.exit_code == 0
        records = [json.loads(line) for line in result.output.splitlines()]
        assert numbers(records) == [0, 1, 2]
        rest = CliRunner().invoke(
            app, ["export", "--data", str(tmp_path / "data"), "--after", str(records[-1]["position"])]
        )
        assert rest.output == ""


def test_without_a_folder_there_is_nothing_to_export(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["serve", "--in-memory", "--export", "jsonl:x", "--grpc-port=0"])
    assert result.exit_code != 0
    result = CliRunner().invoke(app, ["export", "--data", str(tmp_path)])
    assert result.exit_code != 0
