"""Documents in Amazon S3, or in whatever speaks its protocol (MinIO, Ceph, Garage, R2 …). Needs the extra `kiang[aws]`.

A document is one object: content and media type as they are, the rest as JSON in one entry of the object's own metadata. So others can
read it too, a link that S3 signs gives the content itself, and an object that somebody else has put there is a document as well.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, urlsplit

import msgspec

from kiang.errors import ConfigError
from kiang.gateway.documents.document import (
    Document,
    DocumentMetadata,
    DocumentRefused,
    DocumentStoreFailed,
    SignedLink,
)

CONNECT_TIMEOUT_SECONDS = 5
READ_TIMEOUT_SECONDS = 60
ATTEMPTS_MAX = 3
CONNECTIONS_MAX = 32

METADATA_BYTES_MAX = 1_900
"""Of the entry with our metadata: S3 takes 2 KB for the names and values of all entries."""

LINK_MS_MAX = 7 * 86_400_000
"""What S3 signs for: version 4 of its signatures."""

_ENTRY = "kiang-document"
_PLAIN_ID = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}")
_MISSING = frozenset({"NoSuchKey", "404", "NotFound"})
_TAKEN = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})

_decode = msgspec.json.Decoder(DocumentMetadata).decode


class S3Target(NamedTuple):
    """Where documents go: `s3://BUCKET/PREFIX?region=…&endpoint=…`.

    Attributes:
        prefix: Before the name of every object; "" or with a slash at its end.
        region: "" for what the environment says.
        endpoint: Address of another service than Amazon's; "" for what the environment says.
    """

    bucket: str
    prefix: str
    region: str
    endpoint: str


def parse_target(text: str) -> S3Target:
    """Read `s3://BUCKET/PREFIX?region=…&endpoint=…`.

    Raises:
        ConfigError: It is something else.
    """
    parts = urlsplit(text)
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    region, endpoint = options.pop("region", ""), options.pop("endpoint", "")
    if parts.scheme != "s3" or not parts.hostname or parts.netloc != parts.hostname or options or parts.fragment:
        raise ConfigError("--documents", text, "s3://BUCKET/PREFIX, with ?region=REGION and &endpoint=URL if need be")
    prefix = parts.path.strip("/")
    return S3Target(parts.hostname, f"{prefix}/" if prefix else "", region, endpoint)


class S3Documents:
    """See `document.DocumentStore`.

    Credentials come from where the AWS SDK looks: environment, profile, the machine's role.

    Args:
        target: The bucket.
        id: Of the store.

    Raises:
        ConfigError: boto3 is not installed, or no region is known.
    """

    link_ms_max: int | None = LINK_MS_MAX

    def __init__(self, target: S3Target, id: str = "aws") -> None:  # noqa: A002 - the word for it
        self.id = id
        self.target = target
        self._client = _new_client(target)

    def check(self) -> None:
        """Ask for the bucket.

        Raises:
            DocumentStoreFailed: It is not there, nobody answers, or we may not.
        """
        self._ask("head_bucket")

    def put(self, document_id: str, document: Document) -> bool:
        """Keep a document."""
        metadata = document.metadata
        entry = json.dumps(msgspec.to_builtins(metadata), separators=(",", ":"))
        if len(entry) > METADATA_BYTES_MAX:
            raise DocumentRefused(
                f"Expected the metadata of a document in store '{self.id}' to have at most {METADATA_BYTES_MAX} bytes, but it has"
                f" {len(entry)}. Give fewer custom properties."
            )
        digest = hashlib.sha256(document.content).digest()
        try:
            self._ask(
                "put_object",
                Key=self._key(document_id),
                Body=document.content,
                ContentType=_header(metadata.content_type) or "application/octet-stream",
                ContentDisposition=f"attachment; filename*=UTF-8''{quote(metadata.file_name, errors='replace')[:1000]}",
                Metadata={_ENTRY: entry},
                ChecksumSHA256=base64.b64encode(digest).decode(),
                IfNoneMatch="*",
            )
        except DocumentStoreFailed as error:
            if error.code in _TAKEN:
                return False
            raise
        return True

    def get(self, document_id: str) -> Document | None:
        """A document."""
        found = self._find("get_object", document_id)
        if found is None:
            return None
        try:
            content: bytes = found["Body"].read()
        except Exception as error:
            raise DocumentStoreFailed(self.id, type(error).__name__) from error
        metadata = _metadata(found, document_id)
        digest = hashlib.sha256(content).hexdigest()
        if not metadata.content_hash:
            metadata = msgspec.structs.replace(metadata, content_hash=digest)
        elif metadata.content_hash != digest:
            raise DocumentStoreFailed(self.id, "another content than was put there")
        return Document(metadata, content)

    def metadata(self, document_id: str) -> DocumentMetadata | None:
        """What is known about a document; of one that somebody else has put there not its hash."""
        found = self._find("head_object", document_id)
        return None if found is None else _metadata(found, document_id)

    def link(self, document_id: str, time_to_live_ms: int) -> SignedLink:
        """An address that S3 signs, for whole seconds; it ends with the credentials if those end earlier."""
        seconds = max(1, min(time_to_live_ms, LINK_MS_MAX) // 1000)
        url: str = self._client.generate_presigned_url(
            "get_object",
            Params={"Bucket": self.target.bucket, "Key": self._key(document_id)},
            ExpiresIn=seconds,
        )
        return SignedLink(url, seconds * 1000)

    def delete(self, document_id: str) -> bool:
        """Forget a document."""
        if self._find("head_object", document_id) is None:
            return False
        self._ask("delete_object", Key=self._key(document_id))
        return True

    def _find(self, operation: str, document_id: str) -> dict[str, Any] | None:
        try:
            return self._ask(operation, Key=self._key(document_id))
        except DocumentStoreFailed as error:
            if error.code in _MISSING:
                return None
            raise

    def _ask(self, operation: str, **arguments: Any) -> dict[str, Any]:
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - an extra

        try:
            answer: dict[str, Any] = getattr(self._client, operation)(Bucket=self.target.bucket, **arguments)
        except ClientError as error:
            raise DocumentStoreFailed(self.id, str(error.response.get("Error", {}).get("Code", "nothing"))) from error
        except BotoCoreError as error:
            raise DocumentStoreFailed(self.id, type(error).__name__) from error
        return answer

    def _key(self, document_id: str) -> str:
        if _PLAIN_ID.fullmatch(document_id):
            return self.target.prefix + document_id
        return f"{self.target.prefix}~{hashlib.sha256(document_id.encode('utf-8', 'surrogatepass')).hexdigest()}"


def _new_client(target: S3Target) -> Any:
    try:
        import boto3  # noqa: PLC0415 - an extra
        from botocore.config import Config  # noqa: PLC0415 - an extra
        from botocore.exceptions import BotoCoreError  # noqa: PLC0415 - an extra
    except ImportError:
        raise ConfigError("kiang", "without boto3", "installed with it: pip install 'kiang[aws]'") from None
    config = Config(
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        read_timeout=READ_TIMEOUT_SECONDS,
        max_pool_connections=CONNECTIONS_MAX,
        retries={"total_max_attempts": ATTEMPTS_MAX, "mode": "standard"},
        signature_version="s3v4",
        s3={"addressing_style": "path" if target.endpoint else "auto"},
    )
    try:
        return boto3.session.Session().client(
            "s3", region_name=target.region or None, endpoint_url=target.endpoint or None, config=config
        )
    except (BotoCoreError, ValueError) as error:
        raise ConfigError(
            "--documents", f"s3://{target.bucket}: {error}", "a bucket that the AWS SDK can reach"
        ) from None


def _metadata(found: dict[str, Any], document_id: str) -> DocumentMetadata:
    entry = found.get("Metadata", {}).get(_ENTRY)
    if entry:
        try:
            return _decode(entry)
        except msgspec.MsgspecError:
            pass  # somebody else's entry of the same name
    return DocumentMetadata(
        content_type=found.get("ContentType") or "application/octet-stream",
        file_name=document_id,
        expires_at=None,
        size=found.get("ContentLength", 0),
        content_hash="",
        process_definition_id=None,
        process_instance_key=None,
        custom_properties={},
    )


def _header(value: str) -> str:
    return value if value.isascii() and value.isprintable() else ""
