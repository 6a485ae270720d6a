"""Jobs: one row per job; finished ones stay for searches."""

from __future__ import annotations

from typing import ClassVar

from kiang.engine.state.table import Index, Row, Table
from kiang.protocol.enums import JobKind, JobState, ListenerEventType


class Job(Row):
    """One job.

    Attributes:
        key: Job key.
        element_id: As records show it: `NO_CATCH_EVENT_FOUND` once an error was thrown that nothing caught.
        state: `JobState`.
        kind: `JobKind`.
        listener_event_type: `ListenerEventType`.
        headers: Custom headers as a JSON object.
        deadline: Epoch ms until which it belongs to its worker; None unless it is activated.
        recur_at: Epoch ms at which its back-off ends; None unless it waits for that.
        priority: Higher first (8.10).
        lease_token: Of the activation that it was asked for; "" for none (8.10).
    """

    key: int
    process_instance_key: int
    process_definition_key: int
    element_id: str
    element_instance_key: int
    job_type: str
    state: int
    retries: int
    headers: str
    created_at: int
    kind: int = JobKind.BPMN_ELEMENT
    listener_event_type: int = ListenerEventType.UNSPECIFIED
    worker: str = ""
    deadline: int | None = None
    recur_at: int | None = None
    error_code: str = ""
    error_message: str = ""
    ended_at: int | None = None
    priority: int = 0
    tenant_id: str = "<default>"
    lease_token: str = ""

    MUTABLE: ClassVar[tuple[str, ...]] = (
        "process_definition_key",
        "element_id",
        "state",
        "retries",
        "worker",
        "deadline",
        "recur_at",
        "error_code",
        "error_message",
        "ended_at",
        "priority",
        "lease_token",
    )

    @property
    def is_open(self) -> bool:
        """Whether commands may still find it."""
        return self.state < JobState.COMPLETED


_WITH_ERRORS = (JobState.FAILED, JobState.ERROR_THROWN, JobState.ERROR_CAUGHT, JobState.SUSPENDED)
"""States of jobs that statistics about errors look for."""

JOBS = Table(
    "job",
    Job,
    (
        Index(("process_instance_key",)),
        Index(("job_type", "priority desc", "key"), where=(("state", int(JobState.ACTIVATABLE)),)),
        Index(("deadline", "key"), where=(("state", int(JobState.ACTIVATED)),)),
        Index(("recur_at", "key"), where=(("state", int(JobState.FAILED)),)),
        *(Index(("job_type", "key"), where=(("state", int(state)),)) for state in _WITH_ERRORS),
    ),
)
