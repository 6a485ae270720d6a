"""Multipart bodies, taken apart in memory within the limits of a form."""

from __future__ import annotations

from dataclasses import dataclass, field

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from kiang.gateway.rest.limits import FORM_PARTS_MAX
from kiang.gateway.rest.problem import Problem, invalid, of_status

HEADER_BYTES_MAX = 16_384
"""Headers of one part."""


@dataclass(slots=True)
class Part:
    """One part.

    Attributes:
        file_name: As the client gave it; None for a plain field.
        headers: By lower-case name.
    """

    name: str
    file_name: str | None
    content_type: str
    headers: dict[str, str]
    content: bytes


@dataclass(slots=True)
class Form:
    """The parts of a multipart body, in order."""

    parts: list[Part] = field(default_factory=list)

    def all(self, name: str) -> list[Part]:
        """Every part of this name."""
        return [part for part in self.parts if part.name == name]

    def first(self, name: str) -> Part | None:
        """The first part of this name."""
        return next((part for part in self.parts if part.name == name), None)

    def text(self, name: str) -> str | None:
        """The first part of this name as text.

        Raises:
            Problem: It is no UTF-8.
        """
        part = self.first(name)
        if part is None:
            return None
        try:
            return part.content.decode()
        except UnicodeDecodeError:
            raise invalid(f"Expected part '{name}' to be UTF-8 text") from None


class _Reader:
    """Gathers what the push parser finds."""

    def __init__(self) -> None:
        self.form = Form()
        self._headers: dict[str, str] = {}
        self._disposition = b""
        self._name = bytearray()
        self._value = bytearray()
        self._content = bytearray()
        self._header_bytes = 0

    def part_begin(self) -> None:
        if len(self.form.parts) >= FORM_PARTS_MAX:
            raise of_status(413, f"Expected at most {FORM_PARTS_MAX} parts in the request")
        self._headers, self._disposition = {}, b""
        self._content = bytearray()
        self._header_bytes = 0

    def header_field(self, data: bytes, start: int, end: int) -> None:
        self._count(end - start)
        self._name += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self._count(end - start)
        self._value += data[start:end]

    def header_end(self) -> None:
        name = self._name.decode("latin-1").lower()
        self._headers[name] = self._value.decode("utf-8", "replace")
        if name == "content-disposition":
            self._disposition = bytes(self._value)
        self._name, self._value = bytearray(), bytearray()

    def part_data(self, data: bytes, start: int, end: int) -> None:
        self._content += data[start:end]

    def part_end(self) -> None:
        _, options = parse_options_header(self._disposition)
        name = options.get(b"name")
        if name is None:
            raise invalid("Expected every part of the request to have a name")
        file_name = options.get(b"filename")
        self.form.parts.append(
            Part(
                name.decode("utf-8", "replace"),
                None if file_name is None else file_name.decode("utf-8", "replace"),
                self._headers.get("content-type", ""),
                self._headers,
                bytes(self._content),
            )
        )

    def _count(self, size: int) -> None:
        self._header_bytes += size
        if self._header_bytes > HEADER_BYTES_MAX:
            raise of_status(413, f"Expected the headers of a part to have at most {HEADER_BYTES_MAX} bytes")


def parse_form(content_type: bytes, body: bytes) -> Form:
    """Take a multipart body apart.

    Raises:
        Problem: It is none, is broken, or exceeds a limit.
    """
    media_type, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if media_type != b"multipart/form-data" or not boundary:
        shown = content_type.decode("latin-1")[:100]
        raise of_status(415, f"Content-Type '{shown}' is not supported. Expected 'multipart/form-data' with a boundary")
    reader = _Reader()
    try:
        parser = MultipartParser(
            boundary,
            {
                "on_part_begin": reader.part_begin,
                "on_header_field": reader.header_field,
                "on_header_value": reader.header_value,
                "on_header_end": reader.header_end,
                "on_part_data": reader.part_data,
                "on_part_end": reader.part_end,
            },
        )
        parser.write(body)
        parser.finalize()
    except Problem:
        raise
    except (FormParserError, ValueError, AssertionError) as error:
        raise of_status(400, f"Failed to parse multipart request: {error}") from None
    return reader.form
