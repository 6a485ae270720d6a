"""What an inbound connector may count on when it is stopped: `InboundContext.finish`."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from tests.integration.connectors.correlator import Answering, context_for

from kiang.connector_sdk import inbound
from kiang.connector_sdk.inbound import InboundContext, Outcome


def context() -> InboundContext:
    return context_for("com.example:inbox:1", Answering(Outcome.MESSAGE_PUBLISHED))


async def test_an_event_is_finished_before_a_stop_takes_effect() -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()
    done: list[str] = []

    async def handle() -> None:
        begun.set()
        await go_on.wait()
        done.append("acknowledged")

    async def listen() -> None:
        await context().finish(handle())
        done.append("next event")

    task = asyncio.create_task(listen())
    await begun.wait()
    task.cancel()
    await asyncio.sleep(0)
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert done == ["acknowledged"]


async def test_an_event_that_does_not_end_is_cancelled_with_its_connector(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbound, "FINISH_SECONDS_MAX", 0)
    begun, cancelled = asyncio.Event(), asyncio.Event()

    async def handle() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    task = asyncio.create_task(context().finish(handle()))
    await begun.wait()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task

    await cancelled.wait()


async def test_what_handling_gives_or_raises_comes_through() -> None:
    async def gives() -> int:
        return 5

    async def raises() -> None:
        raise ValueError("no")

    assert await context().finish(gives()) == 5
    with pytest.raises(ValueError, match="no"):
        await context().finish(raises())
