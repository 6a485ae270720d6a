"""AWS SQS connector: sends a message to a queue."""

from __future__ import annotations

import enum
import json
from typing import Annotated, Any

from kiang.connector_sdk import ConnectorInput, NotBlank, NotNull, OutboundContext, outbound_connector
from kiang.connector_sdk.aws import GROUPS, AwsInput, client, failure
from kiang.connector_sdk.template import Condition, Group, Template, TemplateField

TEMPLATE = Template(
    id="io.kiang.connectors.AwsSqs.v1",
    name="AWS SQS Connector",
    description="Send a message to a queue",
    keywords=("aws", "sqs", "queue", "send"),
    groups=(*GROUPS, Group("queue", "Queue")),
    example={"messageId": "d5e3b1a2"},
)

FIFO = Condition("queue.type", equals="fifo")


class QueueType(enum.Enum):
    """Whether messages keep their order."""

    STANDARD = "standard"
    FIFO = "fifo"


class Queue(ConnectorInput):
    """Where the message goes, and what it is."""

    url: Annotated[str, NotBlank(), TemplateField(label="Queue URL", group="queue")]
    type: Annotated[QueueType, TemplateField(label="Queue type", group="queue")] = QueueType.STANDARD
    message_body: Annotated[Any, NotNull(), TemplateField(group="queue", type="Text", feel="required")]
    message_attributes: Annotated[dict[str, Any] | None, TemplateField(group="queue")] = None
    message_group_id: Annotated[str | None, TemplateField(group="queue", condition=FIFO)] = None
    message_deduplication_id: Annotated[str | None, TemplateField(group="queue", condition=FIFO)] = None


class SqsInput(AwsInput):
    """Input of the connector."""

    queue: Queue


@outbound_connector(name="AWS SQS", type="io.camunda:aws-sqs:1", template=TEMPLATE)
def aws_sqs(data: SqsInput, context: OutboundContext) -> dict[str, Any]:
    """`{messageId}`."""
    queue = data.queue
    body = (
        queue.message_body
        if isinstance(queue.message_body, str)
        else json.dumps(queue.message_body, ensure_ascii=False)
    )
    wanted = {
        "QueueUrl": queue.url,
        "MessageBody": body,
        "MessageAttributes": queue.message_attributes,
        "MessageGroupId": queue.message_group_id,
        "MessageDeduplicationId": queue.message_deduplication_id,
    }
    try:
        answer = client("sqs", data, context.resources).send_message(**{k: v for k, v in wanted.items() if v})
    except Exception as error:  # noqa: BLE001 - botocore makes its error classes at run time
        raise failure(error) from None
    return {"messageId": answer["MessageId"]}
