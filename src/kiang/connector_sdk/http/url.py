"""URLs of requests: what needs encoding is encoded, what is encoded already stays."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote, urlsplit

from kiang.errors import ConnectorInputError

URL_PATTERN = r"^(http://|https://|secrets|\{\{).*$"
"""What an input may be that holds a URL: a placeholder that becomes one, too."""

NO_URL = "Must be a http(s) URL"

_KEPT = "%!$&'()*,;=:@/"
_KEPT_IN_QUERY = _KEPT.replace("=", "") + "+?"
_KEPT_IN_LOCATION = _KEPT + "+?"

_BROKEN_ESCAPE = re.compile(r"%(?![0-9a-fA-F]{2})")
_UNSENDABLE = re.compile(r"[\x00-\x20\x7f]")

Pairs = Iterable[tuple[str, str | None]]


def encoded(url: str) -> str:
    """`url` with every character that may not stand in a URL percent-encoded as UTF-8; the fragment, which is never sent, is gone.

    The query is read as pairs: an empty one is dropped, an empty value leaves the bare name.

    Raises:
        ConnectorInputError: A percent sign is not followed by two hexadecimal digits.
    """
    if _BROKEN_ESCAPE.search(url):
        raise ConnectorInputError(
            "Expected two hexadecimal digits behind each percent sign of the URL; a percent sign itself is written %25."
        )
    parts = urlsplit(url.strip().replace("\t", "%09"))  # urlsplit would drop tabs
    path = quote(parts.path, safe=_KEPT) or "/"
    pairs = [pair.partition("=") for pair in parts.query.split("&")]
    query = "&".join(_in_query(name) + (f"={_in_query(value)}" if value else "") for name, _, value in pairs if name)
    return f"{parts.scheme}://{parts.netloc}{path}{'?' if query else ''}{query}"


def _in_query(text: str) -> str:
    return quote(text, safe=_KEPT_IN_QUERY)


def as_it_is(url: str) -> str:
    """`url` without its fragment and with nothing encoded.

    Raises:
        ConnectorInputError: It holds blanks or control characters, which would end the request line.
    """
    if _UNSENDABLE.search(url):
        raise ConnectorInputError(
            "Expected the URL to be encoded, since skipEncoding is set, but it holds blanks or control characters."
        )
    return url.partition("#")[0]


def with_parameters(url: str, parameters: Pairs) -> str:
    """`url` with parameters behind its query; null makes a bare name."""
    added = "&".join(
        quote(name, safe="") if value is None else f"{quote(name, safe='')}={quote(value, safe='')}"
        for name, value in parameters
    )
    if not added:
        return url
    return f"{url}{'&' if '?' in url else '?'}{added}"


def encoded_location(location: str) -> str:
    """The target of a redirect, absolute or relative, with what may not stand in a URL percent-encoded."""
    return quote(location.partition("#")[0], safe=_KEPT_IN_LOCATION)
