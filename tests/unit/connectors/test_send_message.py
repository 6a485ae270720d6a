"""Send message connector: what it asks of the engine, and what the engine's refusals become."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kiang.connector_sdk import JobInfo, OutboundContext
from kiang.connectors.send_message import send_message
from kiang.connectors.send_message.connector import SendMessageInput
from kiang.errors import ConnectorError, ConnectorInputError, NotFound


class Engine:
    """Remembers what was sent; refuses if it is told to."""

    def __init__(self, refusal: NotFound | None = None) -> None:
        self.sent: list[tuple[Any, ...]] = []
        self._refusal = refusal

    async def publish(
        self, name: str, key: str, variables: Any, *, message_id: str, ttl: timedelta, tenant_id: str
    ) -> int:
        self.sent.append((name, key, variables, message_id, ttl, tenant_id))
        return 11

    async def correlate(self, name: str, key: str, variables: Any, *, tenant_id: str) -> tuple[int, int]:
        self.sent.append((name, key, variables, tenant_id))
        if self._refusal is not None:
            raise self._refusal
        return 11, 22


async def send(engine: Engine | None, **given: Any) -> dict[str, Any]:
    context = OutboundContext(JobInfo(tenant_id="t-1"), messages=engine)
    return await send_message(SendMessageInput.model_validate(given), context)


async def test_a_message_is_published_with_the_tenant_of_the_job():
    engine = Engine()

    result = await send(engine, messageName="paid", correlationKey="A-1", variables={"amount": 30})

    assert engine.sent == [("paid", "A-1", {"amount": 30}, "", timedelta(hours=1), "t-1")]
    assert result == {"messageKey": "11", "tenantId": "t-1"}


async def test_time_to_live_message_id_and_tenant_can_be_given():
    engine = Engine()
    how = {"type": "publish", "timeToLive": "PT5M", "messageId": "m-1"}

    await send(engine, messageName="paid", correlationType=how, tenantId="other")

    assert engine.sent == [("paid", "", {}, "m-1", timedelta(minutes=5), "other")]


async def test_a_correlated_message_names_the_instance_that_waited():
    assert await send(Engine(), messageName="paid", correlationType={"type": "correlate"}) == {
        "messageKey": "11",
        "processInstanceKey": "22",
        "tenantId": "t-1",
    }


async def test_a_refusal_is_an_error_with_its_name_as_code():
    with pytest.raises(ConnectorError) as caught:
        await send(Engine(NotFound("nobody waits")), messageName="paid", correlationType={"type": "correlate"})

    assert caught.value.code == "NotFound"


async def test_without_an_engine_it_is_an_input_error():
    with pytest.raises(ConnectorInputError, match="engine"):
        await send(None, messageName="paid")
