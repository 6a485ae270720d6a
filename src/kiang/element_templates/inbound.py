"""What the templates of inbound connectors share: activation, correlation, deduplication, output; all are properties of the element.

A start event without message has nothing to correlate. A message start event correlates only within an event sub-process, so it asks.
All other elements wait in an instance, which the event has to find by a key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kiang.connector_sdk.template import Condition, ElementType, Template
from kiang.element_templates.properties import PROPERTY, Property

GROUPS = (
    {"id": "activation", "label": "Activation"},
    {"id": "synchronousResponse", "label": "Response mode"},
    {
        "id": "correlation",
        "label": "Correlation",
        "tooltip": "An event finds the instance that waits for it by a key, which both of them have",
    },
    {
        "id": "deduplication",
        "label": "Deduplication",
        "tooltip": "Elements with the same deduplication ID are served by one consumer or endpoint",
    },
    {"id": "output", "label": "Output mapping"},
)

DURATION_PATTERN = "^(PT.*|)$"
DEDUPLICATION_ID_PATTERN = "^[a-zA-Z0-9_-]+$"


def type_property(connector_type: str) -> Property:
    """What has the runtime find the element."""
    return {"value": connector_type, "binding": {"name": "inbound.type", "type": PROPERTY}, "type": "Hidden"}


def common_properties(template: Template, element_type: ElementType, result_expression: str) -> Iterator[Property]:
    """Everything behind the connector's own properties, in the order of the form."""
    yield from _activation()
    if template.answers:
        yield _property(
            "synchronousResponse",
            "Response mode",
            "synchronousResponse",
            "Dropdown",
            description="Whether the caller waits for the process",
            value="false",
            choices=[{"name": "Asynchronous", "value": "false"}, {"name": "Synchronous", "value": "true"}],
        )
    if is_message(element_type):
        yield from _correlation(element_type, template)
    if template.deduplicates:
        yield from _deduplication()
    yield _property(
        "resultVariable",
        "Result variable",
        "output",
        description="Name of the variable that takes the event",
        value=template.result_variable or None,
    )
    yield _property(
        "resultExpression",
        "Result expression",
        "output",
        "Text",
        description="Expression that makes variables of the event",
        value=result_expression or None,
        feel="required",
    )


def is_message(element_type: ElementType) -> bool:
    """Whether the event comes to the element as a message."""
    return bool(element_type.event_definition) or element_type.value == "bpmn:ReceiveTask"


def _activation() -> Iterator[Property]:
    yield _property(
        "activationCondition",
        "Activation condition",
        "activation",
        description="Only events for which it is true count; empty for all",
        optional=True,
        feel="required",
    )
    yield _property(
        "consumeUnmatchedEvents",
        "Consume unmatched events",
        "activation",
        "Boolean",
        description="An event that no element wants is taken and dropped",
        value=True,
    )


def _correlation(element_type: ElementType, template: Template) -> Iterator[Property]:
    needed = None
    if element_type.kind == "MessageStartEvent":
        yield _property(
            "correlationRequired",
            "Subprocess correlation required",
            "correlation",
            "Dropdown",
            description="Needed for a message start event of an event sub-process",
            value="notRequired",
            choices=[
                {"name": "Correlation not required", "value": "notRequired"},
                {"name": "Correlation required", "value": "required"},
            ],
        )
        needed = Condition("correlationRequired", equals="required").to_json()
    yield _property(
        "correlationKeyProcess",
        "Correlation key (process)",
        "correlation",
        binding={"name": "correlationKey", "type": "bpmn:Message#zeebe:subscription#property"},
        description="The key that the waiting instance has, made of its variables",
        constraints={"notEmpty": True},
        feel="required",
        condition=needed,
    )
    yield _property(
        "correlationKeyPayload",
        "Correlation key (payload)",
        "correlation",
        binding={"name": "correlationKeyExpression", "type": PROPERTY},
        description="The key that the event has, made of its content",
        constraints={"notEmpty": True},
        feel="required",
        condition=needed,
    )
    published = Condition("synchronousResponse", equals="false").to_json() if template.answers else None
    yield _property(
        "messageIdExpression",
        "Message ID expression",
        "correlation",
        description="What makes a repeated delivery of the same event harmless",
        optional=True,
        feel="required",
        condition=published,
    )
    yield _property(
        "messageTtl",
        "Message TTL",
        "correlation",
        description="How long the event waits for somebody who wants it (ISO 8601 duration)",
        optional=True,
        constraints={
            "notEmpty": False,
            "pattern": {"value": DURATION_PATTERN, "message": "Must be an ISO 8601 duration"},
        },
        feel="optional",
        condition=published,
    )
    yield _property(
        "messageNameUuid",
        "Message name",
        "correlation",
        binding={"name": "name", "type": "bpmn:Message#property"},
        generatedValue={"type": "uuid"},
        feel="optional",
    )


def _deduplication() -> Iterator[Property]:
    yield _property(
        "deduplicationModeManualFlag",
        "Manual mode",
        "deduplication",
        "Boolean",
        description="Elements with equal properties share an ID by themselves; choose it by hand instead",
        value=False,
    )
    yield _property(
        "deduplicationId",
        "Deduplication ID",
        "deduplication",
        constraints={
            "notEmpty": True,
            "pattern": {
                "value": DEDUPLICATION_ID_PATTERN,
                "message": "Letters, digits, dashes and underscores are allowed",
            },
        },
        condition=Condition("deduplicationModeManualFlag", equals=True).to_json(),
    )
    for mode, is_manual in (("Manual", True), ("Auto", False)):
        yield {
            "id": f"deduplicationMode{mode}",
            "value": mode.upper(),
            "group": "deduplication",
            "binding": {"name": "deduplicationMode", "type": PROPERTY},
            "condition": Condition("deduplicationId", is_active=is_manual).to_json(),
            "type": "Hidden",
        }


def _property(
    property_id: str,
    label: str,
    group: str,
    kind: str = "String",
    *,
    binding: Mapping[str, str] | None = None,
    **rest: Any,
) -> Property:
    entry = {
        "id": property_id,
        "label": label,
        **rest,
        "group": group,
        "binding": dict(binding or {"name": property_id, "type": PROPERTY}),
        "type": kind,
    }
    return {key: value for key, value in entry.items() if value is not None}
