"""CompleteJob (engine-semantics §3.5, §5)."""

from __future__ import annotations

from kiang.engine.processing import Processing
from kiang.engine.processors.lookup import job_to
from kiang.protocol.answers import Done
from kiang.protocol.commands import CompleteElement, CompleteJob, ContinueElement
from kiang.protocol.enums import JobKind
from kiang.protocol.events import JobCompleted, ListenerCompleted


def complete_job(p: Processing, command: CompleteJob) -> Done:
    """The job is done: its element is left, or goes on with its next listener."""
    job = job_to(p, command.job_key, "complete")
    element_key = job.element_instance_key
    p.emit(JobCompleted(job.key))
    if job.kind == JobKind.BPMN_ELEMENT:
        p.enqueue(CompleteElement(element_key, command.variables))
    else:
        p.emit(ListenerCompleted(element_key))
        p.enqueue(ContinueElement(element_key, command.variables))
    return Done(job.key)
