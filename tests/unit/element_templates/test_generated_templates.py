"""Templates made of models: names, types, constraints, conditions, unions, operations, inbound elements, hybrids."""

from __future__ import annotations

import enum
from datetime import timedelta
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field

from kiang.connector_sdk import (
    ConnectorInput,
    Header,
    NotBlank,
    NotEmpty,
    Pattern,
    Range,
    operation,
    outbound_connector,
)
from kiang.connector_sdk.feel import FeelFunction
from kiang.connector_sdk.inbound import InboundContext, inbound_connector, inbound_connector_of
from kiang.connector_sdk.outbound import connector_of
from kiang.connector_sdk.template import Choice, Condition, Group, Template, TemplateField
from kiang.element_templates import templates_of
from kiang.element_templates.properties import PROPERTY, Place, label_of, properties_of


def by_id(model: Any, place: Place | None = None) -> dict[str, Any]:
    return {entry["id"]: entry for entry in properties_of(model, place or Place())}


class Size(enum.Enum):
    SMALL = "small"
    LARGE = "large"


class ByCard(ConnectorInput):
    kind: Annotated[Literal["card"], TemplateField(label="Card")] = "card"
    number: Annotated[str, NotBlank(), TemplateField(secret=True)]


class Transfer(ConnectorInput):
    bank: Annotated[str, TemplateField(placeholder="IBAN")]


class ByTransfer(ConnectorInput):
    kind: Annotated[Literal["transfer"], TemplateField(label="Transfer")]
    to: Transfer


class Order(ConnectorInput):
    order_id: Annotated[str, Pattern("^[A-Z]-[0-9]+$", "Like A-1")]
    amount: Annotated[int, Range(minimum=0)] = 3
    is_gift: bool = False
    size: Size = Size.SMALL
    tags: list[str] | None = None
    note: Annotated[str | None, Field(max_length=80), TemplateField(optional=True, tooltip="Anything")] = None
    wait: timedelta = timedelta(minutes=2)
    body: Annotated[Any, TemplateField(type="Text", feel="optional", language="json")] = None
    hidden: Annotated[str, TemplateField(ignore=True)] = ""
    empty: str = ""
    payment: Annotated[
        Annotated[ByCard | ByTransfer, Field(discriminator="kind")], TemplateField(label="Payment", group="pay")
    ] = ByCard(number="0")


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("orderId", "Order id"),
        ("readTimeoutInSeconds", "Read timeout in seconds"),
        ("jwkURL", "Jwk URL"),
        ("v2", "V 2"),
    ],
)
def test_a_label_is_made_of_the_name(name, label):
    assert label_of(name) == label


def test_types_defaults_and_feel_follow_from_the_model():
    made = by_id(Order)

    assert {name: (e["type"], e.get("feel"), e.get("value")) for name, e in made.items()} == {
        "orderId": ("String", "optional", None),
        "amount": ("Number", "static", 3),
        "isGift": ("Boolean", "static", False),
        "size": ("Dropdown", None, "small"),
        "tags": ("String", "required", None),
        "note": ("String", "optional", None),
        "wait": ("String", "optional", "PT2M"),
        "body": ("Text", "optional", None),
        "empty": ("String", "optional", None),
        "payment.kind": ("Dropdown", None, "card"),
        "payment.number": ("String", "optional", None),
        "payment.to.bank": ("String", "optional", None),
    }
    assert made["body"]["language"] == "json"
    assert made["note"]["tooltip"] == "Anything"
    assert made["payment.to.bank"]["binding"] == {"name": "payment.to.bank", "type": "zeebe:input"}


def test_constraints_hold_for_values_and_let_expressions_pass():
    made = by_id(Order)

    assert made["orderId"]["constraints"] == {
        "notEmpty": True,
        "pattern": {"value": "^(=|[A-Z]-[0-9]+$)", "message": "Like A-1"},
    }
    assert made["amount"]["constraints"]["pattern"]["value"] == "^\\d+$"
    assert made["note"]["constraints"] == {"maxLength": 80}
    assert made["note"]["optional"] is True


def test_a_tagged_union_is_a_drop_down_and_fields_under_its_condition():
    made = by_id(Order)

    assert [choice["name"] for choice in made["payment.kind"]["choices"]] == ["Card", "Transfer"]
    assert made["payment.number"]["condition"] == {"property": "payment.kind", "equals": "card", "type": "simple"}
    assert made["payment.to.bank"]["condition"]["equals"] == "transfer"
    assert made["payment.to.bank"]["group"] == "pay"
    assert made["payment.number"]["secret"] is True


def test_conditions_inside_conditions_must_all_hold():
    class Inner(ConnectorInput):
        a: Annotated[str | None, TemplateField(condition=Condition("mode", equals="x"))] = None

    class Outer(ConnectorInput):
        mode: str = "x"
        inner: Annotated[Inner, TemplateField(condition=Condition("mode", one_of=("x", "y")))] = Inner()

    condition = by_id(Outer)["inner.a"]["condition"]

    assert [sorted(set(part) - {"property", "type"}) for part in condition["allMatch"]] == [["oneOf"], ["equals"]]


def test_properties_of_inbound_elements_are_texts():
    made = by_id(Order, Place(binding=PROPERTY))

    assert (made["amount"]["type"], made["amount"]["value"]) == ("String", "3")
    assert (made["isGift"]["type"], made["isGift"].get("feel")) == ("Boolean", None)
    assert made["orderId"].get("feel") is None
    assert made["orderId"]["constraints"]["pattern"]["value"] == "^[A-Z]-[0-9]+$"
    assert made["tags"]["feel"] == "required"
    assert made["orderId"]["binding"] == {"name": "orderId", "type": "zeebe:property"}


TEMPLATE = Template(
    id="com.example.Shop.v1", name="Shop Connector", version=4, groups=(Group("pay", "Pay"), Group("no", "No"))
)


@outbound_connector(name="Shop", type="com.example:shop:1", template=TEMPLATE)
class Shop:
    @operation("sell", name="Sell")
    async def sell(self, data: ByCard) -> None:
        """Sell something."""

    @operation("buy", name="Buy")
    async def buy(
        self, data: Transfer, mapper: Annotated[FeelFunction | None, Header("mapper", required=False)] = None
    ) -> None:
        """Buy something."""


def test_operations_are_a_drop_down_and_their_fields_under_its_condition():
    (template,) = templates_of(connector_of(Shop))
    made = {entry["id"]: entry for entry in template["properties"] if "id" in entry}

    assert made["operation"]["binding"] == {"key": "operation", "type": "zeebe:taskHeader"}
    assert [choice["value"] for choice in made["operation"]["choices"]] == ["buy", "sell"]
    assert made["buy:bank"]["binding"]["name"] == "bank"
    assert made["buy:bank"]["condition"]["equals"] == "buy"
    assert made["buy:mapper"]["binding"] == {"key": "mapper", "type": "zeebe:taskHeader"}
    assert made["version"]["value"] == "4"
    assert [group["id"] for group in template["groups"]] == ["operation", "connector", "output", "error", "retries"]


def test_a_hybrid_template_shows_the_type():
    (template,) = templates_of(connector_of(Shop), hybrid=True)

    assert (template["id"], template["name"]) == ("com.example.Shop.v1-hybrid", "Hybrid Shop Connector")
    assert template["properties"][0]["type"] == "String"
    assert template["properties"][0]["value"] == "com.example:shop:1"
    assert template["groups"][0]["id"] == template["properties"][0]["group"]


class InboxProperties(ConnectorInput):
    queue: Annotated[str, NotEmpty()]
    mode: Annotated[str, TemplateField(choices=(Choice("a", "A"), Choice("b", "B")))] = "a"


def inbox(**rest: Any) -> Any:
    @inbound_connector(
        name="Inbox",
        type="com.example:inbox:1",
        template=Template(id="com.example.Inbox.v1", name="Inbox Connector", **rest),
    )
    async def listen(properties: InboxProperties, context: InboundContext) -> None:
        """Listen."""

    return {t["id"].split(".")[3]: t for t in templates_of(inbound_connector_of(listen))}


def ids(template: Any) -> list[str]:
    return [entry["id"] for entry in template["properties"] if "id" in entry]


def test_an_inbound_connector_has_a_template_for_every_element_that_it_serves():
    made = inbox()

    assert {kind: (t["elementType"]["value"], "eventDefinition" in t["elementType"]) for kind, t in made.items()} == {
        "StartEvent": ("bpmn:StartEvent", False),
        "MessageStartEvent": ("bpmn:StartEvent", True),
        "IntermediateCatchEvent": ("bpmn:IntermediateCatchEvent", True),
        "BoundaryEvent": ("bpmn:BoundaryEvent", True),
        "ReceiveTask": ("bpmn:ReceiveTask", False),
    }
    assert made["MessageStartEvent"]["name"] == "Inbox Message Start Event Connector"
    assert made["ReceiveTask"]["id"] == "com.example.Inbox.ReceiveTask.v1"


def test_only_elements_that_wait_correlate_and_a_message_start_event_asks():
    made = inbox()
    keys = ["correlationKeyProcess", "correlationKeyPayload"]

    assert not set(keys) & set(ids(made["StartEvent"]))
    assert "messageNameUuid" not in ids(made["StartEvent"])
    for kind in ("IntermediateCatchEvent", "BoundaryEvent", "ReceiveTask"):
        assert all("condition" not in e for e in made[kind]["properties"] if e.get("id") in keys)
    asks = [e["condition"]["property"] for e in made["MessageStartEvent"]["properties"] if e.get("id") in keys]
    assert asks == ["correlationRequired"] * 2


def test_answers_and_deduplication_are_there_if_the_connector_has_them():
    plain, rich = inbox(deduplicates=False)["ReceiveTask"], inbox(answers=True)["ReceiveTask"]

    assert "deduplicationId" not in ids(plain)
    assert "synchronousResponse" not in ids(plain)
    assert "deduplicationId" in ids(rich)
    message_id = next(e for e in rich["properties"] if e.get("id") == "messageIdExpression")
    assert message_id["condition"]["property"] == "synchronousResponse"
