"""String functions (DMN 1.5, 10.3.4.3), and Camunda's."""

from __future__ import annotations

import base64
import binascii
import re
import uuid
from typing import Any, Final

from kiang.feel.builtins.patterns import compiled, limited, matches_of
from kiang.feel.builtins.registry import Refused, builtin
from kiang.feel.dialect import Rule
from kiang.feel.evaluation import FatalFailureError, LimitExceededError, Run
from kiang.feel.numbers import Number
from kiang.feel.utf16 import joined_units, utf16_units
from kiang.feel.values import MISSING, TEXT_LENGTH_MAX, Value


@builtin("string length(string: string)", camunda=Rule.LENGTH_IN_CODE_POINTS)
def string_length(run: Run, text: str) -> int:
    """Count the characters."""
    return len(utf16_units(text))


@builtin("string length(string: string)", standard=Rule.LENGTH_IN_CODE_POINTS)
def string_length_by_standard(run: Run, text: str) -> int:
    """Count the characters."""
    return len(text)


@builtin("substring(string: string, start position: number, length?: number)", camunda=Rule.SUPPRESSED_FAILURES)
def substring(run: Run, text: str, start: Number, length: Number = MISSING) -> str:
    """Give a part of a text; positions count from 1, or from the end if they are negative."""
    units = utf16_units(text)
    first = int(start) - 1 if start > 0 else len(units) + int(start)
    end = len(units) if length is MISSING else min(first + int(length), len(units))
    if not 0 <= first <= end:
        raise FatalFailureError(
            f"java.lang.StringIndexOutOfBoundsException: Range [{first}, {end}) out of bounds for length {len(units)}",
            separator=" : ",
        )
    return joined_units(units[first:end])


@builtin("substring(string: string, start position: number, length?: number)", standard=Rule.SUPPRESSED_FAILURES)
def substring_by_standard(run: Run, text: str, start: Number, length: Number = MISSING) -> str | None:
    """Give a part of a text; positions count from 1, or from the end if they are negative."""
    position = int(start)
    if position == 0 or abs(position) > len(text):
        return None
    first = position - 1 if position > 0 else len(text) + position
    if length is MISSING:
        return text[first:]
    return text[first : first + int(length)] if length >= 1 else None


@builtin("upper case(string: string)")
def upper_case(run: Run, text: str) -> str:
    """Give the text in capitals."""
    return text.upper()


@builtin("lower case(string: string)")
def lower_case(run: Run, text: str) -> str:
    """Give the text in small letters."""
    return text.lower()


@builtin("substring before(string: string, match: string)")
def substring_before(run: Run, text: str, match: str) -> str:
    """Give what stands before the first place of a text, nothing if there is none."""
    return text[: max(0, text.find(match))]


@builtin("substring after(string: string, match: string)")
def substring_after(run: Run, text: str, match: str) -> str:
    """Give what stands behind the first place of a text, nothing if there is none."""
    index = text.find(match)
    return text[index + len(match) :] if index >= 0 else ""


@builtin("contains(string: string, match: string)")
def contains(run: Run, text: str, match: str) -> bool:
    """Say whether a text is in the text."""
    return match in text


@builtin("starts with(string: string, match: string)")
def starts_with(run: Run, text: str, match: str) -> bool:
    """Say whether the text begins so."""
    return text.startswith(match)


@builtin("ends with(string: string, match: string)")
def ends_with(run: Run, text: str, match: str) -> bool:
    """Say whether the text ends so."""
    return text.endswith(match)


# Patterns


@builtin("matches(input: string, pattern: string, flags?: string)", camunda=Rule.REGULAR_EXPRESSIONS)
def matches(run: Run, text: str, pattern: str, flags: str = "") -> bool:
    """Say whether a pattern is found."""
    return limited(run, compiled(pattern, flags, java=True).search, text) is not None


@builtin("matches(input: string, pattern: string, flags?: string | null)", standard=Rule.REGULAR_EXPRESSIONS)
def matches_by_standard(run: Run, text: str, pattern: str, flags: str | None = "") -> bool:
    """Say whether a pattern is found."""
    return limited(run, compiled(pattern, _given(flags), java=False).search, text) is not None


def _given(flags: str | None) -> str:
    return flags if type(flags) is str else ""


@builtin(
    "replace(input: string, pattern: string, replacement: string, flags?: string)", camunda=Rule.REGULAR_EXPRESSIONS
)
def replace(run: Run, text: str, pattern: str, replacement: str, flags: str = "") -> str:
    """Put something in the place of every match; `$1` is what the first group matched."""
    return _replaced(run, compiled(pattern, flags, java=True), text, replacement, pattern)


@builtin(
    "replace(input: string, pattern: string, replacement: string, flags?: string | null)",
    standard=Rule.REGULAR_EXPRESSIONS,
)
def replace_by_standard(run: Run, text: str, pattern: str, replacement: str, flags: str | None = "") -> str | None:
    """Put something in the place of every match; `$1` is what the first group matched."""
    search = compiled(pattern, _given(flags), java=False)
    if "q" in _given(flags):
        return _replaced(run, search, text, replacement.replace("\\", "\\\\").replace("$", "\\$"), pattern)
    if limited(run, search.search, "") is not None:
        raise Refused(f"Expected a pattern that needs at least one character, but was '{pattern}'")
    return _replaced(run, search, text, replacement, None)


_REFERENCE: Final = re.compile(r"\\(.)|\$(?:\{(\w+)\}|(\d+))|([\\$])", re.DOTALL)


def _replaced(run: Run, search: Any, text: str, replacement: str, pattern: str | None) -> str:
    """Replace; a group that there is not is refused with the pattern, or without one is nothing."""
    parts = _parts_of(replacement, search.groups, search.groupindex, pattern)
    size = [0]

    def fill(match: Any) -> str:
        filled = "".join(part if type(part) is str else match.group(part) or "" for part in parts)
        size[0] += len(filled)
        if size[0] > TEXT_LENGTH_MAX:
            raise LimitExceededError(f"texts of at most {TEXT_LENGTH_MAX} characters")
        return filled

    return str(limited(run, search.sub, fill, text))


def _parts_of(replacement: str, groups: int, names: dict[str, int], pattern: str | None) -> list[str | int]:
    """Take a replacement apart into texts and numbers of groups."""
    parts: list[str | int] = []
    end = 0
    for match in _REFERENCE.finditer(replacement):
        parts.append(replacement[end : match.start()])
        end = match.end()
        if match[4]:
            raise Refused(f"Invalid pattern '{pattern}'" if pattern else f"Invalid replacement '{replacement}'")
        if match[1]:
            parts.append(match[1])
        elif match[2]:
            if match[2] not in names:
                raise Refused(f"Invalid replacement '{replacement}'")
            parts.append(names[match[2]])
        else:
            parts.extend(_group(match[3], groups, pattern))
    parts.append(replacement[end:])
    return parts


def _group(digits: str, groups: int, pattern: str | None) -> list[str | int]:
    """Take as many digits for the number of a group as there are groups; the others are text."""
    length = len(digits)
    while length > 1 and int(digits[:length]) > groups:
        length -= 1
    number = int(digits[:length])
    if number > groups and pattern is not None:
        raise Refused(f"Invalid pattern '{pattern}'")
    return [number if number <= groups else "", digits[length:]]


@builtin("split(string: string, delimiter: string)", camunda=Rule.REGULAR_EXPRESSIONS)
def split(run: Run, text: str, delimiter: str) -> list[Value]:
    """Cut a text at every match of a pattern."""
    try:
        return _split(run, text, compiled(delimiter, "", java=True), keeps_empty_end=True)
    except Refused:
        raise Refused(f"Invalid pattern for delimiter '{delimiter}'") from None


@builtin("split(string: string, delimiter: string)", standard=Rule.REGULAR_EXPRESSIONS)
def split_by_standard(run: Run, text: str, delimiter: str) -> list[Value]:
    """Cut a text at every match of a pattern."""
    return _split(run, text, compiled(delimiter, "", java=False), keeps_empty_end=False)


def _split(run: Run, text: str, search: Any, *, keeps_empty_end: bool) -> list[Value]:
    run.spend(len(text))
    parts: list[Value] = []
    end = 0
    for match in matches_of(run, search, text):
        if match.end() == 0 or (match.start() == match.end() == len(text) and not keeps_empty_end):
            continue
        parts.append(text[end : match.start()])
        end = match.end()
    parts.append(text[end:])
    return parts


@builtin("extract(input: string, pattern: string)")
def extract(run: Run, text: str, pattern: str) -> list[Value]:
    """Give all matches of a pattern."""
    run.spend(len(text))
    return [match.group() for match in matches_of(run, compiled(pattern, "", java=True), text)]


# Camunda's


@builtin("trim(string: string)")
def trim(run: Run, text: str) -> str:
    """Take blanks and control characters away at both ends."""
    return text.strip("".join(map(chr, range(33))))


@builtin("is blank(string: string)")
def is_blank(run: Run, text: str) -> bool:
    """Say whether a text has nothing but blanks."""
    return not text.strip()


@builtin("uuid()")
def uuid_(run: Run) -> str:
    """Give a new unique text."""
    return str(uuid.uuid4())


@builtin("to base64(value: string)")
def to_base64(run: Run, text: str) -> str:
    """Encode a text."""
    return base64.b64encode(text.encode("utf-8", "replace")).decode("ascii")


@builtin("from base64(value: string)")
def from_base64(run: Run, text: str) -> str:
    """Decode a text."""
    try:
        return base64.b64decode(text, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        raise Refused(f"Expected base64, but was '{text[:100]}'") from None
