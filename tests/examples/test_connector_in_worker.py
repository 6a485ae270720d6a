"""A connector in a Kiang worker and in a pyzeebe worker: the same results, errors and secrets."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.bpmn_builder import BpmnFile
from tests.integration.running_engine import RunningEngine, running_engine

from kiang import Client

ROOT = Path(__file__).resolve().parents[2]
SECRET = "shown-to-the-peer-only"


class Peer(BaseHTTPRequestHandler):
    """Answers with what it was sent; /gone is gone."""

    def do_GET(self) -> None:
        status = 404 if self.path == "/gone" else 200
        body = json.dumps({"token": self.headers.get("X-Token") == SECRET}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Silent."""


@pytest.fixture(scope="module")
def peer() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Peer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


@pytest.fixture(scope="module")
def engine(tmp_path_factory) -> Iterator[RunningEngine]:
    with running_engine(tmp_path_factory.mktemp("engine") / "data") as running:
        yield running


def process() -> bytes:
    b = BpmnFile("calls").start("s")
    b.service_task(
        "call",
        job_type="io.camunda:http-json:1",
        inputs={"method": "GET", "url": "=url", "headers": '={"X-Token": "{{secrets.TOKEN}}"}'},
        task_headers={
            "resultExpression": "={known: response.body.token}",
            "errorExpression": '=if error.code = "404" then bpmnError("GONE", "not there") else null',
        },
    )
    b.boundary("gone", "call", b.error_event("GONE")).end("e").end("ended_gone", job_type=None)
    return b.chain("s", "call", "e").chain("gone", "ended_gone").xml()


@pytest.mark.parametrize("name", ["kiang_worker", "pyzeebe_worker"])
def test_a_worker_runs_the_connector(engine: RunningEngine, peer: str, name: str) -> None:
    worker = subprocess.Popen(
        [sys.executable, "-m", f"examples.connector_in_worker.{name}"],
        cwd=ROOT,
        env={**os.environ, "ZEEBE_ADDRESS": engine.grpc_address},
        stderr=subprocess.PIPE,
        text=True,
    )
    wait = timedelta(seconds=40)
    try:
        with Client(engine.grpc_address, rest_address=engine.rest_url) as client:
            client.deploy_resources({"calls.bpmn": process()})
            run = client.create_process_instance_with_result
            done = run("calls", {"url": f"{peer}/here"}, timeout=wait)
            gone = run("calls", {"url": f"{peer}/gone"}, timeout=wait)
    finally:
        worker.send_signal(signal.SIGINT)
        _, log = worker.communicate(timeout=20)

    assert done.variables["known"] is True
    assert "known" not in gone.variables
    assert SECRET not in log
