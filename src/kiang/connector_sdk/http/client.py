"""Sending one request: authentication, body, limits, and the answer as connectors give it to a process."""

from __future__ import annotations

import asyncio
import base64
import codecs
import json
import socket
import ssl
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import Any, Protocol, TypeVar
from urllib.parse import quote_plus, urljoin, urlsplit

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from kiang.connector_sdk.document import TYPE_KEY, Document, is_reference
from kiang.connector_sdk.http import coding, head
from kiang.connector_sdk.http.authentication import (
    EMPTY_PASSWORD,
    ApiKeyAuthentication,
    ApiKeyLocation,
    BasicAuthentication,
    BearerAuthentication,
    OAuthClientCredentials,
    OAuthRefreshToken,
)
from kiang.connector_sdk.http.input import TIMEOUT_SECONDS, ClientTls, HttpMethod, HttpRequestInput, ReturnFormat
from kiang.connector_sdk.http.url import as_it_is, encoded, encoded_location, with_parameters
from kiang.connector_sdk.outbound import OutboundContext
from kiang.connector_sdk.reach import HttpSettings, check_host, is_public, settings_of
from kiang.connector_sdk.tracing import http_span, http_status
from kiang.errors import ConnectorError, ConnectorInputError

BODY_SIZE_MAX_BYTES = 50 * 1024 * 1024
"""Largest answer that is read."""

CONNECTIONS_MAX = 100
"""Open at once to all hosts, per runtime and certificate."""

TOKEN_SKEW_SECONDS = 10
"""A token counts as expired so long before it is, so that it does not expire on its way."""

TIMED_OUT = "The request timed out. Please try increasing the read and connection timeouts."
ABORTED = "An error occurred while executing the request, or the connection was aborted"
PROTOCOL_ERROR = "An error with the HTTP protocol occurred"

REDIRECTS = frozenset({301, 302, 303, 307, 308})
REDIRECTS_MAX = 10
CREDENTIALS = frozenset({"authorization", "cookie", "proxy-authorization"})
"""Headers that do not go to another origin."""

OF_THE_CLIENT = frozenset({"content-length", "transfer-encoding"})
"""Headers that say where a body ends: a process that sets one could make a server read a second request out of the first."""

LINE_BREAKS = dict.fromkeys((10, 11, 12, 13), " ")
"""In values of headers they become blanks, so that no value can bring a header of its own."""

BLANKS = " \t\n\v\f\r\x1c\x1d\x1e\x1f"
JSON_BLANKS = " \t\n\r"

SENDS_BODY = frozenset({HttpMethod.POST, HttpMethod.PUT, HttpMethod.PATCH})


@dataclass
class HttpResponse:
    """An answer below status 400.

    Attributes:
        headers: First value of each name as sent; those of Set-Cookie as a list.
        body: Parsed if it is a JSON object or list, else text; None if empty.
        document: The body as a document, if it was asked for.
    """

    status: int
    headers: dict[str, Any]
    body: Any
    reason: str
    document: Document | None = None


@dataclass(frozen=True)
class RawAnswer:
    """An answer of any status, read to its end.

    Attributes:
        headers: As they were sent.
        content: Without its Content-Encoding.
    """

    status: int
    reason: str
    headers: tuple[tuple[bytes, bytes], ...]
    content: bytes

    @property
    def content_type(self) -> str:
        """Value of the header; empty if there is none."""
        found = (value for name, value in self.headers if name.lower() == b"content-type")
        return next(found, b"").decode("utf-8", "surrogateescape")


class Exchange(Protocol):
    """Stands between a request and the network: the resource EXCHANGE of a test."""

    async def __call__(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        content: bytes | None,
        send: Callable[[], Awaitable[RawAnswer]],
    ) -> RawAnswer:
        """The answer to one request, from `send` or from elsewhere."""
        ...


EXCHANGE = "http-exchange"
R = TypeVar("R")


async def _over_the_network(
    method: str,
    url: str,
    headers: Mapping[str, str],
    content: bytes | None,
    send: Callable[[], Awaitable[RawAnswer]],
) -> RawAnswer:
    del method, url, headers, content
    return await send()


def _network() -> Exchange:
    return _over_the_network


@dataclass
class _Token:
    value: str
    expires_at: float = field(default=0.0)


async def request(data: HttpRequestInput, context: OutboundContext) -> HttpResponse:
    """Send one request and read the answer.

    Raises:
        ConnectorError: Code: the status from 400 on; "408" for time-outs and connections that fail; "500" for a URL that HTTP cannot
            carry; SSL_HANDSHAKE_FAILED; OAUTH_TOKEN_ERROR; RESPONSE_TOO_LARGE; TOO_MANY_REDIRECTS.
        ConnectorInputError: The operator does not allow the host, be it that of the URL or one that a redirect leads to.
    """
    headers = CIMultiDict[str]()
    parameters: list[tuple[str, str | None]] = []
    await _authenticate(data, context, headers, parameters)
    for name, value in (data.headers or {}).items():
        lower = name.lower()
        if lower in OF_THE_CLIENT:
            raise ConnectorError("500", PROTOCOL_ERROR)
        if lower == "content-type" and value is None:
            continue
        if lower == "authorization" and "authorization" in headers:
            del headers["authorization"]
        spelled = next((known for known in headers if known.lower() == lower), name)
        headers.add(spelled, (value or "").translate(LINE_BREAKS))
    parameters += list((data.query_parameters or {}).items())
    url = with_parameters(as_it_is(data.url) if data.sends_url_as_is else encoded(data.url), parameters)
    content = await _content(data, headers, context) if data.method in SENDS_BODY else None
    return await _followed(data, url, headers, content, context)


async def _followed(
    data: HttpRequestInput, url: str, headers: CIMultiDict[str], content: bytes | None, context: OutboundContext
) -> HttpResponse:
    """The answer behind all redirects, if they are to be followed. Each hop is checked like the first URL, and
    credentials do not go to another origin.
    """
    method = data.method.value
    for _ in range(REDIRECTS_MAX + 1):
        response = await _send(data, method, url, headers, content, context, _read)
        location = next((value for name, value in response.headers.items() if name.lower() == "location"), None)
        if not data.follow_redirects or response.status not in REDIRECTS or not location:
            return response
        target = urljoin(url, encoded_location(str(location)))
        if not target.startswith(("http://", "https://")):
            raise ConnectorError("500", PROTOCOL_ERROR)
        if _origin(target) != _origin(url):
            headers = CIMultiDict((name, value) for name, value in headers.items() if name.lower() not in CREDENTIALS)
            if isinstance(data.authentication, ApiKeyAuthentication):
                headers.popall(data.authentication.name, None)
        if response.status == 303 or (response.status in {301, 302} and method == "POST"):
            method, content = "GET", None
            headers.popall("Content-Type", None)
        url = target
    raise ConnectorError("TOO_MANY_REDIRECTS", f"Expected at most {REDIRECTS_MAX} redirects, but there are more.")


async def fetch(url: str, context: OutboundContext) -> bytes:
    """What a GET gives, behind redirects; under the same rules as every request.

    Raises:
        ConnectorError: As `request`.
    """
    if not url.startswith(("http://", "https://")):
        raise ConnectorInputError("Expected the URL of an external document to begin with http:// or https://.")
    data = HttpRequestInput(url=url, method=HttpMethod.GET)
    target = encoded(url)
    for _ in range(REDIRECTS_MAX + 1):
        answer = await _send(data, "GET", target, CIMultiDict(), None, context, _fetched)
        location = next((value for name, value in answer.headers if name.lower() == b"location"), b"").decode("latin-1")
        if answer.status not in REDIRECTS or not location:
            return answer.content
        target = urljoin(target, encoded_location(location))
        if not target.startswith(("http://", "https://")):
            raise ConnectorError("500", PROTOCOL_ERROR)
    raise ConnectorError("TOO_MANY_REDIRECTS", f"Expected at most {REDIRECTS_MAX} redirects, but there are more.")


async def _fetched(response: RawAnswer, url: str, data: HttpRequestInput, context: OutboundContext) -> RawAnswer:
    if response.status >= 400:
        await _read(response, url, data, context)  # raises
    return response


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


async def _send(
    data: HttpRequestInput,
    method: str,
    url: str,
    headers: CIMultiDict[str],
    content: bytes | None,
    context: OutboundContext,
    read: Callable[[RawAnswer, str, HttpRequestInput, OutboundContext], Awaitable[R]],
) -> R:
    parts = urlsplit(url)
    if parts.username is not None or parts.password is not None:
        raise ConnectorError("500", PROTOCOL_ERROR)
    await check_host(parts.hostname or "", context.resources)
    connecting = data.connection_timeout_in_seconds or TIMEOUT_SECONDS
    reading = data.read_timeout_in_seconds or connecting
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=connecting, connect=connecting, sock_read=reading)
    headers = CIMultiDict(headers)
    headers.setdefault("Accept-Encoding", coding.ACCEPTED)
    exchange = context.resources.get(EXCHANGE, _network)

    async def send() -> RawAnswer:
        async with _session(context, data.client_tls).request(
            method,
            URL(url, encoded=True),
            data=content,
            headers=headers,
            skip_auto_headers=("Accept", "Content-Type", "User-Agent"),
            timeout=timeout,
            allow_redirects=False,
        ) as response:
            http_status(span, response.status)
            return await _received(response)

    try:
        with http_span(method, parts.hostname or "", parts.port, headers) as span:
            return await read(await exchange(method, url, headers, content, send), url, data, context)
    except (aiohttp.ConnectionTimeoutError, aiohttp.SocketTimeoutError, TimeoutError):
        raise ConnectorError("408", TIMED_OUT) from None
    except aiohttp.ClientConnectorCertificateError as error:
        raise ConnectorError(
            "SSL_HANDSHAKE_FAILED", f"The certificate of {parts.hostname} is not trusted: {error}"
        ) from None
    except aiohttp.ClientSSLError:
        raise ConnectorError("SSL_HANDSHAKE_FAILED", f"The TLS handshake with {parts.hostname} failed") from None
    except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError, ValueError):
        raise ConnectorError("500", PROTOCOL_ERROR) from None
    except (aiohttp.ClientError, OSError, coding.CodingError):
        raise ConnectorError("408", ABORTED) from None


async def _received(response: aiohttp.ClientResponse) -> RawAnswer:
    chunks, size = [], 0
    decoder = coding.decoder(response.headers.get("Content-Encoding", ""))
    if decoder is None:
        raise ConnectorError("500", PROTOCOL_ERROR)
    async for chunk in response.content.iter_any():
        for part in decoder.decode(chunk):
            size += len(part)
            if size > BODY_SIZE_MAX_BYTES:
                response.close()
                raise ConnectorError("RESPONSE_TOO_LARGE", f"The answer is larger than {BODY_SIZE_MAX_BYTES} bytes.")
            chunks.append(part)
    decoder.end()
    reason = (response.reason or "").encode("utf-8", "surrogateescape").decode("latin-1").strip()
    return RawAnswer(response.status, reason, tuple(response.raw_headers), b"".join(chunks))


async def _read(response: RawAnswer, url: str, data: HttpRequestInput, context: OutboundContext) -> HttpResponse:
    headers, reason = _headers(response), response.reason
    content, content_type = response.content, response.content_type
    if response.status >= 400:
        body = parsed(content, content_type)
        raise ConnectorError(
            str(response.status), reason or f"HTTP {response.status}", {"response": {"headers": headers, "body": body}}
        )
    if data.wants_document and not (data.follow_redirects and response.status in REDIRECTS):
        name = URL(url, encoded=True).name or "response"
        document = (
            await context.create_document(content, file_name=name, content_type=content_type) if content else None
        )
        return HttpResponse(response.status, headers, None, reason, document)
    return HttpResponse(response.status, headers, _body(content, content_type, data.document_return_format), reason)


def _body(content: bytes, content_type: str, wanted: ReturnFormat | None) -> Any:
    if wanted is None or wanted.choice != "TEXT" or not content:
        return parsed(content, content_type)
    try:
        return content.decode(wanted.encoding or _charset(content_type) or "utf-8", errors="replace")
    except LookupError:
        raise ConnectorInputError(
            f"Expected documentReturnFormat.encoding to be a charset, but was '{wanted.encoding}'."
        ) from None


def _headers(response: RawAnswer) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    for raw_name, raw_value in response.headers:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        if name.lower() == "set-cookie":
            headers.setdefault(name, []).append(value)
        else:
            headers.setdefault(name, value)
    return headers


def parsed(content: bytes, content_type: str) -> Any:
    """The body of an answer as processes get it; None if there is none but blanks."""
    text = content.decode(_charset(content_type) or "utf-8", errors="replace")
    if not text.strip(BLANKS):
        return None
    start = text.lstrip(JSON_BLANKS)
    if start[:1] in {"{", "["}:
        try:
            return _JSON.raw_decode(start)[0]
        except (ValueError, RecursionError):
            return text
    return text


def _no_json(constant: str) -> Any:
    raise ValueError(constant)


_JSON = json.JSONDecoder(parse_constant=_no_json)


def _charset(content_type: str) -> str | None:
    """The charset that a content type names, else UTF-8; None if nobody knows it."""
    message = Message()
    message["Content-Type"] = content_type or "text/plain"
    charset = str(message.get_param("charset", "utf-8") or "utf-8")
    try:
        return codecs.lookup(charset).name
    except LookupError:
        return None


def _encoded(text: str, content_type: str) -> bytes:
    charset = _charset(content_type)
    if charset is None:
        raise ConnectorInputError("Expected the charset of the Content-Type header to exist, but nobody knows it.")
    if charset == "utf-16":  # Python would take the byte order of this machine, the internet's is big-endian (RFC 2781)
        return codecs.BOM_UTF16_BE + text.encode("utf-16-be", errors="replace")
    return text.encode(charset, errors="replace")


async def _content(data: HttpRequestInput, headers: CIMultiDict[str], context: OutboundContext) -> bytes | None:
    body = data.body
    content_type = headers.get("Content-Type", "")
    kind = content_type.partition(";")[0].strip().lower()
    if body is None:
        if kind == "multipart/form-data":
            del headers["Content-Type"]  # there are no parts
        headers.setdefault("Content-Type", "text/plain; charset=UTF-8")
        return b""
    if isinstance(body, Document):
        headers.setdefault("Content-Type", body.metadata.content_type)
        return await body.read()
    if kind == "multipart/form-data" and isinstance(body, dict):
        return await _multipart(body, headers, context)
    headers.setdefault("Content-Type", "application/json")
    if isinstance(body, str):
        return _encoded(body, content_type)
    text = _json(body)
    if TYPE_KEY in text:
        body = await _with_contents(body, context)
        text = _json(body)
    if kind == "application/x-www-form-urlencoded" and isinstance(body, dict):
        return form(body).encode()
    return _encoded(_json(_without_nulls(body)) if data.ignore_null_values else text, content_type)


async def _with_contents(body: Any, context: OutboundContext) -> Any:
    """A body with the content of each document within it, in base64, in place of its reference."""
    if is_reference(body):
        return base64.b64encode(await Document(body, context.documents).read()).decode()
    if type(body) is dict:
        return {name: await _with_contents(item, context) for name, item in body.items()}
    if type(body) is list:
        return [await _with_contents(item, context) for item in body]
    return body


def form(values: Mapping[str, Any]) -> str:
    """Entries as application/x-www-form-urlencoded; null makes a bare name, what is nested JSON text."""
    return "&".join(
        quote_plus(name) if value is None else f"{quote_plus(name)}={quote_plus(_plain(value))}"
        for name, value in values.items()
    )


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else _json(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_reference)


def _reference(value: Any) -> Any:
    if isinstance(value, Document):
        return value.reference
    raise TypeError(type(value).__name__)


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(item) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value


async def _multipart(body: Mapping[str, Any], headers: CIMultiDict[str], context: OutboundContext) -> bytes:
    given = Message()
    given["Content-Type"] = headers["Content-Type"]
    boundary = given.get_boundary() or uuid.uuid4().hex
    parts: list[bytes] = []
    for name, value in body.items():
        for item in value if isinstance(value, list) else [value]:
            document = Document(item, context.documents) if is_reference(item) else item
            if isinstance(document, Document):
                lead = (
                    f'Content-Disposition: form-data; name="{_quoted(name)}"; filename="{_quoted(document.file_name)}"\r\n'
                    f"Content-Type: {document.metadata.content_type}\r\n\r\n"
                )
                content = await document.read()
            elif item is None or isinstance(item, dict):
                continue
            else:
                lead, content = f'Content-Disposition: form-data; name="{_quoted(name)}"\r\n\r\n', _plain(item).encode()
            parts.append(f"--{boundary}\r\n{lead}".encode() + content + b"\r\n")
    if given.get_boundary() is None:
        headers["Content-Type"] = f"multipart/form-data; charset=ISO-8859-1; boundary={boundary}"
    return b"".join(parts) + f"--{boundary}--\r\n".encode()


def _quoted(text: str) -> str:
    """Within the quotes of Content-Disposition."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\r", "%0D").replace("\n", "%0A")


async def _authenticate(
    data: HttpRequestInput,
    context: OutboundContext,
    headers: CIMultiDict[str],
    parameters: list[tuple[str, str | None]],
) -> None:
    match data.authentication:
        case BasicAuthentication(username=username, password=password):
            known = "" if password in {None, EMPTY_PASSWORD} else password
            headers["Authorization"] = f"Basic {base64.b64encode(f'{username}:{known}'.encode()).decode()}"
        case BearerAuthentication(token=token):
            headers["Authorization"] = f"Bearer {token}".translate(LINE_BREAKS)
        case ApiKeyAuthentication(api_key_location=ApiKeyLocation.HEADERS, name=name, value=value):
            headers[name] = value.translate(LINE_BREAKS)
        case ApiKeyAuthentication(name=name, value=value):
            parameters.append((name, value))
        case OAuthClientCredentials() | OAuthRefreshToken() as flow:
            headers["Authorization"] = f"Bearer {await oauth_token(flow, context, data.client_tls)}".translate(
                LINE_BREAKS
            )
        case _:
            pass


async def oauth_token(
    flow: OAuthClientCredentials | OAuthRefreshToken, context: OutboundContext, client_tls: ClientTls | None = None
) -> str:
    """A token from the OAuth server, or the one that is still good.

    Raises:
        ConnectorError: OAUTH_TOKEN_ERROR, or as `request`.
        ConnectorInputError: `clientAuthentication` is none.
    """
    key = ("oauth-token", flow.model_dump_json())
    token = context.resources.get(key, lambda: _Token("", 0.0))
    if token.expires_at > time.monotonic():
        return token.value
    headers: dict[str, str | None] = {"Content-Type": "application/x-www-form-urlencoded"}
    scopes = flow.scopes if flow.scopes and flow.scopes.strip() else None
    fields: dict[str, Any] = {"grant_type": "client_credentials", "scope": scopes}
    if isinstance(flow, OAuthRefreshToken):
        fields = {"grant_type": "refresh_token", "refresh_token": flow.refresh_token, "client_id": flow.client_id}
        fields |= {"client_secret": flow.client_secret or None, "scope": scopes}
    else:
        fields["audience"] = flow.audience
        if flow.client_authentication == "basicAuthHeader":
            credentials = base64.b64encode(f"{flow.client_id}:{flow.client_secret}".encode()).decode()
            headers["Authorization"] = f"Basic {credentials}"
        elif flow.client_authentication != "credentialsBody":
            raise ConnectorInputError(
                "Expected authentication.clientAuthentication to be 'basicAuthHeader' or 'credentialsBody', but was "
                f"'{flow.client_authentication}'."
            )
        else:
            fields |= {"client_id": flow.client_id, "client_secret": flow.client_secret}
    asked = HttpRequestInput(
        url=flow.oauth_token_endpoint,
        method=HttpMethod.POST,
        headers=headers,
        body={name: value for name, value in fields.items() if value is not None},
        client_tls=client_tls,
    )
    answer = (await request(asked, context)).body
    value = answer.get("access_token") if isinstance(answer, dict) else None
    if isinstance(value, int | float):
        value = json.dumps(value)
    if not isinstance(value, str):
        raise ConnectorError("OAUTH_TOKEN_ERROR", "The answer of the OAuth token endpoint holds no access_token.")
    expires_in = answer.get("expires_in")
    token.value = value
    if isinstance(expires_in, int | float):
        token.expires_at = time.monotonic() + expires_in - TOKEN_SKEW_SECONDS
    return value


class _PublicResolver(aiohttp.ThreadedResolver):
    """Resolves names to public addresses only: what was checked is what is connected to."""

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> Any:
        found = await super().resolve(host, port, family)
        if not all(is_public(entry["host"]) for entry in found):
            raise OSError(f"{host} has a private address")
        return found


def _session(context: OutboundContext, tls: ClientTls | None) -> aiohttp.ClientSession:
    settings = settings_of(context.resources)
    key = ("http-session", tls.model_dump_json() if tls is not None else "", id(asyncio.get_running_loop()))
    return context.resources.get(key, lambda: _new_session(settings, tls), aiohttp.ClientSession.close)


def _new_session(settings: HttpSettings, tls: ClientTls | None) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(
        limit=CONNECTIONS_MAX,
        ssl=_ssl_context(tls) if tls is not None else True,
        resolver=_PublicResolver() if settings.refuse_private else None,
    )
    return aiohttp.ClientSession(
        connector=connector,
        trust_env=True,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        request_class=head.Request,
        max_field_size=65_536,
        max_line_size=65_536,
    )


def _ssl_context(tls: ClientTls) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cadata=tls.trusted_certificate or None)
        if tls.client_certificate and tls.client_private_key:
            with tempfile.TemporaryDirectory() as folder:  # the ssl module reads key files only
                path = Path(folder) / "client.pem"
                path.touch(mode=0o600)
                path.write_text(f"{tls.client_certificate}\n{tls.client_private_key}\n")
                context.load_cert_chain(path, password=tls.private_key_password or "")
    except (ssl.SSLError, ValueError):
        raise ConnectorInputError(
            "Expected clientTls to hold certificates and a key as PEM text, but they cannot be read."
        ) from None
    return context
