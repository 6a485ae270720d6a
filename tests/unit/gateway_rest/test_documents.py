"""Documents, over both stores."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest
from tests.unit.gateway_rest.simulated_broker import SimulatedBroker

from kiang.gateway.documents.document import Document, DocumentMetadata, DocumentsFull
from kiang.gateway.documents.memory import MemoryDocuments
from kiang.gateway.rest.server import RestServer


@pytest.fixture(params=["memory", "folder"])
async def http(request, broker: SimulatedBroker, tmp_path) -> AsyncIterator[httpx.AsyncClient]:
    server = RestServer(broker, port=0, document_folder=tmp_path / "documents" if request.param == "folder" else None)
    await server.start()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}/v2", timeout=5) as client:
        yield client
    await server.stop(1)


async def upload(
    http: httpx.AsyncClient, content: bytes = b"hello", metadata: dict | None = None, **query: str
) -> httpx.Response:
    files = {"file": ("a.txt", content, "text/plain")}
    if metadata is not None:
        files["metadata"] = (None, json.dumps(metadata), "application/json")
    return await http.post("/documents", files=files, params=query)


async def test_what_was_uploaded_comes_back(http: httpx.AsyncClient) -> None:
    metadata = {
        "customProperties": {"k": [1]},
        "processInstanceKey": "42",
        "processDefinitionId": "order",
        "expiresAt": "2999-01-01T00:00:00Z",
    }

    answer = await upload(http, metadata=metadata)

    assert answer.status_code == 201
    reference = answer.json()
    assert reference["camunda.document.type"] == "camunda"
    assert reference["metadata"] == {
        "contentType": "text/plain",
        "fileName": "a.txt",
        "expiresAt": "2999-01-01T00:00:00.000Z",
        "size": 5,
        "processDefinitionId": "order",
        "processInstanceKey": "42",
        "customProperties": {"k": [1]},
    }
    query = {"storeId": reference["storeId"], "contentHash": reference["contentHash"]}
    back = await http.get(f"/documents/{reference['documentId']}", params=query)
    assert (back.content, back.headers["content-type"]) == (b"hello", "text/plain")
    assert back.headers["content-disposition"] == 'attachment; filename="a.txt"'


async def test_an_id_is_given_once(http: httpx.AsyncClient) -> None:
    assert (await upload(http, documentId="../../etc/passwd")).json()["documentId"] == "../../etc/passwd"
    assert (await upload(http, documentId="../../etc/passwd")).status_code == 409
    assert (await http.get("/documents/..%2F..%2Fetc%2Fpasswd")).content == b"hello"


async def test_deleted_and_expired_documents_are_gone(http: httpx.AsyncClient) -> None:
    await upload(http, documentId="d")
    await upload(http, documentId="old", metadata={"expiresAt": "2001-01-01T00:00:00Z"})

    assert (await http.delete("/documents/d")).status_code == 204

    for document_id in ("d", "old", "never"):
        answer = await http.get(f"/documents/{document_id}")
        assert (answer.status_code, answer.json()["detail"]) == (404, f"Document with id '{document_id}' not found")
    assert (await http.delete("/documents/d")).status_code == 404


async def test_a_batch_keeps_what_it_can(http: httpx.AsyncClient) -> None:
    files = [("files", ("a", b"1")), ("files", ("b", b"2"))]

    good = await http.post("/documents/batch", files=files)
    metadata = json.dumps([{"fileName": "A"}, {"expiresAt": "never"}])
    mixed = await http.post("/documents/batch", files=[*files, ("metadataList", (None, metadata, "application/json"))])

    assert (good.status_code, len(good.json()["createdDocuments"])) == (201, 2)
    assert mixed.status_code == 207
    assert [d["metadata"]["fileName"] for d in mixed.json()["createdDocuments"]] == ["A"]
    [failure] = mixed.json()["failedDocuments"]
    assert (failure["fileName"], failure["status"], failure["title"]) == ("b", 400, "INVALID_ARGUMENT")


async def test_a_link_is_good_until_it_expires_and_cannot_be_forged(http: httpx.AsyncClient) -> None:
    await upload(http, documentId="d")

    link = (await http.post("/documents/d/links", json={"timeToLive": 60_000})).json()
    short = (await http.post("/documents/d/links", json={"timeToLive": 1})).json()

    assert (await http.get(link["url"])).content == b"hello"
    assert (await http.get(link["url"].replace("expiresAt=", "expiresAt=9"))).status_code == 403
    while (answer := await http.get(short["url"])).status_code == 200:
        pass
    assert answer.status_code == 403
    assert (await http.post("/documents/x/links")).status_code == 404
    assert (await http.post("/documents/d/links", json={"timeToLive": 0})).status_code == 400


@pytest.mark.parametrize(
    ("query", "metadata", "detail"),
    [
        ({"storeId": "s3"}, None, "Document store with id 's3' does not exist"),
        ({}, {"expiresAt": "soon"}, "The provided expiresAt 'soon' cannot be parsed as a date"),
        ({}, {"foo": 1}, "Request property [foo] cannot be parsed"),
        ({"documentId": "x" * 1001}, None, "The provided documentId exceeds the limit of 1000 characters"),
    ],
)
async def test_uploads_that_cannot_be_right(http: httpx.AsyncClient, query: dict, metadata: dict, detail: str) -> None:
    answer = await upload(http, metadata=metadata, **query)

    assert answer.status_code == 400
    assert answer.json()["detail"].startswith(detail)


async def test_another_content_than_expected_is_not_given(http: httpx.AsyncClient) -> None:
    await upload(http, documentId="d")

    assert (await http.get("/documents/d", params={"contentHash": "00"})).status_code == 400


def test_memory_has_a_limit_and_room_again_after_deletion() -> None:
    store = MemoryDocuments(bytes_max=10)
    metadata = DocumentMetadata(
        content_type="", file_name="", expires_at=None, size=6, content_hash="",
        process_definition_id=None, process_instance_key=None, custom_properties={},
    )  # fmt: skip
    assert store.put("a", Document(metadata, b"123456"))
    with pytest.raises(DocumentsFull):
        store.put("b", Document(metadata, b"123456"))

    store.delete("a")

    assert store.put("b", Document(metadata, b"123456"))
