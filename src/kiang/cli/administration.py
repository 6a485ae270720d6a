"""What the commands about users, groups, roles, tenants and grants ask of the engine."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote

from kiang.cli.output import print_json, print_table

PAGE_ITEMS = 1_000
"""Entries that a list shows at most; who has more searches over REST."""


def administer(
    rest_address: str | None, timeout_s: float, method: str, *path: str, body: dict[str, Any] | None = None
) -> Any:
    """The answer of one operation as JSON; None if it has none.

    Args:
        rest_address: See `options.RestAddress`.
        timeout_s: How long to wait.
        method: Of HTTP.
        path: Its parts, as they are.
        body: Of the request.
    """
    import msgspec  # noqa: PLC0415 - `--help` does without

    from kiang.client.request import Administer  # noqa: PLC0415 - as above
    from kiang.client.rest import RestTransport  # noqa: PLC0415
    from kiang.client.settings import ClientSettings  # noqa: PLC0415

    request = Administer(
        method=method,
        path="".join(f"/{quote(part, safe='')}" for part in path),
        body="" if body is None else msgspec.json.encode(body).decode(),
    )

    async def send() -> bytes:
        transport = RestTransport(ClientSettings.read(rest_address=rest_address))
        try:
            return await transport.call(request, timeout_s=timeout_s)
        finally:
            await transport.aclose()

    answer = asyncio.run(send())
    return msgspec.json.decode(answer) if answer else None


def print_found(title: str, found: dict[str, Any], columns: dict[str, str], *, as_json: bool) -> None:
    """A page of a search.

    Args:
        title: What was searched, for the heading.
        found: The page.
        columns: Heading to the name in the items.
        as_json: For programs.
    """
    if as_json:
        print_json(found)
        return
    rows = [tuple(_shown(item.get(name)) for name in columns.values()) for item in found["items"]]
    print_table(f"{title}: {len(rows)} of {found['page']['totalItems']}", tuple(columns), rows, empty="There are none.")


def _shown(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value or "")
