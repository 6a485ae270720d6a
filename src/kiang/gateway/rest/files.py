"""Files as they were deployed."""

from __future__ import annotations

from typing import Literal

from kiang.gateway.rest.call import Call
from kiang.gateway.rest.problem import not_found
from kiang.search.statement import Run

Owner = Literal["process_definition", "decision_requirements", "form"]
"""Tables whose rows come from a file."""


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
