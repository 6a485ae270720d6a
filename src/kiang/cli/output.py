"""What commands print: tables and sentences for people, JSON for programs."""

from __future__ import annotations

import sys
from collections.abc import Container, Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

COLUMNS_WITHOUT_TERMINAL = 1_000
"""Width of tables that go into a file or a pipe, so that nothing is cut."""
COLUMNS_WIDE = 120
"""Narrower terminals get the columns that matter most."""


def console(*, stderr: bool = False) -> Console:
    """A console that knows whether it is a terminal."""
    from rich.console import Console  # noqa: PLC0415 - `--json` and `--help` do without

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else COLUMNS_WITHOUT_TERMINAL
    return Console(stderr=stderr, width=width, highlight=False, emoji=False)  # `:email:` is part of a job type


def print_json(value: Any) -> None:
    """One JSON document, indented on a terminal. Keys of entities are texts: many programs cannot hold 64-bit integers."""
    import msgspec  # noqa: PLC0415 - `--help` does without

    text = msgspec.json.encode(keys_as_text(value))
    if sys.stdout.isatty():
        text = msgspec.json.format(text, indent=2)
    sys.stdout.write(text.decode() + "\n")


def keys_as_text(value: Any) -> Any:
    """The value in plain types, names in camel case as in REST v2, keys as texts."""
    import msgspec  # noqa: PLC0415 - as above

    if isinstance(value, msgspec.Raw):
        return value
    plain = value if isinstance(value, dict) else msgspec.to_builtins(value, str_keys=True)
    if isinstance(plain, dict):
        return {
            _camel(name): str(item) if _is_key(name, item) else keys_as_text(item) if name != "variables" else item
            for name, item in plain.items()
        }
    if isinstance(plain, (list, tuple)):
        return [keys_as_text(item) for item in plain]
    return plain


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)


def _is_key(name: str, item: Any) -> bool:
    return isinstance(item, int) and not isinstance(item, bool) and name.lower().endswith("key")


def print_table(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    empty: str,
    wide_only: Container[str] = (),
) -> None:
    """A table, or the sentence `empty`.

    Args:
        wide_only: Columns that a narrow terminal does without.
    """
    from rich.table import Table  # noqa: PLC0415 - as above

    rows = list(rows)
    out = console()
    if not rows:
        out.print(empty)
        return
    shown = [place for place, column in enumerate(columns) if out.width >= COLUMNS_WIDE or column not in wide_only]
    table = Table(title=title, title_justify="left", header_style="bold")
    for place in shown:
        column = columns[place]
        is_number = column in _NUMBERS
        table.add_column(column, justify="right" if is_number else "left", no_wrap=is_number, overflow="fold")
    for row in rows:
        table.add_row(*(_cell(row[place]) for place in shown))
    out.print(table)


_NUMBERS = frozenset({"key", "instance", "version", "retries", "job", "count"})


def _cell(value: object) -> str:
    from rich.markup import escape  # noqa: PLC0415 - as above

    if value is None:
        return ""
    if isinstance(value, datetime):
        return age(value)
    return escape(str(value))


def age(moment: datetime) -> str:
    """How long ago, in the largest unit that says something."""
    seconds = max((datetime.now(UTC) - moment).total_seconds(), 0)
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit} ago"
    return f"{seconds:.0f} s ago"
