"""Law: whatever happens to connections and workers, every job is completed, and completed once; nobody runs more than its share.

Engine and time are simulated, so an hour of failures takes milliseconds.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.worker.simulated_engine import SimulatedEngine
from tests.unit.worker.virtual_time import run

from kiang import Job, JobError, Worker
from kiang.worker import SilentObserver

JOB_TIMEOUT = timedelta(seconds=30)

events = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(1, 20)),
        st.tuples(st.just("down"), st.floats(0.01, 20)),
        st.tuples(st.just("wait"), st.floats(0.001, 5)),
        st.tuples(st.just("restart worker"), st.floats(0, 3)),
        st.tuples(st.just("break streams"), st.just(0)),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=300, deadline=None)
@given(
    story=events,
    max_jobs=st.sampled_from([1, 2, 3, 8, 64]),
    has_streams=st.booleans(),
    seconds=st.sampled_from([0.0, 0.01, 0.3, 4.0]),
    fails_every=st.sampled_from([0, 3]),
)
def test_every_job_is_completed_once_and_nobody_runs_more_than_its_share(
    story, max_jobs, has_streams, seconds, fails_every
) -> None:
    async def main() -> None:
        engine = SimulatedEngine(has_streams=has_streams)
        told = Told()
        running = most = calls = 0

        def make_worker(grace: float) -> Worker:
            worker = Worker(engine, max_jobs=max_jobs, observer=told, grace=timedelta(seconds=grace))

            @worker.job("pay", timeout=JOB_TIMEOUT)
            async def pay(job: Job) -> None:
                nonlocal running, most, calls
                calls += 1
                number = calls
                running += 1
                most = max(most, running)
                try:
                    await asyncio.sleep(seconds)
                finally:
                    running -= 1
                if fails_every and number % fails_every == 0:
                    raise JobError("again", retries=3, retry_backoff=timedelta(seconds=number % 2))

            return worker

        worker = await make_worker(1.0).__aenter__()
        engine.add(5)
        for action, value in story:
            if action == "add":
                engine.add(int(value))
            elif action == "wait":
                await asyncio.sleep(value)
            elif action == "down":
                engine.go_down()
                await asyncio.sleep(value)
                engine.come_up()
            elif action == "break streams":
                engine.go_down()
                engine.come_up()
            else:
                await worker.__aexit__()
                worker = await make_worker(value).__aenter__()
        await engine.all_ended()
        assert worker.held_jobs == 0 or await settled(worker)
        await worker.__aexit__()

        assert engine.states() == {"COMPLETED": len(engine.jobs)}
        assert set(told.completed.values()) == {1}
        assert most <= max_jobs

    run(main())


async def settled(worker: Worker) -> bool:
    await asyncio.sleep(60)
    return worker.held_jobs == 0


class Told(SilentObserver):
    def __init__(self) -> None:
        self.completed: dict[int, int] = {}

    def job_ended(self, job, outcome, seconds) -> None:
        if type(outcome).__name__ == "Completed":
            self.completed[job.key] = self.completed.get(job.key, 0) + 1
