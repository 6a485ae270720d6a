"""A mail server: where it is, who signs in, how the connection is secured, and what went wrong with it."""

from __future__ import annotations

import enum
import imaplib
import poplib
import smtplib
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Annotated, Literal, NoReturn, TypeVar

from pydantic import Field

from kiang.connector_sdk.binding import ConnectorInput
from kiang.connector_sdk.constraints import NotBlank, NotEmpty, Pattern, Range
from kiang.connector_sdk.http.url import NO_URL, URL_PATTERN
from kiang.connector_sdk.outbound import OutboundContext
from kiang.connector_sdk.template import TemplateField
from kiang.errors import ConnectorError, ConnectorInputError

SOCKET_TIMEOUT_SECONDS = 20
"""For the connection, and for each piece of an answer."""

ERROR_TEXT_LENGTH_MAX = 200
"""Of what a server says, in an error."""

CONTROL_CHARACTERS = frozenset(map(chr, [*range(32), 127])) - {"\t"}
"""May stand in nothing that becomes part of a command or of a header."""


class CryptographicProtocol(enum.Enum):
    """How a connection is secured."""

    TLS = "TLS"
    SSL = "SSL"
    NONE = "NONE"

    @property
    def label(self) -> str:
        """For the form."""
        return {"TLS": "TLS", "SSL": "SSL", "NONE": "None"}[self.value]


class SimpleAuthentication(ConnectorInput):
    """User name and password."""

    type: Annotated[Literal["simple"], TemplateField(label="Simple")] = "simple"
    username: Annotated[str, NotEmpty(), TemplateField(group="authentication")]
    password: Annotated[str, NotEmpty(), TemplateField(group="authentication", secret=True)]


class NoAuthentication(ConnectorInput):
    """Nobody signs in: for relays that know their clients otherwise."""

    type: Annotated[Literal["noAuth"], TemplateField(label="None")]


class OAuthAuthentication(ConnectorInput):
    """A token from an OAuth server in place of a password (XOAUTH2): for a user who has agreed once, or for the connector itself.

    Attributes:
        refresh_token: Of the user; without it the token is asked for with the client's own credentials.
    """

    type: Annotated[Literal["oauth"], TemplateField(label="OAuth 2.0")]
    username: Annotated[str, NotEmpty(), TemplateField(group="authentication")]
    oauth_token_endpoint: Annotated[
        str,
        NotEmpty(),
        Pattern(URL_PATTERN, NO_URL),
        TemplateField(label="OAuth 2.0 token endpoint", group="authentication"),
    ]
    client_id: Annotated[str, NotEmpty(), TemplateField(group="authentication")]
    client_secret: Annotated[str | None, TemplateField(group="authentication", secret=True)] = None
    refresh_token: Annotated[str | None, TemplateField(group="authentication", secret=True)] = None
    scopes: Annotated[str | None, TemplateField(group="authentication")] = None


@dataclass(frozen=True)
class Bearer:
    """A user and the token that an OAuth server has given."""

    username: str
    token: str = field(repr=False)


class ImapConfig(ConnectorInput):
    """The IMAP server."""

    imap_host: Annotated[str, NotBlank(), TemplateField(label="IMAP host", group="server")]
    imap_port: Annotated[
        int, Range(1, 65535), TemplateField(label="IMAP port", type="String", feel="optional", group="server")
    ] = 993
    imap_cryptographic_protocol: Annotated[CryptographicProtocol, TemplateField(label="Encryption", group="server")] = (
        CryptographicProtocol.TLS
    )


MailAuthentication = Annotated[
    SimpleAuthentication | OAuthAuthentication | NoAuthentication, Field(discriminator="type")
]
MailboxAuthentication = Annotated[SimpleAuthentication | OAuthAuthentication, Field(discriminator="type")]


async def credentials_of(
    authentication: SimpleAuthentication | OAuthAuthentication | NoAuthentication, context: OutboundContext
) -> SimpleAuthentication | NoAuthentication | Bearer:
    """What somebody signs in with: a token is fetched unless there is one that is still good.

    Raises:
        ConnectorError: The OAuth server gives none.
    """
    if not isinstance(authentication, OAuthAuthentication):
        return authentication
    from kiang.connector_sdk.http.authentication import (  # noqa: PLC0415 - most mailboxes have a password
        OAuthClientCredentials,
        OAuthRefreshToken,
    )
    from kiang.connector_sdk.http.client import oauth_token  # noqa: PLC0415 - as above

    given = authentication.model_dump(exclude={"type", "username"})
    flow = (
        OAuthRefreshToken(type="oauth-refresh-token", **given)
        if authentication.refresh_token
        else OAuthClientCredentials(
            type="oauth-client-credentials-flow",
            client_authentication="credentialsBody",
            **{**given, "client_secret": authentication.client_secret or ""},
        )
    )
    return Bearer(authentication.username, await oauth_token(flow, context))


@dataclass(frozen=True)
class MailServer:
    """A server and who signs in to it: what a kept session depends on.

    Attributes:
        user: "" for nobody.
        token: In place of a password.
    """

    protocol: Literal["smtp", "imap", "pop3"]
    host: str
    port: int
    security: CryptographicProtocol
    user: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)

    @property
    def xoauth2(self) -> str:
        """What the mechanism XOAUTH2 sends."""
        return f"user={self.user}\x01auth=Bearer {self.token}\x01\x01"

    @property
    def has_tls_first(self) -> bool:
        """Whether the connection begins with TLS; otherwise it is asked for in the protocol (STARTTLS), if at all."""
        if self.security is CryptographicProtocol.TLS:
            return self.port == SMTPS_PORT if self.protocol == "smtp" else self.port not in STARTTLS_PORTS
        return self.security is CryptographicProtocol.SSL


SMTPS_PORT = 465
STARTTLS_PORTS = frozenset({143, 110})


def server_of(
    protocol: Literal["smtp", "imap", "pop3"],
    host: str,
    port: int,
    security: CryptographicProtocol,
    authentication: SimpleAuthentication | NoAuthentication | Bearer,
) -> MailServer:
    """A server of an input.

    Raises:
        ConnectorInputError: Host, user or password hold control characters, or a mailbox is asked for without a user.
    """
    user = password = token = ""
    if isinstance(authentication, SimpleAuthentication):
        user, password = authentication.username, authentication.password
    elif isinstance(authentication, Bearer):
        user, token = authentication.username, authentication.token
    elif protocol != "smtp":
        raise ConnectorInputError(f"Expected authentication of type simple, since {protocol} serves known users only.")
    secret = password or token
    for name, text in (("host", host), ("authentication.username", user), ("authentication.password", secret)):
        if not CONTROL_CHARACTERS.isdisjoint(text):
            raise ConnectorInputError(f"Expected {name} without control characters.")
    return MailServer(protocol, host.strip(), port, security, user, password, token)


class Wire:
    """The connection below a session: another thread can cut it, whatever the session waits for."""

    def __init__(self) -> None:
        self._handle: socket.socket | None = None
        self.is_cut = False

    def connect(self, server: MailServer, context: ssl.SSLContext | None) -> socket.socket:
        """A connected socket, with TLS if there is a context for it."""
        if self.is_cut:
            raise TimeoutError
        plain = socket.create_connection((server.host, server.port), SOCKET_TIMEOUT_SECONDS)
        try:
            self.release()
            self._handle = plain.dup()  # stays what it is when TLS takes the socket over
            if context is None:
                return plain
            return context.wrap_socket(plain, server_hostname=server.host)
        except BaseException:
            plain.close()
            raise

    def cut(self) -> None:
        """End the connection now: whoever waits for it gets an error."""
        self.is_cut = True
        handle = self._handle
        if handle is not None:
            with suppress(OSError):  # it has ended already
                handle.shutdown(socket.SHUT_RDWR)

    def release(self) -> None:
        """Forget the connection."""
        if self._handle is not None:
            self._handle.close()
            self._handle = None


def tls_context() -> ssl.SSLContext:
    """Certificates are always checked, against the system's authorities or those of SSL_CERT_FILE and SSL_CERT_DIR."""
    return ssl.create_default_context()


def no_tls(server: MailServer) -> NoReturn:
    """TLS was asked for, and the server has none: nothing is sent in the clear instead."""
    where = f"{server.protocol} server {server.host}:{server.port}"
    raise ConnectorError("SSL_HANDSHAKE_FAILED", f"The {where} offers no TLS")


S = TypeVar("S")


def opened(server: MailServer, wire: Wire, open_session: Callable[[bool], S]) -> S:
    """A session, with TLS from the first byte or asked for; `open_session` is told whether to begin with TLS.

    Where TLS is expected at once and the server speaks first, in plain text, TLS is asked for instead.
    """
    try:
        return open_session(server.has_tls_first)
    except ssl.SSLError as error:
        speaks_first = error.reason in {"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE"}
        if server.security is not CryptographicProtocol.TLS or not server.has_tls_first or not speaks_first:
            raise
    wire.release()
    return open_session(False)


class Meter:
    """Counts what a server answers.

    Attributes:
        left: Bytes that it may still send.
    """

    def __init__(self, maximum: int) -> None:
        self.left = maximum

    def take(self, size: int) -> None:
        """Count bytes.

        Raises:
            ConnectorError: They are too many.
        """
        self.left -= size
        if self.left < 0:
            raise ConnectorError("ANSWER_TOO_LARGE", "The server answered more than was asked for")


def said(server: MailServer, text: bytes | str) -> str:
    """What a server said, for an error: short, printable, without the password."""
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    if server.password:
        words = words.replace(server.password, "***")
    return "".join(c if c.isprintable() else " " for c in words)[:ERROR_TEXT_LENGTH_MAX].strip()


def failure(error: Exception, server: MailServer) -> ConnectorError:
    """What went wrong, as an error with a code."""
    if isinstance(error, ConnectorError):
        return error
    where = f"{server.protocol} server {server.host}:{server.port}"
    if isinstance(error, ssl.SSLError):
        reason = getattr(error, "verify_message", "") or error.reason or "no handshake"
        return ConnectorError("SSL_HANDSHAKE_FAILED", f"No TLS with the {where}: {said(server, str(reason))}")
    if isinstance(error, TimeoutError):
        return ConnectorError("TIMEOUT", f"The {where} did not answer in time")
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return not_authenticated(server)
    if isinstance(error, smtplib.SMTPResponseException):
        return ConnectorError("SERVER_REFUSED", f"The {where} refused: {said(server, error.smtp_error)}")
    if isinstance(error, imaplib.IMAP4.abort) and "unexpected" in str(error):  # as the library says it
        return not_understood(server)
    if isinstance(error, poplib.error_proto) and not repr(error.args[0] if error.args else "").startswith("b'-ERR"):
        return not_understood(server)
    if isinstance(error, smtplib.SMTPServerDisconnected | imaplib.IMAP4.abort | EOFError):
        return ConnectorError("CONNECTION_FAILED", f"The {where} ended the connection")
    if isinstance(error, imaplib.IMAP4.error | poplib.error_proto | smtplib.SMTPException):
        text = error.args[0] if error.args and isinstance(error.args[0], bytes | str) else ""
        return ConnectorError("SERVER_REFUSED", f"The {where} refused: {said(server, text)}")
    if isinstance(error, OSError):
        reason = error.strerror or type(error).__name__
        return ConnectorError("CONNECTION_FAILED", f"No connection to the {where}: {said(server, reason)}")
    if isinstance(error, ValueError | IndexError | KeyError | LookupError | TypeError | AttributeError):
        return not_understood(server)
    raise error


def not_understood(server: MailServer) -> ConnectorError:
    """The answer is none of the protocol."""
    where = f"{server.protocol} server {server.host}:{server.port}"
    return ConnectorError("PROTOCOL_ERROR", f"The answer of the {where} cannot be understood")


def not_authenticated(server: MailServer) -> ConnectorError:
    """The server does not know the user, or not with this password."""
    return ConnectorError(
        "AUTHENTICATION_FAILED", f"The {server.protocol} server {server.host}:{server.port} refused user and password"
    )
