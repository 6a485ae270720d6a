"""URLs of requests: what needs encoding is encoded, what is encoded already stays."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote, urlsplit

_KEPT = "%!$&'()*+,;=:@/"
_KEPT_IN_QUERY = _KEPT + "?"

Pairs = Iterable[tuple[str, str | None]]


def encoded(url: str) -> str:
    """`url` with every character that may not stand in a URL percent-encoded as UTF-8; the fragment, which is never sent, is gone."""
    parts = urlsplit(url)
    path = quote(parts.path, safe=_KEPT) or "/"
    query = f"?{quote(parts.query, safe=_KEPT_IN_QUERY)}" if parts.query else ""
    return f"{parts.scheme}://{parts.netloc}{path}{query}"


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
    return quote(location.partition("#")[0], safe=_KEPT_IN_QUERY)
