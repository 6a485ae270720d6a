"""AWS SQS connector: sends a message to a queue."""

from kiang.connectors.aws_sqs.connector import aws_sqs

__all__ = ["aws_sqs"]
