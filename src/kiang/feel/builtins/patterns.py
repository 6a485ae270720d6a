"""Regular expressions of FEEL: XPath's by the standard, Java's in Camunda's engine; both run with a time limit.

They are translated to the syntax of the `regex` module (its version 1, which has sets within sets), as far as they differ.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

import regex  # type: ignore[import-untyped,unused-ignore]

from kiang.feel.builtins.registry import Refused
from kiang.feel.evaluation import SEARCH_S_MAX, LimitExceededError, Run

PATTERN_LENGTH_MAX: Final = 10_000
"""Characters of a pattern."""
_CACHE_SIZE: Final = 512
TIMEOUT_S_MIN: Final = 0.001
"""No time limit can be zero, which would be none."""

_FLAGS: Final = {"s": regex.DOTALL, "m": regex.MULTILINE, "i": regex.IGNORECASE, "x": 0, "q": 0}
_JAVA_CLASSES: Final = {
    "d": "0-9", "w": "a-zA-Z_0-9", "s": r"\t\n\x0b\f\r\x20", "h": r"\x20\t\xA0\u1680\u180e\u2000-\u200a\u202f\u205f\u3000",
}  # fmt: skip
_XPATH_CLASSES: Final = {
    "i": (
        r"_:A-Za-z\xC0-\xD6\xD8-\xF6\xF8-\u02FF\u0370-\u037D\u037F-\u1FFF\u200C-\u200D\u2070-\u218F"
        r"\u2C00-\u2FEF\u3001-\uD7FF\uF900-\uFDCF\uFDF0-\uFFFD"
    ),
    "c": (
        r"\-._:A-Za-z0-9\xB7\xC0-\xD6\xD8-\xF6\xF8-\u037D\u037F-\u1FFF\u200C-\u200D\u203F-\u2040"
        r"\u2070-\u218F\u2C00-\u2FEF\u3001-\uD7FF\uF900-\uFDCF\uFDF0-\uFFFD"
    ),
    "d": r"\p{Nd}",
    "s": r"\x20\t\n\r",
}
_LINE_ENDS_JAVA: Final = r"[^\n\r\u0085\u2028\u2029]"
_LINE_ENDS_XPATH: Final = r"[^\n\r]"
_XPATH_ESCAPES: Final = frozenset("nrtpPdDsSwWiIcC\\|.?*+(){}-[]^$")


@lru_cache(maxsize=_CACHE_SIZE)
def compiled(pattern: str, flags: str, *, java: bool) -> Any:
    """Make a pattern ready.

    Raises:
        Refused: It is no pattern, or the flags are none.
    """
    if len(pattern) > PATTERN_LENGTH_MAX:
        raise LimitExceededError(f"patterns of at most {PATTERN_LENGTH_MAX} characters")
    options = regex.VERSION1
    for flag in flags:
        if flag not in _FLAGS:
            if java:
                continue
            raise Refused(f"Invalid flags '{flags}'")
        options |= _FLAGS[flag]
    try:
        if "q" in flags and not java:
            return regex.compile(regex.escape(pattern), options)
        return regex.compile(_Translation(pattern, flags, java=java).result(), options)
    except (regex.error, RecursionError, OverflowError, ValueError, KeyError, IndexError, TypeError) as error:
        raise Refused(f"Invalid pattern '{pattern}'") from error


class _Translation:
    def __init__(self, pattern: str, flags: str, *, java: bool) -> None:
        self.pattern = _without_blanks(pattern) if "x" in flags and not java else pattern
        self.java = java
        self.has_comments = "x" in flags and java
        self.dot_is_all = "s" in flags
        self.many_lines = "m" in flags
        self.classes = _JAVA_CLASSES if java else _XPATH_CLASSES
        self.position = 0
        self.out: list[str] = []

    def result(self) -> str:
        depth = 0
        while self.position < len(self.pattern):
            char = self.pattern[self.position]
            if char == "\\":
                self._escape(in_class=depth > 0)
                continue
            if depth:
                depth = self._in_class(char, depth)
            elif char == "[":
                depth = self._open_class()
            else:
                self._outside(char)
        if depth:
            raise ValueError(self.pattern)
        return "".join(self.out)

    def _outside(self, char: str) -> None:
        self.position += 1
        if self.has_comments:
            if char.isspace():
                return
            if char == "#":
                end = self.pattern.find("\n", self.position)
                self.position = len(self.pattern) if end < 0 else end
                return
        if char == "." and not self.dot_is_all:
            char = _LINE_ENDS_JAVA if self.java else _LINE_ENDS_XPATH
        elif char == "$" and not self.many_lines:
            char = r"(?=\r?\n?\Z)" if self.java else r"\Z"
        elif char == "(" and not self.java and self.pattern.startswith("?", self.position):
            if not self.pattern.startswith("?:", self.position):
                raise ValueError(self.pattern)
        elif char == "]":
            if not self.java:
                raise ValueError(self.pattern)
            char = r"\]"
        elif char in "{}" and self.java and char == "}":
            char = "}"
        self.out.append(char)

    def _open_class(self) -> int:
        self.position += 1
        self.out.append("[")
        if self.pattern.startswith("^", self.position):
            self.position += 1
            self.out.append("^")
        if self.pattern.startswith("]", self.position):
            if not self.java:
                raise ValueError(self.pattern)
            self.position += 1
            self.out.append(r"\]")
        return 1

    def _in_class(self, char: str, depth: int) -> int:
        pattern, position = self.pattern, self.position
        if char == "]":
            self.position += 1
            self.out.append("]")
            return depth - 1
        if char == "[":
            if self.java:
                return depth + self._open_class()
            raise ValueError(pattern)
        if char == "-" and pattern.startswith("[", position + 1) and not self.java:
            self.position += 1
            self.out.append("--")
            return depth + self._open_class()
        if self.java and pattern.startswith("&&", position):
            self.position += 2
            self.out.append("&&")
            return depth
        self.position += 1
        self.out.append("\\" + char if char in "&|~-#" and not self._is_range_dash(char) else char)
        return depth

    def _is_range_dash(self, char: str) -> bool:
        """Say whether a dash that was just read stands between two ends."""
        before = self.pattern[self.position - 2]
        after = self.pattern[self.position] if self.position < len(self.pattern) else "]"
        return char == "-" and before not in "[^" and after != "]"

    def _escape(self, *, in_class: bool) -> None:
        if self.position + 1 >= len(self.pattern):
            raise ValueError(self.pattern)
        char = self.pattern[self.position + 1]
        self.position += 2
        lower = char.lower()
        if lower in self.classes and char.isalpha():
            members = self.classes[lower]
            negated = char.isupper()
            if negated:
                self.out.append(f"[^{members}]")
            else:
                self.out.append(members if in_class else f"[{members}]")
            return
        if char == "w" and not self.java:
            self.out.append(r"[^\p{P}\p{Z}\p{C}]")
            return
        if char == "W" and not self.java:
            self.out.append(r"[\p{P}\p{Z}\p{C}]")
            return
        if lower == "p" and self.pattern.startswith("{Is", self.position):
            end = self.pattern.index("}", self.position)
            name = self.pattern[self.position + 3 : end]
            self.position = end + 1
            prefix = (
                "Script=" if self.java and name in {"Latin", "Greek", "Cyrillic", "Arabic", "Han", "Hebrew"} else ""
            )
            block = name if prefix else f"In{name}"
            self.out.append(
                f"\\{char}{{{prefix}{block}}}"
                if not (self.java and name == "Alphabetic")
                else f"\\{char}{{Alphabetic}}"
            )
            return
        if char == "Q" and self.java:
            end = self.pattern.find("\\E", self.position)
            end = len(self.pattern) if end < 0 else end
            self.out.append(regex.escape(self.pattern[self.position : end]))
            self.position = min(len(self.pattern), end + 2)
            return
        if char in "zZ" and self.java:
            self.out.append(r"\Z" if char == "z" else r"(?=\r?\n?\Z)")
            return
        if not self.java and not (char in _XPATH_ESCAPES or (char.isdigit() and char != "0" and not in_class)):
            raise ValueError(self.pattern)
        self.out.append("\\" + char)


def _without_blanks(pattern: str) -> str:
    """Take blanks away, as XPath's flag x does, except within classes."""
    kept: list[str] = []
    depth = 0
    for index, char in enumerate(pattern):
        escaped = index > 0 and pattern[index - 1] == "\\" and (len(kept) < 2 or kept[-2] != "\\")
        if not escaped:
            depth += (char == "[") - (char == "]")
        if depth > 0 or char not in " \t\n\r":
            kept.append(char)
    return "".join(kept)


def limited(run: Run, operation: Callable[..., Any], *arguments: Any) -> Any:
    """Search within the time that the evaluation has left for it.

    Raises:
        LimitExceededError: It took too long.
    """
    start = time.perf_counter()
    try:
        return operation(*arguments, timeout=run.search_s)
    except TimeoutError:
        raise LimitExceededError(f"patterns that are searched within {SEARCH_S_MAX} s") from None
    finally:
        run.search_s = max(TIMEOUT_S_MIN, run.search_s - (time.perf_counter() - start))


def matches_of(run: Run, search: Any, text: str) -> list[Any]:
    """Find all matches, as `limited` does."""
    return limited(run, lambda **timeout: list(search.finditer(text, **timeout)))  # type: ignore[no-any-return]
