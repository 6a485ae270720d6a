"""The steps for an item of each kind of batch operation."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from kiang.protocol.audit import Audit
from kiang.protocol.commands import (
    CancelProcessInstance,
    Command,
    MigrateProcessInstance,
    ModifyActivation,
    ModifyProcessInstance,
    ResolveIncident,
    ResumeProcessInstance,
    SuspendProcessInstance,
    UpdateJob,
    UpdateJobRetries,
)
from kiang.protocol.enums import ElementState
from kiang.search.statement import Run

CANCEL = "CANCEL_PROCESS_INSTANCE"
DELETE = "DELETE_PROCESS_INSTANCE"
DELETE_DECISION = "DELETE_DECISION_INSTANCE"
MIGRATE = "MIGRATE_PROCESS_INSTANCE"
MODIFY = "MODIFY_PROCESS_INSTANCE"
RESOLVE = "RESOLVE_INCIDENT"
RESUME = "RESUME_PROCESS_INSTANCE"
SUSPEND = "SUSPEND_PROCESS_INSTANCE"
UPDATE_JOB = "UPDATE_JOB"


class HistoryRemoval(NamedTuple):
    """Not for the engine: what has ended is deleted from the store."""

    instance_keys: tuple[int, ...] = ()
    evaluation_keys: tuple[int, ...] = ()


Step = Command | HistoryRemoval


class Plan(msgspec.Struct, frozen=True):
    """What an operation needs to know beside the keys of its items.

    Attributes:
        target: Migration: the process definition.
        pairs: Migration: ids of elements, before and after; modification: where to move tokens from and to.
        retries: Jobs: what they get; None to leave them as they are.
        timeout_ms: Jobs: the same.
        priority: Jobs: the same.
        audit: Who has asked for it; None for an operation of an older version.
    """

    target: int = 0
    pairs: tuple[tuple[str, str], ...] = ()
    retries: int | None = None
    timeout_ms: int | None = None
    priority: int | None = None
    audit: Audit | None = None


encode_plan = msgspec.json.Encoder().encode
decode_plan = msgspec.json.Decoder(Plan).decode


def _cancel(key: int, plan: Plan, run: Run) -> list[Step]:  # noqa: ARG001 - the signature of kinds
    return [CancelProcessInstance(key)]


def _delete(key: int, plan: Plan, run: Run) -> list[Step]:  # noqa: ARG001
    return [HistoryRemoval(instance_keys=(key,))]


def _delete_decision(key: int, plan: Plan, run: Run) -> list[Step]:  # noqa: ARG001
    return [HistoryRemoval(evaluation_keys=(key,))]


def _suspend(key: int, plan: Plan, run: Run) -> list[Step]:  # noqa: ARG001
    return [SuspendProcessInstance(key)]


def _resume(key: int, plan: Plan, run: Run) -> list[Step]:  # noqa: ARG001
    return [ResumeProcessInstance(key)]


def _resolve(key: int, plan: Plan, run: Run) -> list[Step]:  # noqa: ARG001
    """A job without retries gets one, or it could not go on."""
    jobs = run("SELECT j.key FROM incident i JOIN job j ON j.key = i.job_key WHERE i.key = ? AND j.retries <= 0", [key])
    return [*(UpdateJobRetries(job, 1) for (job,) in jobs), ResolveIncident(key)]


def _migrate(key: int, plan: Plan, run: Run) -> list[Step]:  # noqa: ARG001
    return [MigrateProcessInstance(key, plan.target, plan.pairs)]


def _update_job(key: int, plan: Plan, run: Run) -> list[Step]:  # noqa: ARG001
    return [UpdateJob(key, retries=plan.retries, timeout_ms=plan.timeout_ms, priority=plan.priority)]


def _modify(key: int, plan: Plan, run: Run) -> list[Step]:
    activate: list[ModifyActivation] = []
    terminate: list[int] = []
    for source, target in plan.pairs:
        rows = run(
            "SELECT e.key FROM element_instance e WHERE e.process_instance_key = ? AND e.element_id = ? AND e.state < ?",
            [key, source, int(ElementState.COMPLETED)],
        )
        terminate += [row[0] for row in rows]
        activate += [ModifyActivation(target) for _ in rows]
    return [ModifyProcessInstance(key, tuple(activate), tuple(terminate))]


STEPS: dict[str, Callable[[int, Plan, Run], list[Step]]] = {
    CANCEL: _cancel,
    DELETE: _delete,
    DELETE_DECISION: _delete_decision,
    MIGRATE: _migrate,
    MODIFY: _modify,
    RESOLVE: _resolve,
    RESUME: _resume,
    SUSPEND: _suspend,
    UPDATE_JOB: _update_job,
}
