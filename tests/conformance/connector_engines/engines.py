"""The engines that a connector runs on, each behind the same few methods."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol
from xml.sax.saxutils import quoteattr

import pytest
from tests.conformance.connector_engines.camunda7_twin import Camunda7Twin, Instance, read
from tests.conformance.connector_engines.oidc_server import (
    AUDIENCE,
    CLIENT_ID,
    CLIENT_SECRET,
    TokenServer,
    certificate_of_localhost,
    served,
    tls_gateway,
)
from tests.integration.running_engine import RunningEngine, running_engine

import kiang.testing
from kiang import AsyncClient
from kiang.client.results import FoundElementInstance, FoundIncident, FoundProcessInstance, FoundVariable
from kiang.client.settings import ClientSettings
from kiang.connector_runtime.camunda7 import Camunda7Settings, ExternalTaskPort
from kiang.connector_runtime.inbound.engine import ClientEngine
from kiang.worker.port import JobPort

END_SECONDS_MAX = 20.0
LOOK_AGAIN_SECONDS = 0.02


@dataclass(frozen=True)
class Task:
    """A service task of a process that holds nothing else; a boundary event catches every error.

    Attributes:
        inputs: By name; a dot in it nests.
    """

    process_id: str
    type: str
    inputs: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)
    retries: int = 3


@dataclass(frozen=True)
class Ended:
    """How an instance stands.

    Attributes:
        end: `end`, `caught` or, with an incident, "".
    """

    end: str
    variables: Mapping[str, Any]
    incident: str | None = None


class EngineUnderTest(Protocol):
    """What the suite needs of an engine."""

    def runtime_arguments(self) -> dict[str, Any]:
        """For `ConnectorRuntime`."""

    async def start(self, task: Task, variables: Mapping[str, Any]) -> Any:
        """Deploy the task's process and start an instance."""

    async def stands(self, instance: Any) -> Ended | None:
        """How the instance stands; None while it is under way."""

    async def pass_time(self, duration: timedelta) -> None:
        """Let time pass, where it does not by itself."""


async def ended(engine: EngineUnderTest, instance: Any) -> Ended:
    """How the instance stands at last."""
    async with asyncio.timeout(END_SECONDS_MAX):
        while (found := await engine.stands(instance)) is None:  # noqa: ASYNC110 - how it stands is no event
            await asyncio.sleep(LOOK_AGAIN_SECONDS)
    return found


def bpmn(task: Task) -> bytes:
    """The process for an engine of Camunda 8's kind."""
    inputs = "".join(
        f"<zeebe:input source={quoteattr('=' + json.dumps(value, ensure_ascii=False))} target={quoteattr(name)}/>"
        for name, value in task.inputs.items()
    )
    headers = "".join(f"<zeebe:header key={quoteattr(k)} value={quoteattr(v)}/>" for k, v in task.headers.items())
    return f"""<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" targetNamespace="t">
  <process id="{task.process_id}" isExecutable="true">
    <startEvent id="start"/><sequenceFlow id="a" sourceRef="start" targetRef="task"/>
    <serviceTask id="task"><extensionElements>
      <zeebe:taskDefinition type={quoteattr(task.type)} retries="{task.retries}"/>
      <zeebe:ioMapping>{inputs}</zeebe:ioMapping><zeebe:taskHeaders>{headers}</zeebe:taskHeaders>
    </extensionElements></serviceTask>
    <boundaryEvent id="error" attachedToRef="task"><outgoing>c</outgoing><errorEventDefinition/></boundaryEvent>
    <sequenceFlow id="b" sourceRef="task" targetRef="end"/><endEvent id="end"/>
    <sequenceFlow id="c" sourceRef="error" targetRef="caught"/><endEvent id="caught"/>
  </process></definitions>""".encode()


class ClientSide:
    """An engine behind our client, over either wire."""

    def __init__(self, client: AsyncClient) -> None:
        self.client = client

    def runtime_arguments(self) -> dict[str, Any]:
        return {"client": self.client, "engine": ClientEngine(self.client)}

    async def start(self, task: Task, variables: Mapping[str, Any]) -> int:
        await self.client.deploy_resources({f"{task.process_id}.bpmn": bpmn(task)})
        return (await self.client.create_process_instance(task.process_id, variables)).process_instance_key

    async def stands(self, instance: int) -> Ended | None:
        where = {"processInstanceKey": str(instance)}
        found = (await self.client.search(FoundProcessInstance, where)).items
        incidents = (await self.client.search(FoundIncident, where)).items
        if not found or (found[0].state == "ACTIVE" and not incidents):
            return None
        elements = {e.element_id for e in (await self.client.search(FoundElementInstance, where)).items}
        variables = (await self.client.search(FoundVariable, {**where, "scopeKey": str(instance)})).items
        end = next((name for name in ("end", "caught") if name in elements), "")
        values = {v.name: json.loads(v.value) for v in variables}
        return Ended(end, values, incidents[0].error_message if incidents else None)

    async def pass_time(self, duration: timedelta) -> None:
        """It passes by itself."""


class InProcess:
    """The engine inside the test, with a clock that stands still."""

    def __init__(self, engine: kiang.testing.InProcessEngine) -> None:
        self.engine = engine

    def runtime_arguments(self) -> dict[str, Any]:
        port: JobPort = self.engine.port
        return {"client": port}

    async def start(self, task: Task, variables: Mapping[str, Any]) -> kiang.testing.Instance:
        self.engine.deploy(bpmn(task))
        return self.engine.create_instance(task.process_id, variables)

    async def stands(self, instance: kiang.testing.Instance) -> Ended | None:
        if instance.state == "ACTIVE" and not instance.incidents:
            return None
        passed = {element.id for element in instance.elements}
        end = next((name for name in ("end", "caught") if name in passed), "")
        incident = instance.incidents[0].message if instance.incidents else None
        return Ended(end, instance.variables, incident)

    async def pass_time(self, duration: timedelta) -> None:
        self.engine.clock.advance(duration)


class Camunda7:
    """Camunda 7, as its REST API is documented."""

    def __init__(self, twin: Camunda7Twin, port: ExternalTaskPort) -> None:
        self.twin = twin
        self.port = port

    def runtime_arguments(self) -> dict[str, Any]:
        return {"client": self.port, "allowed_secrets": self.port.secret_names}

    async def start(self, task: Task, variables: Mapping[str, Any]) -> Instance:
        properties = {**task.headers, "retries": str(task.retries)}
        definition = self.twin.deploy(task.process_id, task.type, dict(task.inputs), properties)
        return await self.twin.start(definition, dict(variables))

    async def stands(self, instance: Instance) -> Ended | None:
        if not instance.end and instance.incident is None:
            return None
        return Ended(instance.end, read(instance.variables), instance.incident)

    async def pass_time(self, duration: timedelta) -> None:
        """It passes by itself."""


@asynccontextmanager
async def over_grpc(running: RunningEngine) -> AsyncIterator[EngineUnderTest]:
    async with AsyncClient(running.grpc_address, rest_address=running.rest_url, wire="grpc") as client:
        yield ClientSide(client)


@asynccontextmanager
async def over_rest(running: RunningEngine) -> AsyncIterator[EngineUnderTest]:
    async with AsyncClient(running.grpc_address, rest_address=running.rest_url, wire="rest") as client:
        yield ClientSide(client)


@asynccontextmanager
async def in_process(_running: RunningEngine) -> AsyncIterator[EngineUnderTest]:
    async with kiang.testing.engine() as engine:
        yield InProcess(engine)


@asynccontextmanager
async def camunda7(_running: RunningEngine) -> AsyncIterator[EngineUnderTest]:
    twin = Camunda7Twin()
    async with served(twin.application()) as address:
        environ = {"KIANG_CAMUNDA7_URL": f"{address}/engine-rest/", "KIANG_CAMUNDA7_POLL_SECONDS": "0.5"}
        settings = Camunda7Settings.read(environ=environ)
        assert settings is not None
        yield Camunda7(twin, ExternalTaskPort(settings))


class Cluster:
    """A cluster behind TLS that asks for tokens: what a client in front of it is told is the environment alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.tokens = TokenServer()

    @asynccontextmanager
    async def environment(self) -> AsyncIterator[dict[str, str]]:
        """Variables as Camunda's console hands them out."""
        async with AsyncExitStack() as stack:
            self.tokens.issuer = await stack.enter_async_context(served(self.tokens.application()))
            patch = stack.enter_context(pytest.MonkeyPatch.context())
            patch.setenv("KIANG_ADMIN_CLIENTS", CLIENT_ID)
            options = [
                "--auth=oidc",
                f"--oidc-issuer={self.tokens.issuer}",
                f"--oidc-audience={AUDIENCE}",
                f"--oidc-jwks-url={self.tokens.issuer}/keys",
            ]
            # Starting it blocks, and it asks the token server for keys: not on this loop.
            opened = running_engine(self._folder / "data", *options)
            running = await asyncio.to_thread(opened.__enter__)
            stack.push_async_callback(asyncio.to_thread, opened.__exit__, None, None, None)
            certificate = certificate_of_localhost(self._folder)
            grpc_port = int(running.grpc_address.rpartition(":")[2])
            rest_port = int(running.rest_url.rpartition(":")[2])
            grpc = await stack.enter_async_context(tls_gateway(certificate, ("127.0.0.1", grpc_port)))
            rest = await stack.enter_async_context(tls_gateway(certificate, ("127.0.0.1", rest_port)))
            yield {
                "ZEEBE_ADDRESS": f"grpcs://localhost:{grpc}",
                "ZEEBE_REST_ADDRESS": f"https://localhost:{rest}",
                "ZEEBE_CLIENT_ID": CLIENT_ID,
                "ZEEBE_CLIENT_SECRET": CLIENT_SECRET,
                "ZEEBE_TOKEN_AUDIENCE": AUDIENCE,
                "CAMUNDA_OAUTH_URL": f"{self.tokens.issuer}/oauth/token",
                "CAMUNDA_CUSTOM_ROOT_CERT_PATH": str(certificate),
            }


@asynccontextmanager
async def cluster(running: RunningEngine) -> AsyncIterator[EngineUnderTest]:
    folder = running.data.parent / "cluster"
    folder.mkdir(exist_ok=True)
    async with (
        Cluster(folder).environment() as environ,
        AsyncClient(settings=ClientSettings.read(environ=environ)) as client,
    ):
        yield ClientSide(client)


ENGINES: dict[str, Callable[[RunningEngine], AbstractAsyncContextManager[EngineUnderTest]]] = {
    "grpc": over_grpc,
    "rest": over_rest,
    "cluster with OAuth and TLS": cluster,
    "in process": in_process,
    "Camunda 7": camunda7,
}
