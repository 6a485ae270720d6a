"""What is generated from the declarations: the OpenAPI document, its page, and the table in the docs."""

import json
from pathlib import Path

import httpx

from kiang.gateway.rest.catalogue import CATALOGUE
from kiang.gateway.rest.openapi import document
from kiang.gateway.rest.operations_table import table
from kiang.gateway.rest.resources import OPERATIONS

DOCS = Path(__file__).resolve().parents[3] / "docs" / "reference" / "rest-operations.md"


async def test_the_document_describes_every_operation(http: httpx.AsyncClient) -> None:
    served = (await http.get("/v2/openapi.json")).json()

    assert served == json.loads(json.dumps(document(OPERATIONS)))
    described = {
        (method.upper(), path) for path, methods in served["paths"].items() for method in methods if method != "servers"
    }
    assert {path for path, item in served["paths"].items() if "servers" in item} == {
        operation.path for operation in OPERATIONS if operation.path.startswith("/cluster/v2/")
    }
    assert described == {(operation.method, operation.path) for operation in OPERATIONS}


def test_every_reference_leads_somewhere() -> None:
    made = document(OPERATIONS)

    def references(value: object) -> set[str]:
        if isinstance(value, dict):
            found = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
            return found.union(*map(references, value.values()))
        return set().union(*map(references, value)) if isinstance(value, list) else set()

    known = {f"#/components/schemas/{name}" for name in made["components"]["schemas"]}
    assert references(made) <= known


def test_operations_have_the_names_and_versions_of_the_api() -> None:
    known = {(entry.method, entry.path): entry for entry in CATALOGUE}
    for operation in OPERATIONS:
        entry = known.get((operation.method, operation.path))
        if entry is not None:
            assert (operation.id, operation.since) == (entry.id, entry.since)
        else:
            assert operation.since == "", f"{operation.id} is in no version of the API"


def test_operation_ids_are_unique() -> None:
    ids = [operation.id for operation in OPERATIONS]
    assert len(ids) == len(set(ids))


async def test_the_page_loads_nothing_from_elsewhere(http: httpx.AsyncClient) -> None:
    answer = await http.get("/v2/docs")

    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "http://" not in answer.text
    assert "https://" not in answer.text


def test_the_table_in_the_docs_is_current() -> None:
    assert DOCS.read_text() == table(), (
        "run: python -m kiang.gateway.rest.operations_table > docs/reference/rest-operations.md"
    )
