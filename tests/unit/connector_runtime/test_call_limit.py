"""A connector that does not end is ended, and its job fails like any other."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Annotated

import pytest

from kiang.connector_runtime.outbound import OutboundRunner
from kiang.connector_runtime.outcome import Completed, Failed
from kiang.connector_runtime.settings import Settings
from kiang.connector_sdk import outbound_connector
from kiang.connector_sdk.outbound import JobInfo, Variable, connector_of

JOB = JobInfo(1, "com.example:drip:1", 3, {"retryBackoff": "PT5S", "resultVariable": "found"})


@outbound_connector(name="Drip", type="com.example:drip:1")
async def drip(seconds: Annotated[float, Variable()]) -> str:
    for _ in range(1_000):
        await asyncio.sleep(seconds)
    return "dry"


@outbound_connector(name="Peer", type="com.example:peer:1")
async def impatient() -> None:
    raise TimeoutError("the peer says nothing")


async def test_a_call_that_takes_too_long_fails_its_job() -> None:
    outcome = await OutboundRunner(settings=Settings(call_seconds_max=0.01)).run(
        connector_of(drip), JOB, {"seconds": 1_000}
    )

    assert isinstance(outcome, Failed)
    assert (outcome.retries, outcome.backoff_ms) == (2, 5_000)
    assert outcome.message == "The connector has not ended within 0.01 s"
    assert outcome.variables["error"]["code"] == "CALL_TIMEOUT"


async def test_a_call_that_ends_in_time_is_left_alone() -> None:
    for limit in (60.0, None):
        runner = OutboundRunner(settings=Settings(call_seconds_max=limit))

        outcome = await runner.run(connector_of(drip), JOB, {"seconds": 0})

        assert isinstance(outcome, Completed)
        assert outcome.variables == {"found": "dry"}


async def test_a_time_out_of_the_connector_itself_is_its_own() -> None:
    outcome = await OutboundRunner().run(connector_of(impatient), JOB, {})

    assert isinstance(outcome, Failed)
    assert "the peer says nothing" in outcome.message
    assert "code" not in outcome.variables["error"]


async def test_the_header_job_timeout_is_the_limit_of_its_job() -> None:
    runner = OutboundRunner(settings=Settings(call_seconds_max=60.0))
    job = replace(JOB, headers={"jobTimeout": "PT0.01S"})

    outcome = await runner.run(connector_of(drip), job, {"seconds": 1_000})

    assert isinstance(outcome, Failed)
    assert outcome.variables["error"]["code"] == "CALL_TIMEOUT"
    assert outcome.retries == 2


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("soon", "Failed to parse job timeout header. Expected ISO-8601 duration, e.g. PT10M, got: soon"),
        ("PT0S", "Job timeout must be a positive duration, got: PT0S"),
        ("PT0.0001S", "Job timeout must be a positive duration, got: PT0.0001S"),
        ("-PT1M", "Job timeout must be a positive duration, got: -PT1M"),
    ],
)
async def test_a_job_timeout_that_is_none_leaves_no_retries(header: str, message: str) -> None:
    job = replace(JOB, headers={"jobTimeout": header, "retryBackoff": "PT5S"})

    outcome = await OutboundRunner().run(connector_of(drip), job, {"seconds": 0})

    assert isinstance(outcome, Failed)
    assert (outcome.retries, outcome.backoff_ms, outcome.message) == (0, 0, message)


async def test_a_blank_job_timeout_is_none() -> None:
    job = replace(JOB, headers={"jobTimeout": " "})

    assert isinstance(await OutboundRunner().run(connector_of(drip), job, {"seconds": 0}), Completed)
