"""Every recorded job again, now with our engine and our runtime: requests, commands, incidents and variables as recorded."""

from __future__ import annotations

import asyncio
import json
import tomllib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.conformance.connectors.playing import recordings
from tests.integration.running_engine import RunningEngine, running_engine
from tests.shared_material import shared

from kiang import AsyncClient
from kiang.client.job import Job
from kiang.client.request import ActivateJobs, CompleteJob, FailJob, StreamJobs, ThrowError
from kiang.client.results import FoundElementInstance, FoundIncident, FoundProcessInstance, FoundVariable
from kiang.connector_runtime.inbound.engine import ClientEngine
from kiang.connector_runtime.runtime import ConnectorRuntime
from kiang.connector_sdk import SecretContext, connector_of
from kiang.connectors.http_json import http_json
from kiang.worker.port import ClientJobPort

FOLDER = shared("conformance-connectors")
CASES = FOLDER / "cases"
DEVIATIONS = tomllib.loads((Path(__file__).parents[2] / "conformance/connector-deviations.toml").read_text("utf-8"))
scenario = recordings(FOLDER)
NAMES = sorted(path.parent.relative_to(CASES).as_posix() for path in CASES.glob("*/*/case.json"))
AT_ONCE = 24
END_SECONDS_MAX = 30.0


class Recorder(ClientJobPort):
    """Passes commands on and remembers them by process."""

    def __init__(self, client: AsyncClient) -> None:
        super().__init__(client)
        self.attempts: dict[str, list[dict[str, Any]]] = {}
        self._processes: dict[int, str] = {}

    def _seen(self, jobs: list[Job]) -> list[Job]:
        self._processes.update((job.key, job.process_definition_id) for job in jobs)
        return jobs

    async def activate(self, request: ActivateJobs) -> list[Job]:
        return self._seen(await super().activate(request))

    def stream(self, request: StreamJobs) -> Any:
        return _SeenStream(super().stream(request), self._seen)

    async def complete(self, request: CompleteJob) -> None:
        self._note(request.job_key, {"result": "completed", "variables": json.loads(request.variables)})
        await super().complete(request)

    async def fail(self, request: FailJob) -> None:
        self._note(
            request.job_key,
            {
                "result": "failed",
                "retries": request.retries,
                "message": request.error_message,
                "backoff_ms": request.retry_backoff_ms,
                "variables": json.loads(request.variables),
            },
        )
        await super().fail(request)

    async def throw(self, request: ThrowError) -> None:
        thrown = {"result": "error_thrown", "code": request.error_code, "message": request.error_message}
        self._note(request.job_key, {**thrown, "variables": json.loads(request.variables)})
        await super().throw(request)

    def _note(self, job_key: int, attempt: dict[str, Any]) -> None:
        self.attempts.setdefault(self._processes[job_key], []).append(attempt)


class _SeenStream:
    def __init__(self, stream: Any, seen: Any) -> None:
        self._stream = stream
        self._seen = seen

    async def __aiter__(self) -> AsyncIterator[Job]:
        async for job in self._stream:
            self._seen([job])
            yield job

    async def aclose(self) -> None:
        await self._stream.aclose()


class CaseSecrets:
    """The secrets of all cases: no name has two values among them."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    async def secret(self, name: str, context: SecretContext) -> str | None:
        del context
        return self.values.get(name)


async def play(
    name: str, client: AsyncClient, rest_url: str, recorder: Recorder, secrets: CaseSecrets
) -> dict[str, Any]:
    case = json.loads((CASES / name / "case.json").read_text("utf-8"))
    process = "case-" + name.replace("/", "-")
    server = scenario.Server(case.get("server", scenario.DEFAULT_SERVER))
    port = str(server.port)
    at_port = json.loads(json.dumps(case).replace("$PORT", port))
    secrets.values.update(at_port.get("secrets", {}))
    try:
        await client.deploy_resources({f"{process}.bpmn": scenario.bpmn(at_port, process).encode()})
        created = await client.create_process_instance(process, at_port.get("variables", {}))
        seconds = float(case.get("wait", END_SECONDS_MAX))
        outcome = await until_it_stands(client, rest_url, created.process_instance_key, seconds)
    finally:
        server.close()
    outcome["requests"] = server.requests
    outcome["attempts"] = scenario.shorten(recorder.attempts.get(process, []))
    return json.loads(json.dumps(outcome).replace(port, "$PORT"))


async def whole_value(variable: FoundVariable, rest_url: str) -> str:
    if not variable.is_truncated:
        return variable.value
    async with httpx.AsyncClient() as http:
        answer = await http.get(f"{rest_url}/v2/variables/{variable.variable_key}")
    return str(answer.json()["value"])


async def until_it_stands(client: AsyncClient, rest_url: str, key: int, seconds: float) -> dict[str, Any]:
    where = {"processInstanceKey": str(key)}
    deadline = asyncio.get_running_loop().time() + min(seconds, END_SECONDS_MAX)
    while True:
        instance = (await client.search(FoundProcessInstance, where)).items[0]
        incidents = (await client.search(FoundIncident, where)).items
        if instance.state != "ACTIVE" or incidents or asyncio.get_running_loop().time() > deadline:
            break
        await asyncio.sleep(0.1)
    elements = (await client.search(FoundElementInstance, where)).items
    variables = (await client.search(FoundVariable, where, limit=1_000)).items
    caught = next((e.element_instance_key for e in elements if e.element_id == "caught"), None)
    own = {v.name: json.loads(await whole_value(v, rest_url)) for v in variables if v.scope_key == key}
    outcome = {
        "incidents": [{"type": i.error_type, "element": i.element_id, "message": i.error_message} for i in incidents],
        "instance": instance.state,
        "end": next((e.element_id for e in elements if e.element_id.startswith("end")), None),
        "variables": scenario.shorten(own),
    }
    if caught is not None:
        outcome["caught_variables"] = {v.name: json.loads(v.value) for v in variables if v.scope_key == caught}
    return outcome


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with running_engine(tmp_path_factory.mktemp("recorded") / "data") as running:
        yield running


async def test_every_recorded_job_ends_over_the_wire_as_recorded(engine: RunningEngine) -> None:
    secrets = CaseSecrets()
    gate = asyncio.Semaphore(AT_ONCE)
    async with AsyncClient(engine.grpc_address, rest_address=engine.rest_url) as client:
        recorder = Recorder(client)
        runtime = ConnectorRuntime(
            recorder, outbound=[connector_of(http_json)], engine=ClientEngine(client), secrets=secrets
        )
        running = asyncio.create_task(runtime.run())

        async def differences(name: str) -> list[str]:
            async with gate:
                actual = await play(name, client, engine.rest_url, recorder, secrets)
            case = json.loads((CASES / name / "case.json").read_text("utf-8"))
            expected = json.loads((CASES / name / "expected.json").read_text("utf-8"))
            return [f"{name}{d}" for d in scenario.compare(case, expected, actual, strict=True)]

        found = dict(zip(NAMES, await asyncio.gather(*(differences(name) for name in NAMES)), strict=True))
        runtime.stop()
        await running

    unexpected = [line for name, lines in found.items() if name not in DEVIATIONS for line in lines]
    assert not unexpected, "\n".join(unexpected[:40])
    equal = [name for name, deviation in DEVIATIONS.items() if not found.get(name, ["held back"])]
    assert not equal, f"listed as deviations but equal to the recording: {equal}"
