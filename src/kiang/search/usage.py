"""What the installation is used for in a span of time."""

# ruff: noqa: S608 - names come from declarations alone; instants are integers, tenants are quoted

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from kiang.engine.state.statistics import ASSIGNEES, HOUR_MS, USAGE_HOURS, USAGE_MINUTES, row_key
from kiang.search.spans import Counts, Span, rows_within
from kiang.search.statement import Run
from kiang.store.schema import literal

COUNTS = Counts(USAGE_MINUTES, USAGE_HOURS, ("tenant_id",), (("instances", "counted_at"), ("decisions", "counted_at")))


class Usage(NamedTuple):
    """Usage of one tenant or of all.

    Attributes:
        instances: Root process instances that were created.
        decisions: Evaluations of decisions.
        assignees: People to whom user tasks were assigned.
    """

    instances: int = 0
    decisions: int = 0
    assignees: int = 0


def usage(span: Span, tenant_ids: Iterable[str] | None, run: Run) -> tuple[Usage, dict[str, Usage]]:
    """Usage of all tenants together, and of each that has any.

    Args:
        span: When.
        tenant_ids: Which tenants; None for all.
        run: Executes the statements.
    """
    ids = None if tenant_ids is None else frozenset(tenant_ids)
    rows = rows_within(span, COUNTS, ids)
    counted = run(f"SELECT tenant_id, SUM(instances), SUM(decisions) FROM ({rows}) GROUP BY tenant_id", [])
    tenants = "" if ids is None else f" AND tenant_id IN ({', '.join(map(literal, sorted(ids)))})"
    people = (
        f"FROM {ASSIGNEES.name} WHERE key >= {row_key(span.from_ms, HOUR_MS)}"
        f" AND key < {row_key(span.to_ms + HOUR_MS, HOUR_MS)}"
        f" AND first_at <= {span.to_ms} AND last_at >= {span.from_ms}{tenants}"
    )
    assigned: dict[str, int] = dict(run(f"SELECT tenant_id, COUNT(DISTINCT assignee) {people} GROUP BY tenant_id", []))
    ((all_assigned,),) = run(f"SELECT COUNT(DISTINCT assignee) {people}", [])
    found = {
        tenant_id: Usage(instances, decisions, assigned.get(tenant_id, 0))
        for tenant_id, instances, decisions in counted
        if instances or decisions
    }
    for tenant_id, count in assigned.items():
        found.setdefault(tenant_id, Usage(assignees=count))
    total = Usage(
        sum(one.instances for one in found.values()), sum(one.decisions for one in found.values()), all_assigned
    )
    return total, dict(sorted(found.items()))
