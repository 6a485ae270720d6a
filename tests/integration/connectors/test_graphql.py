"""GraphQL connector against a real GraphQL implementation behind a local server."""

from __future__ import annotations

import json
from typing import Any

import graphql as reference
from aiohttp import web
from tests.integration.connectors.examples import example_of
from tests.integration.connectors.http_peer import http_peer
from tests.integration.running_engine import RunningEngine

from kiang.connector_sdk.testing import run_connector
from kiang.connectors.graphql import graphql

SCHEMA = reference.build_schema("type Query { order(id: ID!): Order } type Order { id: ID! total: Int! }")
ORDERS = {"A-1": {"id": "A-1", "total": 30}}


async def serve(request: web.Request, body: Any) -> web.Response:
    asked = body or {
        "query": request.query["query"],
        "variables": json.loads(request.query.get("variables", "{}")),
    }
    root = {"order": lambda _info, id: ORDERS.get(id)}  # noqa: A006 - the word of the schema
    result = reference.graphql_sync(SCHEMA, asked["query"], root, variable_values=asked.get("variables"))
    return web.json_response(result.formatted)


def wanted(url: str, method: str, query: str, **variables: Any) -> dict[str, Any]:
    return {"graphql": {"url": f"{url}/graphql", "method": method, "query": query, "variables": variables}}


async def test_the_example_asks_for_an_order(engine: RunningEngine) -> None:
    async with http_peer(serve) as peer, example_of("graphql", engine, graphql) as example:
        variables = await example.run(baseUrl=peer.url, orderId="A-1")

    assert variables["total"] == 30


async def test_a_query_goes_by_get_and_by_post() -> None:
    query = "query($id: ID!) { order(id: $id) { id total } }"
    async with http_peer(serve) as peer:
        runs = [await run_connector(graphql, wanted(peer.url, method, query, id="A-1")) for method in ("get", "post")]

    assert [method for method, _, _ in peer.asked] == ["GET", "POST"]
    assert [run.result["body"]["data"] for run in runs] == [{"order": ORDERS["A-1"]}] * 2


async def test_errors_of_the_answer_are_an_error_that_the_process_can_catch() -> None:
    async with http_peer(serve) as peer:
        run = await run_connector(graphql, wanted(peer.url, "post", "{ nobody }"))

    assert run.error.code == "GRAPHQL_ERROR"
    assert "nobody" in str(run.error)
    assert run.error.variables["response"]["body"]["errors"]
