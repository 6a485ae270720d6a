"""What a worker does with jobs, against a simulated engine and a clock that jumps."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from datetime import timedelta

import pytest
from tests.unit.worker.simulated_engine import SimulatedEngine
from tests.unit.worker.virtual_time import run

from kiang import BpmnError, Job, JobError, Worker
from kiang.errors import ConfigError, InternalError, InvalidArgument, NotFound, ResourceExhausted, Unavailable
from kiang.worker import Completed, Failed, SilentObserver

S = timedelta(seconds=1)


class Diary(SilentObserver):
    def __init__(self) -> None:
        self.lost: list[str] = []
        self.ended: list[str] = []
        self.connection: list[str] = []
        self.delays: list[float] = []

    def job_ended(self, job, outcome, seconds) -> None:
        self.ended.append(type(outcome).__name__)

    def job_lost(self, job, reason) -> None:
        self.lost.append(reason)

    def connection_lost(self, job_type, error, delay_s) -> None:
        self.connection.append("lost")
        self.delays.append(delay_s)

    def connection_restored(self, job_type) -> None:
        self.connection.append("restored")


@pytest.mark.parametrize("has_streams", [True, False])
def test_every_job_is_completed_with_what_the_handler_returns(has_streams: bool) -> None:
    async def main() -> None:
        engine = SimulatedEngine(has_streams=has_streams)
        worker = Worker(engine)

        @worker.job("pay")
        async def pay(amount: int) -> dict[str, int]:
            await asyncio.sleep(0.01)
            return {"doubled": amount * 2}

        backlog = engine.add(20, variables='{"amount":1,"other":true}')
        async with worker:
            await engine.all_ended()
            late = engine.add(20, variables='{"amount":2}')
            await engine.all_ended()

        assert {job.completed_with for job in backlog} == {'{"doubled":2}'}
        assert {job.completed_with for job in late} == {'{"doubled":4}'}
        assert {job.activations for job in engine.jobs.values()} == {1}
        assert all(poll.fetch_variables == ("amount",) for poll in engine.polls)

    run(main())


@pytest.mark.parametrize("has_streams", [True, False])
@pytest.mark.parametrize("limit", [1, 2, 5, 32])
def test_no_more_jobs_than_max_jobs_run_at_once_and_all_places_are_used(limit: int, has_streams: bool) -> None:
    async def main() -> None:
        engine = SimulatedEngine(has_streams=has_streams)
        worker = Worker(engine, max_jobs=limit)
        running = most = 0

        @worker.job("pay")
        async def pay() -> None:
            nonlocal running, most
            running += 1
            most = max(most, running)
            await asyncio.sleep(0.1)
            running -= 1

        engine.add(limit * 10)
        began = asyncio.get_running_loop().time()
        async with worker:
            for _ in range(limit * 10):
                await asyncio.sleep(0.005)
                engine.add(1)
            await engine.all_ended()
        took = asyncio.get_running_loop().time() - began

        assert most == limit
        # Twenty rounds of a tenth of a second, each with what it takes to ask for the next jobs.
        assert took < 20 * 0.1 * 1.25

    run(main())


def test_while_there_is_room_a_new_job_never_waits() -> None:
    async def main() -> None:
        engine = SimulatedEngine()
        worker = Worker(engine, max_jobs=4)
        waits: list[float] = []
        now = asyncio.get_running_loop().time

        @worker.job("slow")
        async def slow() -> None:
            await asyncio.sleep(600)

        @worker.job("pay")
        async def pay(since: float) -> None:
            waits.append(now() - since)

        engine.add(3, job_type="slow")
        async with worker:
            for _ in range(50):
                await asyncio.sleep(0.7)
                engine.add(1, variables=f'{{"since":{now()}}}')
            await engine.until(lambda: len(waits) == 50)
            assert max(waits) < 0.01
            await engine.all_ended()

    run(main())


def test_a_last_free_place_is_filled_while_the_others_are_busy_for_long() -> None:
    async def main() -> None:
        engine = SimulatedEngine(has_streams=False)
        worker = Worker(engine, max_jobs=10)
        began: list[float] = []
        now = asyncio.get_running_loop().time

        @worker.job("pay")
        async def pay(seconds: float) -> None:
            began.append(now())
            await asyncio.sleep(seconds)

        engine.add(9, variables='{"seconds":200}')
        async with worker:
            await engine.until(lambda: len(began) == 9)
            engine.add(20, variables='{"seconds":1}')
            await engine.all_ended()

        pauses = [later - sooner for sooner, later in zip(began[9:], began[10:], strict=False)]
        assert max(pauses) < 1.05

    run(main())


def test_what_a_handler_raises_decides_how_its_job_ends() -> None:
    async def main() -> None:
        engine = SimulatedEngine()
        worker = Worker(engine, middleware=[])

        @worker.job("plain")
        async def plain() -> None:
            raise ValueError("no luck")

        @worker.job("chosen")
        async def chosen() -> None:
            raise JobError("later", retries=7, retry_backoff=5 * S, variables={"why": "x"})

        @worker.job("one-less")
        async def one_less() -> None:
            raise JobError("again")

        @worker.job("error")
        async def error() -> None:
            raise BpmnError("LIMIT", "too much", variables={"by": 3})

        (a,) = engine.add(1, job_type="plain", retries=1)
        (b,) = engine.add(1, job_type="chosen")
        (c,) = engine.add(1, job_type="one-less", retries=1)
        (d,) = engine.add(1, job_type="error")
        async with worker:
            await engine.until(lambda: b.backoffs_ms and {a.state, c.state, d.state} == {"FAILED", "ERROR_THROWN"})

        assert a.message.startswith("ValueError: no luck\n")
        assert "test_job_worker.py" in a.message
        assert "kiang/worker" not in a.message
        assert (b.retries, b.message, b.backoffs_ms[0]) == (7, "later", 5000)
        assert (c.retries, c.message) == (0, "again")
        assert (d.error_code, d.message) == ("LIMIT", "too much")

    run(main())


def test_an_unexpected_exception_takes_one_retry_each_time_and_rests_as_told() -> None:
    async def main() -> None:
        engine = SimulatedEngine()
        worker = Worker(engine)

        @worker.job("pay", retry_backoff=10 * S)
        async def pay(job: Job) -> None:
            raise RuntimeError(f"{job.retries} left")

        (job,) = engine.add(1, retries=3)
        async with worker:
            await engine.all_ended()

        assert job.state == "FAILED"
        assert job.activations == 3
        assert job.backoffs_ms == [10_000, 10_000, 10_000]
        assert job.message.startswith("RuntimeError: 1 left")

    run(main())


def test_variables_that_do_not_fit_fail_the_job_and_say_where_without_showing_values() -> None:
    async def main() -> None:
        engine = SimulatedEngine()
        worker = Worker(engine)

        @worker.job("pay")
        async def pay(amount: int) -> None:
            raise AssertionError

        (missing,) = engine.add(1, variables="{}", retries=1)
        (wrong,) = engine.add(1, variables='{"amount":"s3cret"}', retries=1)
        async with worker:
            await engine.all_ended()

        assert "amount" in missing.message
        assert "Expected `int`, got `str`" in wrong.message
        assert "s3cret" not in wrong.message

    run(main())


def test_a_result_that_is_no_document_fails_the_job() -> None:
    async def main() -> None:
        engine = SimulatedEngine()
        worker = Worker(engine)

        @worker.job("pay")
        async def pay(job: Job):
            return 42

        @worker.job("total", result_variable="total")
        async def total() -> int:
            return 42

        (bad,) = engine.add(1, retries=1)
        (good,) = engine.add(1, job_type="total")
        async with worker:
            await engine.all_ended()

        assert bad.message.startswith("InvalidArgument: Expected variables to be a mapping")
        assert good.completed_with == '{"total":42}'

    run(main())


def test_it_comes_back_for_ever_with_growing_pauses_and_completes_what_it_did_meanwhile() -> None:
    async def main() -> None:
        engine = SimulatedEngine()
        diary = Diary()
        worker = Worker(engine, observer=diary)

        @worker.job("pay")
        async def pay() -> None:
            await asyncio.sleep(5)

        jobs = engine.add(10)
        async with worker:
            await asyncio.sleep(1)
            engine.go_down()
            polls = len(engine.polls)
            await asyncio.sleep(100)
            asked_while_down = len(engine.polls) - polls
            engine.come_up()
            more = engine.add(10)
            await engine.all_ended()

        assert {job.state for job in jobs + more} == {"COMPLETED"}
        assert {job.activations for job in jobs + more} == {1}
        assert 15 < asked_while_down < 80  # pauses grow to five seconds, minus jitter
        assert diary.connection == ["lost", "restored"]
        assert diary.lost == []

    run(main())


def test_an_outcome_is_told_again_after_refusals_that_mean_later() -> None:
    async def main() -> None:
        engine = SimulatedEngine()
        diary = Diary()
        worker = Worker(engine, observer=diary)

        @worker.job("pay")
        async def pay() -> None:
            engine.refuse_outcomes.extend([ResourceExhausted("full"), Unavailable("gone"), ResourceExhausted("full")])

        (job,) = engine.add(1)
        async with worker:
            await engine.all_ended()

        assert job.state == "COMPLETED"
        assert diary.ended == ["Completed"]

    run(main())


def test_an_outcome_that_nobody_wants_is_given_up() -> None:
    async def main() -> None:
        engine = SimulatedEngine()
        diary = Diary()
        worker = Worker(engine, observer=diary)

        @worker.job("pay")
        async def pay() -> None:
            engine.refuse_outcomes.append(NotFound("cancelled"))

        engine.add(1)
        async with worker:
            await engine.until(lambda: diary.lost)
            assert worker.held_jobs == 0

        assert diary.lost == ["the engine has ended it already: NotFound"]

    run(main())


@pytest.mark.parametrize("error", [InvalidArgument("no document"), InternalError("too large")])
def test_variables_that_the_engine_refuses_fail_the_job(error) -> None:
    async def main() -> None:
        engine = SimulatedEngine()
        worker = Worker(engine)

        @worker.job("pay")
        async def pay() -> None:
            engine.refuse_outcomes.append(error)

        (job,) = engine.add(1, retries=1)
        async with worker:
            await engine.all_ended()

        assert (job.state, job.message) == ("FAILED", str(error))

    run(main())


def test_a_result_too_large_for_a_message_fails_the_job_before_it_travels() -> None:
    async def main() -> None:
        engine = SimulatedEngine()
        worker = Worker(engine)

        @worker.job("pay")
        async def pay() -> dict[str, str]:
            return {"blob": "x" * 5_000_000}

        (job,) = engine.add(1, retries=1)
        async with worker:
            await engine.all_ended()

        assert job.state == "FAILED"
        assert "pass a reference" in job.message

    run(main())


def test_shutdown_finishes_what_ends_in_time_and_hands_back_the_rest() -> None:
    async def main() -> None:
        engine = SimulatedEngine()
        worker = Worker(engine, grace=2 * S)

        @worker.job("pay")
        async def pay(seconds: float) -> None:
            await asyncio.sleep(seconds)

        quick = engine.add(5, variables='{"seconds":1}')
        slow = engine.add(5, variables='{"seconds":1000}')
        began = asyncio.get_running_loop().time()
        async with worker:
            await engine.until(lambda: engine.states() == {"ACTIVATED": 10})
        took = asyncio.get_running_loop().time() - began

        assert {job.state for job in quick} == {"COMPLETED"}
        assert {(job.state, job.retries) for job in slow} == {("ACTIVATABLE", 3)}
        assert {job.message for job in slow} == {"Handed back: the worker stops."}
        assert took < 2.5

    run(main())


def test_jobs_that_arrived_in_a_stream_but_were_not_begun_are_handed_back() -> None:
    async def main() -> None:
        engine = SimulatedEngine()
        worker = Worker(engine, max_jobs=2, grace=0 * S)

        @worker.job("pay")
        async def pay() -> None:
            await asyncio.sleep(1000)

        async with worker:
            await engine.until(lambda: engine.streams)
            await asyncio.sleep(0.1)
            jobs = engine.add(6)
            await asyncio.sleep(0.5)
            assert engine.states() == {"ACTIVATED": 6}

        assert {(job.state, job.retries) for job in jobs} == {("ACTIVATABLE", 3)}

    run(main())


def test_a_worker_that_stays_full_leaves_the_jobs_of_its_stream_to_others() -> None:
    async def main() -> None:
        engine = SimulatedEngine()
        worker = Worker(engine, max_jobs=2)

        @worker.job("pay")
        async def pay() -> None:
            await asyncio.sleep(30)

        async with worker:
            await engine.until(lambda: engine.streams)
            await asyncio.sleep(0.1)
            engine.add(8)
            await asyncio.sleep(2)
            assert engine.states() == {"ACTIVATED": 2, "ACTIVATABLE": 6}
            await engine.all_ended()
            await engine.until(lambda: engine.streams)  # and it streams again when there is no backlog
            (late,) = engine.add(1)
            await engine.all_ended()

        assert engine.states() == {"COMPLETED": 9}
        assert late.activations == 1

    run(main())


def test_the_time_of_a_job_is_extended_while_its_handler_runs_if_asked_for() -> None:
    async def main() -> None:
        engine = SimulatedEngine()
        worker = Worker(engine)

        @worker.job("kept", timeout=3 * S, extend_timeout=True)
        async def kept() -> None:
            await asyncio.sleep(20)

        @worker.job("dropped", timeout=3 * S)
        async def dropped() -> None:
            await asyncio.sleep(4)

        (long,) = engine.add(1, job_type="kept")
        (other,) = engine.add(1, job_type="dropped")
        async with worker:
            await engine.until(lambda: long.state == "COMPLETED")
            extended = engine.extensions.count(long.key)
            await asyncio.sleep(10)

        assert long.activations == 1
        assert extended >= 6
        assert engine.extensions.count(long.key) == extended  # and no longer
        assert other.activations > 1

    run(main())


def test_an_engine_whose_polls_do_not_wait_is_not_asked_without_pause() -> None:
    async def main() -> None:
        engine = SimulatedEngine(has_streams=False, waits=False)
        worker = Worker(engine)

        @worker.job("pay")
        async def pay() -> None:
            return None

        async with worker:
            await asyncio.sleep(60)
            assert len(engine.polls) < 150
            engine.add(10)
            await asyncio.sleep(1.1)
            assert engine.states() == {"COMPLETED": 10}

    run(main())


def test_a_request_that_can_never_succeed_ends_the_worker() -> None:
    async def main() -> None:
        engine = SimulatedEngine()
        engine.down = InvalidArgument("unknown tenant")
        worker = Worker(engine)

        @worker.job("pay")
        async def pay() -> None:
            return None

        with pytest.raises(InvalidArgument, match="unknown tenant"):
            await worker.run_async()

    run(main())


def test_middleware_stands_around_the_handler_in_order_and_sees_the_outcome() -> None:
    async def main() -> None:
        engine = SimulatedEngine()
        seen: list[str] = []

        async def outer(job, call_next):
            seen.append(f"before {job.key}")
            outcome = await call_next(job)
            seen.append(type(outcome).__name__)
            return outcome

        async def inner(job, call_next):
            seen.append("inner")
            outcome = await call_next(job)
            if isinstance(outcome, Failed):
                return Completed('{"rescued":true}')
            return outcome

        worker = Worker(engine, middleware=[outer, inner])

        @worker.job("pay")
        async def pay() -> None:
            raise ValueError

        (job,) = engine.add(1)
        async with worker:
            await engine.all_ended()

        assert seen == ["before 1", "inner", "Completed"]
        assert job.completed_with == '{"rescued":true}'

    run(main())


def test_a_middleware_that_raises_fails_the_job() -> None:
    async def main() -> None:
        engine = SimulatedEngine()

        async def broken(job, call_next):
            raise LookupError("middleware")

        worker = Worker(engine, middleware=[broken])

        @worker.job("pay")
        async def pay() -> None:
            return None

        (job,) = engine.add(1, retries=1)
        async with worker:
            await engine.all_ended()

        assert job.message.startswith("LookupError: middleware")

    run(main())


def test_a_cancellation_that_escapes_a_handler_fails_its_job() -> None:
    async def main() -> None:
        engine = SimulatedEngine()
        worker = Worker(engine)

        @worker.job("pay")
        async def pay() -> None:
            raise asyncio.CancelledError

        (job,) = engine.add(1, retries=1)
        async with worker:
            await engine.all_ended()

        assert job.message.startswith("CancelledError")

    run(main())


def test_a_handler_that_swallows_a_cancellation_is_cancelled_again_when_the_worker_stops() -> None:
    async def main() -> None:
        engine = SimulatedEngine()
        worker = Worker(engine, grace=0 * S)
        swallowed: list[asyncio.CancelledError] = []

        @worker.job("pay")
        async def pay() -> None:
            try:
                await asyncio.sleep(1000)
            except asyncio.CancelledError as error:
                swallowed.append(error)
            await asyncio.sleep(1000)

        (job,) = engine.add(1)
        async with worker:
            await engine.until(lambda: worker.held_jobs == 1)

        assert len(swallowed) == 1
        assert (job.state, job.retries) == ("ACTIVATABLE", 3)

    run(main())


def test_a_handler_that_will_not_end_does_not_keep_the_worker_from_stopping(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        engine = SimulatedEngine()
        worker = Worker(engine, grace=0 * S)
        is_over = False

        @worker.job("pay")
        async def pay() -> None:
            while not is_over:
                with suppress(asyncio.CancelledError):
                    await asyncio.sleep(1000)

        engine.add(1)
        async with worker:
            await engine.until(lambda: worker.held_jobs == 1)
        is_over = True

    run(main())
    assert "handlers go on after 20 cancellations job_type=pay" in caplog.text


# Threads and a clock that jumps do not go together: these run on the real clock, without waiting for it.


async def test_blocking_handlers_run_at_once_in_as_many_threads_as_asked_for() -> None:
    engine = SimulatedEngine()
    worker = Worker(engine, threads=4)
    together = threading.Barrier(4, timeout=5)

    @worker.job("pay")
    def pay(amount: int) -> dict[str, int]:
        together.wait()
        return {"sum": amount}

    engine.add(20, variables='{"amount":1}')
    async with worker:
        await engine.all_ended()

    assert {job.completed_with for job in engine.jobs.values()} == {'{"sum":1}'}


async def test_a_thread_that_calls_exit_fails_its_job_only() -> None:
    engine = SimulatedEngine()
    worker = Worker(engine, threads=1)

    @worker.job("pay")
    def pay(job: Job) -> None:
        if job.key == 1:
            raise SystemExit(3)

    engine.add(2, retries=1)
    async with worker:
        await engine.all_ended()

    assert engine.states() == {"FAILED": 1, "COMPLETED": 1}
    assert engine.jobs[1].message.startswith("SystemExit: 3")


async def test_jobs_that_wait_for_a_thread_at_shutdown_are_handed_back_at_once() -> None:
    engine = SimulatedEngine()
    worker = Worker(engine, threads=1, max_jobs=4)
    release = threading.Event()

    @worker.job("pay")
    def pay() -> None:
        release.wait(5)

    jobs = engine.add(4)
    async with worker:
        await engine.until(lambda: worker.held_jobs == 4)
        worker.stop()
        await engine.until(lambda: engine.states() == {"ACTIVATED": 1, "ACTIVATABLE": 3})
        release.set()

    assert jobs[0].state == "COMPLETED"
    assert {job.message for job in jobs[1:]} == {"Handed back: the worker stops."}


async def test_a_thread_that_outlives_the_grace_period_keeps_its_job() -> None:
    engine = SimulatedEngine()
    diary = Diary()
    worker = Worker(engine, threads=1, grace=timedelta(milliseconds=20), observer=diary)
    release = threading.Event()

    @worker.job("pay")
    def pay() -> None:
        release.wait(5)

    (job,) = engine.add(1)
    async with worker:
        await engine.until(lambda: worker.held_jobs == 1)
    release.set()

    assert job.state == "ACTIVATED"
    assert len(diary.lost) == 1
    assert diary.lost[0].startswith("its handler still runs in a thread")


# ---- registration


def test_a_handler_is_returned_as_it_is_and_can_be_called_in_a_test() -> None:
    worker = Worker()

    @worker.job("pay")
    def pay(amount: int) -> dict[str, int]:
        return {"sum": amount}

    assert pay(2) == {"sum": 2}
    assert list(worker.handlers) == ["pay"]


def test_a_job_type_has_one_handler() -> None:
    worker, other = Worker(), Worker()
    worker.add("pay", lambda: None)
    other.add("pay", lambda: None)

    with pytest.raises(ConfigError, match="no handler yet"):
        worker.add("pay", lambda: None)
    with pytest.raises(ConfigError, match="no handler yet"):
        worker.include(other)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"max_jobs": 0}, "max_jobs"),
        ({"timeout": timedelta(0)}, "timeout"),
        ({"request_timeout": -S}, "request_timeout"),
    ],
)
def test_an_option_without_sense_is_refused_at_registration(options, text) -> None:
    with pytest.raises(ConfigError, match=text):
        Worker().add("pay", lambda: None, **options)


def test_generators_and_blank_types_are_refused() -> None:
    def yields():
        yield 1

    with pytest.raises(TypeError, match="yields"):
        Worker().add("pay", yields)
    with pytest.raises(ConfigError, match="job type"):
        Worker().add(" ", lambda: None)


def test_a_worker_without_handlers_says_how_to_make_one() -> None:
    with pytest.raises(ConfigError, match="decorate a function"):
        asyncio.run(Worker(SimulatedEngine()).run_async())


@pytest.mark.parametrize("name", ["CAMUNDA_WORKER_TIMEOUT", "CAMUNDA_WORKER_MAX_CONCURRENT_JOBS"])
def test_an_environment_variable_that_is_no_number_is_named(name, monkeypatch) -> None:
    monkeypatch.setenv(name, "many")

    with pytest.raises(ConfigError, match=name):
        Worker()
