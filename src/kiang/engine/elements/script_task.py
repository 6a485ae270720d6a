"""Script task: a job for a worker that runs a script (engine-semantics §19)."""

from kiang.engine.elements.job_task import JobTask


class ScriptTask(JobTask):
    """A job."""
