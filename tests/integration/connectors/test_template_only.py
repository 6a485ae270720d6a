"""A template dropped into a folder is a connector: over REST and over the webhook, with types of its own, without a line of code."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from aiohttp import web
from tests.integration.connectors.http_peer import http_peer
from tests.integration.running_engine import RunningEngine, free_port

from kiang import AsyncClient
from kiang.client.results import FoundProcessInstance
from kiang.element_templates.apply import apply_template

START_SECONDS_MAX = 20
BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
SCHEMA = "https://unpkg.com/@camunda/zeebe-element-templates-json-schema/resources/schema.json"


def entry(binding: str, name: str, value: Any = None, kind: str = "Hidden", **rest: Any) -> dict[str, Any]:
    key = {"zeebe:taskHeader": "key", "zeebe:taskDefinition": "property"}.get(binding, "name")
    made = {"type": kind, "binding": {"type": binding, key: name}, **rest}
    return made if value is None else {**made, "value": value}


WEATHER = {
    "$schema": SCHEMA,
    "name": "Weather",
    "id": "com.example.Weather.v1",
    "version": 1,
    "appliesTo": ["bpmn:Task"],
    "elementType": {"value": "bpmn:ServiceTask"},
    "metadata": {"servedBy": "io.camunda:http-json:1"},
    "properties": [
        entry("zeebe:taskDefinition", "type", "com.example:weather:1"),
        entry("zeebe:input", "city", "Paris", "String", id="city"),
        entry("zeebe:input", "method", "GET"),
        entry("zeebe:input", "url", '=baseUrl + "/weather/" + city'),
        entry("zeebe:input", "authentication.type", "noAuth"),
        entry("zeebe:taskHeader", "resultExpression", "={temperature: response.body.temperature}"),
    ],
}
BELL = {
    "$schema": SCHEMA,
    "name": "Bell",
    "id": "com.example.Bell.v1",
    "version": 1,
    "appliesTo": ["bpmn:StartEvent"],
    "elementType": {"value": "bpmn:StartEvent"},
    "properties": [
        entry("zeebe:property", "inbound.type", "io.camunda:webhook:1"),
        entry("zeebe:property", "inbound.context", "bell"),
        entry("zeebe:property", "inbound.method", "post"),
        entry("zeebe:property", "resultExpression", "={rung: request.body.by}"),
    ],
}


def modelled(process_id: str, template: dict[str, Any], nodes: str) -> bytes:
    process = f'<b:process id="{process_id}" isExecutable="true">{nodes}</b:process>'
    diagram = f'<b:definitions xmlns:b="{BPMN}" targetNamespace="t">{process}</b:definitions>'
    return apply_template(diagram.encode(), template, "here")


@contextmanager
def running_connectors(engine: RunningEngine, templates: Path, log: Path) -> Iterator[str]:
    """`kiang connectors run` as a process; gives the address of its HTTP side."""
    port = free_port()
    command = [str(Path(sys.executable).with_name("kiang")), "connectors", "run", f"--templates={templates}"]
    command += [f"--address={engine.grpc_address}", f"--rest-address={engine.rest_url}", f"--port={port}"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(START_SECONDS_MAX)


async def until_up(http: httpx.AsyncClient) -> None:
    async with asyncio.timeout(START_SECONDS_MAX):
        while True:
            try:
                if (await http.get("/actuator/health/readiness")).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)


async def weather(request: web.Request, body: Any) -> web.Response:
    del body
    return web.json_response({"temperature": {"/weather/Paris": 18}[request.path]})


async def test_templates_in_a_folder_are_connectors(engine: RunningEngine, tmp_path: Path) -> None:
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "weather.json").write_text(json.dumps(WEATHER))
    (folder / "bell.json").write_text(json.dumps([BELL]))
    ask = '<b:startEvent id="s"/><b:task id="here"/><b:sequenceFlow id="f" sourceRef="s" targetRef="here"/>'
    async with (
        http_peer(weather) as peer,
        AsyncClient(engine.grpc_address, rest_address=engine.rest_url) as client,
    ):
        await client.deploy_resources({"weather.bpmn": modelled("weather", WEATHER, ask)})
        await client.deploy_resources({"bell.bpmn": modelled("bell", BELL, '<b:startEvent id="here"/>')})
        with running_connectors(engine, folder, tmp_path / "connectors.log") as url:
            async with httpx.AsyncClient(base_url=url) as http:
                await until_up(http)
                served = {template["id"] for template in (await http.get("/element-templates")).json()}
                async with asyncio.timeout(START_SECONDS_MAX):
                    asked = await client.create_process_instance_with_result("weather", {"baseUrl": peer.url})
                rung = await http.post("/inbound/bell", json={"by": "Ada"})
        bell = await client.search(FoundProcessInstance, {"processDefinitionId": "bell"})

    assert {"com.example.Weather.v1", "com.example.Bell.v1", "io.kiang.connectors.HttpJson.v1"} <= served
    assert asked.variables["temperature"] == 18
    assert rung.status_code == 200
    assert bell.total_items == 1


def test_a_template_that_nobody_serves_is_a_clear_error(tmp_path: Path) -> None:
    alone = {**WEATHER, "metadata": {}}
    (tmp_path / "weather.json").write_text(json.dumps(alone))
    command = [str(Path(sys.executable).with_name("kiang")), "connectors", "list", f"--templates={tmp_path}"]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert (
        "Expected a connector of type com.example:weather:1 for template com.example.Weather.v1 v1 (weather.json)"
        in done.stderr
    )
