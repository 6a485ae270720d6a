"""Webhook connector: its example, called over HTTP."""

from __future__ import annotations

import httpx
from tests.integration.connectors.examples import example_of
from tests.integration.running_engine import RunningEngine

from kiang.connectors.webhook import WebhookConnector

SECRET = "very-secret-password"


async def test_the_example_starts_an_instance_for_a_call_of_somebody_who_may(engine: RunningEngine) -> None:
    async with (
        example_of("webhook", engine, WebhookConnector, secrets={"WEBHOOK_PASSWORD": SECRET}) as example,
        httpx.AsyncClient(base_url=example.webhook_url) as http,
    ):
        await example.is_listening()
        stranger = await http.post("/example-orders", json={"order": "A-0"})
        wrong_method = await http.get("/example-orders", auth=("shop", SECRET))
        answer = await http.post("/example-orders", json={"order": "A-1"}, auth=("shop", SECRET))
        (ended,) = await example.ended()

    assert (stranger.status_code, wrong_method.status_code) == (401, 405)
    assert (answer.status_code, answer.json()) == (202, {"accepted": "A-1"})
    assert ended == {"orderId": "A-1"}
