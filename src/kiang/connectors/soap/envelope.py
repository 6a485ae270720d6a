"""The SOAP message that is sent: envelope, header with the user name token, body."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime

from kiang.connectors.soap.input import JsonPart, NoPart, SoapInput, TemplatePart, UsernameToken
from kiang.connectors.soap.mustache import escaped, rendered
from kiang.connectors.soap.xml_json import UnreadableXml, read, written
from kiang.errors import ConnectorInputError

SOAP_11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"
PREFIXES = {SOAP_11: "SOAP-ENV", SOAP_12: "env"}
WSS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
SECURITY_NAMESPACES = {"wsse": f"{WSS}wssecurity-secext-1.0.xsd", "wsu": f"{WSS}wssecurity-utility-1.0.xsd"}
TOKEN_PROFILE = f"{WSS}username-token-profile-1.0"
NONCE_ENCODING = f"{WSS}soap-message-security-1.0#Base64Binary"
NONCE_SIZE_BYTES = 16

_PREFIX = re.compile(r"(?:[^\W\d][\w.\-]*)?")
_DECLARATION = re.compile(r"\s*<\?xml\b[^>]*\?>")


def envelope_of(data: SoapInput, namespace: str) -> str:
    """The whole message, checked.

    Raises:
        ConnectorInputError: Header or body are not well formed, leave their place, or cannot be written as XML.
    """
    prefix = PREFIXES[namespace]
    declared = {**SECURITY_NAMESPACES, **(data.namespaces or {}), prefix: namespace}
    if (data.namespaces or {}).get(prefix, namespace) != namespace:
        raise ConnectorInputError(f"Expected namespaces to leave the prefix '{prefix}' to the SOAP envelope.")
    token = _token(data.authentication, prefix) if isinstance(data.authentication, UsernameToken) else ""
    header, body = _part(data.header), _part(data.body)
    message = (
        f"<{prefix}:Envelope{_declarations(declared)}>"
        f"<{prefix}:Header>{token}{header}</{prefix}:Header>"
        f"<{prefix}:Body>{body}</{prefix}:Body>"
        f"</{prefix}:Envelope>"
    )
    try:
        checked = read(message)
    except UnreadableXml as error:
        raise ConnectorInputError(f"Header and body make no SOAP message: {error}") from None
    if checked.root != (namespace, "Envelope") or checked.top != [(namespace, "Header"), (namespace, "Body")]:
        raise ConnectorInputError("Expected header and body to be XML elements that end where they begin.")
    return f'<?xml version="1.0" encoding="UTF-8"?>{message}'


def _declarations(namespaces: Mapping[str, str]) -> str:
    for prefix in namespaces:
        if not _PREFIX.fullmatch(prefix):
            raise ConnectorInputError("Expected the names of namespaces to be XML prefixes.")
    return "".join(
        f' xmlns{":" if prefix else ""}{prefix}="{escaped(uri)}"' for prefix, uri in sorted(namespaces.items())
    )


def _part(part: TemplatePart | JsonPart | NoPart | None) -> str:
    match part:
        case TemplatePart(template=template, context=context):
            return _DECLARATION.sub("", rendered(template or "", context or {}), count=1)
        case JsonPart(definition=definition):
            return written(definition or {})
        case _:
            return ""


def _token(token: UsernameToken, prefix: str) -> str:
    """User name and password as the profile of WS-Security has them; with a digest, nonce and time make it good once."""
    password = token.password or ""
    extra = ""
    kind = "PasswordText"
    if token.encoded == "Yes":
        nonce = secrets.token_bytes(NONCE_SIZE_BYTES)
        created = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        digest = hashlib.sha1(nonce + created.encode() + password.encode(), usedforsecurity=False).digest()
        password, kind = base64.b64encode(digest).decode(), "PasswordDigest"
        extra = (
            f'<wsse:Nonce EncodingType="{NONCE_ENCODING}">{base64.b64encode(nonce).decode()}</wsse:Nonce>'
            f"<wsu:Created>{created}</wsu:Created>"
        )
    declared = _declarations(SECURITY_NAMESPACES)
    return (
        f'<wsse:Security{declared} {prefix}:mustUnderstand="1"><wsse:UsernameToken>'
        f"<wsse:Username>{escaped(token.username)}</wsse:Username>"
        f'<wsse:Password Type="{TOKEN_PROFILE}#{kind}">{escaped(password)}</wsse:Password>{extra}'
        "</wsse:UsernameToken></wsse:Security>"
    )
