"""A DMN file as a tree of plain elements.

The tree is built in one pass by expat, which knows the line of every tag. Nothing outside of the file is ever read: a
document type declaration, and with it every entity, is refused as soon as it begins.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from kiang.errors import Finding, InvalidDmnError

VERSIONS: Final = {
    "http://www.omg.org/spec/DMN/20151101/dmn.xsd": "1.1",
    "http://www.omg.org/spec/DMN/20151101/dmn11.xsd": "1.1",
    "http://www.omg.org/spec/DMN/20180521/MODEL/": "1.2",
    "https://www.omg.org/spec/DMN/20191111/MODEL/": "1.3",
    "https://www.omg.org/spec/DMN/20211108/MODEL/": "1.4",
    "https://www.omg.org/spec/DMN/20230324/MODEL/": "1.5",
}
"""Version of DMN by the namespace of its elements."""

ZEEBE_NAMESPACE: Final = "http://camunda.org/schema/zeebe/1.0"

RESOURCE_SIZE_MAX_BYTES: Final = 4 * 1024 * 1024
"""Largest file: what one message of the gateway can carry."""
DEPTH_MAX_ELEMENTS: Final = 200
"""Deepest nesting of tags. A boxed expression in another takes two or three; readers and compilers recurse by them."""
ELEMENTS_MAX: Final = 200_000
"""Most tags of a file: a table of 10,000 rules with ten columns."""

UNREADABLE: Final = "Failed to parse DMN: org.camunda.bpm.model.dmn.DmnModelException: Unable to parse model"
"""What Zeebe says of every file that it cannot read; the finding beside it says why."""

_SEPARATOR: Final = " "
"""Between namespace and local name in expat's names; no namespace of a valid document contains it."""


@dataclass(slots=True, eq=False)
class Element:
    """One tag of the file.

    Attributes:
        kind: Local name of a DMN element (`decisionTable`), `zeebe:` and local name of an extension, `{namespace}name` of
            anything else.
        attributes: Attributes by name; one with a namespace has the key `{namespace}name`.
        line: Where its tag begins, from 1.
        parent: None for the root.
        children: In document order.
        text: All character data directly inside.
    """

    kind: str
    attributes: dict[str, str]
    line: int
    parent: Element | None
    children: list[Element] = field(default_factory=list)
    text: str = ""

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

    def walk(self) -> Iterator[Element]:
        """This element and everything inside it, in document order."""
        stack = [self]
        while stack:
            element = stack.pop()
            yield element
            stack.extend(reversed(element.children))

    def path(self) -> str:
        """How findings name it: its id, else the chain of tags below the nearest element that has one."""
        names: list[str] = []
        element: Element | None = self
        while element is not None:
            if element.id and element.parent is not None:
                names.append(element.id)
                break
            names.append(element.kind.rpartition("}")[2])
            element = element.parent
        return " > ".join(reversed(names))


@dataclass(slots=True, eq=False)
class Document:
    """A whole file: its root, and what its prefixes stand for."""

    root: Element
    version: str
    prefixes: dict[str, str]


def parse(content: bytes) -> Document:
    """The tree of the file.

    Raises:
        InvalidDmnError: With a single finding, when the content is no well-formed XML, breaks a limit, or is no DMN.
    """
    if len(content) > RESOURCE_SIZE_MAX_BYTES:
        raise refusal(
            f"Expected a file of at most {RESOURCE_SIZE_MAX_BYTES} bytes, but it has {len(content)}.", 0, "size"
        )
    return _Builder(content).build()


def refusal(message: str, line: int, rule: str) -> InvalidDmnError:
    """The error for a file that cannot be read at all."""
    return InvalidDmnError(UNREADABLE, [Finding(message=message, line=line, rule=rule)])


class _Builder:
    """Turns expat's calls into elements."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._root: Element | None = None
        self._open: list[Element] = []
        self._texts: list[list[str]] = []
        self._kinds: dict[str, str] = {}
        self._prefixes: dict[str, str] = {}
        self._namespace = ""
        self._elements = 0
        parser = expat.ParserCreate(namespace_separator=_SEPARATOR)
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartNamespaceDeclHandler = self._prefix
        self._parser = parser

    def build(self) -> Document:
        try:
            self._parser.Parse(self._content, True)
        except expat.ExpatError as error:
            raise refusal(f"Expected well-formed XML, but {error}.", error.lineno, "xml") from None
        except (LookupError, ValueError) as error:  # an encoding that is unknown or not usable
            raise refusal(f"Expected readable XML, but {error}.", 1, "xml") from None
        assert self._root is not None
        return Document(self._root, VERSIONS[self._namespace], self._prefixes)

    def _doctype(self, _name: str, _system_id: str | None, _public_id: str | None, _has_subset: bool) -> None:
        raise refusal("Expected no document type declaration.", self._parser.CurrentLineNumber, "xml")

    def _prefix(self, prefix: str | None, uri: str | None) -> None:
        self._prefixes.setdefault(prefix or "", uri or "")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        line = self._parser.CurrentLineNumber
        if len(self._open) >= DEPTH_MAX_ELEMENTS:
            raise refusal(f"Expected at most {DEPTH_MAX_ELEMENTS} tags inside each other.", line, "depth")
        self._elements += 1
        if self._elements > ELEMENTS_MAX:
            raise refusal(f"Expected at most {ELEMENTS_MAX} tags.", line, "size")
        parent = self._open[-1] if self._open else None
        if parent is None:
            self._namespace, _, local = name.rpartition(_SEPARATOR)
            if self._namespace not in VERSIONS or local != "definitions":
                raise refusal(f"Expected the definitions of DMN 1.1 to 1.5, but found '{name}'.", line, "namespace")
        kind = self._kinds.get(name)
        if kind is None:
            kind = self._kinds[name] = self._kind(name)
        for key in attributes:
            if _SEPARATOR in key:
                attributes = {_attribute(key): value for key, value in attributes.items()}
                break
        element = Element(kind, attributes, line, parent)
        if parent is None:
            self._root = element
        else:
            parent.children.append(element)
        self._open.append(element)
        self._texts.append([])

    def _kind(self, name: str) -> str:
        namespace, _, local = name.rpartition(_SEPARATOR)
        if namespace == self._namespace:
            return local
        if namespace == ZEEBE_NAMESPACE:
            return f"zeebe:{local}"
        return f"{{{namespace}}}{local}"

    def _end(self, _name: str) -> None:
        element = self._open.pop()
        element.text = "".join(self._texts.pop())

    def _data(self, text: str) -> None:
        self._texts[-1].append(text)


def _attribute(name: str) -> str:
    namespace, _, local = name.rpartition(_SEPARATOR)
    return f"{{{namespace}}}{local}" if namespace else local
