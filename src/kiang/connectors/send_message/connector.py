"""Send message connector: as Camunda's, on any engine that the runtime works for."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Field

from kiang.connector_sdk import (
    ConnectorError,
    ConnectorInput,
    ConnectorInputError,
    NotBlank,
    OutboundContext,
    outbound_connector,
)
from kiang.connector_sdk.template import MESSAGE, ElementType, Group, Template, TemplateField
from kiang.errors import ClientError

TEMPLATE = Template(
    id="io.kiang.connectors.SendMessage.v1",
    name="Send Message Connector",
    description="Publish a message, or correlate it with a waiting instance",
    keywords=("message", "publish", "correlate"),
    groups=(Group("message", "Message"), Group("delivery", "Delivery")),
    element_types=(
        ElementType("bpmn:SendTask"),
        ElementType("bpmn:IntermediateThrowEvent", MESSAGE, ("bpmn:IntermediateThrowEvent",)),
        ElementType("bpmn:EndEvent", MESSAGE, ("bpmn:EndEvent",)),
    ),
    example={"messageKey": "2251799813685249", "tenantId": "<default>"},
)


class Publish(ConnectorInput):
    """The message waits in the engine for somebody who wants it."""

    type: Annotated[Literal["publish"], TemplateField(label="Publish: it may wait")] = "publish"
    time_to_live: Annotated[timedelta | None, TemplateField(type="String", feel="optional", placeholder="PT1H")] = None
    message_id: str | None = None


class Correlate(ConnectorInput):
    """Somebody has to be waiting now."""

    type: Annotated[Literal["correlate"], TemplateField(label="Correlate: somebody has to be waiting")]


class SendMessageInput(ConnectorInput):
    """Input of the connector."""

    message_name: Annotated[str, NotBlank(), TemplateField(group="message")]
    correlation_key: Annotated[str | None, TemplateField(group="message")] = None
    variables: Annotated[dict[str, Any] | None, TemplateField(group="message")] = None
    tenant_id: Annotated[str | None, TemplateField(group="message")] = None
    correlation_type: Annotated[
        Annotated[Publish | Correlate, Field(discriminator="type")], TemplateField(group="delivery", default="publish")
    ] = Publish()


@outbound_connector(name="Send Message", type="io.camunda:sendMessage:1", template=TEMPLATE)
async def send_message(data: SendMessageInput, context: OutboundContext) -> dict[str, Any]:
    """Give the message to the engine that the job comes from; its refusal is an error with its gRPC name as code."""
    if context.messages is None:
        raise ConnectorInputError("Expected an engine to send the message to, but this runtime has none.")
    tenant_id = data.tenant_id or context.job.tenant_id
    key, variables = data.correlation_key or "", data.variables or {}
    try:
        if isinstance(data.correlation_type, Correlate):
            message_key, instance_key = await context.messages.correlate(
                data.message_name, key, variables, tenant_id=tenant_id
            )
            return {
                "messageKey": str(message_key),
                "processInstanceKey": str(instance_key),
                "tenantId": tenant_id,
            }
        message_key = await context.messages.publish(
            data.message_name,
            key,
            variables,
            message_id=data.correlation_type.message_id or "",
            ttl=data.correlation_type.time_to_live or timedelta(hours=1),
            tenant_id=tenant_id,
        )
    except ClientError as error:
        raise ConnectorError(type(error).__name__, str(error)) from None
    return {"messageKey": str(message_key), "tenantId": tenant_id}
