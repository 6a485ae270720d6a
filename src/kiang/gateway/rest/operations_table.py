"""The table of operations in `docs/reference/rest-operations.md`; `python -m kiang.gateway.rest.operations_table` prints it."""

from __future__ import annotations

from kiang.gateway.rest.catalogue import CATALOGUE
from kiang.gateway.rest.operation import Operation
from kiang.gateway.rest.resources import OPERATIONS

HEAD = """\
# REST operations

Made from the code by `python -m kiang.gateway.rest.operations_table`; a test keeps it current.

The API is the Orchestration Cluster REST API v2 of Camunda 8. "Since" is its first version that has the operation.
An operation that is not supported answers 501 and says so by its name. Searches are strongly consistent: what a command has
answered is in the next search, without waiting.

"""


def table() -> str:
    """The document."""
    supported: dict[tuple[str, str], Operation] = {(o.method, o.path): o for o in OPERATIONS}
    rows = []
    for entry in sorted(CATALOGUE, key=lambda entry: (entry.path, entry.method)):
        operation = supported.pop((entry.method, entry.path), None)
        root = "" if entry.path.startswith("/cluster/") else "/v2"
        answer = "no" if operation is None else "yes"
        rows.append(f"| {entry.id} | `{entry.method} {root}{entry.path}` | {entry.since} | {answer} |")
    own = [
        f"| {operation.id} | `{operation.method} /v2{operation.path}` | {operation.summary} |"
        for operation in supported.values()
    ]
    count = sum(row.endswith("| yes |") for row in rows)
    lines = [
        HEAD + f"{count} of {len(rows)} operations are supported.",
        "",
        "| operation | method and path | since | supported |",
        "|---|---|---|---|",
        *rows,
        "",
        "Beyond that API:",
        "",
        "| operation | method and path | what it does |",
        "|---|---|---|",
        *own,
        "",
        "Older clients find topology and user tasks below `/v1` too.",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(), end="")  # noqa: T201 - its purpose
