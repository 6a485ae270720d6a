"""AWS S3 connector: uploads, downloads and deletes objects."""

from kiang.connectors.aws_s3.connector import aws_s3

__all__ = ["aws_s3"]
