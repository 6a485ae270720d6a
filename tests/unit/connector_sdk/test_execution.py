"""One call: intrinsic functions, documents, and all faults of an input at once."""

from __future__ import annotations

import base64
import json
from typing import Annotated, Any

import pytest

from kiang.connector_sdk import ConnectorInput, MemoryDocumentStore, NotBlank, outbound_connector
from kiang.connector_sdk.document import DocumentMetadata
from kiang.connector_sdk.testing import run_connector


class Inner(ConnectorInput):
    name: Annotated[str, NotBlank()]


class Input(ConnectorInput):
    title: Annotated[str, NotBlank()]
    items: list[Inner] = []
    value: Any = None


@outbound_connector(name="Echo", type="test:echo:1")
async def echo(data: Input) -> Any:
    return data.value


def function(name: str, *parameters: Any) -> dict[str, Any]:
    return {"camunda.function.type": name, "params": list(parameters)}


async def test_all_faults_of_an_input_are_told_with_their_paths() -> None:
    run = await run_connector(echo, {"title": " ", "items": [{"name": "a"}, {"name": ""}]})

    assert "title" in str(run.error)
    assert "items.1.name" in str(run.error)
    assert "items.0" not in str(run.error)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (function("base64", "ä"), base64.b64encode("ä".encode()).decode()),
        ([function("base64", function("base64", "a"))], ["WVE9PQ=="]),
    ],
)
async def test_intrinsic_functions_are_carried_out(call: Any, expected: Any) -> None:
    run = await run_connector(echo, {"title": "t", "value": call})

    assert run.result == expected, run.error


@pytest.mark.parametrize(
    ("name", "parameters", "expected"),
    [
        ("getJson", [], {"a": [1, "ä"]}),
        ("getJson", ["=a[1]"], 1),
        ("getText", [], '{"a": [1, "ä"]}'),
        ("getText", ["iso-8859-1"], '{"a": [1, "Ã¤"]}'),
        ("base64", [], base64.b64encode('{"a": [1, "ä"]}'.encode()).decode()),
    ],
)
async def test_intrinsic_functions_read_documents(name: str, parameters: list[str], expected: Any) -> None:
    store = MemoryDocumentStore()
    content = json.dumps({"a": [1, "ä"]}, ensure_ascii=False).encode()
    reference = await store.create(content, DocumentMetadata("application/json", "a.json", len(content)))

    run = await run_connector(echo, {"title": "t", "value": function(name, reference, *parameters)}, documents=store)

    assert run.result == expected, run.error


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [("getJson", [], "a document with JSON"), ("getText", ["no-charset"], "character set")],
)
async def test_documents_that_a_function_cannot_read(name: str, parameters: list[str], message: str) -> None:
    store = MemoryDocumentStore()
    reference = await store.create(b"{", DocumentMetadata("application/json", "a.json", 1))

    run = await run_connector(echo, {"title": "t", "value": function(name, reference, *parameters)}, documents=store)

    assert message in str(run.error)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (function("unknown", 1), "No intrinsic function found"),
        (function("base64"), "index 0 is required"),
        (function("base64", 1), "base64 with arguments: [1]"),
        (function("base64", {}), "to be a document"),
        (function("getText", "a"), "to be a document"),
        (function("getJson", "{}"), "to be a document"),
        (function("createLink", "a"), "to be a document"),
        ([function("base64", "a")] * 11, "limit exceeded"),
    ],
)
async def test_what_a_function_cannot_do_is_an_input_error(call: Any, message: str) -> None:
    run = await run_connector(echo, {"title": "t", "value": call})

    assert message in str(run.error)
