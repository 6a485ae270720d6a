"""How variables become arguments, and what is fetched for that."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Annotated, Any, Literal, TypedDict

import msgspec
import pydantic
import pydantic.dataclasses
import pytest

from kiang import Header, Job, Variable, Variables
from kiang.worker.binding import Binding, BindingError


class Color(enum.Enum):
    RED = "red"


@dataclass
class Item:
    name: str
    price: Decimal = Decimal(1)


@dataclass
class Order:
    order_id: str
    items: list[Item] = field(default_factory=list)


class Parcel(msgspec.Struct, rename="camel"):
    item_count: int
    weight: float = 0.0


class Customer(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(strict=True)
    name: str = pydantic.Field(alias="fullName", min_length=2)
    since: datetime


class Anything(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="allow")
    name: str


@pydantic.dataclasses.dataclass
class Checked:
    age: Annotated[int, pydantic.Field(ge=18)]


class Address(TypedDict):
    city: str


def bind(function, variables: str = "{}", headers: str = "{}", **options: Any):
    """The arguments of `function`, and what is fetched for it."""
    binding = Binding(function, **options)
    positional, named = binding.arguments(Job(1, "pay", variables_json=variables, headers_json=headers))
    return function(*positional, **named), binding.fetch_variables


def test_plain_values_are_bound_by_name_and_converted_by_type() -> None:
    def handler(amount: Decimal, at: datetime, wait: timedelta, color: Color, kind: Literal["a", "b"], tags: set[str]):
        return amount, at, wait, color, kind, tags

    result, fetched = bind(
        handler,
        '{"amount":1.10,"at":"2026-01-02T03:04:05Z","wait":"PT5S","color":"red","kind":"a","tags":["x"],"other":1}',
    )

    assert result == (
        Decimal("1.10"), datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), timedelta(seconds=5), Color.RED, "a", {"x"},
    )  # fmt: skip
    assert fetched == ("amount", "at", "color", "kind", "tags", "wait")


def test_models_of_every_kind_are_bound_to_the_variable_of_the_parameter_name() -> None:
    def handler(order: Order, parcel: Parcel, customer: Customer, checked: Checked, address: Address):
        return order, parcel, customer, checked, address

    (order, parcel, customer, checked, address), fetched = bind(
        handler,
        '{"order":{"order_id":"A","items":[{"name":"x","price":2}]},"parcel":{"itemCount":2},'
        '"customer":{"fullName":"Ada","since":"2026-01-02T00:00:00Z"},"checked":{"age":20},"address":{"city":"Oslo"}}',
    )

    assert order == Order("A", [Item("x", Decimal(2))])
    assert parcel == Parcel(item_count=2)
    assert (customer.name, customer.since.year) == ("Ada", 2026)
    assert checked == Checked(20)
    assert address == {"city": "Oslo"}
    assert fetched == ("address", "checked", "customer", "order", "parcel")


@pytest.mark.parametrize(
    ("model", "variables", "fetched"),
    [
        (Order, '{"order_id":"A","other":1}', ("items", "order_id")),
        (Parcel, '{"itemCount":2}', ("itemCount", "weight")),
        (Customer, '{"fullName":"Ada","since":"2026-01-02T00:00:00Z"}', ("fullName", "since")),
        (Address, '{"city":"Oslo"}', ("city",)),
        (Anything, '{"name":"x","more":1}', ()),
        (dict[str, Any], '{"a":1}', ()),
    ],
)
def test_a_model_of_all_variables_decides_by_its_fields_what_is_fetched(model, variables, fetched) -> None:
    def handler(document):
        return document

    handler.__annotations__["document"] = Variables[model]
    result, found = bind(handler, variables)

    assert isinstance(result, dict if model in {Address, dict[str, Any]} else model)
    assert found == fetched


def test_the_job_is_given_by_type_or_by_the_name_job_and_then_everything_is_fetched() -> None:
    def typed(what: Job):
        return what.key

    def named(job):
        return job.key

    assert bind(typed) == (1, ())
    assert bind(named) == (1, ())


def test_beside_named_variables_the_job_fetches_no_more_than_them() -> None:
    def handler(job: Job, amount: int):
        return job.key + amount

    assert bind(handler, '{"amount":2}') == (3, ("amount",))


def test_a_parameter_may_have_another_name_than_its_variable() -> None:
    def handler(order_id: Annotated[str, Variable("orderId")], amount: Annotated[int, Variable("the amount")] = 3):
        return order_id, amount

    assert bind(handler, '{"orderId":"A"}') == (("A", 3), ("orderId", "the amount"))


def test_headers_are_bound_and_converted_and_fetch_nothing() -> None:
    def handler(
        currency: Annotated[str, Header("currency")], more: Annotated[str | None, Header("x-more")], amount: int
    ):
        return currency, more, amount

    assert bind(handler, '{"amount":1}', '{"currency":"EUR"}') == (("EUR", None, 1), ("amount",))
    with pytest.raises(BindingError, match="currency"):
        bind(handler, '{"amount":1}')


def test_what_is_missing_takes_its_default_or_none_if_that_is_allowed() -> None:
    nobody = object()

    def handler(note: str | None, amount: int = 7, who: Any = nobody, *, tags: list[str] = []):  # noqa: B006
        return note, amount, who, tags

    assert bind(handler)[0] == (None, 7, nobody, [])
    assert bind(handler, '{"note":"x","amount":1,"who":null,"tags":["a"]}')[0] == ("x", 1, None, ["a"])


def test_the_rest_goes_to_keyword_arguments() -> None:
    def handler(amount: int, **rest):
        return amount, rest

    assert bind(handler, '{"amount":1,"a":2,"b":{"c":3}}') == ((1, {"a": 2, "b": {"c": 3}}), ())


def test_positional_only_parameters_partials_and_callable_objects_work() -> None:
    def positional(amount: int, job: Job, /):
        return amount, job.key

    class Handler:
        def __call__(self, amount: int):
            return amount

    assert bind(positional, '{"amount":5}')[0] == (5, 1)
    assert bind(partial(positional, 9))[0] == (9, 1)
    assert bind(Handler(), '{"amount":5}')[0] == 5


def test_classes_of_the_enclosing_function_are_found_although_annotations_are_texts() -> None:
    @dataclass
    class Local:
        x: int

    def handler(local: Local, job: Job):
        return local.x

    assert bind(handler, '{"local":{"x":1}}', names=locals())[0] == 1
    with pytest.raises(TypeError, match="Local"):
        Binding(handler)


@pytest.mark.parametrize(
    ("variables", "place"),
    [
        ("{}", "amount"),
        ('{"amount":"s3cret"}', "amount"),
        ('{"amount":null}', "amount"),
        ('{"amount":1,"order":{"order_id":1}}', "order"),
        ('{"amount":1,"customer":{"fullName":"A","since":"s3cret"}}', "fullName: String should have at least 2"),
        ('{"amount":1,"customer":"s3cret"}', "customer"),
        ('{"amount":1,"customer":{"fullName":"Ada"}}', "since: Field required"),
        ("[1]", "object"),
    ],
)
def test_what_does_not_fit_is_named_and_never_shown(variables, place) -> None:
    def handler(amount: int, order: Order | None = None, customer: Customer | None = None):
        raise AssertionError

    with pytest.raises(BindingError) as caught:
        bind(handler, variables)

    assert place in str(caught.value)
    assert "s3cret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_union_that_only_pydantic_knows_works_too() -> None:
    def handler(who: Customer | int, either: Order | Checked):
        return who, either

    (who, either), _ = bind(handler, '{"who":3,"either":{"age":20}}')

    assert (who, either) == (3, Checked(20))


def test_signatures_that_no_job_can_fill_are_refused_when_the_handler_is_registered() -> None:
    class Opaque:
        pass

    def many(*amounts: int): ...

    def opaque(x: Opaque): ...

    def opaque_inside(x: list[Opaque]): ...

    def call(x: complex | None): ...

    with pytest.raises(TypeError, match=r"\*amounts"):
        Binding(many)
    for handler in (opaque, opaque_inside, call):
        with pytest.raises(TypeError, match="type that JSON can become"):
            Binding(handler, names=locals())


def test_results_that_are_no_document_are_refused_when_the_annotation_says_so() -> None:
    def number() -> int: ...

    def optional_list() -> list[int] | None: ...

    async def document() -> dict[str, int] | Parcel | Customer | None: ...

    for handler in (number, optional_list):
        with pytest.raises(TypeError, match="result_variable"):
            Binding(handler)
    Binding(document)
    assert Binding(number, result_variable="n").result(3) == '{"n":3}'


def test_numbers_keep_their_digits() -> None:
    def handler(big: int, exact: Decimal, loose: float):
        return big, exact, loose

    result, _ = bind(handler, '{"big":9007199254740993,"exact":0.1000000000000000000001,"loose":3}')

    assert result == (9007199254740993, Decimal("0.1000000000000000000001"), 3.0)
