"""REST connector: what the recordings do not show: redirects, limits of the operator, documents."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from kiang.connector_sdk import MemoryDocumentStore, Resources
from kiang.connector_sdk.document import DocumentMetadata
from kiang.connector_sdk.http import HttpSettings
from kiang.connector_sdk.testing import ConnectorRun, run_connector
from kiang.connectors.http_json import http_json


class Site:
    """An HTTP server that redirects and remembers what reached it."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []
        self.port = 0

    async def answer(self, request: web.Request) -> web.Response:
        self.seen.append((request.method, request.path, dict(request.headers), await request.read()))
        target, status = request.query.get("to"), int(request.query.get("status", 200))
        if request.path == "/circle":
            target, status = "/circle", 302
        return web.Response(status=status, headers={"Location": target} if target else {}, text="ok")


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    found = Site()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", found.answer)
    runner = web.AppRunner(application)
    await runner.setup()
    listener = web.TCPSite(runner, "127.0.0.1", 0)
    await listener.start()
    found.port = runner.addresses[0][1]
    yield found
    await runner.cleanup()


async def call(site: Site, target: str, settings: HttpSettings | None = None, **inputs: object) -> ConnectorRun:
    resources = Resources()
    if settings is not None:
        resources.get("http-settings", lambda: settings)
    query = {"to": target, "status": str(inputs.pop("status", 302))}
    given = {"url": f"http://127.0.0.1:{site.port}/first", "method": "GET", "queryParameters": query, **inputs}
    try:
        return await run_connector(http_json, given, resources=resources)
    finally:
        await resources.close()


async def test_a_redirect_is_followed_when_it_is_asked_for(site: Site) -> None:
    followed = await call(site, "/second", followRedirects=True)
    stayed = await call(site, "/second")

    assert followed.result["status"] == 200
    assert stayed.result["status"] == 302
    assert [path for _, path, _, _ in site.seen] == ["/first", "/second", "/first"]


async def test_credentials_do_not_go_to_another_origin(site: Site) -> None:
    bearer = {"type": "bearer", "token": "t0k"}

    await call(site, "/second", followRedirects=True, authentication=bearer)
    await call(site, f"http://localhost:{site.port}/third", followRedirects=True, authentication=bearer)

    sent = {path: headers.get("Authorization") for _, path, headers, _ in site.seen}
    assert sent == {"/first": "Bearer t0k", "/second": "Bearer t0k", "/third": None}


async def test_a_redirect_does_not_lead_around_the_hosts_that_the_operator_allows(site: Site) -> None:
    only = HttpSettings(allowed_hosts=frozenset({"127.0.0.1"}))

    run = await call(site, f"http://localhost:{site.port}/inside", only, followRedirects=True)

    assert "host that the operator allows" in str(run.error)
    assert [path for _, path, _, _ in site.seen] == ["/first"]


async def test_private_addresses_are_refused_when_the_operator_says_so(site: Site) -> None:
    run = await call(site, "/second", HttpSettings(refuse_private=True))

    assert "private" in str(run.error)
    assert site.seen == []


async def test_a_post_becomes_a_get_behind_a_303_and_stays_one_behind_a_307(site: Site) -> None:
    await call(site, "/see-other", followRedirects=True, method="POST", body={"a": 1}, status=303)
    await call(site, "/same", followRedirects=True, method="POST", body={"a": 1}, status=307)

    assert [(method, body) for method, path, _, body in site.seen if path != "/first"] == [
        ("GET", b""),
        ("POST", b'{"a":1}'),
    ]


async def test_redirects_in_a_circle_end(site: Site) -> None:
    run = await call(site, "/circle", followRedirects=True)

    assert run.error.code == "TOO_MANY_REDIRECTS"
    assert [path for _, path, _, _ in site.seen] == ["/first", *["/circle"] * 10]


async def test_a_document_is_a_file_of_a_multipart_body(site: Site) -> None:
    documents = MemoryDocumentStore()
    reference = await documents.create(b"content of the file", DocumentMetadata("text/plain", "a.txt"))

    run = await run_connector(
        http_json,
        {
            "url": f"http://127.0.0.1:{site.port}/upload",
            "method": "POST",
            "headers": {"Content-Type": "multipart/form-data"},
            "body": {"file": reference, "note": "n"},
        },
        documents=documents,
    )

    assert run.error is None
    body = site.seen[0][3]
    assert b'filename="a.txt"' in body
    assert b"content of the file" in body


@pytest.mark.parametrize(
    ("wanted", "body"),
    [
        ({"documentReturnFormat": {"choice": "JSON"}}, {"a": "\ufffd"}),
        ({"documentReturnFormat": {"choice": "TEXT"}}, '{"a": "\ufffd"}'),
        ({"documentReturnFormat": {"choice": "TEXT", "encoding": "latin-1"}}, '{"a": "\xe4"}'),
        ({"documentReturnFormat": {"choice": "DOCUMENT"}}, None),
        ({"storeResponse": True}, None),
        ({"storeResponse": True, "documentReturnFormat": {"choice": "JSON"}}, {"a": "\ufffd"}),
    ],
)
async def test_the_body_comes_back_as_it_is_asked_for(wanted, body, aiohttp_site):
    documents = MemoryDocumentStore()

    run = await run_connector(
        http_json, {"url": f"{aiohttp_site}/a.json", "method": "GET", **wanted}, documents=documents
    )

    assert run.result["body"] == body
    document = run.result["document"]
    assert (document is None) is (body is not None)
    if document is not None:
        assert document["metadata"]["fileName"] == "a.json"
        assert document["metadata"]["size"] == 10


async def test_an_unknown_encoding_is_an_input_error(aiohttp_site):
    wanted = {"documentReturnFormat": {"choice": "TEXT", "encoding": "klingon"}}

    run = await run_connector(http_json, {"url": aiohttp_site, "method": "GET", **wanted})

    assert "klingon" in str(run.error)


@pytest.fixture
async def aiohttp_site() -> AsyncIterator[str]:
    """Answers everything with JSON in Latin-1 that does not say so."""

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(body=b'{"a": "\xe4"}', content_type="application/json")

    application = web.Application()
    application.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()
