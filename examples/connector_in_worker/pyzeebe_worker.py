"""A connector in a plain pyzeebe worker: only the connector and its runner are Kiang's.

python -m examples.connector_in_worker.pyzeebe_worker
"""

import asyncio
import os
from typing import Any

from pyzeebe import Job, JobController, ZeebeWorker, create_insecure_channel

from kiang.connector_runtime.outbound import OutboundRunner
from kiang.connector_runtime.outcome import Completed, ErrorThrown, Outcome
from kiang.connector_sdk.outbound import JobInfo, connector_of
from kiang.connector_sdk.secret import StaticSecrets
from kiang.connectors.http_json import http_json


class NotCompleted(Exception):
    """Carries an outcome to the exception handler."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(type(outcome).__name__)
        self.outcome = outcome


async def tell(exception: Exception, _: Job, controller: JobController) -> None:
    """A BPMN error, or a failure: pyzeebe counts the retries down by one itself."""
    outcome = exception.outcome if isinstance(exception, NotCompleted) else None
    if isinstance(outcome, ErrorThrown):
        await controller.set_error_status(outcome.message, outcome.code, outcome.variables)
    elif outcome is not None:
        await controller.set_failure_status(outcome.message, outcome.backoff_ms, outcome.variables)
    else:
        await controller.set_failure_status(type(exception).__name__)


def add_connector(worker: ZeebeWorker, connector: Any, runner: OutboundRunner) -> None:
    """Have a worker run a connector."""
    known = connector_of(connector)

    async def handle(job: Job, **_: Any) -> dict[str, Any]:  # pyzeebe gives the variables one by one, too
        info = JobInfo(
            job.key,
            job.type,
            job.retries,
            {name: str(value) for name, value in job.custom_headers.items()},
            job.process_instance_key,
            job.bpmn_process_id,
            job.process_definition_key,
            job.process_definition_version,
            job.element_id,
            job.element_instance_key,
        )
        outcome = await runner.run(known, info, job.variables)
        if not isinstance(outcome, Completed):
            raise NotCompleted(outcome)
        return outcome.variables

    worker.task(known.type, exception_handler=tell, variables_to_fetch=known.input_variables)(handle)


async def main() -> None:
    """Work until it is stopped."""
    channel = create_insecure_channel(os.environ.get("ZEEBE_ADDRESS", "localhost:26500"))
    worker = ZeebeWorker(channel, poll_retry_delay=1)
    add_connector(worker, http_json, OutboundRunner(secrets=StaticSecrets({"TOKEN": "shown-to-the-peer-only"})))
    await worker.work()


if __name__ == "__main__":
    asyncio.run(main())
