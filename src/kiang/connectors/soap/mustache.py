"""Templates of XML with gaps, as Mustache writes them: text, raw text, sections, what stands in place of an absent section, comments.

Values are escaped for XML unless they are asked for raw. Partials and other delimiters do not exist.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kiang.errors import ConnectorInputError

RENDERED_MAX_CHARACTERS = 10_000_000
STEPS_MAX = 1_000_000
"""Texts, gaps and sections that are written: sections in sections over long lists would go on for ever."""

NESTING_MAX = 50

_TAG = re.compile(r"\{\{\{\s*(?P<raw>[^{}]+?)\s*\}\}\}|\{\{(?P<sigil>[#^/&!>=]?)(?P<name>[^{}]*)\}\}")
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"})


def escaped(text: str) -> str:
    """Text as it stands in XML, in an element or in an attribute."""
    return text.translate(_ESCAPES)


def scalar(value: Any, name: str) -> str:
    """A value as text; null is none.

    Raises:
        ConnectorInputError: It is a list or an object.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        kind = "list" if isinstance(value, list) else "object"
        raise ConnectorInputError(f"Expected '{name}' to be a text, number or boolean, but was a {kind}.")
    return str(value)


@dataclass
class _Section:
    name: str
    inverted: bool = False
    parts: list[str | _Gap | _Section] = field(default_factory=list)


@dataclass(frozen=True)
class _Gap:
    name: str
    raw: bool


def rendered(template: str, context: Mapping[str, Any]) -> str:
    """The template with its gaps filled.

    Raises:
        ConnectorInputError: It is no template, a gap would hold a list or an object, or what comes out is too long.
    """
    writer = _Writer()
    writer.write(_parsed(template), [context])
    return "".join(writer.written)


def _parsed(template: str) -> _Section:
    sections = [_Section("")]
    position = 0
    for tag in _TAG.finditer(template):
        if tag.start() > position:
            sections[-1].parts.append(template[position : tag.start()])
        position = tag.end()
        if tag["raw"] is not None:
            sections[-1].parts.append(_Gap(tag["raw"], True))
            continue
        sigil, name = tag["sigil"], tag["name"].strip()
        if sigil == "!":
            continue
        if sigil in {">", "="} or not name:
            raise ConnectorInputError("Expected each gap of the template to hold a name, and no partial or delimiters.")
        if sigil == "/":
            if len(sections) == 1 or sections[-1].name != name:
                raise ConnectorInputError(f"Expected the template to open section '{name}' before its end.")
            sections.pop()
        elif sigil in {"#", "^"}:
            if len(sections) > NESTING_MAX:
                raise ConnectorInputError(f"Expected at most {NESTING_MAX} sections inside each other.")
            section = _Section(name, sigil == "^")
            sections[-1].parts.append(section)
            sections.append(section)
        else:
            sections[-1].parts.append(_Gap(name, sigil == "&"))
    if len(sections) > 1:
        raise ConnectorInputError(f"Expected the template to end section '{sections[-1].name}'.")
    sections[0].parts.append(template[position:])
    return sections[0]


class _Writer:
    def __init__(self) -> None:
        self.written: list[str] = []
        self._characters = 0
        self._steps = 0

    def write(self, section: _Section, contexts: list[Any]) -> None:
        for part in section.parts:
            self._steps += 1
            if isinstance(part, str):
                self._put(part)
            elif isinstance(part, _Gap):
                text = scalar(_found(part.name, contexts), part.name)
                self._put(text if part.raw else escaped(text))
            else:
                self._write_section(part, contexts)
            if self._steps > STEPS_MAX or self._characters > RENDERED_MAX_CHARACTERS:
                raise ConnectorInputError(f"Expected at most {RENDERED_MAX_CHARACTERS} characters of XML.")

    def _write_section(self, section: _Section, contexts: list[Any]) -> None:
        value = _found(section.name, contexts)
        items = value if isinstance(value, list) else [] if value is None or value is False else [value]
        if section.inverted:
            if not items:
                self.write(section, contexts)
            return
        for item in items:
            self._steps += 1
            self.write(section, contexts if item is True else [*contexts, item])
            if self._steps > STEPS_MAX:
                raise ConnectorInputError(f"Expected at most {STEPS_MAX} parts of XML.")

    def _put(self, text: str) -> None:
        self._characters += len(text)
        self.written.append(text)


def _found(name: str, contexts: list[Any]) -> Any:
    """What a name stands for, innermost first; null if nothing."""
    if name == ".":
        return contexts[-1]
    first, *rest = name.split(".")
    value = next((c[first] for c in reversed(contexts) if isinstance(c, dict) and first in c), None)
    for step in rest:
        value = value.get(step) if isinstance(value, dict) else None
    return value
