"""One IMAP session: folders, searches, mails by UID. Blocks; every answer is bounded."""

from __future__ import annotations

import base64
import imaplib
import re
import socket
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kiang.connector_sdk.mail.message import MESSAGE_SIZE_MAX_BYTES, Mail, bare_id, headers_of, mail_of, too_large
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
    tls_context,
)
from kiang.errors import ConnectorError, ConnectorInputError

FOLDER_MESSAGES_MAX = 100_000
"""Mails of a folder that is listed or searched."""

CHUNK = 500
"""Mails whose headers are asked for at once."""

HEADERS_SIZE_MAX_BYTES = 64 * 1024
"""Of the few headers of one mail that lists need."""

ANSWER_MAX_BYTES = 8 * 1024 * 1024
"""Of a command that brings no mail."""

LINE_MAX_BYTES = 2 * 1024 * 1024
"""Of one line: as long as the UIDs of the largest folder."""

TEMPORARY = (b"[UNAVAILABLE]", b"[INUSE]", b"[SERVERBUG]", b"[LIMIT]")
"""Response codes with which a server refuses anybody, for now."""

LISTED = "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID FROM SUBJECT DATE)]"


@dataclass(frozen=True)
class Listed:
    """A mail as a list knows it."""

    uid: int
    mail: Mail


class _Imap(imaplib.IMAP4):
    """The library's client, over our connection, and with a limit on what is read."""

    def __init__(self, server: MailServer, wire: Wire, context: Any) -> None:
        self.meter = Meter(ANSWER_MAX_BYTES)
        self._server, self._wire, self._context = server, wire, context
        super().__init__(server.host, server.port, SOCKET_TIMEOUT_SECONDS)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        del timeout
        return self._wire.connect(self._server, self._context)

    def read(self, size: int) -> bytes:
        self.meter.take(size)
        return super().read(size)

    def readline(self) -> bytes:
        line: bytes = self.file.readline(LINE_MAX_BYTES + 1)  # type: ignore[assignment]  # it is binary
        self.meter.take(len(line))
        if len(line) > LINE_MAX_BYTES:
            raise ConnectorError("ANSWER_TOO_LARGE", "The server answered with a line that does not end")
        return line


class ImapSession:
    """See the module."""

    def __init__(self, server: MailServer, wire: Wire) -> None:
        self.wire = wire
        self._server = server
        self._imap = opened(server, wire, self._connected)
        try:
            self._sign_in()
        except BaseException:
            self.close()
            raise

    def _connected(self, tls_first: bool) -> _Imap:
        imap = _Imap(self._server, self.wire, tls_context() if tls_first else None)
        if not tls_first and self._server.security is not CryptographicProtocol.NONE:
            try:
                if "STARTTLS" not in imap.capabilities:
                    no_tls(self._server)
                imap.starttls(tls_context())
            except BaseException:
                _shut(imap)
                raise
        return imap

    def _sign_in(self) -> None:
        user, password = self._server.user, self._server.password
        try:
            if self._server.token:
                answers = iter((self._server.xoauth2.encode(),))
                self._imap.authenticate("XOAUTH2", lambda _: next(answers, b""))  # a refusal is explained first
            elif "AUTH=PLAIN" in self._imap.capabilities:
                token = b"\0" + user.encode() + b"\0" + password.encode()
                self._imap.authenticate("PLAIN", lambda _: token)
            else:
                self._imap.login(quoted(user), password)
        except UnicodeEncodeError:
            raise not_authenticated(self._server) from None  # without AUTH=PLAIN, a server takes ASCII only
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as error:
            text = error.args[0] if error.args else b""
            said = text if isinstance(text, bytes) else str(text).encode()
            if any(code in said.upper() for code in TEMPORARY):
                raise ConnectorError("SERVER_REFUSED", "The imap server takes nobody in for now") from None
            raise not_authenticated(self._server) from None
        capabilities = self._ask("capability")
        if capabilities and isinstance(capabilities[-1], bytes):
            self._imap.capabilities = tuple(capabilities[-1].decode("ascii", "replace").upper().split())

    def is_alive(self) -> bool:
        """See `Session`."""
        try:
            self._ask("noop")
        except (imaplib.IMAP4.error, OSError, ConnectorError, ValueError):
            return False
        return True

    def close(self) -> None:
        """See `Session`."""
        imap = getattr(self, "_imap", None)
        if imap is not None:
            if not self.wire.is_cut:
                with suppress(Exception):
                    imap.sock.settimeout(1)
                    imap.logout()
            _shut(imap)
        self.wire.release()

    def select(self, folder: str | None, *, readonly: bool) -> int:
        """Open a folder, the inbox unless one is named; gives its number of mails.

        Raises:
            ConnectorError: `FOLDER_NOT_FOUND`; `TOO_MANY_MESSAGES`.
        """
        name = self._path(folder)
        status, data = self._call("select", quoted(encoded_folder(name)), readonly)
        if status != "OK":
            raise ConnectorError("FOLDER_NOT_FOUND", f"Folder {name} does not exist")
        count = int(data[0] or 0)
        if count > FOLDER_MESSAGES_MAX:
            raise ConnectorError(
                "TOO_MANY_MESSAGES",
                f"Expected a folder with at most {FOLDER_MESSAGES_MAX} mails, but it has {count}.",
            )
        return count

    @property
    def uid_validity(self) -> str:
        """Changes when the UIDs of the folder lose their meaning."""
        found = self._imap.untagged_responses.get("UIDVALIDITY")
        return str(found[-1]) if found else ""

    @property
    def takes_keywords(self) -> bool:
        """Whether mails of the open folder can be marked with words of our own."""
        found = self._imap.untagged_responses.get("PERMANENTFLAGS")
        return bool(found) and b"\\*" in bytes(found[-1])  # type: ignore[index, arg-type]

    def search(self, *criteria: str, text: str | None = None) -> list[int]:
        """UIDs of the mails that fit, oldest first; `text` is the argument of the last criterion."""
        arguments: list[str] = list(criteria)
        if text is not None:
            if not CONTROL_CHARACTERS.isdisjoint(text):
                raise ConnectorInputError("Expected what is searched for to be without control characters.")
            if text.isascii():
                arguments.append(quoted(text))
            else:
                arguments[:0] = ["CHARSET", "UTF-8"]
                self._imap.literal = text.encode()  # type: ignore[assignment]
        data = self._ask("uid", "SEARCH", *arguments)
        return sorted({int(number) for part in data if isinstance(part, bytes) for number in part.split()})

    def find(self, message_id: str) -> int | None:
        """UID of the mail with a message id."""
        wanted = bare_id(message_id)
        if not wanted:
            raise ConnectorInputError("Expected messageId to name a mail, but it is empty.")
        uids = self.search("HEADER", "Message-ID", text=wanted)
        for listed in self.listed(uids[:CHUNK]):  # the server compares parts of it
            if bare_id(listed.mail.message_id) == wanted:
                return listed.uid
        return None

    def listed(self, uids: Sequence[int]) -> Iterator[Listed]:
        """Those of the mails that are still there, in no order."""
        for start in range(0, len(uids), CHUNK):
            chunk = uids[start : start + CHUNK]
            self._imap.meter = Meter(ANSWER_MAX_BYTES + HEADERS_SIZE_MAX_BYTES * len(chunk))
            data = self._ask("uid", "FETCH", _set_of(chunk), f"(UID RFC822.SIZE INTERNALDATE {LISTED})", metered=True)
            wanted = set(chunk)
            for attributes, literal in _items(data):
                uid = _number(_UID, attributes)
                if uid in wanted:
                    wanted.discard(uid)
                    size = _number(_SIZE, attributes) or 0
                    yield Listed(uid, headers_of(literal, size, _received(attributes)))

    def read(self, uid: int) -> Mail:
        """A whole mail; it is not marked as read.

        Raises:
            ConnectorError: `MESSAGE_NOT_FOUND`; `MESSAGE_TOO_LARGE`.
        """
        sizes = [
            _number(_SIZE, attributes)
            for attributes, _ in _items(self._ask("uid", "FETCH", str(uid), "(UID RFC822.SIZE)"))
            if _number(_UID, attributes) == uid
        ]
        if not sizes or sizes[0] is None:
            raise ConnectorError("MESSAGE_NOT_FOUND", "The mail is not in the folder any more")
        if sizes[0] > MESSAGE_SIZE_MAX_BYTES:
            raise too_large(sizes[0])
        self._imap.meter = Meter(MESSAGE_SIZE_MAX_BYTES + ANSWER_MAX_BYTES)
        data = self._ask("uid", "FETCH", str(uid), "(UID INTERNALDATE BODY.PEEK[])", metered=True)
        for attributes, literal in _items(data):
            if _number(_UID, attributes) == uid and b"BODY[" in attributes.upper():
                return mail_of(literal, sizes[0], _received(attributes))
        raise ConnectorError("MESSAGE_NOT_FOUND", "The mail is not in the folder any more")

    def mark(self, uid: int, *flags: str) -> None:
        """Add flags to a mail."""
        self._ask("uid", "STORE", str(uid), "+FLAGS.SILENT", f"({' '.join(flags)})")

    def delete(self, uid: int) -> None:
        """Remove a mail for good; others that somebody marked as deleted stay where the server can tell them apart."""
        self.mark(uid, "\\Deleted")
        if "UIDPLUS" in self._imap.capabilities:
            self._ask("uid", "EXPUNGE", str(uid))
        else:
            self._ask("expunge")

    def move(self, uid: int, folder: str) -> None:
        """Move a mail; the folder is made if it is missing."""
        name = quoted(encoded_folder(self._path(folder)))
        for is_last in (False, True):
            if "MOVE" in self._imap.capabilities:
                status, data = self._call("uid", "MOVE", str(uid), name)
            else:
                status, data = self._call("uid", "COPY", str(uid), name)
            if status == "OK":
                break
            if is_last:
                raise imaplib.IMAP4.error(data[-1] if data else b"")
            self._ask("create", name)
        if "MOVE" not in self._imap.capabilities:
            self.delete(uid)

    def _path(self, folder: str | None) -> str:
        """A folder's name in the server's notation: people separate its parts with `.` or `/`."""
        if not folder or folder.upper() == "INBOX":
            return "INBOX"
        if not CONTROL_CHARACTERS.isdisjoint(folder):
            raise ConnectorInputError("Expected the name of a folder without control characters.")
        return self._delimiter.join(part for part in re.split(r"[./]", folder) if part)

    @property
    def _delimiter(self) -> str:
        for part in self._ask("list", '""', '""'):
            found = re.match(rb'\([^)]*\) "(\\?.)"', part) if isinstance(part, bytes) else None
            if found is not None:
                return found[1][-1:].decode()
        return "/"

    def _ask(self, command: str, *arguments: str, metered: bool = False) -> list[Any]:
        status, data = self._call(command, *arguments, metered=metered)
        if status != "OK":
            raise imaplib.IMAP4.error(data[-1] if data else b"")
        return data

    def _call(self, command: str, *arguments: Any, metered: bool = False) -> tuple[str, list[Any]]:
        if not metered:
            self._imap.meter = Meter(ANSWER_MAX_BYTES)
        status, data = getattr(self._imap, command)(*arguments)
        return status, data


def quoted(text: str) -> str:
    """A text as IMAP quotes it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def encoded_folder(name: str) -> str:
    """A folder's name in the UTF-7 of IMAP."""

    def encode(match: re.Match[str]) -> str:
        if match[0] == "&":
            return "&-"
        return "&" + base64.b64encode(match[0].encode("utf-16-be")).decode().rstrip("=").replace("/", ",") + "-"

    return re.sub(r"&|[^ -~]+", encode, name)


_UID = re.compile(rb"\bUID (\d+)", re.IGNORECASE)
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)", re.IGNORECASE)
_DATE = re.compile(rb'\bINTERNALDATE "([^"]{1,40})"', re.IGNORECASE)


def _items(data: Sequence[Any]) -> Iterator[tuple[bytes, bytes]]:
    """Attributes and literal of each mail of an answer."""
    attributes, literal = b"", b""
    for part in data:
        if isinstance(part, tuple):
            attributes += part[0]
            literal = part[1]
        elif isinstance(part, bytes):
            yield attributes + b" " + part, literal
            attributes, literal = b"", b""


def _number(pattern: re.Pattern[bytes], attributes: bytes) -> int | None:
    found = pattern.search(attributes)
    return int(found[1]) if found is not None else None


def _received(attributes: bytes) -> datetime | None:
    found = _DATE.search(attributes)
    try:
        return datetime.strptime(found[1].decode().strip(), "%d-%b-%Y %H:%M:%S %z") if found is not None else None
    except ValueError:
        return None


def _set_of(uids: Sequence[int]) -> str:
    """UIDs as a set: neighbours as ranges, since a line is limited."""
    ranges: list[list[int]] = []
    for uid in sorted(uids):
        if ranges and ranges[-1][1] == uid - 1:
            ranges[-1][1] = uid
        else:
            ranges.append([uid, uid])
    return ",".join(str(first) if first == last else f"{first}:{last}" for first, last in ranges)


def _shut(imap: imaplib.IMAP4) -> None:
    with suppress(Exception):
        imap.shutdown()
