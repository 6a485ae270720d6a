"""Metrics of a worker count what happened to its jobs."""

from __future__ import annotations

import asyncio

from prometheus_client import CollectorRegistry
from tests.unit.worker.simulated_engine import SimulatedEngine
from tests.unit.worker.virtual_time import run

from kiang import BpmnError, Job, Worker
from kiang.worker.metrics import OUTCOMES, PrometheusObserver
from kiang.worker.outcome import Outcome


def test_jobs_are_counted_by_outcome_and_timed() -> None:
    async def main() -> None:
        engine = SimulatedEngine()
        registry = CollectorRegistry()
        worker = Worker(engine, observer=PrometheusObserver(registry))

        @worker.job("pay")
        async def pay(job: Job) -> None:
            await asyncio.sleep(0.2)
            if job.key == 1:
                raise ValueError
            if job.key == 2:
                raise BpmnError("X")

        def value(name: str, **labels: str) -> float | None:
            return registry.get_sample_value(f"kiang_worker_{name}", {"job_type": "pay", **labels})

        engine.add(5, retries=1)
        async with worker:
            await engine.until(lambda: value("jobs_running") == 5)
            engine.go_down()
            await asyncio.sleep(1)
            engine.come_up()
            await engine.all_ended()

        assert value("jobs_started_total") == 5
        assert value("jobs_ended_total", outcome="completed") == 3
        assert value("jobs_ended_total", outcome="failed") == 1
        assert value("jobs_ended_total", outcome="error_thrown") == 1
        assert value("jobs_running") == 0
        assert value("job_seconds_count") == 5
        assert value("connection_failures_total") == 1

    run(main())


def test_every_outcome_has_a_name() -> None:
    assert set(OUTCOMES) == set(Outcome.__args__)
