"""XML written as JSON, and JSON read from XML: attributes are `@name`, text beside them `$content`, repeated elements lists.

XML is read with expat (see ADR 1): a document type declaration, and with it every entity, ends it at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from kiang.connectors.soap.mustache import escaped, scalar
from kiang.errors import ConnectorInputError

ATTRIBUTE = "@"
CONTENT = "$content"
DEPTH_MAX_ELEMENTS = 100
ELEMENTS_MAX = 500_000
"""Elements and attributes of one document."""

SHOWN_MAX_CHARACTERS = 100
"""Of a name in an error; a longer one is not shown at all, since a part of a secret is not recognised as one."""

_SEPARATOR = "\n"
_NAME = re.compile(r"(?:[^\W\d][\w.\-]*:)?[^\W\d][\w.\-]*")


class UnreadableXml(Exception):
    """What is wrong with a document; says nothing of its content."""


@dataclass
class _Element:
    name: str
    has_attributes: bool
    members: dict[str, Any] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)

    def value(self) -> Any:
        text = "".join(self.texts)
        if not text.strip():
            return self.members
        if not self.members and not self.has_attributes:
            return text
        return {**self.members, CONTENT: text}


class _Reader:
    """Turns expat's calls into JSON."""

    def __init__(self, encoding: str | None) -> None:
        self.top: list[tuple[str, str]] = []
        self.root: tuple[str, str] = ("", "")
        self.result: dict[str, Any] = {}
        self._open: list[_Element] = []
        self._count = 0
        self._declares = False
        parser = expat.ParserCreate(encoding, namespace_separator=_SEPARATOR)
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartNamespaceDeclHandler = self._prefix
        self._parser = parser

    def read(self, content: bytes | str) -> None:
        try:
            self._parser.Parse(content, True)
        except expat.ExpatError as error:
            raise UnreadableXml(f"Expected well-formed XML, but {error}.") from None
        except (LookupError, ValueError):
            raise UnreadableXml("Expected XML in a known encoding.") from None

    def _doctype(self, *_: Any) -> None:
        raise UnreadableXml("Expected no document type declaration.")

    def _prefix(self, *_: Any) -> None:
        self._declares = True

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1 + len(attributes)
        if self._count > ELEMENTS_MAX:
            raise UnreadableXml(f"Expected at most {ELEMENTS_MAX} elements and attributes.")
        depth = len(self._open)
        if depth >= DEPTH_MAX_ELEMENTS:
            raise UnreadableXml(f"Expected at most {DEPTH_MAX_ELEMENTS} elements inside each other.")
        namespace, _, local = name.rpartition(_SEPARATOR)
        if depth == 0:
            self.root = (namespace, local)
        elif depth == 1:
            self.top.append((namespace, local))
        element = _Element(local, bool(attributes) or self._declares)
        self._declares = False
        for key, value in attributes.items():
            element.members[ATTRIBUTE + key.rpartition(_SEPARATOR)[2]] = value
        self._open.append(element)

    def _data(self, text: str) -> None:
        self._open[-1].texts.append(text)

    def _end(self, _name: str) -> None:
        element = self._open.pop()
        members = self._open[-1].members if self._open else self.result
        value = element.value()
        if element.name not in members:
            members[element.name] = value
        elif isinstance(members[element.name], list):
            members[element.name].append(value)
        else:
            members[element.name] = [members[element.name], value]


def read(content: bytes | str, encoding: str | None = None) -> _Reader:
    """A document: `.result` as JSON with prefixes and namespaces dropped, `.root` and `.top` with them.

    Args:
        content: The document.
        encoding: What the transport says; None to trust the document.

    Raises:
        UnreadableXml: It is not well formed, too large, or has a document type declaration.
    """
    signs = content.count("=") if isinstance(content, str) else content.count(b"=")
    if signs > ELEMENTS_MAX:  # each attribute has one; expat reads all of a tag before it tells of the first
        raise UnreadableXml(f"Expected at most {ELEMENTS_MAX} elements and attributes.")
    reader = _Reader(encoding)
    reader.read(content)
    return reader


def written(members: Mapping[str, Any]) -> str:
    """Elements of a JSON object as XML.

    Raises:
        ConnectorInputError: A name cannot be one in XML, an attribute or a text is no scalar, or it is nested too deep.
    """
    return "".join(_element(name, value, 1) for name, value in members.items())


def _element(name: str, value: Any, depth: int) -> str:
    _check_name(name)
    if depth > DEPTH_MAX_ELEMENTS:
        raise ConnectorInputError(f"Expected at most {DEPTH_MAX_ELEMENTS} elements inside each other.")
    if isinstance(value, list):
        if any(isinstance(item, list) for item in value):
            raise ConnectorInputError(f"Expected the items of '{name}' to be no lists.")
        return "".join(_element(name, item, depth) for item in value)
    if not isinstance(value, dict):
        text = escaped(scalar(value, name))
        return f"<{name}>{text}</{name}>"
    attributes = "".join(_attributes(value))
    content = "".join(
        escaped(scalar(item, key)) if key == CONTENT else _element(key, item, depth + 1)
        for key, item in value.items()
        if not key.startswith(ATTRIBUTE)
    )
    return f"<{name}{attributes}>{content}</{name}>"


def _attributes(members: Mapping[str, Any]) -> Iterator[str]:
    for key, value in members.items():
        if key.startswith(ATTRIBUTE):
            name = key.removeprefix(ATTRIBUTE)
            _check_name(name)
            yield f' {name}="{escaped(scalar(value, key))}"'


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        shown = f"'{name}'" if len(name) <= SHOWN_MAX_CHARACTERS else f"a text of {len(name)} characters"
        raise ConnectorInputError(f"Expected the name of an XML element or attribute, but was {shown}.")
