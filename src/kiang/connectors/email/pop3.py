"""A POP3 session. Blocks; every answer is bounded. A mailbox is locked while it is used, so no session is kept."""

from __future__ import annotations

import base64
import poplib
import socket
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from kiang.connector_sdk import ConnectorError, ConnectorInputError
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

MAILBOX_MESSAGES_MAX = 10_000
"""Mails of a mailbox that is listed or searched: each costs a question."""

ANSWER_MAX_BYTES = 1024 * 1024
"""Of anything but a mail."""

TEMPORARY = (b"[IN-USE]", b"[SYS/TEMP]", b"[LOGIN-DELAY]")
"""Response codes with which a server refuses anybody, for now."""

LINE_MAX_BYTES = 1024 * 1024
"""Of one line of a mail."""


class Pop3Session:
    """See the module."""

    def __init__(self, server: MailServer, wire: Wire) -> None:
        self.wire = wire
        self._server = server
        self._pop3 = opened(server, wire, self._connected)
        try:
            self._sign_in()
        except BaseException:
            self.close()
            raise

    def _connected(self, tls_first: bool) -> _Pop3:
        pop3 = _Pop3(self._server, self.wire, tls_context() if tls_first else None)
        if not tls_first and self._server.security is not CryptographicProtocol.NONE:
            try:
                if "STLS" not in pop3.capa():
                    no_tls(self._server)
                pop3.stls(tls_context())
            except BaseException:
                pop3.close()
                raise
        return pop3

    def _sign_in(self) -> None:
        try:
            if self._server.token:
                self._pop3.sign_in_by_token(base64.b64encode(self._server.xoauth2.encode()).decode())
            else:
                self._pop3.user(self._server.user)
                self._pop3.pass_(self._server.password)
        except (poplib.error_proto, UnicodeError) as error:
            if isinstance(error, poplib.error_proto):
                said = bytes(error.args[0]).upper() if error.args and isinstance(error.args[0], bytes) else b""
                if not said.startswith(b"-ERR"):
                    raise
                if any(code in said for code in TEMPORARY):
                    raise ConnectorError("SERVER_REFUSED", "The pop3 server takes nobody in for now") from None
            raise not_authenticated(self._server) from None

    def is_alive(self) -> bool:
        """See `Session`; it is never kept."""
        return False

    def close(self) -> None:
        """See `Session`. What was marked as deleted stays."""
        with suppress(Exception):
            self._pop3.close()
        self.wire.release()

    def commit(self) -> None:
        """End the session so that what was marked as deleted is deleted."""
        self._pop3.quit()

    def sizes(self) -> dict[int, int]:
        """The size of each mail, by its number.

        Raises:
            ConnectorError: `TOO_MANY_MESSAGES`.
        """
        count, _ = self._pop3.stat()
        if count > MAILBOX_MESSAGES_MAX:
            raise ConnectorError(
                "TOO_MANY_MESSAGES",
                f"Expected a mailbox with at most {MAILBOX_MESSAGES_MAX} mails, but it has {count}.",
            )
        found = {}
        for line in self._pop3.list()[1]:
            number, size = line.split()[:2]
            found[int(number)] = int(size)
        return found

    def headers(self, number: int, size: int) -> Mail:
        """A mail without its body."""
        self._pop3.meter = Meter(ANSWER_MAX_BYTES)
        return headers_of(b"\r\n".join(self._pop3.top(number, 0)[1]), size)

    def read(self, number: int, size: int) -> Mail:
        """A whole mail; it stays in the mailbox.

        Raises:
            ConnectorError: `MESSAGE_TOO_LARGE`.
        """
        if size > MESSAGE_SIZE_MAX_BYTES:
            raise too_large(size)
        self._pop3.meter = Meter(MESSAGE_SIZE_MAX_BYTES + ANSWER_MAX_BYTES)
        return mail_of(b"\r\n".join(self._pop3.retr(number)[1]), size)

    def delete(self, number: int) -> None:
        """Mark a mail as deleted; see `commit`."""
        self._pop3.dele(number)

    def all(self) -> Iterator[tuple[int, Mail]]:
        """Number and headers of every mail."""
        for number, size in self.sizes().items():
            yield number, self.headers(number, size)

    def find(self, message_id: str) -> tuple[int, int] | None:
        """Number and size of the mail with a message id; the newest are looked at first."""
        wanted = bare_id(message_id)
        if not wanted or not CONTROL_CHARACTERS.isdisjoint(wanted):
            raise ConnectorInputError("Expected messageId to name a mail.")
        for number, size in sorted(self.sizes().items(), reverse=True):
            if bare_id(self.headers(number, size).message_id) == wanted:
                return number, size
        return None


class _Pop3(poplib.POP3):
    """The library's client, over our connection, with limits of ours on what is read."""

    def __init__(self, server: MailServer, wire: Wire, context: Any) -> None:
        self.meter = Meter(ANSWER_MAX_BYTES)
        self._server, self._wire, self._context = server, wire, context
        super().__init__(server.host, server.port, SOCKET_TIMEOUT_SECONDS)

    def _create_socket(self, timeout: float) -> socket.socket:
        del timeout
        return self._wire.connect(self._server, self._context)

    def sign_in_by_token(self, token: str) -> None:
        """Mechanism XOAUTH2; the server explains a refusal before it refuses."""
        answer = self._shortcmd("AUTH XOAUTH2")  # type: ignore[attr-defined]  # the stubs leave it out
        while answer.startswith(b"+ ") or answer == b"+":
            answer, token = self._shortcmd(token), ""  # type: ignore[attr-defined]  # as above

    def _getline(self) -> tuple[bytes, int]:
        # The library refuses lines over 2 KB, which real mails have.
        line = self.file.readline(LINE_MAX_BYTES + 1)
        self.meter.take(len(line))
        if len(line) > LINE_MAX_BYTES:
            raise poplib.error_proto("a line is too long")
        if not line:
            raise EOFError
        return line.removesuffix(b"\n").removesuffix(b"\r"), len(line)

    def _putcmd(self, line: str) -> None:
        if not CONTROL_CHARACTERS.isdisjoint(line):
            raise poplib.error_proto("a command cannot hold control characters")
        if self.meter.left < ANSWER_MAX_BYTES:
            self.meter = Meter(ANSWER_MAX_BYTES)
        super()._putcmd(line)  # type: ignore[misc]  # the stubs leave it out
