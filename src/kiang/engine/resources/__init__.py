"""What can be deployed: one file per type of resource, found by the suffix of the file's name (protocol §3.12)."""

from __future__ import annotations

from collections.abc import Callable

from kiang.engine.resources.bpmn import parse_bpmn
from kiang.engine.resources.dmn import parse_dmn
from kiang.engine.resources.form import parse_form
from kiang.engine.resources.generic import parse_generic, parse_rpa
from kiang.engine.resources.resource import ParsedResource

PARSERS: dict[str, Callable[[str, bytes, int], ParsedResource]] = {
    ".bpmn": parse_bpmn,
    ".xml": parse_bpmn,
    ".dmn": parse_dmn,
    ".form": parse_form,
    ".rpa": parse_rpa,
}
"""Takes a file's name, its content and the time (epoch ms) to what it holds; raises `DeploymentFault`."""

ANY_KIND: Callable[[str, bytes, int], ParsedResource] = parse_generic
"""For every other suffix, where those are taken."""
