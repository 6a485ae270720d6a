"""Webhook connector: called over HTTP, in a runtime whose engine is a simulated twin of the port."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from xml.sax.saxutils import quoteattr

import aiohttp
import pytest

from kiang.connector_runtime.inbound.engine import DeployedProcess, Waiting
from kiang.connector_runtime.runtime import ConnectorRuntime
from kiang.connector_runtime.server import RuntimeServer
from kiang.connector_sdk import StaticSecrets
from kiang.connector_sdk.inbound import Health, InboundContext, Severity, inbound_connector, inbound_connector_of
from kiang.connectors.webhook import WebhookConnector
from kiang.connectors.webhook.properties import WebhookProperties
from kiang.errors import ClientError, ResourceExhausted

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
ZEEBE = "http://camunda.org/schema/zeebe/1.0"
SECRET = "whsec-very-secret"


class Engine:
    """An engine with one process; starts instances by remembering them."""

    def __init__(self, properties: Mapping[str, str], refusal: ClientError | None = None) -> None:
        entries = "".join(f"<z:property name={quoteattr(k)} value={quoteattr(v)}/>" for k, v in properties.items())
        self._xml = (
            f'<b:definitions xmlns:b="{BPMN}" xmlns:z="{ZEEBE}" targetNamespace="t"><b:process id="p" isExecutable="true">'
            f'<b:startEvent id="start"><b:extensionElements><z:properties>{entries}</z:properties></b:extensionElements>'
            "</b:startEvent></b:process></b:definitions>"
        ).encode()
        self.started: list[Mapping[str, Any]] = []
        self._refusal = refusal

    async def latest_processes(self) -> list[DeployedProcess]:
        return [DeployedProcess(1, "p", 1, "<default>")]

    async def xml(self, process_definition_key: int) -> bytes:
        return self._xml

    async def start(
        self, process: DeployedProcess, variables: Mapping[str, Any], *, waits: bool
    ) -> tuple[int, Mapping[str, Any]]:
        if self._refusal is not None:
            raise self._refusal
        self.started.append(variables)
        return 42, {}

    async def publish(
        self, name: str, key: str, variables: Mapping[str, Any], *, message_id: str, ttl: timedelta, tenant_id: str
    ) -> int:
        raise AssertionError("a start event publishes nothing")

    async def correlate(self, name: str, key: str, variables: Mapping[str, Any], *, tenant_id: str) -> tuple[int, int]:
        raise AssertionError("a start event correlates nothing")

    async def waiting(self, process_definition_key: int, element_id: str) -> list[Waiting]:
        return []

    async def variables(self, waiting: Waiting) -> dict[str, Any]:
        return {}


@asynccontextmanager
async def serving(engine: Engine, target: Any = WebhookConnector, **options: Any) -> AsyncIterator[str]:
    runtime = ConnectorRuntime(
        None,  # type: ignore[arg-type] - no outbound connector, so nobody asks for jobs
        inbound=[inbound_connector_of(target)],
        engine=engine,
        secrets=StaticSecrets({"HMAC": SECRET}),
        interval_seconds=0.05,
    )
    server = RuntimeServer(runtime, port=0, **options)
    await server.start()
    running = asyncio.create_task(runtime.run())
    try:
        async with asyncio.timeout(10):
            while not runtime.is_ready:  # noqa: ASYNC110 - the runtime tells nobody
                await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{server.port}"
    finally:
        runtime.stop()
        await running
        await server.stop()


def webhook(**more: str) -> dict[str, str]:
    named = {name.replace("__", "."): value for name, value in more.items()}
    return {
        "inbound.type": "io.camunda:webhook:1",
        "inbound.context": "orders",
        "inbound.auth.type": "NONE",
        "resultExpression": "={order: request.body.order}",
        **named,
    }


async def post(url: str, content: bytes = b'{"order": "A-1"}', **headers: str) -> tuple[int, str]:
    named = {"Content-Type": "application/json", **{k.replace("_", "-"): v for k, v in headers.items()}}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{url}/inbound/orders", data=content, headers=named) as r,
    ):
        return r.status, await r.text()


async def test_a_call_starts_a_process_and_gets_the_answer_of_the_response_expression() -> None:
    engine = Engine(
        webhook(inbound__responseExpression="={statusCode: 201, body: {key: correlation.processInstanceKey}}")
    )

    async with serving(engine) as url:
        status, text = await post(url)

    assert (status, text) == (201, '{"key": 42}')
    assert engine.started == [{"order": "A-1"}]


@pytest.mark.parametrize(
    ("properties", "content", "headers", "status"),
    [
        ({"inbound__method": "get"}, b"{}", {}, 405),
        ({}, b"{no json", {}, 400),
        ({"activationCondition": '=request.body.order = "B"'}, b'{"order": "A"}', {}, 422),
        (
            {"activationCondition": '=request.body.order = "B"', "consumeUnmatchedEvents": "true"},
            b'{"order": "A"}',
            {},
            200,
        ),
        (
            {"inbound__auth__type": "BASIC", "inbound__auth__username": "u", "inbound__auth__password": "p"},
            b"{}",
            {"Authorization": "Basic dTp3cm9uZw=="},
            401,
        ),
        ({"inbound__auth__type": "APIKEY", "inbound__auth__apiKey": "k"}, b"{}", {}, 401),
        ({"inbound__auth__type": "JWT", "inbound__auth__jwt__jwkUrl": "http://127.0.0.1:1/"}, b"{}", {}, 401),
    ],
)
async def test_a_call_that_does_not_fit_is_refused_and_starts_nothing(
    properties: dict[str, str], content: bytes, headers: dict[str, str], status: int
) -> None:
    engine = Engine(webhook(**properties))

    async with serving(engine) as url:
        answered, _ = await post(url, content, **headers)

    assert answered == status
    assert engine.started == []


async def test_only_a_body_with_the_right_signature_is_let_in() -> None:
    engine = Engine(
        webhook(
            inbound__shouldValidateHmac="enabled",
            inbound__hmacSecret="{{secrets.HMAC}}",
            inbound__hmacHeader="X-Signature",
            inbound__hmacAlgorithm="sha_256",
        )
    )
    content = b'{"order": "A-1"}'
    right = "sha256=" + hmac.new(SECRET.encode(), content, hashlib.sha256).hexdigest()

    async with serving(engine) as url:
        missing, _ = await post(url, content)
        wrong, text = await post(url, content, X_Signature="sha256=" + "0" * 64)
        let_in, _ = await post(url, content, X_Signature=right)

    assert (missing, wrong, let_in) == (401, 401, 200)
    assert SECRET not in text
    assert len(engine.started) == 1


async def test_large_bodies_and_floods_are_refused() -> None:
    async with serving(Engine(webhook()), body_size_max_bytes=100, rate_max_per_second=3) as url:
        large, _ = await post(url, b'"' + b"x" * 200 + b'"')
        statuses = [(await post(url))[0] for _ in range(6)]

    assert large == 413
    assert 429 in statuses


async def test_the_engines_back_pressure_reaches_the_caller() -> None:
    async with serving(Engine(webhook(), ResourceExhausted("full"))) as url:
        status, _ = await post(url)

    assert status == 429


async def test_what_runs_is_shown_without_secrets_and_only_to_those_who_have_the_token() -> None:
    engine = Engine(webhook(inbound__hmacSecret="{{secrets.HMAC}}"))

    async with serving(engine, admin_token="t0k") as url, aiohttp.ClientSession() as session:
        refused = await session.get(f"{url}/inbound")
        shown = await session.get(f"{url}/inbound", headers={"Authorization": "Bearer t0k"})
        text = await shown.text()

    assert refused.status == 401
    assert '"state":"Activated"' in text
    assert SECRET not in text


async def test_a_secret_in_a_connectors_own_error_is_masked_in_health_and_log() -> None:
    @inbound_connector(name="Loud", type="io.camunda:webhook:1")
    async def loud(properties: WebhookProperties, context: InboundContext) -> None:
        context.log(Severity.INFO, "Consumer", f"connecting with {properties.inbound.hmac_secret}")
        context.report(Health.down(f"refused for {properties.inbound.hmac_secret}"))
        raise OSError(f"amqp://user:{properties.inbound.hmac_secret}@broker is not reachable")

    async with serving(Engine(webhook(inbound__hmacSecret="{{secrets.HMAC}}")), loud) as url:
        await asyncio.sleep(0.1)
        async with aiohttp.ClientSession() as session, session.get(f"{url}/inbound") as shown:
            text = await shown.text()

    assert "is not reachable" in text
    assert "***" in text
    assert SECRET not in text
