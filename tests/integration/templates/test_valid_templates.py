"""Templates are valid by the published JSON schema, and those that lie beside connectors are current."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path

import pytest
from tests.integration.templates.hand_written import CASES

from kiang.connector_runtime.discovery import discovered
from kiang.element_templates import templates_of
from kiang.element_templates.generate import text_of

FOUND = discovered({})
CONNECTORS = (*FOUND.outbound, *FOUND.inbound)


def _folder(connector) -> Path:
    target = getattr(connector, "target", None) or next(iter(connector.operations.values())).function
    return Path(import_module(target.__module__).__file__).parent


@pytest.mark.parametrize("connector", CONNECTORS, ids=lambda c: c.type)
def test_the_template_beside_a_connector_is_what_its_model_gives(connector):
    folder = _folder(connector)

    assert (folder / "template.json").read_text("utf-8") == text_of(templates_of(connector, folder))


@pytest.mark.parametrize("connector", CONNECTORS, ids=lambda c: c.type)
@pytest.mark.parametrize("hybrid", [False, True], ids=["ordinary", "hybrid"])
def test_a_generated_template_is_valid(connector, hybrid, node_tools):
    templates = templates_of(connector, _folder(connector), hybrid=hybrid)

    assert node_tools.faults(templates) == [[]] * len(templates)


def test_the_validator_refuses_what_is_wrong(node_tools):
    template = json.loads(json.dumps(templates_of(CONNECTORS[0])[0]))
    template["properties"][0]["binding"] = {"type": "zeebe:nothing"}

    assert node_tools.faults([template]) != [[]]


def test_hand_written_templates_of_these_tests_are_valid(node_tools):
    faults = node_tools.faults([case.template for case in CASES])

    assert {case.name: found for case, found in zip(CASES, faults, strict=True) if found} == {}
