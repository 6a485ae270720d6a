"""Send message connector: its example, in which an instance waits for the message that it sends."""

from __future__ import annotations

from tests.integration.connectors.examples import example_of
from tests.integration.running_engine import RunningEngine

from kiang.connectors.send_message import send_message


async def test_the_example_gets_the_message_that_it_sends(engine: RunningEngine) -> None:
    async with example_of("send_message", engine, send_message) as example:
        one, other = await example.run(orderId="A-1", amount=30), await example.run(orderId="A-2", amount=7)

    assert (one["paid"], other["paid"]) == (30, 7)
    assert int(one["messageKey"]) != int(other["messageKey"])
