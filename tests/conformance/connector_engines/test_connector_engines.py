"""One connector object on every engine: the same outcomes everywhere."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Annotated, Any

import pytest
from tests.conformance.connector_engines.camunda7_twin import Camunda7Twin
from tests.conformance.connector_engines.engines import ENGINES, Camunda7, EngineUnderTest, InProcess, Task, ended
from tests.integration.running_engine import RunningEngine, running_engine

from kiang.connector_runtime.runtime import ConnectorRuntime
from kiang.connector_sdk import (
    ConnectorError,
    ConnectorInput,
    NotBlank,
    OutboundContext,
    StaticSecrets,
    connector_of,
    outbound_connector,
)

TYPE = "test:probe:1"
SECRET = "s3cr3t-of-the-suite"
BACKOFF = timedelta(milliseconds=600)


class Inner(ConnectorInput):
    text: Annotated[str, NotBlank()] = "none"
    number: int = 0


class ProbeInput(ConnectorInput):
    act: str
    nested: Inner = Inner()
    token: str = ""
    settings: dict[str, Any] = {}


class Probe:
    """What the connector has seen, and what it waits for."""

    attempts: list[tuple[float, int]] = []
    keys: list[int] = []
    begun: asyncio.Event
    may_end: asyncio.Event


@outbound_connector(name="Probe", type=TYPE)
async def probe(data: ProbeInput, context: OutboundContext) -> dict[str, Any]:
    Probe.attempts.append((time.monotonic(), context.job.retries))
    Probe.keys.append(context.job.element_instance_key)
    Probe.begun.set()
    match data.act:
        case "fail":
            raise ConnectorError("BROKEN", f"it broke with {data.token or 'nothing'}", {"why": data.token})
        case "fail once" if len(Probe.attempts) == 1:
            raise ConnectorError("BROKEN", "it broke once")
        case "wait":
            await Probe.may_end.wait()
    return {
        "text": data.nested.text,
        "number": data.nested.number,
        "list": [1, {"deep": None}],
        "settings": data.settings,
        "long": "x" * 5_000,
        "has_secret": data.token == SECRET,
    }


CONNECTOR = connector_of(probe)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEngine]:
    with running_engine(tmp_path_factory.mktemp("engines") / "data") as engine:
        yield engine


@pytest.fixture(params=ENGINES)
async def engine(request: pytest.FixtureRequest, running: RunningEngine) -> AsyncIterator[EngineUnderTest]:
    Probe.attempts, Probe.keys = [], []
    Probe.begun, Probe.may_end = asyncio.Event(), asyncio.Event()
    async with ENGINES[request.param](running) as made:
        yield made


@asynccontextmanager
async def connectors_on(engine: EngineUnderTest, **options: Any) -> AsyncIterator[ConnectorRuntime]:
    runtime = ConnectorRuntime(
        outbound=[CONNECTOR], secrets=StaticSecrets({"TOKEN": SECRET}), **engine.runtime_arguments(), **options
    )
    running = asyncio.create_task(runtime.run())
    try:
        yield runtime
    finally:
        runtime.stop()
        await running


async def test_success_with_result_variable_and_expression(engine: EngineUnderTest) -> None:
    task = Task(
        "success",
        TYPE,
        {"act": "succeed", "nested.text": "ä € 𝄞", "nested.number": "7", "settings": {"a": [1, 2.5, True, None]}},
        {"resultVariable": "raw", "resultExpression": "={upper: upper case(text), first: list[1], nothing: null}"},
    )
    async with connectors_on(engine):
        found = await ended(engine, await engine.start(task, {"before": 1}))

    assert found.end == "end"
    assert found.variables["before"] == 1
    assert found.variables["upper"] == "Ä € 𝄞"
    assert found.variables["first"] == 1
    assert found.variables["nothing"] is None
    raw = found.variables["raw"]
    assert (raw["text"], raw["number"], raw["list"]) == ("ä € 𝄞", 7, [1, {"deep": None}])
    assert raw["settings"] == {"a": [1, 2.5, True, None]}
    assert raw["long"] == "x" * 5_000


async def test_a_long_text_comes_through_whole(engine: EngineUnderTest) -> None:
    task = Task("long", TYPE, {"act": "succeed"}, {"resultExpression": "={long: long}"})
    async with connectors_on(engine):
        found = await ended(engine, await engine.start(task, {}))

    assert found.variables["long"] == "x" * 5_000


async def test_a_failure_is_tried_again_after_its_backoff(engine: EngineUnderTest) -> None:
    task = Task("backoff", TYPE, {"act": "fail once"}, {"retryBackoff": "PT0.6S", "resultExpression": "={done: true}"})
    async with connectors_on(engine):
        instance = await engine.start(task, {})
        await asyncio.wait_for(Probe.begun.wait(), 10)
        if isinstance(engine, InProcess):
            for _ in range(100):
                await asyncio.sleep(0)
            await asyncio.sleep(0.05)
            assert len(Probe.attempts) == 1
            await engine.pass_time(BACKOFF + timedelta(milliseconds=1))  # over when it is past, not when it is reached
        found = await ended(engine, instance)

    assert found.end == "end"
    assert found.variables["done"] is True
    assert [retries for _, retries in Probe.attempts] == [3, 2]
    assert Probe.keys[0] == Probe.keys[1] != 0
    if not isinstance(engine, InProcess):
        assert Probe.attempts[1][0] - Probe.attempts[0][0] >= BACKOFF.total_seconds() - 0.05


async def test_no_retries_left_is_an_incident_without_the_secret(
    engine: EngineUnderTest, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    task = Task("broken", TYPE, {"act": "fail", "token": "{{secrets.TOKEN}}"}, {"resultVariable": "raw"}, retries=2)
    async with connectors_on(engine):
        found = await ended(engine, await engine.start(task, {}))

    assert found.incident == "it broke with ***"
    assert [retries for _, retries in Probe.attempts] == [2, 1]
    assert "raw" not in found.variables
    assert SECRET not in json.dumps(found.variables) + caplog.text


async def test_an_error_expression_throws_an_error_that_the_process_catches(engine: EngineUnderTest) -> None:
    task = Task(
        "thrown",
        TYPE,
        {"act": "fail", "token": "{{secrets.TOKEN}}"},
        {
            "errorExpression": '=if error.code = "BROKEN" then bpmnError("CAUGHT", error.message, {said: error.message}) else null'
        },
    )
    async with connectors_on(engine):
        found = await ended(engine, await engine.start(task, {}))

    assert found.end == "caught"
    assert len(Probe.attempts) == 1
    assert SECRET not in json.dumps(found.variables)


async def test_secrets_are_put_in_only_where_the_task_names_them(engine: EngineUnderTest) -> None:
    task = Task(
        "secret", TYPE, {"act": "succeed", "token": "{{secrets.TOKEN}}"}, {"resultExpression": "={ok: has_secret}"}
    )
    async with connectors_on(engine):
        found = await ended(engine, await engine.start(task, {}))

    assert found.variables["ok"] is True


async def test_an_input_that_cannot_be_bound_is_never_tried_again(engine: EngineUnderTest) -> None:
    task = Task("input", TYPE, {"act": "succeed", "nested.text": " "})
    async with connectors_on(engine):
        found = await ended(engine, await engine.start(task, {}))

    assert Probe.attempts == []
    assert "nested.text" in (found.incident or "")


async def test_stopping_finishes_what_is_held(engine: EngineUnderTest) -> None:
    task = Task("held", TYPE, {"act": "wait"}, {"resultExpression": "={done: true}"})
    async with connectors_on(engine) as runtime:
        instance = await engine.start(task, {})
        await asyncio.wait_for(Probe.begun.wait(), 10)
        runtime.stop()
        for _ in range(20):
            await asyncio.sleep(0)
        assert await engine.stands(instance) is None
        Probe.may_end.set()
    found = await ended(engine, instance)

    assert found.end == "end"
    assert found.variables["done"] is True
    assert len(Probe.attempts) == 1


async def test_what_cannot_be_finished_in_time_is_handed_back_with_all_its_retries(engine: EngineUnderTest) -> None:
    task = Task("handed-back", TYPE, {"act": "wait"}, {"resultExpression": "={done: true}"})
    async with connectors_on(engine, grace=timedelta(0)):
        instance = await engine.start(task, {})
        await asyncio.wait_for(Probe.begun.wait(), 10)
    Probe.may_end.set()
    async with connectors_on(engine):
        found = await ended(engine, instance)

    assert found.variables["done"] is True
    assert [retries for _, retries in Probe.attempts] == [3, 3]


async def test_camunda7_gives_a_connector_its_input_parameters_only(running: RunningEngine) -> None:
    Probe.attempts, Probe.keys = [], []
    Probe.begun, Probe.may_end = asyncio.Event(), asyncio.Event()
    async with ENGINES["Camunda 7"](running) as engine:
        assert isinstance(engine, Camunda7)
        task = Task("local", TYPE, {"act": "succeed"}, {"resultExpression": "={ok: has_secret, text: text}"})
        async with connectors_on(engine):
            found = await ended(
                engine, await engine.start(task, {"token": "{{secrets.TOKEN}}", "nested": {"text": "x"}})
            )

        assert found.variables["ok"] is False
        assert found.variables["text"] == "none"
        twin: Camunda7Twin = engine.twin
        assert "complete" in twin.requests
        assert not twin.tasks
