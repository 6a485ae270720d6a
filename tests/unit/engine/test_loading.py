"""Instances that are not in memory are loaded together, and are then as if they had never left."""

from __future__ import annotations

from tests.bpmn_builder import BpmnFile, multi_instance
from tests.engine_driver import EngineDriver, document

from kiang.engine.state.window import Window
from kiang.protocol.commands import ActivateJobs, CompleteJob


class CountingStore:
    """A store that counts what it is asked."""

    def __init__(self, store):
        self.store = store
        self.asked = 0

    def select(self, *args, **more):
        self.asked += 1
        return self.store.select(*args, **more)


def one_task() -> BpmnFile:
    return (
        BpmnFile("p")
        .start("s")
        .service_task("t", job_type="w", inputs={"twice": "=2 * n"})
        .end("e")
        .chain("s", "t", "e")
    )


def restarted(count: int) -> tuple[EngineDriver, list[int], CountingStore]:
    d = EngineDriver(one_task())
    keys = [d.create("p", {"n": n}) for n in range(count)]
    d.restart()
    source = CountingStore(d.store)
    d.engine.state._source = source
    return d, keys, source


def test_jobs_that_are_handed_out_are_loaded_together():
    d, keys, source = restarted(50)

    jobs = d.engine.process(ActivateJobs("w", "worker", 1000, 50), d.now).answer.jobs

    assert [job.process_instance_key for job in jobs] == keys
    assert [job.variables for job in jobs[:2]] == ['{"n":0,"twice":0}', '{"n":1,"twice":2}']
    assert source.asked < 20


def test_jobs_that_are_completed_are_loaded_together_and_instances_end():
    d, keys, _ = restarted(50)
    commands = [CompleteJob(job.key, document({"done": True})) for job in d.jobs("w", 50)]
    d.restart()
    source = CountingStore(d.store)
    d.engine.state._source = source

    d.engine.prepare(commands)
    asked = source.asked
    for command in commands:
        d.execute(command)

    assert asked < 20
    assert source.asked < asked + 10  # what is due, and the like
    assert {d.state(key) for key in keys} == {"COMPLETED"}


def test_jobs_that_are_over_and_jobs_that_never_were_are_passed_over():
    d, keys, _ = restarted(3)
    gone = d.job("w").key
    d.execute(CompleteJob(gone))
    left = [job.key for job in d.jobs("w")]
    d.restart()

    d.engine.prepare([CompleteJob(key) for key in (gone, 12345, *left)])

    assert d.execute(CompleteJob(gone)).type == "NOT_FOUND"
    for key in left:
        d.execute(CompleteJob(key))
    assert {d.state(key) for key in keys} == {"COMPLETED"}


def test_a_window_shows_what_is_next():
    window = Window(lambda after, limit: [], is_whole=True)
    for key in (5, 3, 9, 1, 7):
        window.add((key,))
    window.discard(3)
    window.add((5,))

    assert window.ahead(3) == [(1,), (5,), (7,)]
    assert window.ahead(10) == [(1,), (5,), (7,), (9,)]
    assert len(window) == 4
    assert [window.pop() for _ in range(4)] == [(1,), (5,), (7,), (9,)]
    assert window.ahead(3) == []


def test_timers_that_are_due_together_are_loaded_together():
    b = BpmnFile("p")
    d = EngineDriver(b.start("s").catch("c", b.timer_event(duration="PT1H")).end("e").chain("s", "c", "e"))
    keys = [d.create("p", {"n": n}) for n in range(50)]
    d.restart()
    source = CountingStore(d.store)
    d.engine.state._source = source

    d.advance(3_600_000)

    assert source.asked < 20
    assert {d.state(key) for key in keys} == {"COMPLETED"}


def test_many_variables_of_scopes_that_have_ended_are_not_read():
    loop = multi_instance("=[1, 2, 3, 4, 5]", "item", sequential=True)
    inputs = {f"v{n}": f"={n}" for n in range(60)}
    b = BpmnFile("p").start("s").service_task("t", job_type="w", inputs=inputs, inner=loop).end("e")
    d = EngineDriver(b.chain("s", "t", "e"))
    keys = [d.create("p", {"n": 0}) for _ in range(2)]
    for _ in range(4):
        for job in d.jobs("w"):
            d.execute(CompleteJob(job.key))
    jobs = d.jobs("w")
    d.restart()

    d.engine.prepare([CompleteJob(job.key) for job in jobs])

    for key in keys:
        scopes = [scope for scope in d.engine.state._scopes.values() if scope.process_instance_key == key]
        assert sum(len(scope.variables or {}) for scope in scopes) == 1 + 62
    for job in jobs:
        d.execute(CompleteJob(job.key))
    assert {d.state(key) for key in keys} == {"COMPLETED"}
