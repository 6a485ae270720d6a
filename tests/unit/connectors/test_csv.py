"""CSV connector: rows, names of columns, mappers, what is no CSV."""

from __future__ import annotations

from typing import Any

import pytest

from kiang.connector_sdk import MemoryDocumentStore
from kiang.connector_sdk.document import DocumentMetadata
from kiang.connector_sdk.testing import ConnectorRun, run_connector
from kiang.connectors.csv import CsvConnector

TABLE = "order;amount\nA-1;30\nA-2;\n\nA-3\n"


async def read(text: Any, mapper: str = "", documents: MemoryDocumentStore | None = None, **more: Any) -> ConnectorRun:
    headers = {"operation": "readCsv"} | ({"recordMapper": mapper} if mapper else {})
    return await run_connector(CsvConnector, {"document": text, **more}, headers=headers, documents=documents)


async def test_rows_are_objects_by_the_names_of_the_first_row():
    run = await read(TABLE, format={"delimiter": ";"})

    assert run.result == {
        "records": [{"order": "A-1", "amount": "30"}, {"order": "A-2", "amount": ""}, {"order": "A-3", "amount": None}]
    }


async def test_rows_are_lists_and_names_can_be_given():
    lists = await read("1,2\n3,4", rowType="Array", format={"skipHeaderRecord": "false"})
    named = await read("1,2", format={"skipHeaderRecord": False, "headers": ["a", "b"]})

    assert lists.result == {"records": [["1", "2"], ["3", "4"]]}
    assert named.result == {"records": [{"a": "1", "b": "2"}]}


async def test_a_mapper_changes_rows_and_leaves_out_those_that_it_makes_null():
    run = await read(
        TABLE, mapper='=if record.amount = "30" then {is: record.order} else null', format={"delimiter": ";"}
    )

    assert run.result == {"records": [{"is": "A-1"}]}


async def test_a_document_is_read_and_its_byte_order_mark_is_no_part_of_a_name():
    documents = MemoryDocumentStore()
    reference = await documents.create("\ufeffname\nÄda".encode(), DocumentMetadata("text/csv", "t.csv"))

    run = await read(reference, documents=documents)

    assert run.result == {"records": [{"name": "Äda"}]}


@pytest.mark.parametrize(
    ("text", "more", "said"),
    [
        ("a,b", {"format": {"delimiter": "::"}}, "one character"),
        ("a,b", {"format": {"skipHeaderRecord": False}}, "headers"),
        (None, {}, "document"),
    ],
)
async def test_what_cannot_be_read_is_an_input_error(text, more, said):
    run = await read(text, **more)

    assert run.error is not None
    assert said in str(run.error)


async def write(data: Any, **more: Any) -> ConnectorRun:
    return await run_connector(CsvConnector, {"data": data, **more}, headers={"operation": "writeCsv"})


async def test_objects_and_lists_are_written():
    objects = await write([{"a": 1, "b": True}, {"b": None, "c": "x,y"}])
    lists = await write([[1, 'say "hi"']], format={"delimiter": ";", "skipHeaderRecord": False})

    assert objects.result == {"content": 'a,b,c\r\n1,true,\r\n,,"x,y"\r\n'}
    assert lists.result == {"content": '1;"say ""hi"""\r\n'}


async def test_a_document_comes_back_if_it_is_asked_for():
    run = await write([[1]], documentReturnFormat={"choice": "DOCUMENT"})

    assert run.result["document"]["metadata"]["contentType"] == "text/csv"


async def test_a_row_that_is_neither_and_an_unknown_operation_are_input_errors():
    row = await write([7])
    operation = await run_connector(CsvConnector, {}, headers={"operation": "eatCsv"})

    assert "object or a list" in str(row.error)
    assert "Operation not found: eatCsv" in str(operation.error)
