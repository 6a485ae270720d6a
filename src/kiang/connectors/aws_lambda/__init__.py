"""AWS Lambda connector: calls a function and waits for its answer."""

from kiang.connectors.aws_lambda.connector import aws_lambda

__all__ = ["aws_lambda"]
