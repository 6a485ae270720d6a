"""Running inbound connectors: swapped, restarted, stopped; and what becomes of events. Pauses pass on a clock that jumps."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Annotated, Any

import pytest
from tests.unit.connector_runtime.inbound_process import TYPE, served

from kiang.connector_runtime.inbound.grouping import grouped
from kiang.connector_runtime.inbound.registry import (
    RESTART_DELAY_MAX,
    RESTART_DELAY_MIN,
    Executable,
    InboundRegistry,
    states_of,
)
from kiang.connector_sdk import ConnectorInput
from kiang.connector_sdk.constraints import NotBlank
from kiang.connector_sdk.inbound import (
    CorrelationResult,
    InboundContext,
    Outcome,
    WebhookEvent,
    WebhookRequest,
    inbound_connector,
    inbound_connector_of,
)
from kiang.errors import ConnectorInputError, ConnectorRetryError, Unavailable

HOOK = "com.example:hook:1"
AUTO = {"deduplicationMode": "AUTO"}
MANUAL = {"deduplicationMode": "MANUAL", "deduplicationId": "shared"}
SPREAD = 0.1


class JumpingLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock jumps to the next timer as soon as nothing else is to be done."""

    def __init__(self) -> None:
        self.now = 0.0
        super().__init__(_JumpingSelector(self))

    def time(self) -> float:
        return self.now


class _JumpingSelector(selectors.DefaultSelector):
    def __init__(self, loop: JumpingLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0 if timeout else timeout)
        if not ready and timeout:
            self._loop.now += timeout
        return ready


def on_jumping_clock(test: Callable[[], Awaitable[None]]) -> None:
    async def whole() -> None:
        await test()

    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        runner.run(whole())


class Inbox(ConnectorInput):
    queue: Annotated[str, NotBlank()]


class Inboxes:
    """A subscription that remembers its runs: `failures` end the first ones, later ones wait to be cancelled."""

    def __init__(self, *failures: Exception) -> None:
        self.starts: list[float] = []
        self.queues: list[str] = []
        self.stopped: list[str] = []
        self.contexts: list[InboundContext] = []
        self._failures = list(failures)

        @inbound_connector(name="Inbox", type=TYPE)
        async def listen(inbox: Inbox, context: InboundContext) -> None:
            self.starts.append(asyncio.get_running_loop().time())
            self.queues.append(inbox.queue)
            self.contexts.append(context)
            if self._failures:
                raise self._failures.pop(0)
            try:
                await asyncio.Event().wait()
            finally:
                self.stopped.append(inbox.queue)

        self.connector = inbound_connector_of(listen)


class Hooked(ConnectorInput):
    inbound: dict[str, str]


@inbound_connector(name="Hook", type=HOOK)
class Hook:
    def __init__(self, properties: Hooked) -> None:
        self.properties = properties

    async def verify(self, request: WebhookRequest) -> None:
        return None

    async def trigger(self, request: WebhookRequest) -> WebhookEvent:
        return WebhookEvent({})


class Engine:
    """Remembers what is started; refuses it with `refusal`, if there is one."""

    def __init__(self, refusal: Exception | None = None) -> None:
        self.started: list[tuple[int, Mapping[str, Any]]] = []
        self._refusal = refusal

    async def start(self, process: Any, variables: Mapping[str, Any], *, waits: bool) -> tuple[int, Mapping[str, Any]]:
        if self._refusal is not None:
            raise self._refusal
        self.started.append((process.key, variables))
        return len(self.started), {}


class Running:
    """A registry and what it runs."""

    def __init__(self, *failures: Exception, engine: Engine | None = None) -> None:
        self.inboxes = Inboxes(*failures)
        self.engine = engine or Engine()
        self._connectors = {TYPE: self.inboxes.connector, HOOK: inbound_connector_of(Hook)}
        self.registry = InboundRegistry(self.engine, self._connectors)  # type: ignore[arg-type]

    async def apply(self, *elements: Any) -> list[Executable]:
        await self.registry.apply(grouped(elements, self._connectors))
        await asyncio.sleep(0)
        return list(self.registry.executables.values())

    async def event(self, variables: Mapping[str, Any]) -> CorrelationResult:
        return await self.inboxes.contexts[-1].correlate(variables)


async def test_elements_of_one_group_share_one_run():
    running = Running()

    executables = await running.apply(*served(AUTO | {"queue": "a"}, AUTO | {"queue": "a"}, AUTO | {"queue": "b"}))

    assert running.inboxes.queues == ["a", "b"]
    assert [len(executable.group.elements) for executable in executables] == [2, 1]
    await running.registry.close()
    assert sorted(running.inboxes.stopped) == ["a", "b"]


@pytest.mark.parametrize("mode", [AUTO, MANUAL])
async def test_a_new_version_with_the_same_properties_is_swapped_in_without_a_restart(mode):
    running = Running()
    (before,) = await running.apply(*served(mode | {"queue": "a"}))
    (after,) = await running.apply(*served(mode | {"queue": "a", "resultVariable": "event"}, key=2, version=2))

    result = await running.event({"n": 1})

    assert after is before
    assert (running.inboxes.queues, running.inboxes.stopped) == (["a"], [])
    assert running.inboxes.contexts[0].definition.elements[0].version == 2
    assert result.outcome is Outcome.PROCESS_INSTANCE_CREATED
    assert running.engine.started == [(2, {"event": {"n": 1}})]
    await running.registry.close()


@pytest.mark.parametrize("mode", [AUTO, MANUAL, {}])
async def test_a_new_version_with_other_properties_stops_the_old_and_starts_the_new(mode):
    running = Running()
    await running.apply(*served(mode | {"queue": "a"}))
    (after,) = await running.apply(*served(mode | {"queue": "b"}, key=2, version=2))

    assert (running.inboxes.queues, running.inboxes.stopped) == (["a", "b"], ["a"])
    assert after.state == "Activated"
    assert running.registry.counts == {"activated": 2, "deactivated": 1, "activation-failed": 0}
    await running.registry.close()


async def test_the_same_definitions_again_change_nothing():
    running = Running()
    before = await running.apply(*served({"queue": "a"}))

    assert await running.apply(*served({"queue": "a"})) == before
    assert (running.inboxes.queues, running.inboxes.stopped) == (["a"], [])
    await running.registry.close()


async def test_it_stops_when_no_definition_is_left():
    running = Running()
    await running.apply(*served(AUTO | {"queue": "a"}, AUTO | {"queue": "a"}))
    await running.apply(*served(AUTO | {"queue": "a"}))
    assert running.inboxes.stopped == []

    assert await running.apply() == []
    assert running.inboxes.stopped == ["a"]


async def test_a_manual_group_that_is_torn_apart_stops_and_comes_back_once_mended():
    running = Running()
    await running.apply(*served(MANUAL | {"queue": "a"}, MANUAL | {"queue": "a"}))

    (torn,) = await running.apply(*served(MANUAL | {"queue": "a"}, MANUAL | {"queue": "b"}, key=2, version=2))
    assert (torn.state, torn.health.status) == ("InvalidDefinition", "DOWN")
    assert torn.health.error.endswith("The following properties are different: queue")
    assert running.inboxes.stopped == ["a"]

    (mended,) = await running.apply(*served(MANUAL | {"queue": "b"}, MANUAL | {"queue": "b"}, key=3, version=3))
    assert (mended.state, running.inboxes.queues) == ("Activated", ["a", "b"])
    await running.registry.close()


async def test_what_cannot_start_says_why_and_does_not_hinder_the_others():
    running = Running()

    executables = await running.apply(*served({"queue": " "}, {"inbound.type": "nobody"}, {"queue": "a"}))

    assert states_of(executables) == {"FailedToActivate": 1, "ConnectorNotRegistered": 1, "Activated": 1}
    assert "Property: queue" in executables[0].health.error
    assert executables[1].health.error == "Connector nobody is not registered"
    assert running.inboxes.queues == ["a"]
    await running.registry.close()


def test_after_a_crash_it_is_started_again_after_growing_pauses():
    async def test() -> None:
        running = Running(*[RuntimeError("lost")] * 9)
        (executable,) = await running.apply(*served({"queue": "a"}))
        assert executable.health.error == "RuntimeError: lost"
        await asyncio.sleep(RESTART_DELAY_MAX.total_seconds() * 10)

        starts = running.inboxes.starts
        pauses = [later - earlier for earlier, later in zip(starts, starts[1:], strict=False)]
        wanted, longest = RESTART_DELAY_MIN.total_seconds(), RESTART_DELAY_MAX.total_seconds()
        assert pauses == [pytest.approx(min(wanted * 2**n, longest), rel=SPREAD + 0.01) for n in range(9)]
        assert executable.state == "Activated"
        await running.registry.close()
        assert running.inboxes.stopped == ["a"]

    on_jumping_clock(test)


def test_a_connector_that_says_how_to_go_on_is_obeyed():
    async def test() -> None:
        again = [ConnectorRetryError("", "later", retries=2, backoff=timedelta(seconds=100)) for _ in range(5)]
        running = Running(*again)
        (executable,) = await running.apply(*served({"queue": "a"}))
        await asyncio.sleep(5_000)

        assert running.inboxes.starts == [
            0.0,
            pytest.approx(100, rel=SPREAD + 0.01),
            pytest.approx(200, rel=SPREAD + 0.01),
        ]
        assert (executable.state, executable.fault) == ("Cancelled", "later")

    on_jumping_clock(test)


def test_input_that_is_wrong_is_not_tried_again_but_by_hand():
    async def test() -> None:
        running = Running(ConnectorInputError("no such queue"))
        (executable,) = await running.apply(*served({"queue": "a"}))
        await asyncio.sleep(5_000)
        assert (executable.state, len(running.inboxes.starts)) == ("Cancelled", 1)

        await running.registry.reset(executable.group.id)
        await asyncio.sleep(0)
        assert states_of(running.registry.executables.values()) == {"Activated": 1}
        assert len(running.inboxes.starts) == 2
        await running.registry.close()

    on_jumping_clock(test)


def test_what_waits_for_its_restart_is_stopped_too():
    async def test() -> None:
        running = Running(RuntimeError("lost"))
        await running.apply(*served({"queue": "a"}))
        await running.apply()
        await asyncio.sleep(5_000)

        assert len(running.inboxes.starts) == 1

    on_jumping_clock(test)


CONDITIONS = (
    AUTO | {"queue": "a", "activationCondition": '=kind = "order"', "resultExpression": "={from: 0}"},
    AUTO | {"queue": "a", "inbound.activationCondition": '=kind = "refund"', "resultExpression": "={from: 1}"},
)


@pytest.mark.parametrize(("kind", "element_id", "number"), [("order", "start0", 0), ("refund", "start1", 1)])
async def test_the_condition_chooses_the_element(kind, element_id, number):
    running = Running()
    await running.apply(*served(*CONDITIONS))

    result = await running.event({"kind": kind})

    assert (result.outcome, result.element_id) == (Outcome.PROCESS_INSTANCE_CREATED, element_id)
    assert running.engine.started == [(1, {"from": number})]
    await running.registry.close()


@pytest.mark.parametrize(("consumes", "done"), [({}, False), ({"consumeUnmatchedEvents": "true"}, True)])
async def test_an_event_that_no_element_wants_is_dropped_only_if_asked(consumes, done):
    running = Running()
    await running.apply(*served(CONDITIONS[0], CONDITIONS[1] | consumes))

    result = await running.event({"kind": "other"})

    assert (result.outcome, result.message) == (Outcome.ACTIVATION_CONDITION_NOT_MET, "Activation condition not met")
    assert (result.is_success, result.is_done, result.is_retryable) == (False, done, False)
    assert running.engine.started == []
    await running.registry.close()


async def test_an_event_that_two_elements_want_differently_is_refused():
    running = Running()
    await running.apply(*served(AUTO | {"queue": "a", "resultVariable": "r"}, AUTO | {"queue": "a"}))

    result = await running.event({})

    assert (result.outcome, result.is_retryable) == (Outcome.INVALID_INPUT, False)
    assert result.message == "Multiple connectors are activated for the same input: start0, start1"
    assert running.engine.started == []
    await running.registry.close()


async def test_an_engine_that_is_away_makes_the_event_worth_another_try():
    running = Running(engine=Engine(Unavailable("away")))
    await running.apply(*served({"queue": "a"}))

    result = await running.event({})

    assert (result.outcome, result.status, result.is_retryable) == (Outcome.ENGINE_ERROR, "UNAVAILABLE", True)
    await running.registry.close()


async def test_of_two_webhooks_under_one_path_the_second_waits_for_it():
    running = Running()
    hook = {"inbound.type": HOOK, "inbound.context": "orders"}
    first, second = served(hook), served(hook, process="refunds", key=2)

    holder, queued = await running.apply(*first, *second)
    assert (holder.state, queued.state) == ("Activated", "Queued")
    assert queued.health.error == "Context: orders already in use by: process orders(start0)"
    assert running.registry.webhook("orders") is holder

    (opened,) = await running.apply(*second)
    assert opened.state == "Activated"
    assert running.registry.webhook("orders") is opened
    await running.registry.close()
    assert running.registry.webhook("orders") is None
