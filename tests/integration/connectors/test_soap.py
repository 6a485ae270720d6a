"""SOAP connector against a small SOAP server that checks what it gets as the specifications say."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Awaitable, Callable
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from aiohttp import web
from tests.integration.connectors.bad_peers import BAD_PEERS, bad_peer, untrusted_peer
from tests.integration.connectors.examples import example_of
from tests.integration.connectors.http_peer import http_peer
from tests.integration.running_engine import RunningEngine

from kiang.connector_sdk import Resources
from kiang.connector_sdk.http import HttpSettings
from kiang.connector_sdk.testing import run_connector
from kiang.connectors.soap import soap

PASSWORD = "very-secret-password"
ORDERS = {"A-1": 30, "Ä<&>": 7}
NAMESPACE = "http://kiang.io/orders"
ENVELOPES = {
    "text/xml": "http://schemas.xmlsoap.org/soap/envelope/",
    "application/soap+xml": "http://www.w3.org/2003/05/soap-envelope",
}
WSSE = "{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd}"
WSU = "{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd}"


class Orders:
    """A service with one operation, in both versions of SOAP, for those who know the password."""

    async def __call__(self, request: web.Request, body: Any) -> web.Response:
        del body
        kind = request.content_type
        envelope = ENVELOPES[kind]
        root = ET.fromstring(await request.read())
        assert root.tag == f"{{{envelope}}}Envelope"
        assert request.charset == "UTF-8"
        if kind == "text/xml" and request.headers["SOAPAction"] != f'"{NAMESPACE}/GetOrder"':
            return self._fault(envelope, kind, "Client", "No such operation")
        if not self._knows(root.find(f".//{WSSE}UsernameToken")):
            return self._fault(envelope, kind, "Client", "Who are you?")
        order = root.findtext(f"{{{envelope}}}Body/{{{NAMESPACE}}}GetOrder/{{{NAMESPACE}}}id")
        if order not in ORDERS:
            return self._fault(envelope, kind, "Server", "No such order")
        answer = (
            f'<o:GetOrderResponse xmlns:o="{NAMESPACE}" currency="EUR"><o:total>{ORDERS[order]}</o:total>'
            "<o:item>tea</o:item><o:item>milk</o:item></o:GetOrderResponse>"
        )
        return self._answer(envelope, kind, answer, 200)

    def _knows(self, token: ET.Element | None) -> bool:
        if token is None:
            return False
        password = token.find(f"{WSSE}Password")
        if password.get("Type").endswith("#PasswordText"):
            return password.text == PASSWORD
        nonce = base64.b64decode(token.findtext(f"{WSSE}Nonce"))
        made = hashlib.sha1(nonce + token.findtext(f"{WSU}Created").encode() + PASSWORD.encode()).digest()
        return base64.b64encode(made).decode() == password.text

    def _fault(self, envelope: str, kind: str, code: str, text: str) -> web.Response:
        if kind == "text/xml":
            fault = f"<faultcode>s:{code}</faultcode><faultstring>{text}</faultstring>"
        else:
            fault = f"<s:Code><s:Value>s:{code}</s:Value></s:Code><s:Reason><s:Text>{text}</s:Text></s:Reason>"
        return self._answer(envelope, kind, f"<s:Fault>{fault}</s:Fault>", 500)

    def _answer(self, envelope: str, kind: str, body: str, status: int) -> web.Response:
        text = f'<?xml version="1.0"?><s:Envelope xmlns:s="{envelope}"><s:Body>{body}</s:Body></s:Envelope>'
        return web.Response(body=text.encode(), status=status, content_type=kind, charset="utf-8")


def wanted(url: str, order: str = "A-1", **given: Any) -> dict[str, Any]:
    token = {"authentication": "usernameToken", "username": "shop", "password": "{{secrets.P}}", "encoded": "No"}
    return {
        "serviceUrl": f"{url}/orders",
        "authentication": token,
        "soapVersion": {"version": "1.1", "soapAction": f"{NAMESPACE}/GetOrder"},
        "body": {"type": "json", "json": {"o:GetOrder": {"o:id": order}}},
        "namespaces": {"o": NAMESPACE},
        "connectionTimeoutInSeconds": 2,
        **given,
    }


def answering(content: bytes | str, status: int = 200, **headers: str) -> Callable[..., Awaitable[web.Response]]:
    async def answer(request: web.Request, body: Any) -> web.Response:
        return web.Response(body=content, status=status, headers={"Content-Type": "text/xml", **headers})

    return answer


async def test_the_example_asks_for_an_order_and_knows_what_a_fault_is(engine: RunningEngine) -> None:
    secrets = {"SOAP_PASSWORD": PASSWORD}
    async with http_peer(Orders()) as peer, example_of("soap", engine, soap, secrets=secrets) as example:
        known = await example.run(baseUrl=peer.url, orderId="A-1")
        unknown = await example.run(baseUrl=peer.url, orderId="A-2")

    assert known["total"] == 30
    assert (unknown.get("total"), unknown["fault"]) == (None, "No such order")


@pytest.mark.parametrize("version", [{"version": "1.2"}, {"version": "1.1", "soapAction": f"{NAMESPACE}/GetOrder"}])
@pytest.mark.parametrize("encoded", ["Yes", "No"])
@pytest.mark.parametrize(
    "body",
    [
        {"type": "json", "json": {"o:GetOrder": {"o:id": "Ä<&>"}}},
        {
            "type": "template",
            "template": "<o:GetOrder><o:id>{{order.id}}</o:id></o:GetOrder>",
            "context": {"order": {"id": "Ä<&>"}},
        },
    ],
    ids=["json", "template"],
)
async def test_both_versions_both_passwords_and_both_ways_to_write_a_body(version, encoded, body) -> None:
    async with http_peer(Orders()) as peer:
        given = wanted(peer.url, soapVersion=version, body=body)
        given["authentication"]["encoded"] = encoded
        run = await run_connector(soap, given, secrets={"P": PASSWORD})

    assert run.error is None
    answer = {"@currency": "EUR", "total": "7", "item": ["tea", "milk"]}
    assert run.result == {"Envelope": {"Body": {"GetOrderResponse": answer}}}


@pytest.mark.parametrize("version", ["1.1", "1.2"])
async def test_a_fault_is_an_error_with_the_answer(version) -> None:
    async with http_peer(Orders()) as peer:
        run = await run_connector(soap, wanted(peer.url, soapVersion={"version": version}), secrets={"P": "wrong"})

    body = run.error.variables["response"]["Envelope"]["Body"]
    assert run.error.code == "SOAP_FAULT_RECEIVED"
    assert body["Fault"] == (
        {"faultcode": "s:Client", "faultstring": "No such operation"}
        if version == "1.1"
        else {"Code": {"Value": "s:Client"}, "Reason": {"Text": "Who are you?"}}
    )
    run.assert_no_secret()


async def test_connections_are_kept() -> None:
    ports = set()

    async def answer(request: web.Request, body: Any) -> web.Response:
        ports.add(request.transport.get_extra_info("peername")[1])
        return await Orders()(request, body)

    resources = Resources()
    async with http_peer(answer) as peer:
        for _ in range(5):
            await run_connector(soap, wanted(peer.url), secrets={"P": PASSWORD}, resources=resources)
        await resources.close()

    assert len(ports) == 1


BOMB = (
    '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + "]><a>&i;</a>"
)
EMPTY = '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body/></s:Envelope>'


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (BOMB, 200, "SOAP_RESPONSE_INVALID"),
        (BOMB, 500, "500"),
        ("no XML", 200, "SOAP_RESPONSE_INVALID"),
        ("<html/>", 200, "SOAP_RESPONSE_INVALID"),
        (EMPTY[:-5], 200, "SOAP_RESPONSE_INVALID"),
        ("<a>" * 100_000, 200, "SOAP_RESPONSE_INVALID"),
        (b"\xff" * 1000, 200, "SOAP_RESPONSE_INVALID"),
        ("<html/>", 404, "404"),
        ("", 503, "503"),
        (b"x" * 100_000_000, 200, "RESPONSE_TOO_LARGE"),
        (EMPTY.replace("<s:Body/>", "<s:Body><s:Fault/></s:Body>"), 200, "SOAP_FAULT_RECEIVED"),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_answers_that_are_no_soap_have_their_codes(content, status, code) -> None:
    async with http_peer(answering(content, status)) as peer:
        run = await run_connector(soap, wanted(peer.url), secrets={"P": PASSWORD})

    assert run.error.code == code
    run.assert_no_secret()


async def test_the_document_says_how_it_is_encoded_unless_the_transport_does() -> None:
    text = '<?xml version="1.0" encoding="ISO-8859-1"?>' + EMPTY.replace("<s:Body/>", "<s:Body><a>ü</a></s:Body>")
    cases = [(text.encode("latin-1"), "text/xml"), (text.encode("utf-8"), "text/xml; charset=utf-8")]
    for content, kind in cases:
        async with http_peer(answering(content, **{"Content-Type": kind})) as peer:
            run = await run_connector(soap, wanted(peer.url), secrets={"P": PASSWORD})
        assert run.result == {"Envelope": {"Body": {"a": "ü"}}}, kind


async def test_no_content_is_an_empty_result() -> None:
    async with http_peer(answering(b"", 202)) as peer:
        run = await run_connector(soap, wanted(peer.url), secrets={"P": PASSWORD})

    assert (run.result, run.error) == ({}, None)


@pytest.mark.parametrize("behaviour", BAD_PEERS)
async def test_a_peer_that_does_not_do_its_part_is_an_error_in_bounded_time(behaviour) -> None:
    async with bad_peer(behaviour) as url:
        run = await run_connector(soap, wanted(url, connectionTimeoutInSeconds=1), secrets={"P": PASSWORD})

    assert run.error.code == "408"
    run.assert_no_secret()


async def test_a_certificate_that_nobody_trusts_is_refused(tmp_path) -> None:
    async with untrusted_peer(tmp_path) as url:
        run = await run_connector(soap, wanted(url), secrets={"P": PASSWORD})

    assert run.error.code == "SSL_HANDSHAKE_FAILED"
    run.assert_no_secret()


async def test_a_host_that_the_operator_does_not_allow_is_not_called() -> None:
    resources = Resources()
    resources.get("http-settings", lambda: HttpSettings(allowed_hosts=frozenset({"example.com"})))
    async with http_peer(Orders()) as peer:
        run = await run_connector(soap, wanted(peer.url), secrets={"P": PASSWORD}, resources=resources)
        await resources.close()

    assert "operator" in str(run.error)
    assert peer.asked == []
