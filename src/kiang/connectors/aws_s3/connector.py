"""AWS S3 connector: uploads, downloads and deletes objects."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Any, Literal

from pydantic import Field

from kiang.connector_sdk import (
    ConnectorError,
    ConnectorInput,
    ConnectorInputError,
    Document,
    NotBlank,
    OutboundContext,
    outbound_connector,
)
from kiang.connector_sdk.aws import GROUPS, AwsInput, client, failure
from kiang.connector_sdk.document import DOCUMENT_SIZE_MAX_BYTES
from kiang.connector_sdk.template import Choice, Condition, Group, Template, TemplateField

TEXT_SIZE_MAX_BYTES = 1_572_864
"""Of an object that becomes a variable."""

TEMPLATE = Template(
    id="io.kiang.connectors.AwsS3.v1",
    name="AWS S3 Connector",
    description="Upload, download or delete an object",
    keywords=("aws", "s3", "upload", "download", "object"),
    groups=(*GROUPS, Group("operation", "Operation"), Group("object", "Object")),
    example={"bucket": "invoices", "key": "A-1.pdf", "link": "https://invoices.s3.eu-central-1.amazonaws.com/A-1.pdf"},
)


def _only(action: str) -> Condition:
    return Condition("actionDiscriminator", equals=action)


class Action(ConnectorInput):
    """Which object.

    Attributes:
        document: Of an upload.
        as_file: Of a download with an old template: true for a document, false for text.
    """

    bucket: Annotated[str, NotBlank(), TemplateField(group="object")]
    key: Annotated[str | None, TemplateField(group="object")] = None
    document: Annotated[
        Document | None, TemplateField(group="object", feel="required", condition=_only("uploadObject"))
    ] = None
    as_file: Annotated[bool | None, TemplateField(ignore=True)] = None


class ReturnFormat(ConnectorInput):
    """What a download becomes."""

    choice: Annotated[
        Literal["DOCUMENT", "TEXT", "JSON"] | None,
        TemplateField(
            group="object",
            default="DOCUMENT",
            choices=(Choice("DOCUMENT", "Document"), Choice("TEXT", "Text"), Choice("JSON", "JSON")),
            condition=_only("downloadObject"),
        ),
    ] = None
    encoding: Annotated[str, TemplateField(ignore=True)] = "UTF-8"


class S3Input(AwsInput):
    """Input of the connector."""

    action_discriminator: Annotated[
        Literal["uploadObject", "downloadObject", "deleteObject"],
        TemplateField(
            label="Operation",
            group="operation",
            default="uploadObject",
            choices=(
                Choice("uploadObject", "Upload object"),
                Choice("downloadObject", "Download object"),
                Choice("deleteObject", "Delete object"),
            ),
        ),
    ]
    action: Action
    document_return_format: ReturnFormat = Field(default_factory=ReturnFormat)


@outbound_connector(name="AWS S3", type="io.camunda:aws-s3:1", template=TEMPLATE)
async def aws_s3(data: S3Input, context: OutboundContext) -> dict[str, Any]:
    """Upload `{bucket, key, link}`; download `{bucket, key, element}`; delete `{bucket, key}`."""
    s3 = client("s3", data, context.resources)
    try:
        if data.action_discriminator == "uploadObject":
            return await _upload(s3, data)
        if data.action_discriminator == "downloadObject":
            return await _download(s3, data, context)
        key = _key(data)
        await asyncio.to_thread(s3.delete_object, Bucket=data.action.bucket, Key=key)
    except ConnectorError:
        raise
    except Exception as error:  # noqa: BLE001 - botocore makes its error classes at run time
        raise failure(error) from None
    return {"bucket": data.action.bucket, "key": key}


async def _upload(s3: Any, data: S3Input) -> dict[str, Any]:
    action = data.action
    if action.document is None:
        raise ConnectorInputError("Expected action.document to be the document to upload.")
    key = action.key or action.document.file_name
    if not key:
        raise ConnectorInputError("Expected action.key to name the object, since the document has no file name.")
    content = await action.document.read()
    kind = action.document.metadata.content_type
    await asyncio.to_thread(s3.put_object, Bucket=action.bucket, Key=key, Body=content, ContentType=kind)
    endpoint = data.configuration.endpoint
    region = data.configuration.region or s3.meta.region_name
    link = f"{endpoint.rstrip('/')}/{action.bucket}/{key}" if endpoint else _public_link(action.bucket, region, key)
    return {"bucket": action.bucket, "key": key, "link": link}


async def _download(s3: Any, data: S3Input, context: OutboundContext) -> dict[str, Any]:
    key = _key(data)
    found = await asyncio.to_thread(s3.get_object, Bucket=data.action.bucket, Key=key)
    chosen = data.document_return_format.choice
    if chosen is None:
        chosen = "TEXT" if data.action.as_file is False else "DOCUMENT"
    maximum = DOCUMENT_SIZE_MAX_BYTES if chosen == "DOCUMENT" else TEXT_SIZE_MAX_BYTES
    if found["ContentLength"] > maximum:
        raise ConnectorError("OBJECT_TOO_LARGE", f"Expected an object of at most {maximum} bytes.")
    content: bytes = await asyncio.to_thread(found["Body"].read)
    if chosen == "DOCUMENT":
        document = await context.create_document(
            content, file_name=key.rpartition("/")[2], content_type=found.get("ContentType", "")
        )
        element: dict[str, Any] = {"document": document}
    else:
        text = content.decode(data.document_return_format.encoding, "replace")
        element = {"content": json.loads(text) if chosen == "JSON" else text}
    return {"bucket": data.action.bucket, "key": key, "element": element}


def _key(data: S3Input) -> str:
    if not data.action.key:
        raise ConnectorInputError("Expected action.key to name the object.")
    return data.action.key


def _public_link(bucket: str, region: str, key: str) -> str:
    return f"https://{bucket}.s3.{region}.amazonaws.com/{key}"
