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
        (function("getText", "ä"), "ä"),
        (function("getJson", '{"a": [1]}'), {"a": [1]}),
        (function("getJson", '{"a": [1, 2]}', "=a[2]"), 2),
        ([function("getText", function("base64", "a"))], ["YQ=="]),
    ],
)
async def test_intrinsic_functions_are_carried_out(call: Any, expected: Any) -> None:
    run = await run_connector(echo, {"title": "t", "value": call})

    assert run.result == expected, run.error


async def test_intrinsic_functions_read_documents() -> None:
    store = MemoryDocumentStore()
    reference = await store.create(json.dumps({"a": 1}).encode(), DocumentMetadata("application/json", "a.json", 8))

    run = await run_connector(echo, {"title": "t", "value": function("getJson", reference, "a")}, documents=store)

    assert run.result == 1, run.error


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (function("unknown", 1), "No intrinsic function found"),
        (function("base64"), "to have parameters"),
        (function("base64", 1), "a document or a text"),
        (function("getText", "a", "no-charset"), "character set"),
        (function("getJson", "{"), "a document with JSON"),
        (function("createLink", "a"), "to be a document"),
        ([function("base64", "a")] * 11, "limit exceeded"),
    ],
)
async def test_what_a_function_cannot_do_is_an_input_error(call: Any, message: str) -> None:
    run = await run_connector(echo, {"title": "t", "value": call})

    assert message in str(run.error)
