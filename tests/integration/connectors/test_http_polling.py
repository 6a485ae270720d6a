"""HTTP polling connector: its example asks a local server until the answer is the one that is waited for."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from tests.integration.connectors.examples import example_of
from tests.integration.connectors.http_peer import http_peer
from tests.integration.running_engine import RunningEngine

from kiang.connectors.http_polling import http_polling


async def test_the_example_asks_for_each_parcel_until_it_has_arrived(engine: RunningEngine) -> None:
    asked: dict[str, int] = {}

    async def parcels(request: web.Request, body: Any) -> web.Response:
        del body
        parcel = request.path.rpartition("/")[2]
        asked[parcel] = asked.get(parcel, 0) + 1
        if parcel == "P-2" and asked[parcel] == 1:
            return web.Response(status=503)
        state = "arrived" if asked[parcel] > 1 else "under way"
        return web.json_response({"parcel": parcel, "state": state, "place": f"shop of {parcel}"})

    async with http_peer(parcels) as peer, example_of("http_polling", engine, http_polling) as example:
        for parcel in ("P-1", "P-2"):
            await example.start(baseUrl=peer.url, parcel=parcel)
        ended = await example.ended(2)

    assert sorted(variables["arrivedAt"] for variables in ended) == ["shop of P-1", "shop of P-2"]
    assert all(times >= 2 for times in asked.values())
