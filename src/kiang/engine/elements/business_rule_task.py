"""Business rule task: a job for a worker that decides something (engine-semantics §19)."""

from kiang.engine.elements.job_task import JobTask


class BusinessRuleTask(JobTask):
    """A job."""
