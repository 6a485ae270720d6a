"""A known secret goes through every connector that is installed and every way to fail, and comes out nowhere.

Connectors are found by their entry points and fed by the templates that stand beside them, so that a new one is covered as it is added:
every text that a modeller could write is the secret, every choice is taken in turn, and the peer refuses, talks nonsense, or sends back
all that it was sent.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from xml.sax.saxutils import quoteattr

import pytest
from aiohttp import web
from prometheus_client import generate_latest
from tests.integration.connectors.bad_peers import bad_peer

from kiang.connector_runtime.discovery import discovered
from kiang.connector_runtime.inbound.elements import served_elements
from kiang.connector_runtime.inbound.grouping import grouped
from kiang.connector_runtime.inbound.registry import InboundRegistry
from kiang.connector_runtime.metrics import RuntimeMetrics
from kiang.connector_runtime.outbound import OutboundRunner
from kiang.connector_runtime.outcome import Completed, Outcome
from kiang.connector_runtime.server import described
from kiang.connector_sdk import JobInfo, StaticSecrets
from kiang.connector_sdk.inbound import InboundConnector
from kiang.connector_sdk.outbound import OutboundConnector
from kiang.element_templates import templates_of
from kiang.element_templates.generate import folder_of

CORE = "kNoWnCoRe42"
SECRET = f'p&/"s {CORE} +%~'
"""Has all that is written otherwise in URLs, JSON and XML; its core looks the same in each of them."""
CORES_IN_BASE64 = tuple(base64.b64encode(b"\0" * n + CORE.encode()).decode()[4:-4] for n in range(3))
"""What of the core is to be seen in base64, wherever it begins."""
PLACEHOLDER = "{{secrets.TOKEN}}"

CALL_SECONDS_MAX = 6.0
REPORT_SECONDS_MAX = 1.0
VARIATIONS = 4
PEERS = ("refuses", "answers garbage", "resets", "echo")
SCHEMES = {"rabbitmq": "amqp", "jdbc": "postgresql"}
"""Of URIs that are no URLs of HTTP, by a part of the connector's type."""

HEADERS: dict[str, dict[str, str]] = {
    "result variable": {"resultVariable": "result"},
    "result expression that is no FEEL": {"resultExpression": "={a: "},
    "result expression that is no object": {"resultExpression": '="text"'},
    "error expression that is no FEEL": {"errorExpression": "=if"},
    "error expression that is no object": {"errorExpression": "=[error.message]"},
    "BPMN error with all there is": {
        "errorExpression": '=bpmnError("X", string(error), {error: error, response: response})'
    },
    "BPMN error whose code is the message": {"errorExpression": "=bpmnError(error.message, error.message, {})"},
    "job error with all there is": {
        "errorExpression": "=jobError(string(error), {error: error, response: response}, 1)"
    },
    "unknown kind of error": {"errorExpression": "={errorType: error.message, errorMessage: string(error)}"},
    "text for retries": {
        "errorExpression": '={errorType: "jobError", errorMessage: error.message, retries: error.message}'
    },
    "back-off that is none": {"retryBackoff": f"P{PLACEHOLDER}"},
    "operation that is none": {"operation": PLACEHOLDER},
}

CONNECTORS = discovered({})


@dataclass(frozen=True)
class Peer:
    """Where a connector is sent to."""

    url: str

    @property
    def port(self) -> int:
        return int(urlsplit(self.url).port or 0)


@asynccontextmanager
async def peer_that(behaviour: str) -> AsyncIterator[Peer]:
    if behaviour != "echo":
        async with bad_peer(behaviour) as url:
            yield Peer(url)
        return

    async def echo(request: web.Request) -> web.Response:
        body = (await request.read()).decode("utf-8", "replace")
        headers = dict(request.headers)
        reflected = {"url": str(request.url), "headers": headers, "body": body}  # whole, not cut at a `&` of the secret
        return web.json_response(reflected, status=500, reason="Broken")

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", echo)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield Peer(f"http://127.0.0.1:{runner.addresses[0][1]}")
    finally:
        await runner.cleanup()


def values_of(template: Mapping[str, Any], kind: str, job_type: str, peer: Peer, variation: int) -> dict[str, Any]:
    """Flat values of the template's properties that are bound to `kind`, as a modeller could fill them in."""
    by_id: dict[str, Any] = {}
    found: dict[str, Any] = {}
    for at, declared in enumerate(template["properties"]):
        if not holds(declared.get("condition"), by_id):
            continue
        value = value_of(declared, job_type, peer, variation, at)
        by_id[declared.get("id", "")] = value
        binding = declared["binding"]
        if binding["type"] == kind and value is not None:
            found[binding.get("name") or binding["key"]] = value
    return found


def value_of(declared: Mapping[str, Any], job_type: str, peer: Peer, variation: int, at: int) -> Any:
    name, kind, default = (
        declared["binding"].get("name", "").lower(),
        declared.get("type", "String"),
        declared.get("value"),
    )
    last = name.rpartition(".")[2]
    if kind == "Dropdown":
        choices = declared["choices"]
        return choices[(variation + at * (variation > 1)) % len(choices)]["value"]
    if kind == "Boolean" or (kind == "Hidden" and default is not None):
        return default
    if last.endswith(("url", "uri", "endpoint")):
        scheme = next((scheme for part, scheme in SCHEMES.items() if part in job_type), "http")
        address = f"{scheme}://127.0.0.1:{peer.port}/a"
        return f"{address}?q={PLACEHOLDER}" if variation % 2 else address
    if last.endswith("servers"):
        return f"127.0.0.1:{peer.port}"
    if last.endswith("port"):
        return str(peer.port)
    if last.endswith(("host", "hostname")):
        return "127.0.0.1"
    if "timeout" in name or "seconds" in name:
        return 2
    if kind == "Number" or (default is not None and variation % 2 == 0):
        return default
    if declared.get("feel") == "required":
        return {"a": PLACEHOLDER, PLACEHOLDER: ["b", PLACEHOLDER] if variation == 1 else PLACEHOLDER}
    return PLACEHOLDER


def holds(condition: Mapping[str, Any] | None, by_id: Mapping[str, Any]) -> bool:
    if condition is None:
        return True
    if "allMatch" in condition:
        return all(holds(each, by_id) for each in condition["allMatch"])
    value = by_id.get(condition["property"])
    if "equals" in condition:
        return bool(value == condition["equals"])
    if "oneOf" in condition:
        return value in condition["oneOf"]
    return (value is not None) == condition.get("isActive", True)


def nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in flat.items():
        *path, last = name.split(".")
        scope = found
        for part in path:
            scope = scope.setdefault(part, {})
            if not isinstance(scope, dict):
                break
        else:
            scope[last] = value
    return found


def inputs(connector: OutboundConnector, peer: Peer) -> Iterator[tuple[dict[str, Any], dict[str, str]]]:
    """Variables and headers of its jobs."""
    templates = templates_of(connector, folder_of(connector)) if connector.template is not None else []
    for variation in range(VARIATIONS):
        for template in templates[:1]:
            flat = values_of(template, "zeebe:input", connector.type, peer, variation)
            headers = values_of(template, "zeebe:taskHeader", connector.type, peer, variation)
            operation = {"operation": str(headers["operation"])} if "operation" in headers else {}
            yield nested(flat), operation
    for (
        operation
    ) in connector.operations.values():  # nothing fits: names of the whole input, texts in place of everything
        yield dict.fromkeys(operation.input_names, PLACEHOLDER), {"operation": operation.id}


def everything_of(outcome: Outcome) -> str:
    return json.dumps([str(vars(outcome)), vars(outcome)], ensure_ascii=False, default=str)


@pytest.fixture(autouse=True)
def no_repeats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.mark.parametrize("connector", CONNECTORS.outbound, ids=lambda c: c.type)
async def test_no_failure_of_an_outbound_connector_gives_a_secret_away(
    connector: OutboundConnector,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    runner = OutboundRunner(StaticSecrets({"TOKEN": SECRET}))
    metrics = RuntimeMetrics()
    failures = 0

    async def run(variables: dict[str, Any], headers: dict[str, str]) -> Outcome | None:
        started = metrics.started(connector.type, headers)
        job = JobInfo(1, connector.type, 3, headers, process_definition_id="p", element_id="task")
        try:
            async with asyncio.timeout(CALL_SECONDS_MAX):
                outcome = await runner.run(connector, job, variables)
        except TimeoutError:
            return None
        metrics.ended(connector.type, headers, started, outcome)
        return outcome

    async with AsyncExitStack() as stack:
        peers = [await stack.enter_async_context(peer_that(behaviour)) for behaviour in PEERS]
        stack.push_async_callback(runner.resources.close)  # before the peers, which wait for their connections
        monkeypatch.setenv("AWS_ENDPOINT_URL", peers[-1].url)
        jobs: list[tuple[str, dict[str, Any], dict[str, str]]] = []
        for peer in peers:
            for number, (variables, operation) in enumerate(inputs(connector, peer)):
                names = (
                    list(HEADERS)
                    if number < 2 and peer is peers[-1]
                    else list(HEADERS)[number % 6 : number % 6 + 6 : 5]
                )
                jobs += [(name, variables, {**operation, **HEADERS[name]}) for name in names]
        outcomes = await asyncio.gather(*(run(variables, headers) for _, variables, headers in jobs))

    for (name, _, _), outcome in zip(jobs, outcomes, strict=True):
        if outcome is not None and not isinstance(outcome, Completed):
            failures += 1
            left = everything_of(outcome)
            assert not [form for form in (CORE, *CORES_IN_BASE64) if form in left], f"{name}: {left}"
    assert failures > len(HEADERS)
    assert not logged(caplog)
    assert CORE not in generate_latest(metrics.registry).decode() + json.dumps(metrics.summary())
    written = capfd.readouterr()
    assert CORE not in written.out + written.err


@pytest.mark.parametrize("connector", CONNECTORS.inbound, ids=lambda c: c.type)
async def test_no_failure_of_an_inbound_connector_gives_a_secret_away(
    connector: InboundConnector,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    templates = templates_of(connector, folder_of(connector)) if connector.template is not None else []
    assert templates, "an inbound connector without a template is fed by nobody"
    shown = ""
    async with AsyncExitStack() as stack:
        peers = [await stack.enter_async_context(peer_that(behaviour)) for behaviour in PEERS]
        monkeypatch.setenv("AWS_ENDPOINT_URL", peers[-1].url)
        engine: Any = None  # nothing arrives, so nothing is correlated
        registry = InboundRegistry(engine, {connector.type: connector}, secrets=StaticSecrets({"TOKEN": SECRET}))
        elements = []
        for number, (peer, variation) in enumerate((peer, v) for peer in peers for v in range(VARIATIONS)):
            flat = values_of(templates[0], "zeebe:property", connector.type, peer, variation)
            flat["inbound.type"] = connector.type
            xml = _process(f"p{number}", {name: _text(value) for name, value in flat.items()})
            elements += served_elements(xml, f"p{number}", number + 1, 1, "<default>")
        await registry.apply(grouped(elements, {connector.type: connector}))
        await asyncio.sleep(REPORT_SECONDS_MAX)
        executables = list(registry.executables.values())
        shown = json.dumps([described(executable) for executable in executables], ensure_ascii=False)
        async with asyncio.timeout(CALL_SECONDS_MAX * 2):
            await registry.close()
        shown += json.dumps([described(executable) for executable in executables], ensure_ascii=False)

    assert executables
    assert CORE not in shown
    assert not logged(caplog)
    written = capfd.readouterr()
    assert CORE not in written.out + written.err


def logged(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    """What tells the secret, from all loggers but that of our own peer."""
    texts = ((record.name, f"{record.getMessage()} {record.exc_text}") for record in caplog.records)
    return [(name, text) for name, text in texts if CORE in text and name != "aiohttp.server"]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _process(process_id: str, properties: Mapping[str, str]) -> bytes:
    written = "".join(f"<zeebe:property name={quoteattr(k)} value={quoteattr(v)}/>" for k, v in properties.items())
    return (
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" '
        f'targetNamespace="t"><process id="{process_id}" isExecutable="true"><startEvent id="start"><extensionElements>'
        f"<zeebe:properties>{written}</zeebe:properties></extensionElements></startEvent></process></definitions>"
    ).encode()
