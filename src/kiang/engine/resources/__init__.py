"""What can be deployed: one file per type of resource, found by the suffix of the file's name (protocol §3.12)."""

from __future__ import annotations

from collections.abc import Callable

from kiang.engine.resources.bpmn import parse_bpmn
from kiang.engine.resources.dmn import parse_dmn
from kiang.engine.resources.form import parse_form
from kiang.engine.resources.resource import ParsedResource

PARSERS: dict[str, Callable[[str, bytes, int], ParsedResource]] = {
    ".bpmn": parse_bpmn,
    ".xml": parse_bpmn,
    ".dmn": parse_dmn,
    ".form": parse_form,
}
"""Takes a file's name, its content and the time (epoch ms) to what it holds; raises `DeploymentFault`."""
