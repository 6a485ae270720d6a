"""AWS SQS inbound connector: each message of a queue is an event."""

from kiang.connectors.aws_sqs_inbound.connector import aws_sqs_inbound

__all__ = ["aws_sqs_inbound"]
