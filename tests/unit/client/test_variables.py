"""What may be given as variables, and what becomes of it."""

from __future__ import annotations

import enum
import types
import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import msgspec
import pydantic
import pytest

from kiang.client.variables import decode_value, decode_variables, encode_variables
from kiang.errors import InvalidArgument


class Color(enum.Enum):
    RED = "red"


@dataclass
class Order:
    order_id: str
    amount: Decimal


class Parcel(msgspec.Struct, rename="camel"):
    item_count: int


class Customer(pydantic.BaseModel):
    name: str = pydantic.Field(alias="fullName")
    born: date


@pytest.mark.parametrize(
    ("variables", "text"),
    [
        (None, "{}"),
        ({}, "{}"),
        ({"a": 1, "b": [True, None, "x"]}, '{"a":1,"b":[true,null,"x"]}'),
        ({"amount": Decimal("1.10")}, '{"amount":1.10}'),
        ({"big": 2**63 + 1}, '{"big":9223372036854775809}'),
        ({"at": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)}, '{"at":"2026-01-02T03:04:05Z"}'),
        ({"day": date(2026, 1, 2), "for": timedelta(seconds=90)}, '{"day":"2026-01-02","for":"PT90S"}'),
        ({"id": uuid.UUID(int=1), "color": Color.RED}, '{"id":"00000000-0000-0000-0000-000000000001","color":"red"}'),
        (types.MappingProxyType({"a": 1}), '{"a":1}'),
        (Order("A-1", Decimal(30)), '{"order_id":"A-1","amount":30}'),
        (Parcel(item_count=2), '{"itemCount":2}'),
        (Customer(fullName="Ada", born=date(1815, 12, 10)), '{"fullName":"Ada","born":"1815-12-10"}'),
        (
            {"customer": Customer(fullName="Ada", born=date(1815, 12, 10))},
            '{"customer":{"fullName":"Ada","born":"1815-12-10"}}',
        ),
    ],
)
def test_documents_become_json(variables, text) -> None:
    assert encode_variables(variables) == text


@pytest.mark.parametrize("variables", [[1], "text", 3, True, {"a": object()}, {"s": "s3cret", "b": object()}])
def test_what_is_no_document_is_refused_without_showing_values(variables) -> None:
    with pytest.raises(InvalidArgument) as caught:
        encode_variables(variables)

    assert "s3cret" not in str(caught.value)


def test_blank_text_of_a_wire_is_nothing() -> None:
    assert decode_variables("") == decode_variables("{}") == {}
    assert decode_value("") is None
    assert decode_value(b"9007199254740993") == 9007199254740993
