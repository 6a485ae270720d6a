"""AWS SNS connector: publishes a message to a topic."""

from __future__ import annotations

import enum
import json
from typing import Annotated, Any

from kiang.connector_sdk import ConnectorInput, NotBlank, NotNull, OutboundContext, outbound_connector
from kiang.connector_sdk.aws import GROUPS, AwsInput, client, failure
from kiang.connector_sdk.template import Condition, Group, Template, TemplateField

TEMPLATE = Template(
    id="io.kiang.connectors.AwsSns.v1",
    name="AWS SNS Connector",
    description="Publish a message to a topic",
    keywords=("aws", "sns", "publish", "topic"),
    groups=(*GROUPS, Group("topic", "Topic")),
    example={"messageId": "d5e3b1a2"},
)

FIFO = Condition("topic.type", equals="fifo")


class TopicType(enum.Enum):
    """Whether messages keep their order."""

    STANDARD = "standard"
    FIFO = "fifo"


class Topic(ConnectorInput):
    """Where the message goes, and what it is."""

    topic_arn: Annotated[str, NotBlank(), TemplateField(label="Topic ARN", group="topic")]
    type: Annotated[TopicType, TemplateField(label="Topic type", group="topic")] = TopicType.STANDARD
    message_group_id: Annotated[str | None, TemplateField(group="topic", condition=FIFO)] = None
    message_deduplication_id: Annotated[str | None, TemplateField(group="topic", condition=FIFO)] = None
    subject: Annotated[str | None, TemplateField(group="topic")] = None
    message: Annotated[Any, NotNull(), TemplateField(group="topic", type="Text", feel="optional")]
    message_attributes: Annotated[dict[str, Any] | None, TemplateField(group="topic")] = None


class SnsInput(AwsInput):
    """Input of the connector."""

    topic: Topic


@outbound_connector(name="AWS SNS", type="io.camunda:aws-sns:1", template=TEMPLATE)
def aws_sns(data: SnsInput, context: OutboundContext) -> dict[str, Any]:
    """`{messageId}`."""
    topic = data.topic
    message = topic.message if isinstance(topic.message, str) else json.dumps(topic.message, ensure_ascii=False)
    wanted = {
        "TopicArn": topic.topic_arn,
        "Message": message,
        "Subject": topic.subject,
        "MessageAttributes": topic.message_attributes,
        "MessageGroupId": topic.message_group_id,
        "MessageDeduplicationId": topic.message_deduplication_id,
    }
    try:
        answer = client("sns", data, context.resources).publish(**{k: v for k, v in wanted.items() if v})
    except Exception as error:  # noqa: BLE001 - botocore makes its error classes at run time
        raise failure(error) from None
    return {"messageId": answer["MessageId"]}
