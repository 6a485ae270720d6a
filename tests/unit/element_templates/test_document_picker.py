"""Documents picked in a form: the fields that the template has, and what the connector gets of them through the engine."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import quoteattr

import pytest

import kiang.testing
from kiang.connector_sdk import ConnectorInput, outbound_connector
from kiang.connector_sdk.document import Document
from kiang.connector_sdk.outbound import connector_of
from kiang.connector_sdk.template import Template
from kiang.element_templates import templates_of
from kiang.element_templates.apply import apply_template
from kiang.element_templates.properties import properties_of

STORED = {"camunda.document.type": "camunda", "storeId": "s", "documentId": "d", "metadata": {}}
INLINE = {"camunda.document.type": "inline", "content": "hi", "name": "a.txt", "contentType": None}
EXTERNAL = {"camunda.document.type": "external", "url": "https://example.com/a", "name": None}

SOURCES = [
    ({"documentSource": "camunda", "camundaReference": "=stored"}, STORED),
    ({"documentSource": "inline", "inline_content": "hi", "inline_fileName": "a.txt"}, INLINE),
    ({"documentSource": "external", "external_url": "https://example.com/a"}, EXTERNAL),
]


class Mail(ConnectorInput):
    attachments: list[Document] | None = None


class Letter(ConnectorInput):
    mail: Mail = Mail()
    page: Document


@outbound_connector(name="Post", type="com.example:post:1", template=Template(id="com.example.Post.v1", name="Post"))
async def post(data: Letter) -> None:
    """Nothing is sent."""


def variables_of_the_job(filled: dict[str, str]) -> dict[str, Any]:
    """What the connector gets where the form of the template is filled in."""
    inputs = "".join(f"<zeebe:input source={quoteattr(v)} target={quoteattr(k)}/>" for k, v in filled.items())
    process = f"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
 targetNamespace="t"><bpmn:process id="p" isExecutable="true"><bpmn:startEvent id="s"/>
 <bpmn:sequenceFlow id="f" sourceRef="s" targetRef="t"/><bpmn:serviceTask id="t"><bpmn:extensionElements>
 <zeebe:ioMapping>{inputs}</zeebe:ioMapping></bpmn:extensionElements></bpmn:serviceTask></bpmn:process></bpmn:definitions>"""
    (template,) = templates_of(connector_of(post))
    applied = apply_template(process.encode(), template, "t")
    with kiang.testing.engine() as engine:
        engine.deploy(applied, name="p.bpmn")
        engine.create_instance("p", {"stored": STORED, "many": [STORED, STORED]})
        return engine.activate("com.example:post:1").variables


def test_the_fields_have_the_names_of_camundas_templates() -> None:
    assert [entry["binding"]["name"] for entry in properties_of(Letter)] == [
        "mail.mail_attachments_documentMode",
        "mail.mail_attachments_single_documentSource",
        "mail.mail_attachments_single_camundaReference",
        "mail.mail_attachments_single_inline_content",
        "mail.mail_attachments_single_inline_fileName",
        "mail.mail_attachments_single_inline_contentType",
        "mail.mail_attachments_single_external_url",
        "mail.mail_attachments_single_external_fileName",
        "mail.mail_attachments_multiple_expression",
        "mail.attachments",
        "page_documentSource",
        "page_camundaReference",
        "page_inline_content",
        "page_inline_fileName",
        "page_inline_contentType",
        "page_external_url",
        "page_external_fileName",
        "page",
    ]


@pytest.mark.parametrize(("fields", "reference"), SOURCES)
def test_one_document_is_what_was_picked(fields: dict[str, str], reference: dict[str, Any]) -> None:
    variables = variables_of_the_job({f"page_{name}": value for name, value in fields.items()})

    assert variables["page"] == reference
    assert variables["mail"]["attachments"] is None


@pytest.mark.parametrize(("fields", "reference"), SOURCES)
def test_a_list_holds_the_one_document_that_was_picked(fields: dict[str, str], reference: dict[str, Any]) -> None:
    lead = "mail.mail_attachments_"
    filled = {f"{lead}documentMode": "single"} | {f"{lead}single_{name}": value for name, value in fields.items()}

    variables = variables_of_the_job({"page_camundaReference": "=stored"} | filled)

    assert variables["mail"]["attachments"] == [reference]


def test_a_list_is_what_its_expression_gives() -> None:
    lead = "mail.mail_attachments_"

    variables = variables_of_the_job(
        {
            "page_camundaReference": "=stored",
            f"{lead}documentMode": "multiple",
            f"{lead}multiple_expression": "=many",
        }
    )

    assert variables["mail"]["attachments"] == [STORED, STORED]
