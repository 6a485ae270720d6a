"""Sending over SMTP: the mail is made, then handed over on a session that is kept."""

from __future__ import annotations

import email.policy
import email.utils
import re
import smtplib
import socket
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Any

from kiang.connector_sdk import ConnectorError, ConnectorInputError, Document, JobInfo
from kiang.connector_sdk.mail.message import ATTACHMENTS_MAX, MESSAGE_SIZE_MAX_BYTES, too_large
from kiang.connector_sdk.mail.server import (
    CONTROL_CHARACTERS,
    SOCKET_TIMEOUT_SECONDS,
    CryptographicProtocol,
    MailServer,
    Meter,
    Wire,
    no_tls,
    not_authenticated,
    opened,
    said,
    tls_context,
)
from kiang.connectors.email.input import ContentType, SmtpAction

RECIPIENTS_MAX = 500
"""Of one mail."""

ANSWER_MAX_BYTES = 64 * 1024
"""Of one answer of the server."""

DATA_TIMEOUT_SECONDS = 60
"""Until the server has taken a mail: it may look into it first."""

HEADER_LENGTH_MAX = 10_000
"""Characters of a subject, of another header, of one field of addresses."""

OWN_HEADERS = frozenset(
    {"from", "to", "cc", "bcc", "subject", "mime-version", "content-type", "content-transfer-encoding"}
)
"""Headers that follow from other fields."""

_HEADER_NAME = re.compile(r"[!-9;-~]{1,100}")
_LOCAL_NAME = re.compile(r"[^\s@<>()\[\],;:\\]{1,64}|\"[^\r\n\"\\]{1,64}\"")
_DOMAIN = re.compile(r"[A-Za-z0-9.-]{1,253}|\[[A-Fa-f0-9.:IPv]{1,60}\]")


@dataclass(frozen=True)
class Envelope:
    """A mail, ready to be sent."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage
    message_id: str

    @property
    def is_ascii(self) -> bool:
        """Whether every server can take its addresses."""
        return all(address.isascii() for address in (self.sender, *self.recipients))


async def envelope_of(action: SmtpAction, job: JobInfo) -> Envelope:
    """The mail of an input.

    Raises:
        ConnectorInputError: A part cannot stand in a mail, or is missing.
        ConnectorError: `MESSAGE_TOO_LARGE`.
    """
    senders = _addresses(action.from_, "from")
    to, cc, bcc = (
        _addresses(given, name) for given, name in ((action.to, "to"), (action.cc, "cc"), (action.bcc, "bcc"))
    )
    if len(senders) != 1:
        raise ConnectorInputError("Expected data.smtpAction.from to be one address.")
    recipients = tuple(dict.fromkeys(address.addr_spec for address in (*to, *cc, *bcc)))
    if not recipients:
        raise ConnectorInputError("Expected data.smtpAction.to to name somebody.")
    if len(recipients) > RECIPIENTS_MAX:
        raise ConnectorInputError(f"Expected at most {RECIPIENTS_MAX} recipients, but there are {len(recipients)}.")
    message = EmailMessage(policy=email.policy.SMTPUTF8)
    message["From"] = senders[0]
    for name, addresses in (("To", to), ("Cc", cc)):
        if addresses:
            message[name] = addresses
    message["Subject"] = _one_line(action.subject, "subject")
    _add_headers(message, action.headers or {})
    if "Date" not in message:
        message["Date"] = email.utils.format_datetime(email.utils.localtime())
    if "Message-ID" not in message:
        message["Message-ID"] = _message_id(job, senders[0].domain)
    _add_body(message, action)
    await _attach(message, action.attachments or ())
    return Envelope(senders[0].addr_spec, recipients, message, str(message["Message-ID"]))


class SmtpSession:
    """One connection to an SMTP server. Blocks; every answer is bounded."""

    def __init__(self, server: MailServer, wire: Wire) -> None:
        self.wire = wire
        self._server = server
        self._smtp = opened(server, wire, self._connected)
        try:
            self._sign_in()
        except BaseException:
            self.close()
            raise

    def _connected(self, tls_first: bool) -> _Smtp:
        smtp = _Smtp(self._server, self.wire, tls_context() if tls_first else None)
        try:
            smtp.ehlo_or_helo_if_needed()
            if not tls_first and self._server.security is not CryptographicProtocol.NONE:
                if not smtp.has_extn("starttls"):
                    no_tls(self._server)
                smtp.starttls(context=tls_context())
                smtp.ehlo_or_helo_if_needed()
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _sign_in(self) -> None:
        if not self._server.user:
            return
        try:
            if self._server.token:
                answers = iter((self._server.xoauth2,))
                self._smtp.auth("XOAUTH2", lambda _=None: next(answers, ""))  # a refusal is explained first
            else:
                self._smtp.login(self._server.user, self._server.password)
        except smtplib.SMTPNotSupportedError:
            raise ConnectorError(
                "AUTHENTICATION_FAILED", "The smtp server lets nobody sign in on this connection"
            ) from None
        except (smtplib.SMTPAuthenticationError, UnicodeError):
            raise not_authenticated(self._server) from None

    def is_alive(self) -> bool:
        """See `Session`."""
        try:
            code, _ = self._smtp.noop()
        except (smtplib.SMTPException, OSError, ConnectorError, ValueError):
            return False
        return code == 250

    def close(self) -> None:
        """See `Session`."""
        if not self.wire.is_cut:
            with suppress(Exception):
                if self._smtp.sock is not None:
                    self._smtp.sock.settimeout(1)
                self._smtp.quit()
        with suppress(Exception):
            self._smtp.close()
        self.wire.release()

    def send(self, envelope: Envelope) -> None:
        """Hand over a mail: to all of its recipients or to none.

        Raises:
            ConnectorError: `RECIPIENTS_REFUSED`, `MESSAGE_TOO_LARGE`, `SERVER_REFUSED`.
        """
        smtp = self._smtp
        if not envelope.is_ascii and not smtp.has_extn("smtputf8"):
            raise ConnectorInputError("Expected addresses in ASCII, since the server takes no others.")
        policy = email.policy.SMTP if envelope.is_ascii else email.policy.SMTPUTF8
        content = envelope.message.as_bytes(policy=policy)
        if len(content) > MESSAGE_SIZE_MAX_BYTES:
            raise too_large(len(content))
        limit = smtp.esmtp_features.get("size", "")
        if limit.isdigit() and 0 < int(limit) < len(content):
            raise ConnectorError(
                "MESSAGE_TOO_LARGE",
                f"The server takes mails of at most {limit} bytes, but this one has {len(content)}.",
            )
        options = ["SMTPUTF8"] if not envelope.is_ascii else []
        if smtp.has_extn("8bitmime") and not envelope.is_ascii:
            options.append("BODY=8BITMIME")
        self._check(smtp.mail(envelope.sender, options), "SERVER_REFUSED", "the sender")
        refused = []
        for recipient in envelope.recipients:
            code, text = smtp.rcpt(recipient)
            if code == 421:
                raise smtplib.SMTPServerDisconnected
            if code not in {250, 251}:
                refused.append((code, text))
        if refused:
            code, text = refused[0]
            smtp.rset()
            raise ConnectorError(
                "RECIPIENTS_REFUSED",
                f"The server refused {len(refused)} of {len(envelope.recipients)} recipients, so nothing was sent: "
                f"{code} {said(self._server, text)}",
            )
        assert smtp.sock is not None
        smtp.sock.settimeout(DATA_TIMEOUT_SECONDS)
        self._check(smtp.data(content), "SERVER_REFUSED", "the mail")
        smtp.sock.settimeout(SOCKET_TIMEOUT_SECONDS)

    def _check(self, answer: tuple[int, bytes], code: str, what: str) -> None:
        if answer[0] != 250:
            raise ConnectorError(code, f"The server refused {what}: {answer[0]} {said(self._server, answer[1])}")


class _Smtp(smtplib.SMTP):
    """The library's client, over our connection, and with a limit on what is read."""

    def __init__(self, server: MailServer, wire: Wire, context: Any) -> None:
        self._server, self._wire, self._context = server, wire, context
        super().__init__(server.host, server.port, local_hostname=socket.gethostname(), timeout=SOCKET_TIMEOUT_SECONDS)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        del host, port, timeout
        return self._wire.connect(self._server, self._context)

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self.file = _Metered(self.sock.makefile("rb"))
        if self.file is not None:
            self.file.meter = Meter(ANSWER_MAX_BYTES)
        return super().getreply()


class _Metered:
    """A file of which only so much is read."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self.meter = Meter(ANSWER_MAX_BYTES)

    def readline(self, size: int) -> bytes:
        line: bytes = self._file.readline(size)
        self.meter.take(len(line))
        return line

    def close(self) -> None:
        self._file.close()


def _addresses(given: str | Sequence[str] | None, name: str) -> tuple[Address, ...]:
    texts = [given] if isinstance(given, str) else list(given or ())
    found = []
    for text in texts:
        _one_line(text, name)
        try:
            parsed = email.utils.getaddresses([text.replace(";", ",")])
        except RecursionError:  # comments within comments
            parsed = [("", "")]
        for display_name, address in parsed:
            local, _, domain = address.rpartition("@") if address in text else ("", "", "")  # the library mends faults
            try:
                domain = domain if domain.isascii() else domain.encode("idna").decode()
            except UnicodeError:
                domain = ""
            if not _LOCAL_NAME.fullmatch(local) or not _DOMAIN.fullmatch(domain):
                raise ConnectorInputError(
                    f"Expected data.smtpAction.{name} to hold addresses only, as in ada@example.com."
                )
            found.append(Address(display_name, local.strip('"'), domain))
    return tuple(found)


def _add_headers(message: EmailMessage, headers: Mapping[str, Any]) -> None:
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name):
            raise ConnectorInputError("Expected data.smtpAction.headers to have names of headers only.")
        if name.lower() in OWN_HEADERS:
            raise ConnectorInputError(f"Expected data.smtpAction.headers without {name}, which has a field of its own.")
        if value is None:
            continue
        if isinstance(value, dict | list | Document):
            raise ConnectorInputError(f"Expected header {name} to be a text.")
        text = str(value).lower() if isinstance(value, bool) else str(value)
        del message[name]
        try:
            message[name] = _one_line(text, f"headers.{name}")
        except (ValueError, IndexError, RecursionError, email.errors.MessageError):
            raise ConnectorInputError(f"Expected header {name} to have a value that such a header can have.") from None


def _add_body(message: EmailMessage, action: SmtpAction) -> None:
    needed = {
        ContentType.PLAIN: (("body", action.body),),
        ContentType.HTML: (("htmlBody", action.html_body),),
        ContentType.MULTIPART: (("body", action.body), ("htmlBody", action.html_body)),
    }[action.content_type]
    for name, text in needed:
        if text is None:
            raise ConnectorInputError(
                f"Expected data.smtpAction.{name}, since the content type is {action.content_type.value}."
            )
    if action.content_type is not ContentType.HTML:
        message.set_content(_encodable(action.body))
    if action.content_type is ContentType.HTML:
        message.set_content(_encodable(action.html_body), subtype="html")
    if action.content_type is ContentType.MULTIPART:
        message.add_alternative(_encodable(action.html_body), subtype="html")


async def _attach(message: EmailMessage, documents: Sequence[Document]) -> None:
    if len(documents) > ATTACHMENTS_MAX:
        raise ConnectorInputError(f"Expected at most {ATTACHMENTS_MAX} attachments, but there are {len(documents)}.")
    size = 0
    for document in documents:
        metadata = document.metadata
        if size + metadata.size_bytes > MESSAGE_SIZE_MAX_BYTES:
            raise too_large(size + metadata.size_bytes)
        content = await document.read()
        size += len(content)
        if size > MESSAGE_SIZE_MAX_BYTES:
            raise too_large(size)
        name = _one_line(metadata.file_name or "attachment", "attachments")
        kind, _, subtype = metadata.content_type.partition(";")[0].strip().partition("/")
        if not kind.isalnum() or not subtype or kind in {"multipart", "message"}:
            kind, subtype = "application", "octet-stream"
        message.add_attachment(content, maintype=kind, subtype=subtype, filename=name)


def _message_id(job: JobInfo, domain: str) -> str:
    """The same for every try of a job, so that a mail that arrives twice can be told."""
    unique = f"{job.element_instance_key}.{job.process_instance_key}" if job.element_instance_key else uuid.uuid4().hex
    return f"<kiang.{unique}@{domain}>"


def _one_line(text: str, name: str) -> str:
    if not CONTROL_CHARACTERS.isdisjoint(text):
        raise ConnectorInputError(f"Expected data.smtpAction.{name} without line breaks and control characters.")
    if len(text) > HEADER_LENGTH_MAX:
        raise ConnectorInputError(f"Expected data.smtpAction.{name} with at most {HEADER_LENGTH_MAX} characters.")
    return _encodable(text)


def _encodable(text: str | None) -> str:
    """Lone surrogates, which no mail can hold, replaced."""
    return (text or "").encode("utf-8", "replace").decode()
