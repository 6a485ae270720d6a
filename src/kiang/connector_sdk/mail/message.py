"""A mail as results and events carry it: names as in Camunda's connector."""

from __future__ import annotations

import email
import email.policy
import email.utils
import re
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from typing import Any

from kiang.errors import ConnectorError

MESSAGE_SIZE_MAX_BYTES = 40 * 1024 * 1024
"""Of a mail that is read or sent."""

LARGE_MIN_BYTES = 1024 * 1024
"""Mails from this size on are taken apart one after the other: for a moment it takes eight times their size."""

ATTACHMENTS_MAX = 100
"""Of one mail."""

PARTS_MAX = 1_000
"""Of one mail, at any depth."""

CONTAINERS_MAX = 100
"""Parts of one mail that hold others: each line is compared with the boundaries of all that are open."""

HEADERS_MAX = 1_000
"""Of one mail."""

HEADER_LENGTH_MAX = 20_000
"""Characters of one header; the rest is left out."""

CreateDocument = Callable[..., Awaitable[Any]]


@dataclass(frozen=True)
class Attachment:
    """A file in a mail."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True)
class Mail:
    """What a mail holds.

    Attributes:
        message_id: As its header has it, with its brackets; "" without one.
        size: In bytes, on the server.
        errors: Parts that could not be read.
    """

    message_id: str
    from_address: str
    headers: tuple[tuple[str, str], ...]
    subject: str
    size: int
    sent_at: datetime | None
    received_at: datetime | None = None
    plain_text: str | None = None
    html: str | None = None
    attachments: tuple[Attachment, ...] = ()
    errors: tuple[str, ...] = field(default=())

    async def result(self, create_document: CreateDocument) -> dict[str, Any]:
        """The whole mail; attachments become documents."""
        documents = [
            await create_document(item.content, file_name=item.name, content_type=item.content_type)
            for item in self.attachments
        ]
        received = self.received_at
        return {
            "messageId": self.message_id,
            "fromAddress": self.from_address,
            "headers": [{"key": name, "value": value} for name, value in self.headers],
            "subject": self.subject,
            "size": self.size,
            "plainTextBody": self.plain_text,
            "htmlBody": self.html,
            "attachments": documents,
            "receivedDateTime": received.astimezone(UTC).isoformat().replace("+00:00", "Z") if received else None,
            "errors": list(self.errors),
        }


def headers_of(content: bytes, size: int, received_at: datetime | None = None) -> Mail:
    """A mail without its body."""
    return _mail(BytesHeaderParser(policy=email.policy.compat32).parsebytes(content), size, received_at)


def mail_of(content: bytes, size: int = 0, received_at: datetime | None = None) -> Mail:
    """A whole mail. A part that cannot be read is named in `errors`; the rest is there."""
    texts: dict[str, str] = {}
    attachments: list[Attachment] = []
    errors: list[str] = []
    message = _parsed(content)
    if message is None:
        errors.append("The mail is nested too deeply; only its headers were read")
        message = BytesHeaderParser(policy=email.policy.compat32).parsebytes(content.partition(b"\r\n\r\n")[0])
    head = _mail(message, size or len(content), received_at)
    for number, part in enumerate(_parts(message)):
        if number >= PARTS_MAX:
            errors.append(f"The mail has more than {PARTS_MAX} parts; the rest was left out")
            break
        if len(attachments) >= ATTACHMENTS_MAX:
            errors.append(f"The mail has more than {ATTACHMENTS_MAX} attachments; the rest was left out")
            break
        try:
            kind = part.get_content_type()
            name = text_of(part.get_filename() or "")
            if part.get_content_disposition() != "attachment" and not name and kind in {"text/plain", "text/html"}:
                texts.setdefault(kind, _text(part, errors))
            else:
                attachments.append(Attachment(name, kind, _content(part)))
        except Exception as error:  # noqa: BLE001 - whatever the library trips over, the rest of the mail is there
            errors.append(f"Part {number + 1} of the mail cannot be read: {type(error).__name__}")
    return Mail(
        head.message_id,
        head.from_address,
        head.headers,
        head.subject,
        head.size,
        head.sent_at,
        head.received_at,
        texts.get("text/plain"),
        texts.get("text/html"),
        tuple(attachments),
        tuple(errors),
    )


def bare_id(message_id: str) -> str:
    """A message id without its brackets, to compare."""
    return message_id.strip().removeprefix("<").removesuffix(">")


def text_of(value: Any) -> str:
    """A header's value as text: encoded words decoded, on one line; what cannot be decoded stays as it is."""
    raw = "".join(str(value)[:HEADER_LENGTH_MAX].splitlines())
    try:
        decoded = str(make_header(decode_header(raw)))
    except (ValueError, LookupError, email.errors.MessageError):
        decoded = raw
    return decoded.encode("utf-8", "replace").decode()


def too_large(size: int) -> ConnectorError:
    """A mail over the limit."""
    return ConnectorError(
        "MESSAGE_TOO_LARGE", f"Expected a mail of at most {MESSAGE_SIZE_MAX_BYTES} bytes, but it has {size}."
    )


def _parsed(content: bytes) -> Message | None:
    """The mail; None for one that the library would take minutes for, or not come back from."""
    if sum(1 for _ in _BOUNDARY.finditer(content)) > CONTAINERS_MAX:
        return None
    with _one_at_a_time if len(content) > LARGE_MIN_BYTES else nullcontext():
        try:
            return email.message_from_bytes(content, policy=email.policy.compat32)
        except RecursionError:  # it calls itself for each level
            return None


_one_at_a_time = threading.Lock()

_BOUNDARY = re.compile(rb"boundary\*?[0-9]*\*?\s*=", re.IGNORECASE)


def _mail(message: Message, size: int, received_at: datetime | None) -> Mail:
    return Mail(
        text_of(message.get("Message-ID", "")).strip(),
        _sender(message),
        tuple((name, text_of(value)) for name, value in message.items()[:HEADERS_MAX]),
        text_of(message.get("Subject", "")),
        size,
        _date(message.get("Date")),
        received_at,
    )


def _sender(message: Message) -> str:
    try:
        addresses = email.utils.getaddresses([text_of(message.get("From", ""))])
    except (RecursionError, ValueError, IndexError):  # comments within comments
        return ""
    return addresses[0][1] if addresses else ""


def _date(value: Any) -> datetime | None:
    try:
        found = email.utils.parsedate_to_datetime(str(value)) if value else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if found is None:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _parts(message: Message) -> Iterator[Message]:
    """Everything that is no container, in order; a mail within a mail is one part."""
    waiting = [message]
    while waiting:
        part = waiting.pop()
        payload = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(payload, list):
            waiting.extend(part for part in reversed(payload) if isinstance(part, Message))
        elif part.get_content_maintype() != "multipart":
            yield part


def _content(part: Message) -> bytes:
    if part.get_content_maintype() == "message" and isinstance(part.get_payload(), list):
        return b"".join(inner.as_bytes() for inner in part.get_payload())  # type: ignore[union-attr]
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _text(part: Message, errors: list[str]) -> str:
    content = _content(part)
    charset = part.get_content_charset() or "utf-8"
    try:
        return content.decode(charset, "replace")
    except (LookupError, ValueError):
        errors.append("A text is in an unknown character set")
        return content.decode("utf-8", "replace")
