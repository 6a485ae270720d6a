"""Requests that a page of somebody else makes with the browser of somebody who may reach this server.

A browser sends what any page asks for, with the password that it knows, and to servers that only this machine reaches. The page
may not read the answer, but the request has been carried out. Three signs tell such requests:

* `Sec-Fetch-Site`, which browsers send to this machine and over TLS;
* `Origin`, which they send with every request that changes something, also where there is no `Sec-Fetch-Site`;
* `Host`: a page may have its own name lead to this machine once it is loaded ("DNS rebinding"), and then counts as a page of this
  server, also for the browser. On a server that only this machine reaches and that asks nobody who they are, requests have to
  name this machine, by address or as `localhost`.
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import Any

_FOREIGN_SITES = frozenset({b"cross-site", b"same-site"})
_READING = frozenset({"GET", "HEAD"})

FOREIGN_PAGE = "Expected a request of a program or of a page of this server, but it comes from a page of another site"
FOREIGN_NAME = (
    "Expected the request to name this machine, by address or as localhost, but it names '{}': the server listens for this"
    " machine alone and asks nobody who they are"
)
_NAME_CHARACTERS_SHOWN = 100
_NAMES_REMEMBERED = 64


def is_loopback(host: str) -> bool:
    """Whether an address to listen at is one that this machine alone can reach."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def foreign_request(scope: Any, *, is_private: bool) -> str | None:
    """Why a request must not be carried out; None if it may be.

    Args:
        scope: Of the request (ASGI).
        is_private: The server listens for this machine alone and asks nobody who they are.
    """
    is_reading = scope["method"] in _READING
    if is_reading and not is_private:
        return None
    host = site = origin = b""
    for name, value in scope["headers"]:
        if name == b"host":
            host = value
        elif name == b"sec-fetch-site":
            site = value
        elif name == b"origin":
            origin = value
    if is_private and host and not _names_this_machine(host):
        return FOREIGN_NAME.format(host.decode("latin-1")[:_NAME_CHARACTERS_SHOWN])
    if is_reading:
        return None
    is_foreign = (
        site in _FOREIGN_SITES if site else bool(origin) and origin.partition(b"://")[2].lower() != host.lower()
    )
    return FOREIGN_PAGE if is_foreign else None


@lru_cache(_NAMES_REMEMBERED)
def _names_this_machine(host: bytes) -> bool:
    """Any address will do: a page's name is never one."""
    name = host.decode("latin-1").lower()
    name = name[1:].partition("]")[0] if name.startswith("[") else name.partition(":")[0]
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
