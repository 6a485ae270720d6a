"""Inputs, headers and properties have the names that Camunda's templates write: every field of its tables is known here, or listed."""

from __future__ import annotations

import re
import tomllib
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin

import pydantic
import pytest
from tests.shared_material import shared

from kiang.connector_runtime.discovery import discovered
from kiang.connector_runtime.inbound.elements import RUNTIME_PROPERTIES
from kiang.connector_sdk.outbound import OutboundConnector

TABLES = shared("reference") / "connectors-catalogue-fields.md"
DIFFERENCES = tomllib.loads((Path(__file__).parents[1] / "connector-fields.toml").read_text("utf-8"))
FOUND = discovered({})
CONNECTORS = {connector.type: connector for connector in (*FOUND.outbound, *FOUND.inbound)}

TYPE = re.compile(r"^- job/connector type: `(?:inbound )?([^`]+)`", re.MULTILINE)
FIELD = re.compile(r"^- `(in|hdr|prop):([^`]+)`", re.MULTILINE)
PICKER = re.compile(
    r"_(documentMode|documentSource|camundaReference|inline_\w+|external_\w+|multiple_expression)$|_single_|_multiple_|_\*$"
)
"""Helpers of the form for documents: the connector sees what the form makes of them."""


def tables() -> dict[str, set[tuple[str, str]]]:
    """Of each type, the fields of the templates made for it; templates that only use a type preset it."""
    found: dict[str, set[tuple[str, str]]] = {}
    for section in TABLES.read_text("utf-8").split("\n## ")[1:]:
        kind = TYPE.search(section)
        owner = section.partition(":")[0]
        if kind is None or kind[1] not in CONNECTORS or owner not in DIFFERENCES["owners"].get(kind[1], [owner]):
            continue
        fields = {(where, name) for where, name in FIELD.findall(section) if not PICKER.search(name)}
        found.setdefault(kind[1], set()).update(fields)
    return found


TABLE = tables()


def known(connector: Any) -> set[tuple[str, str]]:
    """What our connector reads: names of inputs or properties at every depth, and headers."""
    if not isinstance(connector, OutboundConnector):
        models = [m for m in (connector.properties, connector.instance_properties) if m is not None]
        return {("prop", path) for model in models for path in paths(model)} | {("prop", p) for p in RUNTIME_PROPERTIES}
    names = {("hdr", "operation")} if len(connector.operations) > 1 else set()
    for operation in connector.operations.values():
        for parameter in operation.parameters:
            if parameter.kind == "input":
                names |= {("in", path) for path in paths(parameter.annotation)}
            elif parameter.kind != "context":
                names.add(("in" if parameter.kind == "variable" else "hdr", parameter.key))
    return names


def paths(model: type[pydantic.BaseModel], prefix: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        path = f"{prefix}{field.alias or name}"
        yield path
        for option in options(field.annotation):
            if isinstance(option, type) and issubclass(option, pydantic.BaseModel):
                yield from paths(option, f"{path}.")


def options(annotation: Any) -> Iterator[Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from options(get_args(annotation)[0])
    elif origin in {Union, types.UnionType}:
        for option in get_args(annotation):
            yield from options(option)
    else:
        yield annotation


def test_the_tables_hold_every_connector_of_camunda_that_is_here():
    own = {kind for kind in CONNECTORS if kind not in TABLE}

    assert own == set(DIFFERENCES["ours"])


@pytest.mark.parametrize("kind", sorted(TABLE))
def test_every_field_of_camundas_template_is_read(kind):
    unread = {f"{where}:{name}" for where, name in TABLE[kind] - known(CONNECTORS[kind])}

    assert unread == set(DIFFERENCES["unread"].get(kind, {}))


def test_every_listed_difference_has_a_reason():
    for kind, fields in DIFFERENCES["unread"].items():
        assert kind in TABLE
        assert all(len(reason) > 10 for reason in fields.values())
