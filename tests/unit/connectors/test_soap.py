"""SOAP connector without a server: XML of JSON and of templates, JSON of XML, envelopes, what is refused."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from kiang.connector_sdk import ConnectorInputError, MemoryDocumentStore
from kiang.connector_sdk.binding import bind
from kiang.connector_sdk.testing import run_connector
from kiang.connectors.soap import soap
from kiang.connectors.soap.envelope import SECURITY_NAMESPACES, SOAP_11, SOAP_12, envelope_of
from kiang.connectors.soap.input import SoapInput
from kiang.connectors.soap.mustache import rendered
from kiang.connectors.soap.xml_json import DEPTH_MAX_ELEMENTS, ELEMENTS_MAX, UnreadableXml, read, written

GIVEN = {"serviceUrl": "http://localhost/", "body": {"type": "json", "json": {"a": 1}}}
DOCTYPE = '<!DOCTYPE a [<!ENTITY e "x">]>'


async def message(namespace: str = SOAP_11, **given: Any) -> str:
    return envelope_of(await bind({**GIVEN, **given}, SoapInput, MemoryDocumentStore()), namespace)


@pytest.mark.parametrize(
    ("template", "context", "expected"),
    [
        ("<a>{{x}}</a>", {"x": "<&>\"'"}, "<a>&lt;&amp;&gt;&quot;&apos;</a>"),
        ("{{{x}}}{{&x}}{{{ x }}}", {"x": "<b/>"}, "<b/><b/><b/>"),
        ("{{x}}{{y.z}}{{n}}{{t}}", {"y": {"z": 1.5}, "n": None, "t": True}, "1.5true"),
        ("{{#items}}<i>{{.}}</i>{{/items}}", {"items": [1, 2]}, "<i>1</i><i>2</i>"),
        ("{{#a}}{{b}}{{c}}{{/a}}", {"a": [{"b": 1}, {"b": 2, "c": 3}], "c": "outer"}, "1outer23"),
        ("{{#no}}x{{/no}}{{^no}}y{{/no}}{{^yes}}z{{/yes}}{{#yes}}w{{/yes}}", {"yes": True, "no": []}, "yw"),
        ("a{{! nothing }}b", {}, "ab"),
        ("{{#o}}{{p}}{{/o}}", {"o": {"p": "q"}}, "q"),
    ],
)
def test_a_template_is_filled(template, context, expected):
    assert rendered(template, context) == expected


@pytest.mark.parametrize(
    ("template", "context"),
    [
        ("{{#a}}", {}),
        ("{{/a}}", {}),
        ("{{#a}}{{/b}}", {}),
        ("{{> other}}", {}),
        ("{{=<% %>=}}", {}),
        ("{{ }}", {}),
        ("{{x}}", {"x": {"an": "object"}}),
        ("{{x}}", {"x": [1]}),
        ("{{#a}}" * 60 + "{{/a}}" * 60, {}),
        ("{{#a}}" * 8 + "{{/a}}" * 8, {"a": list(range(20))}),
        ("{{#a}}{{x}}{{/a}}", {"a": list(range(1_000)), "x": "y" * 100_000}),
    ],
)
def test_what_is_no_template_is_refused_in_bounded_time(template, context):
    with pytest.raises(ConnectorInputError):
        rendered(template, context)


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"a": "x"}, "<a>x</a>"),
        ({"a": {"b": [1, True, None]}}, "<a><b>1</b><b>true</b><b></b></a>"),
        ({"p:a": {"@id": 7, "@p:x": '"<', "$content": "t&"}}, '<p:a id="7" p:x="&quot;&lt;">t&amp;</p:a>'),
        ({"a": [1, 2], "ü": {}}, "<a>1</a><a>2</a><ü></ü>"),
        ({"a": {"b": "</a><evil/>"}}, "<a><b>&lt;/a&gt;&lt;evil/&gt;</b></a>"),
        ({}, ""),
    ],
)
def test_json_becomes_xml(members, expected):
    assert written(members) == expected


@pytest.mark.parametrize(
    "members",
    [
        {"a b": 1},
        {"": 1},
        {"a><b": 1},
        {"1a": 1},
        {"a:b:c": 1},
        {"a": {"@x y": 1}},
        {"a": {"@x": []}},
        {"a": {"$content": {}}},
        {"a": [[1]]},
    ],
)
def test_json_that_is_no_xml_is_refused(members):
    with pytest.raises(ConnectorInputError):
        written(members)


def test_json_that_is_too_deep_is_refused():
    members: dict[str, Any] = {}
    for _ in range(DEPTH_MAX_ELEMENTS + 1):
        members = {"a": members}

    with pytest.raises(ConnectorInputError, match="inside each other"):
        written(members)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("<a>x</a>", {"a": "x"}),
        ('<p:a xmlns:p="u"><p:b>1</p:b><b>2</b> <b>3</b></p:a>', {"a": {"b": ["1", "2", "3"]}}),
        ('<a id="1" p:x="2" xmlns:p="u">t</a>', {"a": {"@id": "1", "@x": "2", "$content": "t"}}),
        ("<a><b/>\n <c> </c></a>", {"a": {"b": {}, "c": {}}}),
        ('<a xmlns="u">t</a>', {"a": {"$content": "t"}}),
        ("<a>five hundred </a>", {"a": "five hundred "}),
        ("<a>1 &lt; 2<![CDATA[ & 3]]></a>", {"a": "1 < 2 & 3"}),
        ("<a>x<b/>y</a>", {"a": {"b": {}, "$content": "xy"}}),
        (b'<?xml version="1.0" encoding="ISO-8859-1"?><a>\xfc</a>', {"a": "ü"}),
    ],
)
def test_xml_becomes_json(document, expected):
    assert read(document).result == expected


@pytest.mark.parametrize(
    "document",
    [
        "",
        "text",
        "<a>",
        "<a></b>",
        f"{DOCTYPE}<a>&e;</a>",
        '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        "<a>&e;</a>",
        "<p:a/>",
        b'<?xml version="1.0" encoding="no-such"?><a/>',
        b"\xff\xfe\x00",
        "<a>" * (DEPTH_MAX_ELEMENTS + 1),
        f"<a>{'<b/>' * ELEMENTS_MAX}</a>",
        "<a " + " ".join(f"a{i}='>'" for i in range(ELEMENTS_MAX + 1)) + "/>",
    ],
    ids=lambda document: str(document[:40]),
)
def test_xml_that_is_broken_or_dangerous_is_not_read(document):
    with pytest.raises(UnreadableXml):
        read(document)


@pytest.mark.parametrize(("namespace", "prefix"), [(SOAP_11, "SOAP-ENV"), (SOAP_12, "env")])
async def test_the_envelope_has_the_namespace_of_its_version(namespace, prefix):
    made = await message(namespace, namespaces={"o": "urn:o"}, header={"type": "json", "json": {"o:h": "1"}})

    root = ET.fromstring(made)
    assert root.tag == f"{{{namespace}}}Envelope"
    assert [child.tag for child in root] == [f"{{{namespace}}}Header", f"{{{namespace}}}Body"]
    assert root[0][0].tag == "{urn:o}h"
    assert f"<{prefix}:Body>" in made


async def test_a_template_may_begin_with_an_xml_declaration():
    body = {"type": "template", "template": '<?xml version="1.0"?>\n<a>{{x}}</a>', "context": {"x": "1"}}

    assert "<SOAP-ENV:Body>\n<a>1</a></SOAP-ENV:Body>" in await message(body=body)


@pytest.mark.parametrize(
    "given",
    [
        {"body": {"type": "template", "template": "<a>"}},
        {"body": {"type": "template", "template": f"{DOCTYPE}<a>&e;</a>"}},
        {"body": {"type": "template", "template": "</SOAP-ENV:Body><SOAP-ENV:Body>"}},
        {"header": {"type": "template", "template": "</SOAP-ENV:Header><x/><SOAP-ENV:Header>"}},
        {"body": {"type": "json", "json": {"p:a": 1}}},
        {"body": {"type": "json", "json": {"a": "\x00"}}},
        {"body": {"type": "json", "json": {"a": "\ud800"}}},
        {"namespaces": {"SOAP-ENV": "urn:other"}},
        {"namespaces": {"a b": "urn:other"}},
        {"namespaces": {"a": ""}},
    ],
    ids=str,
)
async def test_what_makes_no_message_is_refused(given):
    with pytest.raises(ConnectorInputError):
        await message(**given)


async def test_a_password_goes_as_text_or_as_a_digest():
    token = {"authentication": "usernameToken", "username": "ada", "password": "s<ecret"}
    plain = ET.fromstring(await message(authentication={**token, "encoded": "No"}))
    digest = ET.fromstring(await message(authentication={**token, "encoded": "Yes"}))

    def part(root: ET.Element, name: str, prefix: str = "wsse") -> ET.Element | None:
        return next(root.iter(f"{{{SECURITY_NAMESPACES[prefix]}}}{name}"), None)

    assert part(plain, "Password").text == "s<ecret"
    assert part(plain, "Nonce") is None
    nonce, created = base64.b64decode(part(digest, "Nonce").text), part(digest, "Created", "wsu").text
    expected = hashlib.sha1(nonce + created.encode() + b"s<ecret").digest()
    assert base64.b64decode(part(digest, "Password").text) == expected
    assert part(digest, "Password").get("Type").endswith("#PasswordDigest")


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"serviceUrl": "ftp://x"},
        {"serviceUrl": {"an": "object"}},
        {"body": None},
        {"body": "text"},
        {"body": {"type": "other"}},
        {"body": {"type": "json", "json": "text"}},
        {"header": {"type": "template", "context": [1]}},
        {"soapVersion": {"version": "2"}},
        {"authentication": {"authentication": "usernameToken", "password": "{{secrets.P}}"}},
        {"authentication": {"authentication": "usernameToken", "username": "{{secrets.MISSING}}", "encoded": "No"}},
        {"authentication": {"authentication": "signature", "certificate": {"privateKey": "{{secrets.P}}"}}},
        {"connectionTimeoutInSeconds": -1},
        {"namespaces": {"a": {}}},
    ],
    ids=str,
)
async def test_wrong_input_is_refused_without_a_secret_in_the_error(given):
    run = await run_connector(soap, {**GIVEN, **given} if given else {}, secrets={"P": "hidden-password"})

    assert isinstance(run.error, ConnectorInputError)
    run.assert_no_secret()
