"""The engine's clock, where the server was started with one that can be turned."""

from __future__ import annotations

from typing import ClassVar

from kiang.broker.clock import ControlledClock
from kiang.gateway.rest.body import Int64, Request
from kiang.gateway.rest.call import Call
from kiang.gateway.rest.operation import Resource
from kiang.gateway.rest.problem import Problem
from kiang.gateway.rest.validation import Violations

CLOCK = Resource("Clock")

TIMESTAMP_MAX = 253_402_300_799_999
"""The last millisecond of the year 9999: dates beyond it cannot be written."""


class ClockPinRequest(Request, frozen=True):
    """An instant as epoch ms."""

    REQUIRED: ClassVar[tuple[str, ...]] = ("timestamp",)

    timestamp: Int64 | None = None


@CLOCK.put("/clock", "pinClock", body=ClockPinRequest)
async def pin_clock(call: Call) -> None:
    """Let the engine's time stand still at an instant; whatever is due by then happens."""
    timestamp: int | None = call.body.timestamp
    violations = Violations()
    violations.required(timestamp, "timestamp")
    if timestamp is not None and not 0 <= timestamp <= TIMESTAMP_MAX:
        violations.add(f"The value for timestamp is '{timestamp}' but must be not negative")
    violations.check()
    _clock(call).pin(timestamp)


@CLOCK.post("/clock/reset", "resetClock")
async def reset_clock(call: Call) -> None:
    """Let the engine's time be that of the machine again."""
    _clock(call).reset()


def _clock(call: Call) -> ControlledClock:
    clock = call.broker.clock
    if not isinstance(clock, ControlledClock):
        raise Problem(
            403,
            "FORBIDDEN",
            "Expected a clock that can be turned, but the engine runs by the clock of the machine. Start the server with "
            "--controlled-clock to turn it.",
        )
    return clock
