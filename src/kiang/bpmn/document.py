"""A BPMN file as a tree of plain elements.

The tree is built in one pass by expat, which knows the line of every tag. Nothing outside of the file is ever read: a
document type declaration, and with it every entity, is refused as soon as it begins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from kiang.bpmn import xml_faults
from kiang.errors import Finding, InvalidBpmnError

BPMN_NAMESPACE = "http://www.omg.org/spec/BPMN/20100524/MODEL"
ZEEBE_NAMESPACE = "http://camunda.org/schema/zeebe/1.0"
XSI_NAMESPACE = "http://www.w3.org/2001/XMLSchema-instance"

RESOURCE_SIZE_MAX_BYTES = 4 * 1024 * 1024
"""Largest file: what one message of the gateway can carry."""

DEPTH_MAX_ELEMENTS = 500
"""Deepest nesting of tags. A sub-process is one level, so nobody draws this; rules and builders that recurse rely on it."""

XSI_TYPE = f"{{{XSI_NAMESPACE}}}type"

_SEPARATOR = " "
"""Between namespace, local name and prefix in expat's names; no namespace of a valid document contains it."""


@dataclass(slots=True, eq=False)
class Element:
    """One tag of the file.

    Attributes:
        kind: Local name of a BPMN element (`serviceTask`), `zeebe:` and local name of an extension
            (`zeebe:taskDefinition`), `{namespace}name` of anything else.
        tag: Its name as the file writes it, with the file's own prefix.
        attributes: Attributes by name; one with a namespace has the key `{namespace}name`.
        line: Where its tag begins, from 1.
        offset: Where its tag begins, in bytes.
        parent: None for the root.
        children: In document order.
        text: All character data directly inside.
        end_line: Where its end tag begins.
    """

    kind: str
    tag: str
    attributes: dict[str, str]
    line: int
    offset: int
    parent: Element | None
    children: list[Element] = field(default_factory=list)
    text: str = ""
    end_line: int = 0

    @property
    def id(self) -> str:
        """The attribute `id`, "" if there is none."""
        return self.attributes.get("id", "")

    def get(self, attribute: str, default: str = "") -> str:
        """The attribute's value."""
        return self.attributes.get(attribute, default)

    def child(self, kind: str) -> Element | None:
        """The first child of that kind."""
        for child in self.children:
            if child.kind == kind:
                return child
        return None

    def all(self, kind: str) -> list[Element]:
        """The children of that kind."""
        return [child for child in self.children if child.kind == kind]

    def extension(self, kind: str) -> Element | None:
        """The first extension element of that kind, `zeebe:` included in its name."""
        extensions = self.child("extensionElements")
        return extensions.child(kind) if extensions is not None else None

    def extensions(self, kind: str) -> list[Element]:
        """The extension elements of that kind."""
        extensions = self.child("extensionElements")
        return extensions.all(kind) if extensions is not None else []

    def walk(self) -> Iterator[Element]:
        """This element and everything inside it, in document order."""
        stack = [self]
        while stack:
            element = stack.pop()
            yield element
            stack.extend(reversed(element.children))

    def path(self) -> str:
        """How messages name it: its id, else the chain of tags below the nearest element of BPMN that has one."""
        names: list[str] = []
        element: Element | None = self
        while element is not None:
            local = element.kind.rpartition(":")[2].rpartition("}")[2]
            if element.id and element.parent is not None and not element.kind.startswith("zeebe:"):
                names.append(element.id)
                break
            names.append(local)
            element = element.parent
        return " > ".join(reversed(names))


def parse(content: bytes) -> Element:
    """The root of the file's tree.

    Raises:
        InvalidBpmnError: With a single finding, when the content is no well-formed XML or breaks a limit. The message is
            the bare fault, without the name of the file.
    """
    if len(content) > RESOURCE_SIZE_MAX_BYTES:
        raise refusal(
            f"Expected a file of at most {RESOURCE_SIZE_MAX_BYTES} bytes, but it has {len(content)}. "
            "Split it into several processes that call each other.",
            rule="size",
        )
    return _Builder(content).build()


def refusal(message: str, *, line: int = 0, element: str = "", rule: str) -> InvalidBpmnError:
    """The error for a file that cannot be read at all."""
    return InvalidBpmnError(message, [Finding(message=message, element=element, line=line, rule=rule)])


class _Builder:
    """Turns expat's calls into elements."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._root: Element | None = None
        self._open: list[Element] = []
        self._texts: list[list[str]] = []
        self._kinds: dict[str, tuple[str, str]] = {}
        parser = expat.ParserCreate(namespace_separator=_SEPARATOR)
        parser.namespace_prefixes = True
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data
        parser.StartDoctypeDeclHandler = self._doctype
        self._parser = parser

    def build(self) -> Element:
        fault = xml_faults.version_fault(self._content)
        if fault:
            raise refusal(f"Fatal Error: URI=null Line=1: {fault}", line=1, rule="xml")
        try:
            self._parser.Parse(self._content, True)
        except expat.ExpatError as error:
            message, line = xml_faults.message(error, self._content, [element.tag for element in self._open])
            raise refusal(f"Fatal Error: URI=null Line={line}: {message}", line=line, rule="xml") from None
        except (LookupError, ValueError) as error:  # an encoding that is unknown or not usable
            raise refusal(f"Fatal Error: URI=null Line=1: {error}", line=1, rule="xml") from None
        assert self._root is not None
        return self._root

    def _doctype(self, _name: str, _system_id: str | None, _public_id: str | None, _has_subset: bool) -> None:
        line = self._parser.CurrentLineNumber
        raise refusal(
            f"Fatal Error: URI=null Line={line}: DOCTYPE is disallowed when the feature "
            '"http://apache.org/xml/features/disallow-doctype-decl" set to true.',
            line=line,
            rule="xml",
        )

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        parser = self._parser
        line = parser.CurrentLineNumber
        if len(self._open) >= DEPTH_MAX_ELEMENTS:
            message = f"Expected at most {DEPTH_MAX_ELEMENTS} tags inside each other, but line {line} has more."
            raise refusal(message, line=line, rule="depth")
        names = self._kinds.get(name)
        if names is None:
            names = self._kinds[name] = _names(name)
        for key in attributes:
            if _SEPARATOR in key:
                attributes = {_attribute(key): value for key, value in attributes.items()}
                break
        parent = self._open[-1] if self._open else None
        element = Element(names[0], names[1], attributes, line, parser.CurrentByteIndex, parent)
        if parent is None:
            self._root = element
        else:
            parent.children.append(element)
        self._open.append(element)
        self._texts.append([])

    def _end(self, _name: str) -> None:
        element = self._open.pop()
        element.text = "".join(self._texts.pop())
        element.end_line = self._parser.CurrentLineNumber

    def _data(self, text: str) -> None:
        self._texts[-1].append(text)


def _names(name: str) -> tuple[str, str]:
    """Kind and tag of an element from expat's name for it."""
    namespace, local, prefix = _split(name)
    tag = f"{prefix}:{local}" if prefix else local
    if namespace == BPMN_NAMESPACE:
        return local, tag
    if namespace == ZEEBE_NAMESPACE:
        return f"zeebe:{local}", tag
    return f"{{{namespace}}}{local}", tag


def _attribute(name: str) -> str:
    namespace, local, _ = _split(name)
    return f"{{{namespace}}}{local}" if namespace else local


def _split(name: str) -> tuple[str, str, str]:
    parts = name.split(_SEPARATOR)
    if len(parts) == 1:
        return "", parts[0], ""
    return parts[0], parts[1], parts[2] if len(parts) > 2 else ""


def tag_end_line(content: bytes, element: Element) -> int:
    """The line on which the start tag of an element ends, the one that a validating parser reports."""
    match = _START_TAG.match(content, element.offset)
    return element.line + (match[0].count(b"\n") if match else 0)


_START_TAG = re.compile(rb"""<(?:[^>"']|"[^"]*"|'[^']*')*>""")
