"""Service task: a job for a worker (engine-semantics §3, §9)."""

from kiang.engine.elements.job_task import JobTask


class ServiceTask(JobTask):
    """A job, always."""
