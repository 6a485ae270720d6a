"""Binding JSON to the typed input of a connector: what becomes what, what is refused, and that all faults come at once."""

from __future__ import annotations

import enum
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field

from kiang.connector_sdk.binding import INVALID_INPUT, Binder, ConnectorInput, bind
from kiang.connector_sdk.constraints import NotBlank, NotEmpty, NotNull, Pattern
from kiang.connector_sdk.document import DocumentMetadata, MemoryDocumentStore
from kiang.errors import ConnectorInputError


class Colour(enum.Enum):
    RED = "red"
    DARK_BLUE = "darkBlue"


class Lenient(enum.Enum):
    KNOWN = "known"
    OTHER = "other"

    @classmethod
    def _missing_(cls, value: object) -> Lenient:
        return cls.OTHER


class Inner(ConnectorInput):
    first_name: str
    age: int = 0


class Token(ConnectorInput):
    type: Literal["token"]
    token: Annotated[str, NotBlank()]


class Basic(ConnectorInput):
    type: Literal["basic"]
    user_name: Annotated[str, NotBlank()]


Authentication = Annotated[Token | Basic, Field(discriminator="type")]


def refused(value: Any, target: Any) -> list[str]:
    """The lines of the message."""
    with pytest.raises(ConnectorInputError) as caught:
        Binder().bind(value, target)
    return str(caught.value).split("\n")


def violation(path: str, message: str) -> str:
    return f" - Property: {path}: Validation failed. Original message: {message}"


@pytest.mark.parametrize(
    ("value", "target", "bound"),
    [
        ("text", str, "text"),
        ("", str, ""),
        (5, str, "5"),
        (5.5, str, "5.5"),
        (True, str, "true"),
        (False, str, "false"),
        (5, int, 5),
        ("5", int, 5),
        (" 5 ", int, 5),
        ("-5", int, -5),
        ("5.5", float, 5.5),
        (5, float, 5.0),
        ("0.1", Decimal, Decimal("0.1")),
        (True, bool, True),
        ("true", bool, True),
        ("False", bool, False),
        ("text", bytes, b"text"),
        ("PT5S", timedelta, timedelta(seconds=5)),
        ("P1DT2H", timedelta, timedelta(days=1, hours=2)),
        ("2024-02-29", date, date(2024, 2, 29)),
        ("2024-02-29T10:00:00", datetime, datetime(2024, 2, 29, 10, 0)),
        ("red", Colour, Colour.RED),
        ("RED", Colour, Colour.RED),
        ("rEd", Colour, Colour.RED),
        ("DARKBLUE", Colour, Colour.DARK_BLUE),
        ("dark_blue", Colour, Colour.DARK_BLUE),
        ("KNOWN", Lenient, Lenient.KNOWN),
        ("never heard of", Lenient, Lenient.OTHER),
        ("GET", Literal["get", "post"], "get"),
        ([1, "2"], list[int], [1, 2]),
        ([], list[int], []),
        ("2", list[int], [2]),
        ("a,b", list[str], ["a,b"]),
        ({"a": 1}, list[dict[str, int]], [{"a": 1}]),
        (["a", "a"], set[str], {"a"}),
        (["a", 1], tuple[str, ...], ("a", "1")),
        (["text"], str, "text"),
        (["5"], int, 5),
        (["RED"], Colour, Colour.RED),
        ([{"a": "1"}], dict[str, int], {"a": 1}),
        ({"a": 1, "b": True}, dict[str, str], {"a": "1", "b": "true"}),
        ({"a": [1]}, dict, {"a": [1]}),
        ({"a": [1, None]}, Any, {"a": [1, None]}),
        ("5", Any, "5"),
        (None, Any, None),
        (None, str | None, None),
        ("", int | None, None),
        (" 7 ", int | None, 7),
        ("", timedelta | None, None),
        ("", str | None, ""),
        ("text", int | str, "text"),
        ("5", int | str, "5"),
        (5, str | int, 5),
        ({"firstName": "Ann"}, Inner | str, Inner(first_name="Ann")),
        ({"token": "t", "type": "token"}, Authentication, Token(type="token", token="t")),
        (1, bool, True),
        (0, bool, False),
        ("TRUE", bool, True),
        ("", bool, False),
        ("", bool | None, None),
        ("null", int | None, None),
        ("1e3", float, 1000.0),
        (1e-7, str, "1.0E-7"),
        (-1.25e20, str, "-1.25E20"),
        (1.5, str, "1.5"),
        ([None], str | None, None),
        (1, Colour, list(Colour)[1]),
        (" red ", Colour, Colour.RED),
    ],
)
def test_what_becomes_what(value, target, bound):
    result = Binder().bind(value, target)

    assert result == bound
    assert type(result) is type(bound)


@pytest.mark.parametrize(
    ("value", "target", "label"),
    [
        ({}, str, "String"),
        ([], str, "String"),
        (["a", "b"], str, "String"),
        ([["a"]], str, "String"),
        (None, str, "String"),
        ("five", int, "Integer"),
        (True, int, "Integer"),
        ({}, int, "Integer"),
        ([1, 2], int, "Integer"),
        ("NaN", int, "Integer"),
        ("Infinity", int, "Integer"),
        ("1e999999999", int, "Integer"),
        ("five", float, "Double"),
        ("five", Decimal, "BigDecimal"),
        ("yes", bool, "boolean"),
        ("tRuE", bool, "boolean"),
        (0.5, bool, "boolean"),
        ("green", Colour, "Colour"),
        ("text", dict[str, str], "Map"),
        ([], dict[str, str], "Map"),
        ('{"a": 1}', dict[str, str], "Map"),
        ("put", Literal["get", "post"], "one of get, post"),
    ],
)
def test_what_is_refused_names_field_and_type(value, target, label):
    class Input(ConnectorInput):
        outer_field: dict[str, target]

    assert refused({"outerField": {"key": value}}, Input) == [
        f"Json object contains an invalid field: outerField, key. It Must be `{label}`"
    ]


@pytest.mark.parametrize(
    ("value", "target"),
    [
        ("text", Inner),
        ([], Inner),
        ([{"firstName": "a"}, {"firstName": "b"}], Inner),
        ('{"firstName": "a"}', Inner),
        ({"type": "unknown"}, Authentication),
        ([{"userName": "u", "type": "basic"}], Authentication),
        ({"type": "TOKEN", "token": "t"}, Authentication),
        ({"token": "t"}, Authentication),
        ("token", Authentication),
        ({}, int | str),
    ],
)
def test_where_the_type_is_one_of_several_or_a_model_only_the_field_is_named(value, target):
    class Input(ConnectorInput):
        entry: target

    assert refused({"entry": value}, Input) == ["Json object contains an invalid field: entry"]


def test_unknown_fields_are_ignored_at_every_level():
    class Input(ConnectorInput):
        inner: Inner

    bound = Binder().bind({"inner": {"firstName": "Ann", "lastName": "Other"}, "more": {"a": 1}}, Input)

    assert bound == Input(inner=Inner(first_name="Ann"))


def test_names_are_camel_case_and_may_be_snake_case():
    assert Binder().bind({"firstName": "Ann"}, Inner) == Binder().bind({"first_name": "Ann"}, Inner)


class Absent(ConnectorInput):
    with_default: int = 7
    nullable: str | None = "default"
    anything: Any = "default"
    items: list[str] = Field(default_factory=lambda: ["default"])


def test_absent_fields_have_their_defaults():
    bound = Binder().bind({"withDefault": None, "items": None}, Absent)

    assert (bound.with_default, bound.items) == (7, ["default"])


def test_null_is_kept_where_a_field_takes_it():
    bound = Binder().bind({"nullable": None, "anything": None}, Absent)

    assert (bound.nullable, bound.anything) == (None, None)


@pytest.mark.parametrize("blank", ["", "  "])
def test_an_empty_text_is_an_absent_number(blank):
    class Required(ConnectorInput):
        number: int

    assert Binder().bind({"withDefault": blank}, Absent).with_default == 7
    assert refused({"number": blank}, Required) == [INVALID_INPUT, violation("number", "must not be null")]


class Everything(ConnectorInput):
    user_name: Annotated[str, NotBlank()]
    web_address: Annotated[str, Pattern("^https?://", "Must be a http(s) URL")]
    some_items: Annotated[list[str], NotEmpty()]
    must_be: Annotated[dict[str, str], NotNull()]
    max_tries: Annotated[int, Field(ge=1)] = 1
    inner: Inner
    people: list[Inner] = Field(default_factory=list)
    authentication: Authentication


def test_every_violation_is_reported_at_once_with_its_path():
    given = {
        "userName": " ",
        "webAddress": "ftp://host",
        "someItems": [],
        "maxTries": 0,
        "inner": {},
        "people": [{"firstName": "Ann"}, {"age": 3}],
        "authentication": {"type": "basic", "userName": ""},
    }

    first, *lines = refused(given, Everything)

    assert first == INVALID_INPUT
    assert sorted(lines) == sorted(
        [
            violation("userName", "must not be blank"),
            violation("webAddress", "Must be a http(s) URL"),
            violation("someItems", "must not be empty"),
            violation("mustBe", "must not be null"),
            violation("maxTries", "Input should be greater than or equal to 1"),
            violation("inner.firstName", "must not be null"),
            violation("people.1.firstName", "must not be null"),
            violation("authentication.userName", "must not be blank"),
        ]
    )


def test_every_field_of_a_wrong_type_is_reported_at_once_with_its_path():
    given = {
        "userName": {},
        "webAddress": [],
        "someItems": ["a", {}, ["b", "c"]],
        "mustBe": {"key": {}},
        "maxTries": "many",
        "inner": {"firstName": "Ann", "age": "old"},
        "people": [{"firstName": "Ann", "age": True}, "Bob"],
        "authentication": {"type": "other"},
    }

    assert sorted(refused(given, Everything)) == sorted(
        [
            "Json object contains an invalid field: userName. It Must be `String`",
            "Json object contains an invalid field: webAddress. It Must be `String`",
            "Json object contains an invalid field: someItems, 1. It Must be `String`",
            "Json object contains an invalid field: someItems, 2. It Must be `String`",
            "Json object contains an invalid field: mustBe, key. It Must be `String`",
            "Json object contains an invalid field: maxTries. It Must be `Integer`",
            "Json object contains an invalid field: inner, age. It Must be `Integer`",
            "Json object contains an invalid field: people, 0, age. It Must be `Integer`",
            "Json object contains an invalid field: people, 1",
            "Json object contains an invalid field: authentication",
        ]
    )


@pytest.mark.parametrize("given", [{}, {"webAddress": None}])
def test_a_required_field_whose_constraint_lets_null_pass_is_missed_all_the_same(given):
    class Input(ConnectorInput):
        web_address: Annotated[str, Pattern("^https?://")]

    assert refused(given, Input) == [INVALID_INPUT, violation("webAddress", "must not be null")]


def test_a_lone_constraint_of_pydantic_names_the_field_as_the_process_does():
    class Input(ConnectorInput):
        max_tries: Annotated[int, Field(ge=1)]

    class Outer(ConnectorInput):
        inner_part: Input

    assert refused({"innerPart": {"maxTries": 0}}, Outer) == [
        INVALID_INPUT,
        violation("innerPart.maxTries", "Input should be greater than or equal to 1"),
    ]


def test_no_message_holds_a_value():
    class Input(ConnectorInput):
        number: int
        colour: Colour
        wait: timedelta
        either: int | bool

    given = dict.fromkeys(("number", "colour", "wait", "either"), "s3cret")

    assert "s3cret" not in "\n".join(refused(given, Input))


async def test_a_document_becomes_text_in_base64_or_bytes():
    class Input(ConnectorInput):
        text: str
        content: bytes

    store = MemoryDocumentStore()
    reference = await store.create(b"hello", DocumentMetadata("text/plain", "a.txt", 5))

    bound = await bind({"text": reference, "content": [reference]}, Input, store)

    assert (bound.text, bound.content) == ("aGVsbG8=", b"hello")


def test_wrong_types_and_violations_are_told_in_one_answer():
    class Outer(ConnectorInput):
        count: int
        name: Annotated[str, NotBlank()]
        inner: Inner

    assert refused({"count": "many", "name": " ", "inner": {"firstName": {"a": 1}}}, Outer) == [
        "Json object contains an invalid field: count. It Must be `Integer`",
        "Json object contains an invalid field: inner, firstName. It Must be `String`",
        INVALID_INPUT,
        " - Property: name: Validation failed. Original message: must not be blank",
    ]
