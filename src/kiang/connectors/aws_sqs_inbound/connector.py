"""AWS SQS inbound connector: each message of a queue is an event."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Annotated, Any

from kiang.connector_sdk import ConnectorInput, NotBlank, Pattern
from kiang.connector_sdk.aws import GROUPS, AwsInput, client, failure
from kiang.connector_sdk.inbound import Health, InboundContext, Severity, inbound_connector
from kiang.connector_sdk.template import Group, Template, TemplateField

BATCH_MAX = 10
"""Messages of one receive; AWS allows no more."""

RECEIVES_MAX = 5
"""A message that was received so often and still is refused as invalid is taken off the queue."""

PAUSE_MIN_SECONDS, PAUSE_MAX_SECONDS = 1.0, 60.0


TEMPLATE = Template(
    id="io.kiang.connectors.inbound.AwsSqs.v1",
    name="AWS SQS Consumer Connector",
    description="Each message of a queue is an event",
    keywords=("aws", "sqs", "consume", "queue", "event"),
    groups=(
        *GROUPS,
        Group("queueProperties", "Queue"),
        Group("messagePollingProperties", "Polling"),
        Group("input", "Attributes"),
    ),
    example={"body": {"order": "A-1"}, "messageId": "6e1a", "attributes": {}, "messageAttributes": {}},
)

WAIT_PATTERN = r"^([0-9]?|1[0-9]|20|secrets\..+)$"


class Queue(ConnectorInput):
    """Which queue, and how it is read."""

    url: Annotated[str, NotBlank(), TemplateField(label="Queue URL", group="queueProperties")]
    attribute_names: Annotated[
        list[str] | None, TemplateField(group="input", description="What SQS tells of a message, as a FEEL list")
    ] = None
    message_attribute_names: Annotated[
        list[str] | None, TemplateField(group="input", description="What the sender tells, as a FEEL list")
    ] = None
    polling_wait_time: Annotated[
        int | None,
        Pattern(WAIT_PATTERN, "Must be a number of seconds from 0 to 20"),
        TemplateField(group="messagePollingProperties", description="Seconds that one request waits for messages"),
    ] = 20


class SqsInboundProperties(AwsInput):
    """Properties of the element."""

    queue: Queue


@inbound_connector(name="AWS SQS Inbound", type="io.camunda:aws-sqs-inbound:1", template=TEMPLATE)
async def aws_sqs_inbound(properties: SqsInboundProperties, context: InboundContext) -> None:
    """Receive for ever; a message is deleted once the process has it or nobody wants it, else it comes again."""
    queue = properties.queue
    sqs = client("sqs", properties, context.resources)
    wanted = {
        "QueueUrl": queue.url,
        "MaxNumberOfMessages": BATCH_MAX,
        "WaitTimeSeconds": min(max(queue.polling_wait_time or 0, 1), 20),
        "AttributeNames": sorted({*(queue.attribute_names or []), "ApproximateReceiveCount"}),
        "MessageAttributeNames": queue.message_attribute_names or [],
    }
    pause = PAUSE_MIN_SECONDS
    while True:
        try:
            answer = await asyncio.to_thread(sqs.receive_message, **wanted)
        except Exception as error:  # noqa: BLE001 - botocore makes its error classes at run time
            refused = failure(error)
            context.report(Health.down(f"{refused.code}: receiving failed"))
            context.log(Severity.ERROR, "Consumer", f"Receiving failed: {refused.code}")
            await asyncio.sleep(pause)
            pause = min(pause * 2, PAUSE_MAX_SECONDS)
            continue
        pause = PAUSE_MIN_SECONDS
        context.report(Health.up())
        for message in answer.get("Messages", []):
            await context.finish(_handle(sqs, queue.url, message, context))


async def _handle(sqs: Any, url: str, message: Mapping[str, Any], context: InboundContext) -> None:
    result = await context.correlate(event_of(message), message.get("MessageId", ""))
    received = int(message.get("Attributes", {}).get("ApproximateReceiveCount", 1))
    is_poison = not result.is_done and not result.is_retryable and received >= RECEIVES_MAX
    if is_poison:
        context.log(Severity.ERROR, "Message", f"Message given up after {received} tries: {result.outcome.value}")
    if result.is_done or is_poison:
        await asyncio.to_thread(sqs.delete_message, QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def event_of(message: Mapping[str, Any]) -> dict[str, Any]:
    """The event that a message is: names as Camunda's connector gives them."""
    body = message.get("Body", "")
    try:
        parsed = json.loads(body)
    except ValueError:
        parsed = body
    attributes = {
        name: {"stringValue": value.get("StringValue"), "dataType": value.get("DataType")}
        for name, value in message.get("MessageAttributes", {}).items()
    }
    return {
        "messageId": message.get("MessageId"),
        "receiptHandle": message.get("ReceiptHandle"),
        "mD5OfBody": message.get("MD5OfBody"),
        "body": parsed,
        "attributes": dict(message.get("Attributes", {})),
        "mD5OfMessageAttributes": message.get("MD5OfMessageAttributes"),
        "messageAttributes": attributes,
    }
