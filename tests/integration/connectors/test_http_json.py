"""REST connector: its example against a local server."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from tests.integration.connectors.examples import example_of
from tests.integration.connectors.http_peer import http_peer
from tests.integration.running_engine import RunningEngine

from kiang.client.results import FoundProcessInstance
from kiang.connectors.http_json import http_json


async def weather(request: web.Request, body: Any) -> web.Response:
    del body
    if request.query["city"] == "Atlantis":
        return web.json_response({"message": "no such city"}, status=404)
    return web.json_response({"temperature": 18})


async def test_the_example_asks_and_knows_what_to_do_when_the_city_is_unknown(engine: RunningEngine) -> None:
    async with http_peer(weather) as peer, example_of("http_json", engine, http_json) as example:
        known = await example.run(baseUrl=peer.url, city="Paris")
        unknown = await example.run(baseUrl=peer.url, city="Atlantis")
        ended = await example.client.search(FoundProcessInstance, {"processDefinitionId": example.process_id})

    assert known["temperature"] == 18
    assert "temperature" not in unknown
    assert [path for _, path, _ in peer.asked] == ["/weather?city=Paris", "/weather?city=Atlantis"]
    assert ended.total_items == 2
