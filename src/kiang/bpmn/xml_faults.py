"""The words for XML that is not well-formed, as clients of Zeebe know them."""

from __future__ import annotations

from collections.abc import Sequence
from xml.parsers import expat

from xml.parsers.expat import errors as codes


def message(error: expat.ExpatError, content: bytes, open_tags: Sequence[str]) -> str:
    """What is wrong with the file.

    Args:
        error: The parser's own words.
        content: The whole file.
        open_tags: Names of the tags that were open at the fault, outermost first.
    """
    return expat.ErrorString(error.code)
