"""What is old goes, with everything that belongs to it; what somebody may still need stays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.bpmn_builder import BpmnFile
from tests.engine_driver import START_MS, EngineDriver

from kiang.engine.engine import Engine
from kiang.engine.state.process_instance import PROCESS_INSTANCES
from kiang.store.history import OF_INSTANCES, ended_instances, remove_instances
from kiang.store.memory import MemoryStore
from kiang.store.port import Store
from kiang.store.sqlite import SqliteStore

HOUR_MS = 3_600_000


def child() -> BpmnFile:
    return BpmnFile("child").start("s").service_task("work", job_type="work").end("e").chain("s", "work", "e")


def parent() -> BpmnFile:
    b = BpmnFile("parent").start("s").call_activity("call", process_id="child").service_task("after", job_type="after")
    return b.end("e").chain("s", "call", "after", "e")


@pytest.fixture(params=["memory", "sqlite"])
def driver(request, tmp_path: Path) -> Iterator[EngineDriver]:
    store: Store = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path, writes_apart=False)
    driver = EngineDriver()
    driver.store = store
    driver.engine = Engine(store, is_new=True, contains_faults=False)
    driver.deploy("child.bpmn", child())
    driver.deploy("parent.bpmn", parent())
    yield driver
    store.close()


def rows_of(store: Store, key: int) -> int:
    return sum(len(store.select(table, [("process_instance_key", "=", key)])) for table in OF_INSTANCES)


def old(driver: EngineDriver, before_ms: int) -> list[int]:
    return [key for keys in ended_instances(driver.store, before_ms) for key in keys]


def test_an_instance_goes_with_all_of_its_rows_and_others_stay(driver):
    gone, kept = driver.create("child", {"n": 1}), driver.create("child", {"n": 2})
    driver.complete("work")
    assert rows_of(driver.store, gone) > 3

    removed = remove_instances(driver.store, [gone])

    assert removed > 4
    assert rows_of(driver.store, gone) == 0
    assert [row.key for row in driver.store.select(PROCESS_INSTANCES)] == [kept]
    driver.complete("work")
    assert driver.state(kept) == "COMPLETED"


def test_only_instances_that_ended_before_are_old(driver):
    first, second, third = (driver.create("child") for _ in range(3))
    driver.complete("work")
    driver.advance(HOUR_MS).complete("work")

    assert old(driver, START_MS + 1) == [first]
    assert old(driver, START_MS + HOUR_MS + 1) == [first, second]
    assert third not in old(driver, START_MS + 2 * HOUR_MS)


def test_a_called_instance_stays_until_its_caller_is_old(driver):
    driver.create("parent")
    driver.complete("work")
    driver.advance(HOUR_MS)
    assert old(driver, START_MS + 1) == []

    driver.complete("after")

    assert old(driver, START_MS + 1) == []
    assert len(old(driver, START_MS + HOUR_MS + 1)) == 2


def test_removing_what_is_not_there_removes_nothing(driver):
    assert remove_instances(driver.store, [1, 2, 3]) == 0
    assert remove_instances(driver.store, []) == 0


def test_an_engine_that_starts_after_the_removal_works(driver):
    gone, kept = driver.create("child"), driver.create("child")
    driver.complete("work")
    remove_instances(driver.store, [gone])

    driver.restart()
    driver.complete("work")

    assert driver.state(kept) == "COMPLETED"
