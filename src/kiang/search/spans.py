"""Counts within a span of time: which rows of `engine.state.statistics` make it up.

Whole hours are taken from the rows per hour, the rest from those per minute, so that a month is a few thousand rows. What is within a
minute of an end of the span is told apart as far as the rows allow: a count whose last event lies outside is left out.
"""

# ruff: noqa: S608 - names come from declarations alone; instants are integers, tenants are quoted

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from kiang.engine.state.statistics import HOUR_MS, MINUTE_MS, ORDINAL_BITS, row_key
from kiang.engine.state.table import Table
from kiang.store.schema import literal


@dataclass(frozen=True, slots=True)
class Span:
    """A span of time, both ends included.

    Attributes:
        from_ms: Epoch ms.
        to_ms: Epoch ms.
        minutes_from_ms: Before that there are rows per hour alone.
        whole_hours: Hours may be taken as wholes.
    """

    from_ms: int
    to_ms: int
    minutes_from_ms: int
    whole_hours: bool = True


@dataclass(frozen=True, slots=True)
class Counts:
    """A pair of tables that hold the same counts.

    Attributes:
        columns: What they are about.
        counts: Each count with the instant of the last event in it.
    """

    minutes: Table[Any]
    hours: Table[Any]
    columns: tuple[str, ...]
    counts: tuple[tuple[str, str], ...]


def rows_within(span: Span, counts: Counts, tenant_ids: Iterable[str] | None) -> str:
    """A query for the rows of a span, with a column `key` that tells all of them apart and a column `start` in epoch ms.

    Args:
        span: When.
        counts: Of what.
        tenant_ids: Whose; None for everybody's.
    """
    tenants = "" if tenant_ids is None else f" AND tenant_id IN ({', '.join(map(literal, sorted(tenant_ids)))})"
    parts = [_part(counts, at, until, unit_ms, tenants, span) for at, until, unit_ms in _pieces(span)]
    if span.to_ms >= span.from_ms and span.to_ms % MINUTE_MS == 0:
        # What happened at the very end is in a row that begins with it.
        ended = " AND ".join(f"{instant} <= {span.to_ms}" for _, instant in counts.counts)
        parts.append(_part(counts, span.to_ms, span.to_ms + MINUTE_MS, MINUTE_MS, f"{tenants} AND {ended}", span))
    if not parts:
        parts.append(_part(counts, 0, 0, MINUTE_MS, tenants, span))
    return " UNION ALL ".join(parts)


def _pieces(span: Span) -> list[tuple[int, int, int]]:
    """Beginning, end (not included) and unit of the pieces that make up a span."""
    begin = span.from_ms - span.from_ms % MINUTE_MS
    end = -(-span.to_ms // MINUTE_MS) * MINUTE_MS
    if begin >= end:
        return []
    known = min(max(span.minutes_from_ms - span.minutes_from_ms % HOUR_MS, begin - begin % HOUR_MS), end)
    pieces: list[tuple[int, int, int]] = []
    if begin < known:  # minutes are forgotten: the hours that they were in stand for them
        pieces.append((begin - begin % HOUR_MS, -(-known // HOUR_MS) * HOUR_MS, HOUR_MS))
        begin = known
    first, last = -(-begin // HOUR_MS) * HOUR_MS, end - end % HOUR_MS
    if not span.whole_hours or first >= last:
        pieces.append((begin, end, MINUTE_MS))
    else:
        pieces += [(begin, first, MINUTE_MS), (first, last, HOUR_MS), (last, end, MINUTE_MS)]
    return [piece for piece in pieces if piece[0] < piece[1]]


def _part(counts: Counts, at: int, until: int, unit_ms: int, also: str, span: Span) -> str:
    table, is_hour = (counts.hours, 1) if unit_ms == HOUR_MS else (counts.minutes, 0)
    is_edge = at < span.from_ms
    shown = [
        *counts.columns,
        *(
            f"CASE WHEN {instant} < {span.from_ms} THEN 0 ELSE {count} END AS {count}" if is_edge else count
            for count, instant in counts.counts
        ),
        *dict.fromkeys(instant for _, instant in counts.counts),
    ]
    return (
        f"SELECT key * 2 + {is_hour} AS key, (key >> {ORDINAL_BITS}) * {unit_ms} AS start, {', '.join(shown)} FROM {table.name}"
        f" WHERE key >= {row_key(at, unit_ms)} AND key < {row_key(until, unit_ms)}{also}"
    )
