"""Forgetting: rows of process instances that have ended, and what they have brought with them.

Nothing of this goes through the engine: it never looks at an instance that has ended, and rows that are gone are simply not found.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from kiang.engine.state.audit_entry import AUDIT_ENTRIES
from kiang.engine.state.decision import DECISION_INSTANCES
from kiang.engine.state.process_instance import PROCESS_INSTANCES, ProcessInstance
from kiang.engine.state.statistics import (
    ASSIGNEES,
    HOUR_MS,
    JOB_HOURS,
    JOB_MINUTES,
    MINUTE_MS,
    USAGE_HOURS,
    USAGE_MINUTES,
    row_key,
)
from kiang.engine.state.table import Table
from kiang.engine.state.tables import TABLES
from kiang.store.port import Removal, Store

SCAN_ROWS = 500
"""Rows that are looked at in one query: about a millisecond, for which the engine may have to wait with a query of its own."""

REMOVED_INSTANCES = 50
"""Process instances that are removed in one transaction: some milliseconds, for which commits wait."""

OF_INSTANCES: tuple[Table[Any], ...] = tuple(
    table
    for table in TABLES
    if table is not AUDIT_ENTRIES and any(column.name == "process_instance_key" for column in table.columns)
)
"""Tables whose rows belong to a process instance and go with it. What somebody has done stays when somebody deletes the instance."""

MINUTES_KEPT_MS = 31 * 24 * HOUR_MS
"""Counts are kept per minute so long; then those per hour are all that is left."""

USAGE_KEPT_MS = 730 * 24 * HOUR_MS
"""Counts of usage are kept at least so long: licences are about years."""


def remove_instances(store: Store, keys: Sequence[int]) -> int:
    """Delete process instances that have ended, with everything that belongs to them alone.

    Args:
        store: Where they are.
        keys: Theirs; those that are not there are passed over. Instances that they have called are not among them by themselves.

    Returns:
        How many rows were deleted.
    """
    total = 0
    for at in range(0, len(keys), REMOVED_INSTANCES):
        portion = keys[at : at + REMOVED_INSTANCES]
        removals = [Removal(table, "process_instance_key", portion) for table in OF_INSTANCES]
        total += store.remove([*removals, Removal(PROCESS_INSTANCES, "key", portion)])
    return total


def ended_instances(store: Store, before_ms: int) -> Iterator[list[int]]:
    """Keys of process instances that ended before an instant together with the root instance that they belong to, in portions.

    A called instance stays as long as its root instance, so that the history of a running one is whole.
    """
    last_key = 0
    while True:
        # In the order of keys, which is that of the starts: no index over the ends is needed, which every instance would have to pay for.
        rows = store.select(PROCESS_INSTANCES, [("key", ">", last_key)], ("key",), SCAN_ROWS)
        ended = [row for row in rows if row.ended_at is not None and row.ended_at < before_ms]
        open_roots = _roots_that_stay(store, ended, before_ms)
        if keys := [row.key for row in ended if row.root_process_instance_key not in open_roots]:
            yield keys
        if len(rows) < SCAN_ROWS or rows[-1].started_at >= before_ms:
            return
        last_key = rows[-1].key


def old_evaluations(store: Store, before_ms: int) -> Iterator[list[int]]:
    """Keys of evaluations of decisions that clients asked for before an instant, in portions.

    Those that a process had evaluated go with its instance.
    """
    last_key = 0
    while True:
        rows = store.select(DECISION_INSTANCES, [("key", ">", last_key)], ("key",), SCAN_ROWS)
        old = (row for row in rows if row.process_instance_key == 0 and row.evaluated_at < before_ms)
        if keys := list(dict.fromkeys(row.evaluation_key for row in old)):
            yield keys
        if len(rows) < SCAN_ROWS:
            return
        last_key = rows[-1].key


def remove_evaluations(store: Store, keys: Sequence[int]) -> int:
    """Delete evaluations of decisions; return how many rows were deleted, one for each decision of an evaluation."""
    return store.remove([Removal(DECISION_INSTANCES, "evaluation_key", keys)])


def old_audit_entries(store: Store, before_ms: int) -> Iterator[list[int]]:
    """Keys of entries of the audit log from before an instant whose process instance, if they have one, is not kept any more."""
    last_key = 0
    while True:
        rows = store.select(AUDIT_ENTRIES, [("key", ">", last_key)], ("key",), SCAN_ROWS)
        old = [row for row in rows if row.at < before_ms]
        instances = sorted({row.process_instance_key for row in old} - {0})
        kept = {row.key for row in store.select(PROCESS_INSTANCES, [("key", "in", instances)])} if instances else set()
        if keys := [row.key for row in old if row.process_instance_key not in kept]:
            yield keys
        if len(old) < SCAN_ROWS:
            return
        last_key = rows[-1].key


def old_counts(store: Store, now_ms: int, kept_ms: int | None) -> Iterator[Removal]:
    """Counts of jobs and usage that are not needed any more, in portions.

    Args:
        store: Where they are.
        now_ms: Epoch ms.
        kept_ms: How long process instances are kept after their end; None for ever.
    """
    minutes_ms = MINUTES_KEPT_MS if kept_ms is None else min(MINUTES_KEPT_MS, kept_ms)
    usage_ms = None if kept_ms is None else max(USAGE_KEPT_MS, kept_ms)
    spans: tuple[tuple[Table[Any], int, int | None], ...] = (
        (JOB_MINUTES, MINUTE_MS, minutes_ms),
        (USAGE_MINUTES, MINUTE_MS, minutes_ms),
        (JOB_HOURS, HOUR_MS, kept_ms),
        (USAGE_HOURS, HOUR_MS, usage_ms),
        (ASSIGNEES, HOUR_MS, usage_ms),
    )
    for table, unit_ms, span_ms in spans:
        if span_ms is None:
            continue
        before = row_key(now_ms - span_ms, unit_ms)
        while rows := store.select(table, [("key", "<", before)], ("key",), SCAN_ROWS):
            yield Removal(table, "key", [row.key for row in rows])


def _roots_that_stay(store: Store, ended: Sequence[ProcessInstance], before_ms: int) -> set[int]:
    roots = {row.root_process_instance_key for row in ended if row.root_process_instance_key not in {0, row.key}}
    if not roots:
        return set()
    rows = store.select(PROCESS_INSTANCES, [("key", "in", sorted(roots))])
    return {row.key for row in rows if row.ended_at is None or row.ended_at >= before_ms}
