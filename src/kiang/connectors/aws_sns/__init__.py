"""AWS SNS connector: publishes a message to a topic."""

from kiang.connectors.aws_sns.connector import aws_sns

__all__ = ["aws_sns"]
