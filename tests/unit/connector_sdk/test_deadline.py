"""Work is ended at its deadline, also when it swallows cancellations."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from kiang.connector_sdk import deadline
from kiang.connector_sdk.deadline import OutOfTimeError, within


class Stubborn:
    """Work that swallows some cancellations before it heeds one."""

    def __init__(self, swallows: int) -> None:
        self.swallows = swallows
        self.has_ended = False

    async def __call__(self) -> None:
        try:
            for _ in range(self.swallows):
                with suppress(asyncio.CancelledError):
                    await asyncio.Event().wait()
            await asyncio.Event().wait()
        finally:
            self.has_ended = True


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadline, "CANCEL_AGAIN_SECONDS", 0)


async def test_what_ends_in_time_gives_its_value_or_its_error() -> None:
    async def gives() -> int:
        return 5

    async def raises() -> None:
        raise ValueError("no")

    assert await within(60, gives()) == 5
    with pytest.raises(ValueError, match="no"):
        await within(60, raises())


@pytest.mark.parametrize("swallows", [0, 1, 3])
async def test_what_does_not_end_in_time_is_cancelled_until_it_has_ended(swallows: int) -> None:
    work = Stubborn(swallows)

    with pytest.raises(OutOfTimeError):
        await within(0.001, work())

    assert work.has_ended


@pytest.mark.parametrize("swallows", [0, 1, 3])
async def test_who_waits_may_be_cancelled(swallows: int) -> None:
    work = Stubborn(swallows)
    waiting = asyncio.create_task(within(60, work()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    assert work.has_ended
