"""Send task: a job for a worker that sends something (engine-semantics §9)."""

from kiang.engine.elements.job_task import JobTask


class SendTask(JobTask):
    """A job."""
