"""The command line against real processes."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.running_engine import RunningEngine, free_port, running_engine

from kiang.cli.failure import ExitStatus
from kiang.client import NO_RETRIES, Client, TlsSettings
from kiang.errors import Unavailable

ROOT = Path(__file__).resolve().parents[2]
ORDER = ROOT / "examples" / "order" / "order.bpmn"
IDLE_MEMORY_MAX_MB = 90


def kiang(*arguments: object, engine: RunningEngine | None = None) -> subprocess.CompletedProcess[str]:
    where = [] if engine is None else ["--address", engine.grpc_address, "--rest-address", engine.rest_url]
    command = [sys.executable, "-m", "kiang", *map(str, arguments), *where]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=ROOT)


def answer(*arguments: object, engine: RunningEngine) -> dict:
    done = kiang(*arguments, "--json", engine=engine)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def engine(tmp_path_factory) -> Iterator[RunningEngine]:
    with running_engine(tmp_path_factory.mktemp("engine") / "data") as running:
        yield running


def test_an_order_from_deployment_to_its_end(engine: RunningEngine) -> None:
    deployed = answer("deploy", ORDER, engine=engine)
    assert deployed["processes"][0]["processDefinitionId"] == "order"
    assert isinstance(deployed["processes"][0]["processDefinitionKey"], str)

    started = answer("start", "order", "--var", "amount=30", "--var", "order_id=A-1", engine=engine)
    key = started["processInstanceKey"]
    assert [
        each["processInstanceKey"] for each in answer("instances", "--state", "active", engine=engine)["items"]
    ] == [key]
    (job,) = answer("jobs", "--instance", key, engine=engine)["items"]
    assert (job["type"], job["state"], job["retries"]) == ("process-payment", "CREATED", 3)

    workers = subprocess.Popen(
        [sys.executable, "-m", "kiang", "worker", "examples.order.worker:worker", "--address", engine.grpc_address],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        result = answer(
            "start", "order", "--var", "amount=12.5", "--variables", '{"items": ["ink"]}', "--wait", engine=engine
        )
        assert result["variables"]["payment"] == "12.50 EUR paid"
        assert result["variables"]["parcel"] == "1 items with parcel-post"
        deadline = time.monotonic() + 20
        while answer("instances", "--state", "ACTIVE", engine=engine)["totalItems"]:
            assert time.monotonic() < deadline
    finally:
        workers.send_signal(signal.SIGTERM)
        _, log = workers.communicate(timeout=20)
    assert workers.returncode == 0
    assert "worker started job_type=process-payment" in log
    assert "worker stopped job_type=process-payment" in log


def test_incidents_are_seen_and_resolved(engine: RunningEngine) -> None:
    kiang("deploy", ORDER, engine=engine)
    keys = [answer("start", "order", "--var", "amount=1", engine=engine)["processInstanceKey"] for _ in range(3)]
    with Client(engine.grpc_address) as client:
        for job in client.activate_jobs("process-payment", max_jobs=3):
            client.fail_job(job, retries=0, error_message="no\nluck")

        found = answer("incidents", engine=engine)["items"]
        assert sorted(each["processInstanceKey"] for each in found) == sorted(keys)
        assert {each["errorType"] for each in found} == {"JOB_NO_RETRIES"}
        table = kiang("incidents", engine=engine).stdout
        assert found[0]["incidentKey"] in table

        first = found[0]["incidentKey"]
        assert answer("resolve", first, "--retries", 2, engine=engine) == {"resolved": [first]}
        assert len(answer("resolve", "--all", engine=engine)["resolved"]) == 2
        assert answer("incidents", engine=engine)["items"] == []
        assert {job.retries for job in client.activate_jobs("process-payment", max_jobs=3)} == {1, 2}
    again = kiang("resolve", first, engine=engine)
    assert again.returncode == ExitStatus.NOT_FOUND

    assert kiang("cancel", *keys, engine=engine).stdout.strip() == "Cancelled 3 process instances."
    assert kiang("cancel", keys[0], engine=engine).returncode == ExitStatus.NOT_FOUND


def test_several_workers_run_in_one_process(engine: RunningEngine) -> None:
    names = ["examples.order.worker", "examples.booking.worker:worker"]
    workers = subprocess.Popen(
        [sys.executable, "-m", "kiang", "worker", *names, "--address", engine.grpc_address],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert workers.stderr is not None
        lines = [workers.stderr.readline() for _ in range(5)]
    finally:
        workers.send_signal(signal.SIGTERM)
        workers.communicate(timeout=20)

    assert workers.returncode == 0
    started = {line.strip().partition("worker started job_type=")[2] for line in lines}
    assert started == {"process-payment", "fetch-items", "ship-parcel", "reserve-room", "notify-guest"}


def test_status_counts_what_is_inside(engine: RunningEngine) -> None:
    status = answer("status", engine=engine)

    assert status["topology"]["brokers"][0]["partitions"][0]["health"] == "healthy"
    assert set(status["counts"]) >= {"active process instances", "open incidents"}
    assert "Running" in kiang("status", engine=engine).stdout


def test_instances_are_found_by_a_condition_on_their_variables(engine: RunningEngine) -> None:
    keys = {
        amount: answer("start", "order", "--var", f"amount={amount}", "--var", "country=DE", engine=engine)[
            "processInstanceKey"
        ]
        for amount in (99, 100, 101, 1000)
    }

    def found(*conditions: str) -> list[str]:
        given = [argument for condition in conditions for argument in ("--var", condition)]
        chosen = ("--state", "ACTIVE", "--process", "order")
        return [item["processInstanceKey"] for item in answer("instances", *chosen, *given, engine=engine)["items"]]

    assert found("amount > 100") == [keys[1000], keys[101]]
    assert found("amount > 100", 'country = "DE" and amount < 500') == [keys[101]]
    assert found('country = "FR"') == []
    assert found("missing = null and amount = 99") == [keys[99]]
    wrong = kiang("instances", "--var", "amount >", engine=engine)
    assert wrong.returncode == ExitStatus.USAGE
    assert "amount >" in wrong.stderr
    assert "For example" in wrong.stderr
    assert kiang("cancel", *keys.values(), engine=engine).returncode == 0


@pytest.mark.parametrize(
    "arguments", [("jobs", "--type", "process-payment"), ("instances",), ("incidents", "--all"), ("deploy", ORDER)]
)
def test_tables_in_a_pipe_are_not_cut(arguments, engine: RunningEngine) -> None:
    done = kiang(*arguments, engine=engine)

    assert done.returncode == 0
    assert "…" not in done.stdout


def test_a_file_with_faults_shows_them_and_fails(engine: RunningEngine, tmp_path: Path) -> None:
    broken = tmp_path / "broken.bpmn"
    broken.write_text(ORDER.read_text().replace('targetRef="fetch-items"', 'targetRef="nowhere"'))

    done = kiang("deploy", broken, engine=engine)

    assert done.returncode == ExitStatus.REFUSED
    assert "broken.bpmn" in done.stderr
    assert kiang("deploy", tmp_path / "none.bpmn", engine=engine).returncode == ExitStatus.USAGE
    assert kiang("start", "nobody-knows-it", engine=engine).returncode == ExitStatus.NOT_FOUND


def test_a_port_that_is_taken_is_named_with_the_way_out(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for option in ("--grpc-port", "--rest-port", "--management-port"):
            ports = {"--grpc-port": 0, "--rest-port": 0, "--management-port": 0, option: port}
            done = kiang("serve", "--data", tmp_path / "data", *(part for pair in ports.items() for part in pair))

            assert done.returncode == ExitStatus.CONFIGURATION
            assert f"127.0.0.1:{port}" in done.stderr
            assert f"{option} PORT" in done.stderr
            assert "Traceback" not in done.stderr


def test_a_data_folder_in_use_is_named_with_the_way_out(engine: RunningEngine) -> None:
    done = kiang("serve", "--data", engine.data, "--grpc-port", 0, "--rest-port", 0, "--management-port", 0)

    assert done.returncode == ExitStatus.STORE
    assert "--data" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_data_folder_with_something_else_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "partition-1.db").write_bytes(b"this is no database" * 1000)

    done = kiang("serve", "--data", tmp_path, "--grpc-port", 0, "--rest-port", 0, "--management-port", 0)

    assert done.returncode == ExitStatus.STORE
    assert "Traceback" not in done.stderr


def test_the_engine_is_small_and_ends_in_good_order(tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "kiang", "serve", "--data", str(tmp_path / "data")]
    ports = ["--grpc-port", str(port), "--rest-port", "0", "--management-port", "0"]
    began = time.monotonic()
    process = subprocess.Popen([*command, *ports], stderr=subprocess.PIPE, text=True)
    try:
        _until_topology(port, began)
        memory_mb = _resident_mb(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=20)

    assert process.returncode == 0
    lines = log.splitlines()
    assert [line.split(" kiang.serve ")[1].split(" host=")[0] for line in lines] == [
        "engine started",
        "engine stopping",
        "engine stopped",
    ]
    assert memory_mb < IDLE_MEMORY_MAX_MB


def _until_topology(port: int, began: float) -> None:

    with Client(f"127.0.0.1:{port}", retries=NO_RETRIES) as client:
        while time.monotonic() - began < 30:
            try:
                client.topology()
            except Unavailable:
                time.sleep(0.005)
            else:
                return
    raise AssertionError("the engine does not answer")


def _resident_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise AssertionError


def test_without_a_disk_it_keeps_everything_in_memory(tmp_path: Path) -> None:
    with running_engine(tmp_path / "unused", "--in-memory") as engine:
        answer("deploy", ORDER, engine=engine)
        assert answer("start", "order", engine=engine)["version"] == 1
        assert answer("instances", engine=engine)["totalItems"] == 1

    assert not (tmp_path / "unused").exists()


def test_the_demo_does_what_it_says(tmp_path: Path) -> None:
    done = kiang("demo", "--instances", 20, "--data", tmp_path / "demo")

    assert done.returncode == 0, done.stderr
    for text in (
        "20 of 20 completed",
        "1 resolved, 0 open",
        "20 ship-parcel",
        "Incident",
        f"kiang serve --data {tmp_path / 'demo'}",
    ):
        assert text in done.stdout
    again = kiang("demo", "--data", tmp_path / "demo")
    assert again.returncode == ExitStatus.REFUSED
    assert "to be empty" in again.stderr


def test_an_engine_with_a_certificate_serves_clients_that_trust_it(tmp_path: Path) -> None:
    certificate, key = tmp_path / "server.pem", tmp_path / "server.key"
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed, so no certificate can be made for the test")
    command = [
        openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
        "-keyout", str(key), "-out", str(certificate),
    ]  # fmt: skip
    subprocess.run(command, capture_output=True, check=True)
    grpc_port, rest_port = free_port(), free_port()
    ports = ["--grpc-port", str(grpc_port), "--rest-port", str(rest_port), "--management-port", "0"]
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "kiang",
            "serve",
            "--in-memory",
            *ports,
            "--tls-cert",
            str(certificate),
            "--tls-key",
            str(key),
        ],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        assert "engine started" in process.stderr.readline()
        trusting = TlsSettings(ca_file=certificate)
        for wire in ("grpc", "rest"):
            where = (f"grpcs://localhost:{grpc_port}", f"https://localhost:{rest_port}")
            with Client(where[0], rest_address=where[1], wire=wire, tls=trusting, retries=NO_RETRIES) as client:
                assert client.topology().partitions_count == 1
            with (
                Client(where[0], rest_address=where[1], wire=wire, retries=NO_RETRIES) as client,
                pytest.raises(Unavailable, match=r"(?i)certificate"),
            ):
                client.topology()
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)


def test_the_audit_log_and_statistics_about_jobs(engine: RunningEngine, tmp_path: Path) -> None:
    file = tmp_path / "audited.bpmn"
    file.write_text(ORDER.read_text().replace('process id="order"', 'process id="audited"'))
    answer("deploy", file, engine=engine)
    key = answer("start", "audited", "--var", "amount=30", "--var", "order_id=A-2", engine=engine)["processInstanceKey"]
    kiang("cancel", key, engine=engine)

    about = ["--rest-address", engine.rest_url]
    entries = json.loads(kiang("audit", "--instance", key, "--since", "1h", "--json", *about).stdout)["items"]
    shown = kiang("audit", "--entity", "resource", "--operation", "create", *about).stdout
    counts = json.loads(kiang("statistics", "--since", "1h", "--json", *about).stdout)["items"]
    workers = kiang("statistics", "--type", "process-payment", *about)
    wrong = kiang("audit", "--since", "yesterday", *about)

    assert [(entry["operationType"], entry["actorType"]) for entry in entries] == [("CANCEL", "ANONYMOUS")]
    assert "audited.bpmn" in shown
    assert [item["created"]["count"] >= 1 for item in counts if item["jobType"] == "process-payment"] == [True]
    assert workers.returncode == 0
    assert (wrong.returncode, "2026-11-25T12:00" in wrong.stderr) == (ExitStatus.USAGE, True)


def test_cluster_variables_and_global_listeners(engine: RunningEngine) -> None:
    def run(*arguments: str, status: int = 0) -> str:
        done = kiang(*arguments, "--rest-address", engine.rest_url)
        assert done.returncode == status, done.stderr
        return done.stdout

    made = run("variables", "set", "limits", '{"orders": 10}')
    changed = run("variables", "set", "limits", "-5")
    run("variables", "set", "limits", "plain text", "--tenant", "acme")
    listed = json.loads(run("variables", "list", "--json"))["items"]
    value = run("variables", "get", "limits")
    run("variables", "delete", "limits")
    run("variables", "get", "limits", status=ExitStatus.NOT_FOUND)
    first = run("listeners", "set", "audit", "audit-task")
    second = run("listeners", "set", "audit", "audit-task", "--on", "completing", "--on", "canceling", "--after")
    (listener,) = json.loads(run("listeners", "list", "--json"))["items"]
    shown = run("listeners", "list")
    run("listeners", "delete", "audit")

    assert (made, changed) == ("Created cluster variable limits.\n", "Cluster variable limits has another value.\n")
    assert [(item["tenantId"], item["value"]) for item in listed] == [(None, "-5"), ("acme", '"plain text"')]
    assert value == "-5\n"
    assert (first, second) == ("Created listener audit.\n", "Changed listener audit.\n")
    assert (listener["eventTypes"], listener["afterNonGlobal"]) == (["completing", "canceling"], True)
    assert "completing, canceling" in shown
    assert json.loads(run("listeners", "list", "--json"))["items"] == []
