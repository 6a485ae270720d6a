"""What is sent again, and what is not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.unit.client.simulated_channel import FAST, SimulatedChannel, client_on, status

from kiang import errors
from kiang.client import NO_RETRIES, NotReached, RetryPolicy
from kiang.wire import gateway_pb2 as pb
from kiang.wire.status import StatusCode


async def test_what_the_engine_refused_because_of_load_is_sent_again() -> None:
    channel = SimulatedChannel(
        status(StatusCode.RESOURCE_EXHAUSTED),
        status(StatusCode.RESOURCE_EXHAUSTED),
        pb.CreateProcessInstanceResponse(processInstanceKey=7),
    )

    created = await client_on(channel).create_process_instance("order")

    assert created.process_instance_key == 7
    assert len(channel.asked) == 3


async def test_a_lost_answer_is_not_asked_for_again_if_that_could_do_something_twice() -> None:
    channel = SimulatedChannel(*[status(StatusCode.UNAVAILABLE)] * 5)

    with pytest.raises(errors.Unavailable):
        await client_on(channel).create_process_instance("order")

    assert len(channel.asked) == 1


async def test_a_request_that_was_turned_away_unseen_is_sent_again_whatever_it_does() -> None:
    channel = SimulatedChannel(status(StatusCode.UNAVAILABLE, not_processed=True), pb.CreateProcessInstanceResponse())

    await client_on(channel).create_process_instance("order")

    assert len(channel.asked) == 2


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.topology(),
        lambda client: client.deploy_resources({"a.bpmn": b""}),
        lambda client: client.complete_job(1),
        lambda client: client.set_variables(1, {}),
        lambda client: client.evaluate_decision("d"),
        lambda client: client.update_job_retries(1, 2),
    ],
)
async def test_requests_that_may_be_carried_out_twice_survive_a_lost_connection(ask) -> None:
    channel = SimulatedChannel(status(StatusCode.UNAVAILABLE))

    await ask(client_on(channel))

    assert len(channel.asked) == 2


@pytest.mark.parametrize("code", [StatusCode.DEADLINE_EXCEEDED, StatusCode.NOT_FOUND, StatusCode.INTERNAL])
async def test_other_failures_are_final(code) -> None:
    channel = SimulatedChannel(*[status(code)] * 5)

    with pytest.raises(errors.ClientError):
        await client_on(channel).topology()

    assert len(channel.asked) == 1


async def test_it_ends_after_the_attempts_of_the_policy_with_the_last_error() -> None:
    channel = SimulatedChannel(*[status(StatusCode.RESOURCE_EXHAUSTED)] * 10)

    with pytest.raises(errors.ResourceExhausted):
        await client_on(channel).topology()
    assert len(channel.asked) == FAST.attempts

    with pytest.raises(errors.ResourceExhausted):
        await client_on(channel, retries=NO_RETRIES).topology()
    assert len(channel.asked) == FAST.attempts + 1


async def test_it_ends_when_the_time_of_the_request_is_over() -> None:
    channel = SimulatedChannel(*[status(StatusCode.RESOURCE_EXHAUSTED)] * 10)
    slow = RetryPolicy(first_delay=timedelta(hours=1))

    with pytest.raises(errors.ResourceExhausted):
        await client_on(channel, retries=slow).topology(timeout=timedelta(seconds=1))

    assert len(channel.asked) == 1


async def test_an_engine_that_cannot_be_reached_is_tried_again() -> None:
    channel = SimulatedChannel()
    channel.refuses_connections = True

    with pytest.raises(NotReached):
        await client_on(channel).create_process_instance("order")
    assert channel.connections == FAST.attempts

    channel.refuses_connections = False
    await client_on(channel).create_process_instance("order")


async def test_a_channel_that_was_lost_is_replaced() -> None:
    channel = SimulatedChannel()
    client = client_on(channel)

    await client.topology()
    channel.is_open = False
    await client.topology()
    await client.topology()

    assert channel.connections == 2


def test_pauses_grow_to_their_limit_and_have_jitter() -> None:
    policy = RetryPolicy(attempts=8, first_delay=timedelta(seconds=1), delay_max=timedelta(seconds=10), jitter=0.5)

    delays = list(policy.delays())

    assert len(delays) == 7
    for delay, full in zip(delays, (1, 2, 4, 8, 10, 10, 10), strict=True):
        assert full / 2 <= delay <= full
    assert delays != list(policy.delays())
