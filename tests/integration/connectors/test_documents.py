"""Documents of connectors: in the store of the cluster, for other connectors and for a later run; and behind URLs."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Annotated, Any

import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from tests.integration.running_engine import RunningEngine

from kiang import AsyncClient
from kiang.connector_runtime.discovery import selected
from kiang.connector_runtime.documents import ClusterDocuments
from kiang.connector_runtime.runtime import ConnectorRuntime
from kiang.connector_sdk import ConnectorInput, OutboundContext, Resources, outbound_connector
from kiang.connector_sdk.document import Document, DocumentMetadata
from kiang.connector_sdk.outbound import Variable
from kiang.connector_sdk.reach import SETTINGS, HttpSettings
from kiang.connector_sdk.testing import run_connector
from kiang.errors import ConnectorError, ConnectorInputError

CONTENT = "grün\x00\xff".encode("latin-1")
PROCESS = b"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
 targetNamespace="t"><bpmn:process id="with-documents" isExecutable="true"><bpmn:startEvent id="s"/>
 <bpmn:sequenceFlow id="f" sourceRef="s" targetRef="w"/><bpmn:serviceTask id="w"><bpmn:extensionElements>
 <zeebe:taskDefinition type="com.example:write:1"/><zeebe:taskHeaders><zeebe:header key="resultVariable" value="page"/></zeebe:taskHeaders>
 </bpmn:extensionElements></bpmn:serviceTask><bpmn:sequenceFlow id="g" sourceRef="w" targetRef="r"/>
 <bpmn:serviceTask id="r"><bpmn:extensionElements><zeebe:taskDefinition type="com.example:read:1"/>
 <zeebe:taskHeaders><zeebe:header key="resultVariable" value="text"/></zeebe:taskHeaders></bpmn:extensionElements></bpmn:serviceTask>
 </bpmn:process></bpmn:definitions>"""


class Reading(ConnectorInput):
    page: Document


@outbound_connector(name="Write", type="com.example:write:1")
async def write(context: OutboundContext, name: Annotated[str, Variable()]) -> Document:
    return await context.create_document(CONTENT, file_name=name, content_type="text/plain")


@outbound_connector(name="Read", type="com.example:read:1")
async def read(data: Reading) -> str:
    return base64.b64encode(await data.page.read()).decode()


@asynccontextmanager
async def running(client: AsyncClient, connector: Any) -> AsyncIterator[None]:
    runtime = ConnectorRuntime(client, outbound=selected([connector], {}).outbound)
    task = asyncio.create_task(runtime.run())
    try:
        yield
    finally:
        runtime.stop()
        with suppress(asyncio.CancelledError):
            await task


async def test_a_document_of_one_runtime_is_read_by_another_and_by_everybody(engine: RunningEngine) -> None:
    async with AsyncClient(engine.grpc_address, rest_address=engine.rest_url) as client:
        await client.deploy_resources({"documents.bpmn": PROCESS})
        async with running(client, write), running(client, read):
            ended = await client.create_process_instance_with_result("with-documents", {"name": "a b.txt"})
        document = ended.variables["page"]
        url = f"{engine.rest_url}/v2/documents/{document['documentId']}"
        found = await asyncio.to_thread(httpx.get, url)

    assert base64.b64decode(ended.variables["text"]) == CONTENT
    assert document["metadata"]["fileName"] == "a b.txt"
    assert document["metadata"]["processDefinitionId"] == "with-documents"
    assert found.content == CONTENT
    assert found.headers["content-type"].startswith("text/plain")


async def test_documents_of_the_cluster_have_links_and_may_be_missing(engine: RunningEngine) -> None:
    async with AsyncClient(engine.grpc_address, rest_address=engine.rest_url) as client:
        store = ClusterDocuments(client.settings)
        reference = await store.create(CONTENT, DocumentMetadata("text/plain", "a.txt", len(CONTENT)))
        link = await store.link(reference, 60_000)
        with pytest.raises(ConnectorInputError, match="answers 404"):
            await store.read({**reference, "documentId": "nobody"})
        await store.close()

    assert (await asyncio.to_thread(httpx.get, link)).content == CONTENT


async def test_a_store_that_is_away_may_be_asked_again() -> None:
    async with AsyncClient("127.0.0.1:1", rest_address="http://127.0.0.1:1") as client:
        store = ClusterDocuments(client.settings)
        with pytest.raises(ConnectorError, match="does not answer") as away:
            await store.create(CONTENT, DocumentMetadata())
        await store.close()

    assert not isinstance(away.value, ConnectorInputError)


@pytest.fixture
async def pages() -> AsyncIterator[str]:
    """A server with a page, and one that has moved there."""

    async def page(request: web.Request) -> web.Response:
        if request.path == "/moved":
            raise web.HTTPFound("/page")
        return web.Response(body=CONTENT) if request.path == "/page" else web.Response(status=404)

    application = web.Application()
    application.router.add_route("GET", "/{path:.*}", page)
    server = TestServer(application)
    await server.start_server()
    yield str(server.make_url("")).rstrip("/")
    await server.close()


def external(url: str) -> dict[str, Any]:
    return {"page": {"camunda.document.type": "external", "url": url, "name": "page.txt"}}


@pytest.mark.parametrize("path", ["/page", "/moved"])
async def test_a_document_behind_a_url_is_read_from_there(pages: str, path: str) -> None:
    run = await run_connector(read, external(pages + path))

    assert run.error is None
    assert base64.b64decode(run.result) == CONTENT


async def test_a_document_behind_a_url_can_be_missing_or_not_allowed(pages: str) -> None:
    resources = Resources()
    resources.get(SETTINGS, lambda: HttpSettings(refuse_private=True))

    missing = await run_connector(read, external(f"{pages}/nothing"))
    refused = await run_connector(read, external(f"{pages}/page"), resources=resources)
    no_url = await run_connector(read, external("file:///etc/passwd"))
    await resources.close()

    assert missing.error.code == "404"
    assert "public address" in str(refused.error)
    assert "http" in str(no_url.error)
