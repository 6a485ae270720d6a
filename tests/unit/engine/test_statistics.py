"""What is counted of jobs and usage, minute by minute and hour by hour."""

from tests.bpmn_builder import BpmnFile
from tests.engine_driver import EngineDriver

from kiang.engine.state import statistics
from kiang.engine.state.statistics import (
    ASSIGNEES,
    HOUR_MS,
    JOB_HOURS,
    JOB_MINUTES,
    MINUTE_MS,
    USAGE_HOURS,
    USAGE_MINUTES,
    start_of,
)


def process() -> BpmnFile:
    return BpmnFile("p").start("s").service_task("t", job_type="w").end("e").chain("s", "t", "e")


def counts(d: EngineDriver, table) -> list[tuple[str, str, int, int, int]]:
    return [(r.job_type, r.worker, r.created, r.completed, r.failed) for r in d.rows(table)]


def test_jobs_are_counted_by_type_and_worker():
    d = EngineDriver(process())
    for _ in range(3):
        d.create("p")

    d.complete("w")
    d.fail("w", retries=2)
    d.throw("w", "nobody catches this")

    assert counts(d, JOB_MINUTES) == [("w", "", 3, 0, 0), ("w", "worker", 0, 1, 2)]
    assert counts(d, JOB_HOURS) == counts(d, JOB_MINUTES)


def test_each_minute_has_its_own_counts_and_the_hour_has_all():
    d = EngineDriver(process())
    begin = d.now - d.now % HOUR_MS + HOUR_MS
    d.advance(begin - d.now)
    d.create("p")
    d.advance(MINUTE_MS)
    d.create("p")
    d.create("p")

    minutes = d.rows(JOB_MINUTES)
    assert [(start_of(r.key, MINUTE_MS), r.created) for r in minutes] == [(begin, 1), (begin + MINUTE_MS, 2)]
    assert [(start_of(r.key, HOUR_MS), r.created, r.created_at) for r in d.rows(JOB_HOURS)] == [(begin, 3, d.now)]


def test_counting_goes_on_where_the_engine_before_has_stopped():
    d = EngineDriver(process())
    d.create("p")
    d.restart()
    d.create("p")
    d.restart()
    d.complete("w")

    assert counts(d, JOB_MINUTES) == [("w", "", 2, 0, 0), ("w", "worker", 0, 1, 0)]
    assert [(r.tenant_id, r.instances) for r in d.rows(USAGE_HOURS)] == [("<default>", 2)]


def test_what_is_too_much_to_be_told_apart_is_counted_together(monkeypatch):
    monkeypatch.setattr(statistics, "COUNTERS_MAX", 1)
    other = BpmnFile("q").start("s").service_task("t", job_type="other").end("e").chain("s", "t", "e")
    long = BpmnFile("r").start("s").service_task("t", job_type="x" * 300).end("e").chain("s", "t", "e")
    d = EngineDriver(process(), other, long)

    for process_id in ("p", "q", "r"):
        d.create(process_id)

    assert counts(d, JOB_MINUTES) == [("w", "", 1, 0, 0), ("", "", 2, 0, 0)]


def test_only_root_instances_are_counted_as_usage():
    caller = BpmnFile("caller").start("s").call_activity("call", "p").end("e").chain("s", "call", "e")
    d = EngineDriver(process(), caller)

    d.create("caller")
    d.create("p")

    assert [(r.tenant_id, r.instances, r.decisions) for r in d.rows(USAGE_MINUTES)] == [("<default>", 2, 0)]


def test_an_assignee_is_counted_once_an_hour_without_its_name():
    tasks = (
        BpmnFile("tasks")
        .start("s")
        .user_task("t", extensions='<zeebe:assignmentDefinition assignee="=who"/>')
        .end("e")
        .chain("s", "t", "e")
    )
    d = EngineDriver(tasks)

    for who in ("joe", "ann", "joe"):
        d.create("tasks", {"who": who})
    first, second = d.rows(ASSIGNEES)
    d.advance(2 * MINUTE_MS)
    d.create("tasks", {"who": "joe"})
    again = d.rows(ASSIGNEES)

    assert len({first.assignee, second.assignee}) == 2
    assert [row.last_at - row.first_at for row in again] == [2 * MINUTE_MS, 0]
