import asyncio
from datetime import timedelta

import pytest
from tests.unit.broker.conftest import Stream

from kiang.broker.limits import Limits
from kiang.errors import ResourceExhausted, Unavailable
from kiang.protocol.answers import Rejection
from kiang.protocol.commands import ActivateJobs, CompleteJob, FailJob


def start(coroutine):
    return asyncio.ensure_future(coroutine)


# Polls


async def test_a_poll_that_does_not_wait_is_answered_at_once(driver):
    assert await driver.activate(wait_ms=-1) == []


async def test_a_poll_waits_for_a_job(driver):
    poll = start(driver.activate(wait_ms=60_000))
    await driver.settled()
    assert not poll.done()

    (key,) = await driver.create()

    (job,) = await poll
    assert job.process_instance_key == key


async def test_a_poll_ends_with_nothing_when_its_time_is_over(driver):
    assert await driver.activate(wait_ms=10) == []


async def test_polls_are_served_in_the_order_in_which_they_came(driver):
    polls = []
    for name in "abcd":
        polls.append(start(driver.activate(max_jobs=2, wait_ms=60_000, worker=name)))
        await driver.settled()

    await driver.create(3)

    assert [len(await poll) for poll in polls[:3]] == [1, 1, 1]
    assert not polls[3].done()
    await driver.create(1)
    assert [job.worker for job in await polls[3]] == ["d"]


async def test_a_refused_poll_is_refused_at_once_even_when_others_wait(driver, broker):
    waiting = start(driver.activate(wait_ms=60_000))
    await driver.settled()

    answer = await broker.activate_jobs(driver.activation(max_jobs=0), request_timeout_ms=60_000)

    assert isinstance(answer, Rejection)
    waiting.cancel()


async def test_a_cancelled_poll_takes_no_job(driver):
    first = start(driver.activate(wait_ms=60_000))
    await driver.settled()
    first.cancel()
    await asyncio.sleep(0)

    await driver.create()

    assert len(await driver.activate()) == 1


async def test_a_poll_that_is_cancelled_while_its_jobs_are_committed_gives_them_back(driver, broker):
    await driver.create(3)
    poll = start(driver.activate(wait_ms=60_000))
    await driver.committing()

    poll.cancel()
    await asyncio.gather(poll, return_exceptions=True)
    await driver.settled()

    assert len(await driver.activate()) == 3
    assert broker.metrics.jobs_yielded == 3


async def test_a_poll_that_is_cancelled_after_its_jobs_have_come_gives_them_back(driver, broker):
    await driver.create(1)
    poll = start(driver.activate(wait_ms=60_000))
    broker.on_commit(lambda _: poll.cancel())  # listeners come after the answers, but before those who wait have woken

    await asyncio.gather(poll, return_exceptions=True)

    assert poll.cancelled()
    assert len(await driver.activate(wait_ms=1000)) == 1


@pytest.mark.parametrize("limits", [Limits(long_polls_max=2)])
async def test_the_number_of_polls_that_wait_has_a_limit(driver):
    polls = [start(driver.activate(wait_ms=60_000)) for _ in range(2)]
    await driver.settled()

    with pytest.raises(ResourceExhausted):
        await driver.activate(wait_ms=60_000)
    for poll in polls:
        poll.cancel()


async def test_a_job_that_times_out_goes_to_the_poll_that_waits(driver, clock):
    await driver.create()
    (first,) = await driver.activate()
    poll = start(driver.activate(wait_ms=60_000, worker="second"))
    await driver.settled()

    clock.advance(timedelta(minutes=2))

    (again,) = await poll
    assert again.key == first.key
    assert again.worker == "second"


async def test_a_back_off_ends_when_the_clock_says_so(driver, broker, clock):
    await driver.create()
    (job,) = await driver.activate()
    await broker.execute(FailJob(job.key, 2, "no", 5_000))
    poll = start(driver.activate(wait_ms=60_000))
    await driver.settled()

    clock.advance(4_000)
    await driver.settled()
    assert not poll.done()
    clock.advance(1_100)

    (again,) = await poll
    assert again.retries == 2


# Streams


async def test_a_stream_gets_jobs_as_they_come(driver, broker):
    stream = Stream()
    broker.add_stream(stream)

    keys = await driver.create(3)
    await driver.settled()

    assert [job.process_instance_key for job in stream.jobs] == keys
    assert {job.worker for job in stream.jobs} == {"streamer"}


async def test_a_job_is_pushed_in_the_batch_that_has_made_it(driver, broker, store):
    stream = Stream()
    broker.add_stream(stream)
    await driver.settled()
    before = store.header.position

    await driver.create(1)

    assert len(stream.jobs) == 1
    assert store.header.position == before + 1


async def test_a_stream_gets_the_backlog_too(driver, broker):
    await driver.create(5)
    stream = Stream()

    broker.add_stream(stream)
    await driver.settled()

    assert len(stream.jobs) == 5
    assert stream.keys == sorted(stream.keys)


async def test_a_stream_never_gets_more_than_it_has_room_for(driver, broker):
    stream = Stream(room=3)
    broker.add_stream(stream)
    await driver.create(10)
    await driver.settled()
    assert len(stream.jobs) == 3

    stream.room = 2
    broker.stream_ready(stream)
    await driver.settled()
    assert len(stream.jobs) == 5

    stream.room = 100
    broker.stream_ready(stream)
    await driver.settled()
    assert len(stream.jobs) == 10
    assert stream.keys == sorted(stream.keys)


async def test_streams_share_what_comes(driver, broker):
    streams = [Stream() for _ in range(4)]
    for stream in streams:
        broker.add_stream(stream)

    await driver.create(40)
    await driver.settled()

    assert [len(stream.jobs) for stream in streams] == [10] * 4


async def test_what_streams_leave_goes_to_polls(driver, broker):
    stream = Stream(room=1)
    broker.add_stream(stream)
    poll = start(driver.activate(wait_ms=60_000))
    await driver.settled()

    await driver.create(2)

    assert len(await poll) == 1
    assert len(stream.jobs) == 1


async def test_a_stream_that_fails_is_removed_and_its_jobs_go_back(driver, broker):
    class Broken(Stream):
        def deliver(self, jobs):
            raise ConnectionError("gone")

    broker.add_stream(Broken())
    await driver.create(3)
    await driver.settled()

    assert len(await driver.activate()) == 3
    assert len(broker._push) == 0


async def test_what_a_stream_returns_goes_back(driver, broker):
    class Half(Stream):
        def deliver(self, jobs):
            self.room = 0
            self.jobs += jobs[:1]
            return jobs[1:]

    await driver.create(3)
    stream = Half()
    broker.add_stream(stream)
    await driver.settled()

    assert len(stream.jobs) == 1
    assert len(await driver.activate()) == 2


async def test_what_was_on_its_way_to_a_removed_stream_goes_back(driver, broker):
    stream = Stream()
    await driver.create(3)
    broker.add_stream(stream)
    await driver.committing()

    broker.remove_stream(stream)
    broker.remove_stream(stream)
    await driver.settled()

    assert stream.jobs == []
    assert len(await driver.activate()) == 3


async def test_a_stream_of_another_tenant_gets_nothing_and_holds_up_nobody(driver, broker):
    other, mine = Stream(tenant_ids=("other",)), Stream()
    broker.add_stream(other)
    broker.add_stream(mine)

    await driver.create(6)
    await driver.settled()

    assert (len(other.jobs), len(mine.jobs)) == (0, 6)


@pytest.mark.parametrize("limits", [Limits(push_batch_jobs_max=4, push_jobs_max=2)])
async def test_a_long_backlog_is_pushed_in_portions(driver, broker):
    await driver.create(25)
    stream = Stream()
    broker.add_stream(stream)

    for _ in range(20):
        await driver.settled()

    assert len(stream.jobs) == 25
    assert stream.largest <= 4


async def test_a_stream_whose_room_never_shrinks_gets_the_whole_backlog(driver, broker):
    class Fast(Stream):
        def deliver(self, jobs):
            self.jobs += jobs

    await driver.create(60)
    stream = Fast(room=5)
    broker.add_stream(stream)

    await driver.settled()

    assert len(stream.jobs) == 60


async def test_a_job_that_fails_comes_again(driver, broker):
    stream = Stream()
    broker.add_stream(stream)
    await driver.create(1)
    await driver.settled()

    await broker.execute(FailJob(stream.jobs[0].key, 1, "no"))
    await driver.settled()

    assert [job.retries for job in stream.jobs] == [3, 1]
    assert len(set(stream.keys)) == 1


@pytest.mark.parametrize("limits", [Limits(streams_max=1)])
async def test_the_number_of_streams_has_a_limit(broker):
    broker.add_stream(Stream())

    with pytest.raises(ResourceExhausted):
        broker.add_stream(Stream())


async def test_a_stopped_broker_takes_no_stream(broker):
    await broker.stop()

    with pytest.raises(Unavailable):
        broker.add_stream(Stream())


async def test_many_jobs_through_a_narrow_stream_each_come_once(driver, broker):
    stream = Stream(room=4)
    broker.add_stream(stream)
    await driver.create(100)
    done = 0
    while done < 100:
        await driver.settled()
        for job in stream.jobs[done:]:
            await broker.execute(CompleteJob(job.key))
            done += 1
            stream.room += 1
            broker.stream_ready(stream)

    assert len(set(stream.keys)) == 100
    assert await driver.activate() == []


async def test_a_type_that_nobody_has_is_not_found_by_a_stream_of_another_type(driver, broker):
    stream = Stream(job_type="other")
    broker.add_stream(stream)
    await driver.create(2)
    await driver.settled()

    assert stream.jobs == []
    assert len((await broker.activate_jobs(ActivateJobs("work", "w", 1000, 5))).jobs) == 2
