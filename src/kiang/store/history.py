"""Forgetting: rows of process instances that have ended, and what they have brought with them.

Nothing of this goes through the engine: it never looks at an instance that has ended, and rows that are gone are simply not found.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from kiang.engine.state.decision import DECISION_INSTANCES
from kiang.engine.state.process_instance import PROCESS_INSTANCES, ProcessInstance
from kiang.engine.state.table import Table
from kiang.engine.state.tables import TABLES
from kiang.store.port import Removal, Store

SCAN_ROWS = 500
"""Rows that are looked at in one query: about a millisecond, for which the engine may have to wait with a query of its own."""

REMOVED_INSTANCES = 50
"""Process instances that are removed in one transaction: some milliseconds, for which commits wait."""

OF_INSTANCES: tuple[Table[Any], ...] = tuple(
    table for table in TABLES if any(column.name == "process_instance_key" for column in table.columns)
)
"""Tables whose rows belong to a process instance."""


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


def _roots_that_stay(store: Store, ended: Sequence[ProcessInstance], before_ms: int) -> set[int]:
    roots = {row.root_process_instance_key for row in ended if row.root_process_instance_key not in {0, row.key}}
    if not roots:
        return set()
    rows = store.select(PROCESS_INSTANCES, [("key", "in", sorted(roots))])
    return {row.key for row in rows if row.ended_at is None or row.ended_at >= before_ms}
