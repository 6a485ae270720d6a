"""Documents, over every store."""

import hashlib
import json
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.unit.gateway_rest.simulated_broker import SimulatedBroker

from kiang.errors import ConfigError
from kiang.gateway.documents.document import Document, DocumentMetadata, DocumentsFull
from kiang.gateway.documents.memory import MemoryDocuments
from kiang.gateway.documents.stores import open_stores
from kiang.gateway.rest.server import RestServer

boto3 = pytest.importorskip("boto3", reason="boto3 is not installed")
moto_server = pytest.importorskip("moto.server", reason="moto is not installed")


@pytest.fixture(scope="module")
def s3_endpoint() -> Iterator[str]:
    """A server that speaks S3's protocol, with a bucket in it."""
    server = moto_server.ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ACCESS_KEY_ID", "AKIA-TEST")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "a-very-secret-key")
        environment.setenv("AWS_EC2_METADATA_DISABLED", "true")
        boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1").create_bucket(Bucket="papers")
        yield endpoint
    server.stop()


def target_of(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if kind == "s3":
        return f"s3://papers/{tmp_path.name}?region=us-east-1&endpoint={request.getfixturevalue('s3_endpoint')}"
    return {"memory": "memory:", "folder": f"folder:{tmp_path / 'documents'}"}[kind]


@pytest.fixture(params=["memory", "folder", "s3"])
async def http(request, broker: SimulatedBroker, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    server = RestServer(broker, port=0, documents=open_stores([target_of(request.param, request, tmp_path)], None))
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


@pytest.mark.parametrize("http", ["memory", "folder"], indirect=True)
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


async def test_a_link_does_not_outlive_its_document(http: httpx.AsyncClient) -> None:
    soon = datetime.now(UTC) + timedelta(minutes=1)
    await upload(http, documentId="d", metadata={"expiresAt": soon.isoformat()})

    link = (await http.post("/documents/d/links", json={"timeToLive": 3_600_000})).json()

    assert datetime.fromisoformat(link["expiresAt"]) <= soon
    assert (await http.post("/documents/d/links", params={"contentHash": "00"})).status_code == 400


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


@asynccontextmanager
async def documents_in(broker: SimulatedBroker, *targets: str, folder: Path | None = None) -> AsyncIterator[Any]:
    server = RestServer(broker, port=0, documents=open_stores(targets, folder))
    await server.start()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}/v2", timeout=5) as client:
        yield client
    await server.stop(1)


async def test_several_stores_are_told_apart_by_their_id(
    broker: SimulatedBroker, s3_endpoint: str, tmp_path: Path
) -> None:
    where = f"s3://papers/several?region=us-east-1&endpoint={s3_endpoint}"
    async with documents_in(broker, where, "scratch=memory:", folder=tmp_path) as http:
        default = (await upload(http, b"in the bucket", documentId="d")).json()
        other = (await upload(http, b"in memory", documentId="d", storeId="scratch")).json()
        built_in = (await upload(http, b"on disk", documentId="d", storeId="local")).json()

        assert [one["storeId"] for one in (default, other, built_in)] == ["aws", "scratch", "local"]
        assert (await http.get("/documents/d")).content == b"in the bucket"
        assert (await http.get("/documents/d", params={"storeId": "scratch"})).content == b"in memory"
        assert (await http.delete("/documents/d", params={"storeId": "local"})).status_code == 204
        assert (await http.get("/documents/d", params={"storeId": "local"})).status_code == 404


async def test_a_link_to_a_bucket_gives_the_content_without_the_engine(
    broker: SimulatedBroker, s3_endpoint: str
) -> None:
    where = f"s3://papers/links?region=us-east-1&endpoint={s3_endpoint}"
    async with documents_in(broker, where) as http:
        await upload(http, documentId="d")
        link = (await http.post("/documents/d/links", json={"timeToLive": 60_000})).json()
        too_long = await http.post("/documents/d/links", json={"timeToLive": 8 * 86_400_000})

    async with httpx.AsyncClient() as anybody:
        answer = await anybody.get(link["url"])

    assert link["url"].startswith(f"{s3_endpoint}/papers/links/d?")
    assert {"X-Amz-Expires=60", "X-Amz-Algorithm=AWS4-HMAC-SHA256"} <= set(link["url"].partition("?")[2].split("&"))
    assert (answer.content, answer.headers["content-type"]) == (b"hello", "text/plain")
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''a.txt"
    assert too_long.status_code == 400
    assert too_long.json()["detail"].endswith("must be at most 604800000.")


async def test_what_somebody_else_has_put_into_the_bucket(broker: SimulatedBroker, s3_endpoint: str) -> None:
    bucket = boto3.client("s3", endpoint_url=s3_endpoint, region_name="us-east-1")
    bucket.put_object(Bucket="papers", Key="shared/scan.pdf", Body=b"%PDF", ContentType="application/pdf")
    async with documents_in(broker, f"s3://papers/shared?region=us-east-1&endpoint={s3_endpoint}") as http:
        found = await http.get("/documents/scan.pdf")
        digest = hashlib.sha256(b"%PDF").hexdigest()
        link = await http.post("/documents/scan.pdf/links", params={"contentHash": digest})
        await upload(http, b"ours", documentId="d")
        entry = bucket.head_object(Bucket="papers", Key="shared/d")["Metadata"]
        bucket.put_object(Bucket="papers", Key="shared/d", Body=b"theirs", Metadata=entry)
        changed = await http.get("/documents/d")

    assert (found.content, found.headers["content-type"], link.status_code) == (b"%PDF", "application/pdf", 201)
    assert changed.status_code == 503
    assert "another content than was put there" in changed.json()["detail"]


async def test_metadata_has_to_fit_into_an_object(broker: SimulatedBroker, s3_endpoint: str) -> None:
    async with documents_in(broker, f"s3://papers/big?region=us-east-1&endpoint={s3_endpoint}") as http:
        big = await upload(http, documentId="d", metadata={"customProperties": {"note": "ß" * 1000}})
        small = await upload(
            http, documentId="d", metadata={"customProperties": {"note": "ß" * 50}, "fileName": "ü.txt"}
        )

    assert big.status_code == 400
    assert "at most 1900 bytes" in big.json()["detail"]
    assert (small.status_code, small.json()["metadata"]["fileName"]) == (201, "ü.txt")


async def test_a_bucket_that_does_not_answer(
    broker: SimulatedBroker, s3_endpoint: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    where = "s3://papers/a?region=us-east-1&endpoint=http://127.0.0.1:1"
    async with documents_in(broker, where) as http:
        answer = await upload(http, documentId="d")
        batch = await http.post("/documents/batch", files=[("files", ("a", b"1"))])

    assert (answer.status_code, answer.json()["title"]) == (503, "UNAVAILABLE")
    assert "EndpointConnectionError" in answer.json()["detail"]
    assert (batch.status_code, batch.json()["failedDocuments"][0]["status"]) == (207, 503)
    assert "document store failed store=aws code=EndpointConnectionError" in caplog.text
    assert "very-secret" not in caplog.text
    assert s3_endpoint


@pytest.mark.parametrize(
    "targets",
    [
        ["s3:/papers"],
        ["s3://papers/a?colour=red"],
        ["ftp://papers"],
        ["folder:"],
        ["a=memory:", "a=memory:"],
    ],
)
def test_targets_that_are_none(targets: list[str]) -> None:
    with pytest.raises(ConfigError, match="--documents"):
        open_stores(targets, None)


def test_a_bucket_that_is_not_there_is_found_out_at_the_start(s3_endpoint: str) -> None:
    with pytest.raises(ConfigError, match="a bucket that is there"):
        open_stores([f"s3://nowhere?region=us-east-1&endpoint={s3_endpoint}"], None)
