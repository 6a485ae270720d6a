"""Checks a file against the schema of BPMN, in the words of the validating parser that clients of Zeebe know.

Like that parser it reports the first fault only: nothing behind it can be trusted.
"""

from __future__ import annotations

import re

from kiang.bpmn.document import BPMN_NAMESPACE, XSI_NAMESPACE, XSI_TYPE, ZEEBE_NAMESPACE, Element, refusal, tag_end_line
from kiang.bpmn.schema_types import ABSTRACT, ENUMERATIONS, EXPRESSIONS, SIMPLE, Particle, Type, type_of
from kiang.errors import InvalidBpmnError

XML_NAMESPACE = "http://www.w3.org/XML/1998/namespace"

EXPRESSION_TYPES = frozenset({"tExpression", "tFormalExpression"})

_NCNAME = r"[^\W\d][\w.\-\u00b7]*"
_PATTERNS = {
    "ID": re.compile(_NCNAME),
    "IDREF": re.compile(_NCNAME),
    "QName": re.compile(rf"(?:{_NCNAME}:)?{_NCNAME}"),
    "boolean": re.compile(r"true|false|1|0"),
    "integer": re.compile(r"[+-]?\d+", re.ASCII),
    "double": re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|-?INF|NaN", re.ASCII),
}
_TYPE_NAMES = {"ID": "NCName", "IDREF": "NCName"}

_ROOT = "definitions"


def check(root: Element, content: bytes) -> None:
    """Check a whole file.

    Raises:
        InvalidBpmnError: With the first fault; the message is without the name of the file.
    """
    _Checker(root, content).check()


class _Frame:
    """An element that is being checked: its type, and how far its content has come."""

    __slots__ = ("at", "children", "count", "element", "type")

    def __init__(self, element: Element, type_: Type) -> None:
        self.element = element
        self.type = type_
        self.at = 0
        self.count = 0
        self.children = iter(element.children)


class _Checker:
    """One pass over a file, in document order."""

    def __init__(self, root: Element, content: bytes) -> None:
        self._root = root
        self._content = content
        self._ids: set[str] = set()
        self._references: list[str] = []

    def check(self) -> None:
        if self._root.kind != _ROOT:
            raise self._fault(self._root, f"cvc-elt.1.a: Cannot find the declaration of element '{self._root.tag}'.")
        type_ = type_of(_ROOT)
        assert type_ is not None
        self._check_attributes(self._root, type_)
        stack = [_Frame(self._root, type_)]
        while stack:
            frame = stack[-1]
            child = next(frame.children, None)
            if child is None:
                self._check_end(frame)
                stack.pop()
                continue
            self._check_place(frame, child)
            entered = self._enter(child)
            if entered is not None:
                stack.append(entered)
        for reference in self._references:
            if reference not in self._ids:
                raise self._fault(
                    self._root, f"cvc-id.1: There is no ID/IDREF binding for IDREF '{reference}'.", self._root.end_line
                )

    def _enter(self, element: Element) -> _Frame | None:
        """Check a start tag; None if nothing is to be checked inside."""
        kind = element.kind
        if kind in ABSTRACT:
            raise self._fault(element, f"cvc-type.2: The type definition cannot be abstract for element {element.tag}.")
        if kind in SIMPLE:
            self._check_simple(element, SIMPLE[kind])
            return None
        xsi_type = element.get(XSI_TYPE).strip()
        if xsi_type and kind in EXPRESSIONS:
            self._check_xsi_type(element, xsi_type)
        type_ = type_of(kind, xsi_type.rpartition(":")[2])
        if type_ is None:
            return None
        self._check_attributes(element, type_)
        return _Frame(element, type_)

    def _check_xsi_type(self, element: Element, xsi_type: str) -> None:
        prefix, _, name = xsi_type.rpartition(":")
        own_prefix = element.tag.rpartition(":")[0]
        if name not in EXPRESSION_TYPES or (prefix != own_prefix and prefix not in self._prefixes(BPMN_NAMESPACE)):
            raise self._fault(
                element, f"cvc-elt.4.2: Cannot resolve '{xsi_type}' to a type definition for element '{element.tag}'."
            )

    def _check_place(self, frame: _Frame, child: Element) -> None:
        """Whether a child may stand where it stands."""
        if frame.type.any_content:
            if _namespace_of(child) == BPMN_NAMESPACE and not frame.type.is_mixed:
                raise self._unexpected(child, [f'WC[##other:"{BPMN_NAMESPACE}"]'])
            return
        content = frame.type.content
        at, count = frame.at, frame.count
        while at < len(content):
            particle = content[at]
            is_full = particle.maximum is not None and count >= particle.maximum
            if not is_full and particle.accepts(child.kind):
                frame.at, frame.count = at, count + 1
                return
            if count < particle.minimum:
                if count:
                    found = f"2.4.g: Invalid content was found starting with element '{child.tag}'."
                    raise self._fault(child, _more(found, particle, " in the current sequence"))
                break
            at, count = at + 1, 0
        raise self._unexpected(child, _expected(content, frame.at, frame.count))

    def _check_end(self, frame: _Frame) -> None:
        element = frame.element
        content = frame.type.content
        at, count = frame.at, frame.count
        while at < len(content):
            if count and count < content[at].minimum:
                found = f"2.4.i: The content of element '{element.tag}' is not complete."
                raise self._fault(element, _more(found, content[at], ""), element.end_line)
            if count < content[at].minimum:
                names = _quoted(_expected(content, frame.at, frame.count))
                raise self._fault(
                    element,
                    f"cvc-complex-type.2.4.b: The content of element '{element.tag}' is not complete. "
                    f"One of '{{{names}}}' is expected.",
                    element.end_line,
                )
            at, count = at + 1, 0
        if not frame.type.is_mixed and element.text.strip():
            raise self._fault(
                element,
                f"cvc-complex-type.2.3: Element '{element.tag}' cannot have character [children], "
                "because the type's content type is element-only.",
                element.end_line,
            )

    def _check_simple(self, element: Element, type_: str) -> None:
        for name in element.attributes:
            if not name.startswith(f"{{{XSI_NAMESPACE}}}"):
                raise self._fault(
                    element,
                    f"cvc-type.3.1.1: Element '{element.tag}' is a simple type, so it cannot have attributes, excepting "
                    f"those whose namespace name is identical to '{XSI_NAMESPACE}' and whose [local name] is one of "
                    f"'type', 'nil', 'schemaLocation' or 'noNamespaceSchemaLocation'. However, the attribute, '{name}' was found.",
                )
        if element.children:
            raise self._fault(
                element,
                f"cvc-type.3.1.2: Element '{element.tag}' is a simple type, so it must have no element information item [children].",
                element.end_line,
            )
        self._check_value(element, element.text, type_, element.end_line)

    def _check_attributes(self, element: Element, type_: Type) -> None:
        for name, value in element.attributes.items():
            declared = type_.attributes.get(name)
            if declared is not None:
                self._check_value(element, value, declared[0])
            elif not self._is_foreign(name, type_):
                raise self._fault(
                    element,
                    f"cvc-complex-type.3.2.2: Attribute '{self._written(element, name)}' is not allowed to appear in "
                    f"element '{element.tag}'.",
                )
        for name, (_, is_required) in type_.attributes.items():
            if is_required and name not in element.attributes:
                raise self._fault(
                    element, f"cvc-complex-type.4: Attribute '{name}' must appear on element '{element.tag}'."
                )

    @staticmethod
    def _is_foreign(name: str, type_: Type) -> bool:
        """Whether an attribute is of another namespace, and such may be there."""
        if not name.startswith("{"):
            return False
        namespace = name[1:].partition("}")[0]
        if namespace in {XSI_NAMESPACE, XML_NAMESPACE}:
            return True
        return type_.any_attribute and namespace != BPMN_NAMESPACE

    @staticmethod
    def _written(element: Element, name: str) -> str:
        """An attribute's name with a prefix, as the file has it."""
        if not name.startswith("{"):
            return name
        prefix = element.tag.rpartition(":")[0]
        local = name.partition("}")[2]
        return f"{prefix}:{local}" if prefix else local

    def _check_value(self, element: Element, value: str, type_: str, line: int = 0) -> None:
        collapsed = " ".join(value.split())
        pattern = _PATTERNS.get(type_)
        if pattern is not None and pattern.fullmatch(collapsed) is None:
            raise self._fault(
                element,
                f"cvc-datatype-valid.1.2.1: '{collapsed}' is not a valid value for '{_TYPE_NAMES.get(type_, type_)}'.",
                line,
            )
        if type_ in ENUMERATIONS and value not in ENUMERATIONS[type_]:
            raise self._fault(
                element,
                f"cvc-enumeration-valid: Value '{value}' is not facet-valid with respect to enumeration "
                f"'[{', '.join(ENUMERATIONS[type_])}]'. It must be a value from the enumeration.",
                line,
            )
        if type_ == "ID":
            if collapsed in self._ids:
                raise self._fault(element, f"cvc-id.2: There are multiple occurrences of ID value '{collapsed}'.", line)
            self._ids.add(collapsed)
        elif type_ == "IDREF":
            self._references.append(collapsed)
        elif type_ == "QName" and ":" in collapsed:
            prefix = collapsed.partition(":")[0]
            if prefix not in self._prefixes():
                raise self._fault(
                    element,
                    f"UndeclaredPrefix: Cannot resolve '{collapsed}' as a QName: the prefix '{prefix}' is not declared.",
                    line,
                )

    def _prefixes(self, namespace: str | None = None) -> frozenset[str]:
        """Prefixes that the file declares anywhere, for one namespace or for all."""
        declared = re.findall(rb"""xmlns:([^\s=]+)\s*=\s*["']([^"']*)["']""", self._content)
        return frozenset(
            prefix.decode("utf-8", "replace")
            for prefix, name in declared
            if namespace is None or name.decode("utf-8", "replace") == namespace
        )

    def _unexpected(self, child: Element, expected: list[str]) -> InvalidBpmnError:
        if not expected:
            return self._fault(
                child,
                f"cvc-complex-type.2.4.d: Invalid content was found starting with element '{child.tag}'. "
                "No child element is expected at this point.",
            )
        names = _quoted(expected)
        local = child.tag.rpartition(":")[2]
        return self._fault(
            child,
            f"cvc-complex-type.2.4.a: Invalid content was found starting with element "
            f"'{{\"{_namespace_of(child)}\":{local}}}'. One of '{{{names}}}' is expected.",
        )

    def _fault(self, element: Element, message: str, line: int = 0) -> InvalidBpmnError:
        line = line or tag_end_line(self._content, element)
        return refusal(f"Error: URI=null Line={line}: {message}", line=line, element=element.id, rule="schema")


def _more(found: str, particle: Particle, where: str) -> str:
    """Of an element that is there, but not as often as it must be: once of twice."""
    return (
        f"cvc-complex-type.{found} '{_quoted([*particle.names])}' is expected to occur a minimum of '{particle.minimum}'"
        f" times{where}. One more instance is required to satisfy this constraint."
    )


def _expected(content: tuple[Particle, ...], at: int, count: int) -> list[str]:
    """Names of what may come next."""
    names: list[str] = []
    while at < len(content):
        particle = content[at]
        if particle.maximum is None or count < particle.maximum:
            names.extend(particle.names)
        if count < particle.minimum:
            break
        at, count = at + 1, 0
    return names


def _quoted(names: list[str]) -> str:
    texts = []
    for name in names:
        if name.startswith("WC["):
            texts.append(name)
        elif name.startswith("{"):
            namespace, _, local = name[1:].partition("}")
            texts.append(f'"{namespace}":{local}')
        else:
            texts.append(f'"{BPMN_NAMESPACE}":{name}')
    return ", ".join(texts)


def _namespace_of(element: Element) -> str:
    if element.kind.startswith("zeebe:"):
        return ZEEBE_NAMESPACE
    if element.kind.startswith("{"):
        return element.kind[1:].partition("}")[0]
    return BPMN_NAMESPACE
