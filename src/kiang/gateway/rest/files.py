"""Files as they were deployed."""

from __future__ import annotations

from typing import Literal

from kiang.gateway.rest.call import Call
from kiang.gateway.rest.problem import not_found
from kiang.search.statement import Run

Owner = Literal["process_definition", "decision_requirements", "form"]
"""Tables whose rows come from a file."""


def disposition(file_name: str) -> tuple[bytes, bytes]:
    """The header that has a browser save a file under its name instead of showing it."""
    name = file_name.encode("ascii", "replace").decode().replace('"', "'").replace("\\", "_")
    return b"content-disposition", f'attachment; filename="{"".join(c for c in name if c.isprintable())}"'.encode()


NO_SNIFFING = (b"x-content-type-options", b"nosniff")
"""Browsers take the media type as it is given."""


async def read_resource(call: Call, key: int) -> bytes:
    """A stored file.

    Raises:
        Problem: It is not there.
    """

    def read(run: Run) -> bytes | None:
        rows = run("SELECT r.content FROM resource r WHERE r.key = ?", [key])
        return bytes(rows[0][0]) if rows else None

    content = await call.search.read(read)
    if content is None:
        raise not_found(f"The file of the resource with key '{key}' not found")
    return content


async def read_file(call: Call, owner: Owner, key: int) -> bytes:
    """The file that a row of `owner` came from.

    Raises:
        Problem: It is not there.
    """

    def read(run: Run) -> bytes | None:
        statement = f"SELECT r.content FROM {owner} t JOIN resource r ON r.key = t.resource_key WHERE t.key = ?"  # noqa: S608
        rows = run(statement, [key])
        return bytes(rows[0][0]) if rows else None

    content = await call.search.read(read)
    if content is None:
        raise not_found(f"The file of the {owner.replace('_', ' ')} with key '{key}' not found")
    return content
