"""For tests of processes and workers: an engine inside the test, a clock that the test turns, and assertions.

    from datetime import timedelta
    import kiang.testing
    from kiang.testing import assert_that

    def test_an_unpaid_order_waits():
        with kiang.testing.engine() as engine:
            engine.deploy("order.bpmn")
            order = engine.create_instance("order", {"amount": 30})

            job = engine.activate("process-payment")
            engine.fail(job, retries=1, message="card refused", retry_backoff=timedelta(minutes=5))
            assert_that(order).is_waiting_at("pay").has_no_incident()

            engine.clock.advance(timedelta(minutes=6))
            engine.complete("process-payment", {"paid": True})
            assert_that(order).is_completed().has_variable("paid", True)

Nothing sleeps, nothing listens on a port, nothing is written to disk. With pytest the fixture `kiang_engine` is there by itself.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kiang.testing.assertions import InstanceAssertion, assert_that
    from kiang.testing.in_process import EngineClock, InProcessEngine, engine
    from kiang.testing.instance import Element, Incident, Instance, UserTask
    from kiang.testing.worker_port import EnginePort

__all__ = [
    "Element",
    "EngineClock",
    "EnginePort",
    "InProcessEngine",
    "Incident",
    "Instance",
    "InstanceAssertion",
    "UserTask",
    "assert_that",
    "engine",
]

# Imported when first used: pytest loads the plugin of this package in every run, also in those that never ask for an engine.
_HOMES = {
    "Element": "instance",
    "EngineClock": "in_process",
    "EnginePort": "worker_port",
    "InProcessEngine": "in_process",
    "Incident": "instance",
    "Instance": "instance",
    "InstanceAssertion": "assertions",
    "UserTask": "instance",
    "assert_that": "assertions",
    "engine": "in_process",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
