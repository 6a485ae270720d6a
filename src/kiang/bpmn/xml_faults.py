"""The words for XML that is not well-formed, as clients of Zeebe know them.

expat says where a file goes wrong and roughly why. What stands there decides on the words: `_Scene` looks at the place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from xml.parsers import expat

ERROR_CODES = {
    name: expat.errors.codes[getattr(expat.errors, name)]
    for name in (
        "XML_ERROR_NO_ELEMENTS",
        "XML_ERROR_SYNTAX",
        "XML_ERROR_INVALID_TOKEN",
        "XML_ERROR_UNCLOSED_TOKEN",
        "XML_ERROR_PARTIAL_CHAR",
        "XML_ERROR_TAG_MISMATCH",
        "XML_ERROR_DUPLICATE_ATTRIBUTE",
        "XML_ERROR_JUNK_AFTER_DOC_ELEMENT",
        "XML_ERROR_UNDEFINED_ENTITY",
        "XML_ERROR_BAD_CHAR_REF",
        "XML_ERROR_MISPLACED_XML_PI",
        "XML_ERROR_UNKNOWN_ENCODING",
        "XML_ERROR_UNCLOSED_CDATA_SECTION",
        "XML_ERROR_UNBOUND_PREFIX",
        "XML_ERROR_UNDECLARING_PREFIX",
        "XML_ERROR_XML_DECL",
    )
}

CUT = "XML document structures must start and end within the same entity."
PROLOG = "Content is not allowed in prolog."
TRAILING = "Content is not allowed in trailing section."
MARKUP = "The content of elements must consist of well-formed character data or markup."
EMPTY = "Premature end of file."
AFTER_ROOT = "The markup in the document following the root element must be well-formed."
XML_TARGET = 'The processing instruction target matching "[xX][mM][lL]" is not allowed.'
NO_VERSION = "The version is required in the XML declaration."

_NAME = rb"[A-Za-z_:\x80-\xff][\w:.\-\x80-\xff]*"
_TAG = re.compile(rb"<(" + _NAME + rb")")
_ATTRIBUTE = re.compile(rb"(\s*)(" + _NAME + rb")(\s*=\s*)?")
_LINE_END = re.compile(rb"\r\n|\r|\n")
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_VERSION = re.compile(rb"""\s*<\?xml\s+version\s*=\s*["']([^"']*)["']""")

SUPPORTED_VERSIONS = frozenset({"1.0", "1.1"})


def message(error: expat.ExpatError, content: bytes, open_tags: Sequence[str]) -> tuple[str, int]:
    """What is wrong with the file, and in which line.

    Args:
        error: The parser's own words.
        content: The whole file.
        open_tags: Names of the tags that were open at the fault, outermost first.
    """
    return _Scene(error, content, open_tags).describe()


def version_fault(content: bytes) -> str:
    """What is wrong with the version that the file declares; "" if nothing is."""
    match = _VERSION.match(content)
    if match is None:
        return ""
    version = match[1].decode("latin-1")
    if version in SUPPORTED_VERSIONS:
        return ""
    return f'XML version "{version}" is not supported, only XML 1.0 is supported.'


class _Scene:
    """A fault and what stands around it."""

    def __init__(self, error: expat.ExpatError, content: bytes, open_tags: Sequence[str]) -> None:
        self._error = error
        self._content = content
        self._open_tags = open_tags
        self._at = _offset_of(content, error.lineno, error.offset)

    def describe(self) -> tuple[str, int]:
        for code, describe in _DESCRIPTIONS.items():
            if self._error.code == ERROR_CODES[code]:
                return describe(self)
        return expat.ErrorString(self._error.code) or str(self._error), self._error.lineno

    @property
    def _line(self) -> int:
        return self._error.lineno

    @property
    def _last_line(self) -> int:
        return len(_LINE_END.findall(self._content)) + 1

    def no_elements(self) -> tuple[str, int]:
        return (CUT if self._open_tags else EMPTY), self._last_line

    def syntax(self) -> tuple[str, int]:
        return PROLOG, self._line

    def unclosed(self) -> tuple[str, int]:
        """The file ends inside a tag, a comment or the like."""
        rest = self._content[self._at :]
        if rest.startswith(b"</") and len(rest) > 2 and self._open_tags:
            expected = f"</{self._open_tags[-1]}".encode()
            if not expected.startswith(rest.rstrip()) or rest.rstrip() != expected:
                return self._mismatch(), self._last_line
        return CUT, self._last_line

    def mismatch(self) -> tuple[str, int]:
        return self._mismatch(), self._line

    def _mismatch(self) -> str:
        tag = self._open_tags[-1] if self._open_tags else ""
        return f'The element type "{tag}" must be terminated by the matching end-tag "</{tag}>".'

    def duplicate_attribute(self) -> tuple[str, int]:
        tag, attributes = self._start_tag()
        seen: set[str] = set()
        for name in attributes:
            if name in seen:
                return f'Attribute "{name}" was already specified for element "{tag}".', self._line
            seen.add(name)
        return f'Attribute was already specified for element "{tag}".', self._line

    def junk(self) -> tuple[str, int]:
        """Something stands behind the root."""
        at = self._at
        if self._content[at : at + 1] == b"<":
            return AFTER_ROOT, self._line
        return TRAILING, self._line

    def undefined_entity(self) -> tuple[str, int]:
        match = re.compile(rb"&([^;\s]*);").search(self._content, self._at)
        name = match[1].decode("utf-8", "replace") if match else ""
        return f'The entity "{name}" was referenced, but not declared.', self._line

    def bad_char_reference(self) -> tuple[str, int]:
        match = re.compile(rb"&#[xX]?[0-9A-Fa-f]+").search(self._content, self._at)
        text = match[0].decode("ascii") if match else "&#"
        return f'Character reference "{text}" is an invalid XML character.', self._line

    def misplaced_declaration(self) -> tuple[str, int]:
        return XML_TARGET, self._line

    def unbound_prefix(self) -> tuple[str, int]:
        tag, attributes = self._start_tag()
        declared = set(re.findall(rb"xmlns:([^\s=]+)", self._content[: self._at]))
        declared |= {name[6:].encode() for name in attributes if name.startswith("xmlns:")}
        prefix = tag.rpartition(":")[0]
        if prefix and prefix.encode() not in declared:
            return f'The prefix "{prefix}" for element "{tag}" is not bound.', self._line
        for name in attributes:
            prefix = name.rpartition(":")[0]
            if prefix and prefix not in {"xml", "xmlns"} and prefix.encode() not in declared:
                text = f'The prefix "{prefix}" for attribute "{name}" associated with an element type "{tag}" is not bound.'
                return text, self._line
        return f'The prefix for element "{tag}" is not bound.', self._line

    def empty_binding(self) -> tuple[str, int]:
        match = re.compile(rb"""xmlns:([^\s=]+)\s*=\s*(""|'')""").search(self._content, self._at)
        name = match[1].decode("utf-8", "replace") if match else ""
        return (
            f'The value of the attribute "prefix="xmlns",localpart="{name}",rawname="xmlns:{name}"" is invalid. '
            "Prefixed namespace bindings may not be empty."
        ), self._line

    def declaration(self) -> tuple[str, int]:
        return NO_VERSION, self._line

    def invalid_token(self) -> tuple[str, int]:
        """A character that may not stand where it stands."""
        content, at = self._content, self._at
        if not self._open_tags and not _TAG.match(content, content.rfind(b"<", 0, at + 1)):
            return PROLOG, self._line
        reference = _reference_at(content, at)
        if reference is not None:
            return self._bad_reference(reference), self._line
        comment = content.rfind(b"<!--", 0, at)
        if comment >= 0 and content.find(b"-->", comment, at) < 0 and b"--" in content[comment + 4 : at + 2]:
            return 'The string "--" is not permitted within comments.', self._line
        if content[at : at + 3] == b"]]>" or content[at - 2 : at + 1] == b"]]>":
            return (
                'The character sequence "]]>" must not appear in content unless used to mark the end of a CDATA section.'
            ), self._line
        opening = content.rfind(b"<", 0, at)
        if opening >= 0 and content.find(b">", opening, at) < 0:
            return self._in_tag(opening), self._line
        if _CONTROL.match(content, at):
            return (
                f"An invalid XML character (Unicode: 0x{content[at]:x}) was found in the element content of the document."
            ), self._line
        return MARKUP, self._line

    def _bad_reference(self, at: int) -> str:
        rest = self._content[at + 1 :]
        if rest[:2] in {b"#x", b"#X"}:
            return 'A hexadecimal representation must immediately follow the "&#x" in a character reference.'
        if rest[:1] == b"#":
            return 'A decimal representation must immediately follow the "&#" in a character reference.'
        name = re.match(_NAME, rest)
        if name is None:
            return "The entity name must immediately follow the '&' in the entity reference."
        return f"The reference to entity \"{name[0].decode('utf-8', 'replace')}\" must end with the ';' delimiter."

    def _in_tag(self, opening: int) -> str:
        """The fault stands inside of a tag that begins at `opening`."""
        content, at = self._content, self._at
        if content[opening : opening + 2] == b"</":
            tag = self._open_tags[-1] if self._open_tags else ""
            if content[opening + 2 :].startswith(tag.encode()):
                return f"The end-tag for element type \"{tag}\" must end with a '>' delimiter."
            return self._mismatch()
        start = _TAG.match(content, opening)
        if start is None:
            return MARKUP
        tag = start[1].decode("utf-8", "replace")
        if tag.count(":") > 1:
            tag = ":".join(tag.split(":")[:2])
            return _bad_start_tag(tag)
        return self._in_attributes(tag, start.end(), at)

    def _in_attributes(self, tag: str, position: int, at: int) -> str:
        content = self._content
        while True:
            attribute = _ATTRIBUTE.match(content, position)
            if attribute is None or not attribute[1]:
                return _bad_start_tag(tag)
            name = attribute[2].decode("utf-8", "replace")
            if attribute[3] is None:
                return f'Attribute name "{name}" associated with an element type "{tag}" must be followed by the \' = \' character.'
            quote = content[attribute.end() : attribute.end() + 1]
            if quote not in {b'"', b"'"}:
                return f'Open quote is expected for attribute "{name}" associated with an  element type  "{tag}".'
            end = content.find(quote, attribute.end() + 1)
            value = content[attribute.end() + 1 : end if end >= 0 else len(content)]
            if b"<" in value:
                return (
                    f'The value of attribute "{name}" associated with an element type "{tag}" '
                    "must not contain the '<' character."
                )
            control = _CONTROL.search(value)
            if control is not None:
                return (
                    f"An invalid XML character (Unicode: 0x{control[0][0]:x}) was found in the value of attribute "
                    f'"{name}" and element is "{tag}".'
                )
            if end < 0 or end > at:
                return MARKUP
            position = end + 1

    def _start_tag(self) -> tuple[str, list[str]]:
        """Name and attribute names of the start tag at the fault."""
        opening = self._content.rfind(b"<", 0, self._at + 1)
        start = _TAG.match(self._content, max(opening, 0))
        if start is None:
            return "", []
        end = self._content.find(b">", opening)
        text = self._content[start.end() : end if end >= 0 else len(self._content)]
        names = re.findall(rb"(" + _NAME + rb""")\s*=\s*(?:"[^"]*"|'[^']*')""", text)
        return start[1].decode("utf-8", "replace"), [name.decode("utf-8", "replace") for name in names]


def _bad_start_tag(tag: str) -> str:
    return f'Element type "{tag}" must be followed by either attribute specifications, ">" or "/>".'


def _reference_at(content: bytes, at: int) -> int | None:
    """Where the reference begins in which the fault stands, if it stands in one."""
    ampersand = content.rfind(b"&", max(0, at - 64), at + 1)
    if ampersand < 0 or re.search(rb"[;<>\"']", content[ampersand:at]):
        return None
    inside = content[ampersand + 1 : at]
    return ampersand if re.fullmatch(rb"#?[\w.\-]*", inside) else None


def _offset_of(content: bytes, line: int, column: int) -> int:
    """Where a line and column lie, in bytes."""
    position = 0
    for _ in range(line - 1):
        end = _LINE_END.search(content, position)
        if end is None:
            break
        position = end.end()
    return min(len(content), position + column)


_DESCRIPTIONS: dict[str, Callable[[_Scene], tuple[str, int]]] = {
    "XML_ERROR_NO_ELEMENTS": _Scene.no_elements,
    "XML_ERROR_SYNTAX": _Scene.syntax,
    "XML_ERROR_INVALID_TOKEN": _Scene.invalid_token,
    "XML_ERROR_UNCLOSED_TOKEN": _Scene.unclosed,
    "XML_ERROR_PARTIAL_CHAR": _Scene.unclosed,
    "XML_ERROR_UNCLOSED_CDATA_SECTION": _Scene.unclosed,
    "XML_ERROR_TAG_MISMATCH": _Scene.mismatch,
    "XML_ERROR_DUPLICATE_ATTRIBUTE": _Scene.duplicate_attribute,
    "XML_ERROR_JUNK_AFTER_DOC_ELEMENT": _Scene.junk,
    "XML_ERROR_UNDEFINED_ENTITY": _Scene.undefined_entity,
    "XML_ERROR_BAD_CHAR_REF": _Scene.bad_char_reference,
    "XML_ERROR_MISPLACED_XML_PI": _Scene.misplaced_declaration,
    "XML_ERROR_UNBOUND_PREFIX": _Scene.unbound_prefix,
    "XML_ERROR_UNDECLARING_PREFIX": _Scene.empty_binding,
    "XML_ERROR_XML_DECL": _Scene.declaration,
}
