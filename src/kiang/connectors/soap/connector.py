"""SOAP connector: one call per job; the answer as JSON, a fault as an error."""

from __future__ import annotations

import asyncio
from email.message import Message
from typing import Any

from kiang.connector_sdk import ConnectorError, OutboundContext, outbound_connector
from kiang.connector_sdk.http import HttpMethod, HttpRequestInput, HttpResponse, request
from kiang.connector_sdk.http.input import ReturnFormat
from kiang.connector_sdk.template import Group, Template
from kiang.connectors.soap.envelope import SOAP_11, SOAP_12, envelope_of
from kiang.connectors.soap.input import SoapInput, Version11, Version12
from kiang.connectors.soap.xml_json import UnreadableXml, read

FAULT = "SOAP_FAULT_RECEIVED"
INVALID_RESPONSE = "SOAP_RESPONSE_INVALID"
BYTES_AS_TEXT = "latin-1"
"""Keeps every byte of an answer, so that the document itself can say how it is encoded."""

TEMPLATE = Template(
    id="io.kiang.connectors.Soap.v1",
    name="SOAP Connector",
    description="Call a SOAP service and use the answer",
    keywords=("soap", "xml", "wsdl", "web service", "api"),
    groups=(
        Group("connection", "Connection"),
        Group("authentication", "Authentication"),
        Group("soap-message", "SOAP message"),
        Group("timeout", "Timeout", open_by_default=False),
    ),
    example={"Envelope": {"Body": {"GetOrderResponse": {"total": "30"}}}},
)


@outbound_connector(name="SOAP", type="io.camunda:soap:1", template=TEMPLATE)
async def soap(data: SoapInput, context: OutboundContext) -> dict[str, Any]:
    """Send one message; the envelope that comes back, as JSON, is the result."""
    namespace = SOAP_12 if isinstance(data.soap_version, Version12) else SOAP_11
    message = await asyncio.to_thread(envelope_of, data, namespace)
    asked = HttpRequestInput(
        url=data.service_url,
        method=HttpMethod.POST,
        headers=_headers(data),
        body=message,
        document_return_format=ReturnFormat(choice="TEXT", encoding=BYTES_AS_TEXT),
        connection_timeout_in_seconds=data.connection_timeout_in_seconds,
    )
    try:
        response = await request(asked, context)
    except ConnectorError as error:
        raise await _fault_of(error) or error from None
    content, content_type = _content(response)
    return await asyncio.to_thread(_result, content, _charset(content_type))


def _headers(data: SoapInput) -> dict[str, str | None]:
    accept = "text/xml, application/soap+xml"
    if isinstance(data.soap_version, Version12):
        return {"Content-Type": "application/soap+xml; charset=UTF-8", "Accept": accept}
    action = data.soap_version.soap_action if isinstance(data.soap_version, Version11) else None
    return {
        "Content-Type": "text/xml; charset=UTF-8",
        "SOAPAction": f'"{(action or "").strip(chr(34))}"',
        "Accept": accept,
    }


def _content(response: HttpResponse) -> tuple[bytes, str]:
    content_type = next((str(v) for k, v in response.headers.items() if k.lower() == "content-type"), "")
    return (response.body or "").encode(BYTES_AS_TEXT), content_type


def _charset(content_type: str) -> str | None:
    message = Message()
    message["Content-Type"] = content_type or "text/xml"
    charset = message.get_param("charset")
    return charset if isinstance(charset, str) and charset else None


def _result(content: bytes | str, charset: str | None) -> dict[str, Any]:
    """The answer as JSON.

    Raises:
        ConnectorError: It is a fault, or no SOAP message.
    """
    if not content:
        return {}
    try:
        document = read(content, charset)
    except UnreadableXml as error:
        raise ConnectorError(INVALID_RESPONSE, f"The answer cannot be read: {error}") from None
    if document.root not in {(SOAP_11, "Envelope"), (SOAP_12, "Envelope")}:
        raise ConnectorError(INVALID_RESPONSE, "The answer is no SOAP message.")
    body = document.result["Envelope"].get("Body")
    if isinstance(body, dict) and "Fault" in body:
        raise ConnectorError(FAULT, "SOAP Fault received", {"response": document.result})
    return document.result


async def _fault_of(error: ConnectorError) -> ConnectorError | None:
    """The fault that an answer with an error status holds; None if it holds none."""
    response = error.variables.get("response")
    body = response.get("body") if isinstance(response, dict) else None
    if not isinstance(body, str):
        return None
    try:
        await asyncio.to_thread(_result, body, None)
    except ConnectorError as found:
        return found if found.code == FAULT else None
    return None
