"""What connectors may reach: the hosts that an operator allows, and whether private addresses are among them.

Whoever connects asks first. HTTP connects to the very address that was checked; where a vendor's library resolves names itself, somebody
who answers for the name could give it another address in between: where that matters, allow hosts by name.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from kiang.connector_sdk.outbound import Resources
from kiang.errors import ConnectorInputError

SETTINGS = "http-settings"
"""Under this name the runtime keeps what its operator allows."""


@dataclass(frozen=True)
class HttpSettings:
    """What an operator allows connectors to reach, over HTTP and otherwise.

    Attributes:
        allowed_hosts: Only these host names and their subdomains; None for all.
        refuse_private: Refuse loopback, private and link-local addresses, also those that a name stands for.
    """

    allowed_hosts: frozenset[str] | None = None
    refuse_private: bool = False

    @property
    def is_open(self) -> bool:
        """Whether everything may be reached."""
        return self.allowed_hosts is None and not self.refuse_private


def settings_of(resources: Resources) -> HttpSettings:
    """What the operator of these resources allows; everything, unless somebody has said so."""
    return resources.get(SETTINGS, HttpSettings)


async def check_host(host: str, resources: Resources) -> None:
    """Returns if a host may be reached.

    Raises:
        ConnectorInputError: The operator does not allow it.
    """
    settings = settings_of(resources)
    _check_name(host, settings)
    if settings.refuse_private:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except OSError:
            return  # connecting will say so
        _check_addresses(host, found)


async def check_hosts(hosts: Iterable[str], resources: Resources) -> None:
    """Returns if all hosts may be reached; see `check_host`."""
    for host in hosts:
        await check_host(host, resources)


def check_host_in_thread(host: str, resources: Resources) -> None:
    """As `check_host`, for code that may block."""
    settings = settings_of(resources)
    _check_name(host, settings)
    if settings.refuse_private:
        try:
            found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except OSError:
            return
        _check_addresses(host, found)


def _check_name(host: str, settings: HttpSettings) -> None:
    if host.startswith("/") and not settings.is_open:
        raise ConnectorInputError("Expected a host that the operator allows, but was a socket of this machine.")
    name = host.rstrip(".").lower()
    if settings.allowed_hosts is not None and not any(
        name == allowed.lower() or name.endswith("." + allowed.lower()) for allowed in settings.allowed_hosts
    ):
        raise ConnectorInputError(f"Expected a host that the operator allows, but was '{host}'.")


def _check_addresses(host: str, found: Sequence[tuple[Any, ...]]) -> None:
    for *_, address in found:
        if not is_public(str(address[0])):
            raise ConnectorInputError(f"Expected a host with a public address, but '{host}' has a private one.")


def is_public(address: str) -> bool:
    """Whether an IP address is one of the internet's."""
    return ipaddress.ip_address(address.partition("%")[0]).is_global
