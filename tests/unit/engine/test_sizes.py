"""Sizes that a process may have: they work, or they are refused with a clear error, and others go on meanwhile."""

from __future__ import annotations

import sys
from contextlib import ExitStack

import pytest
from tests.bpmn_builder import BpmnFile, multi_instance
from tests.engine_driver import EngineDriver, document, refused

from kiang.engine.engine import FOLLOW_UPS_MAX
from kiang.engine.state.element_instance import ELEMENT_INSTANCES
from kiang.engine.state.process_definition import PROCESS_DEFINITIONS
from kiang.protocol.commands import (
    CancelProcessInstance,
    CompleteJob,
    CreateProcessInstance,
    MigrateProcessInstance,
    ModifyActivation,
    ModifyProcessInstance,
    ResumeProcessInstance,
    SuspendProcessInstance,
)
from kiang.protocol.enums import ElementState, ElementType

ELEMENTS = 10_000
CALLS = 1_000
MEGABYTE = 1_000_000


def chain_of(count: int) -> BpmnFile:
    """Manual tasks one behind the other."""
    b = BpmnFile("p").start("s")
    ids = [f"t{number}" for number in range(count)]
    for id_ in ids:
        b.element("manualTask", id_)
    return b.end("e").chain("s", *ids, "e")


def branches(count: int, process_id: str = "p", kind: str = "parallelGateway") -> BpmnFile:
    """Service tasks side by side."""
    condition = "=true" if kind == "inclusiveGateway" else None
    b = BpmnFile(process_id).start("s").element(kind, "fork").element(kind, "join").end("e")
    for number in range(count):
        b.service_task(f"t{number}", job_type="w")
        b.flow("fork", f"t{number}", condition, id_=f"f{number}").flow(f"t{number}", "join", id_=f"j{number}")
    return b.chain("s", "fork").chain("join", "e")


def nested(depth: int) -> BpmnFile:
    """A service task inside of sub-processes inside of each other."""
    b = BpmnFile("p")
    with ExitStack() as stack:
        for level in range(depth):
            start, sub, end = f"s{level}", f"sub{level}", f"e{level}"
            b.start(start).end(end).chain(start, sub, end)
            stack.enter_context(b.sub_process(sub))
        b.start("s").service_task("t", job_type="w").end("e").chain("s", "t", "e")
    return b


def calls(depth: int) -> tuple[EngineDriver, int]:
    """A process that calls itself, and an instance of which so many stand above each other."""
    b = BpmnFile("p").start("s").element("exclusiveGateway", "g", default="g-t")
    b.call_activity("c", '="p"', inputs={"level": "=level + 1"}).service_task("t", job_type="w").end("e").end("e2")
    b.flow("s", "g").flow("g", "c", f"=level < {depth}").chain("g", "t", "e").chain("c", "e2")
    d = EngineDriver(b)
    return d, d.create("p", {"level": 1})


def states(d: EngineDriver) -> set[str]:
    """Of all instances."""
    return {d.state(key) for key in d.instances("p")}


def test_a_process_of_ten_thousand_elements_runs_to_its_end():
    d = EngineDriver(chain_of(ELEMENTS))

    key = d.create("p")

    assert d.state(key) == "COMPLETED"
    assert len(d.elements(key)) == ELEMENTS + 2


def test_ten_thousand_elements_run_in_portions_between_which_others_advance():
    d = EngineDriver(chain_of(ELEMENTS), BpmnFile("small").start("s").end("e").chain("s", "e"))

    long = d.engine.process(CreateProcessInstance("p"), d.now)
    d._take(long)
    short = d.engine.process(CreateProcessInstance("small", awaits_result=True), d.now)
    d._take(short)
    for _ in range(2):
        outcome = d.engine.run_due(d.now)
        assert outcome is not None
        d._take(outcome)
        if short.awaited in d.results:
            break

    assert short.awaited in d.results
    assert d.state(d.instances("p")[0]) == "ACTIVATED"
    d.settle()
    assert d.state(d.instances("p")[0]) == "COMPLETED"


def test_one_call_of_the_engine_carries_out_a_portion_only():
    d = EngineDriver(branches(ELEMENTS))

    outcome = d.engine.process(CreateProcessInstance("p"), d.now)
    d._take(outcome)

    assert 0 < len(d.job_rows(d.instances("p")[0])) <= FOLLOW_UPS_MAX
    d.settle()
    assert len(d.job_rows(d.instances("p")[0])) == ELEMENTS


def test_an_instance_with_ten_thousand_active_elements_is_cancelled():
    d = EngineDriver(branches(ELEMENTS))
    key = d.create("p")

    d.execute(CancelProcessInstance(key))

    assert d.state(key) == "TERMINATED"
    assert d.elements(key, active=True) == []
    assert d.jobs("w") == []


def test_an_instance_with_ten_thousand_active_elements_is_modified():
    d = EngineDriver(branches(ELEMENTS))
    key = d.create("p")
    tasks = [
        row.key for row in d.rows(ELEMENT_INSTANCES, process_instance_key=key, element_type=ElementType.SERVICE_TASK)
    ]
    again = tuple(ModifyActivation(f"t{number}") for number in range(ELEMENTS))

    d.execute(ModifyProcessInstance(key, again, tuple(tasks)))

    left = d.rows(ELEMENT_INSTANCES, process_instance_key=key, state=int(ElementState.ACTIVATED))
    assert len(left) == ELEMENTS
    assert not {row.key for row in left} & set(tasks)


def test_an_instance_with_ten_thousand_active_elements_is_migrated():
    d = EngineDriver(branches(ELEMENTS), branches(ELEMENTS, "q"))
    key = d.create("p")
    (target,) = d.rows(PROCESS_DEFINITIONS, process_id="q")
    mapping = tuple((f"t{number}", f"t{number}") for number in range(ELEMENTS))

    d.execute(MigrateProcessInstance(key, target.key, mapping))

    rows = d.rows(ELEMENT_INSTANCES, process_instance_key=key, process_definition_key=target.key)
    assert len(rows) == ELEMENTS


@pytest.mark.parametrize("kind", ["parallelGateway", "inclusiveGateway"])
def test_a_join_of_many_branches_costs_each_token_about_the_same(kind):
    def calls_for_each(count: int) -> float:
        d = EngineDriver(branches(count, kind=kind))
        key = d.create("p")
        jobs = [job.key for job in d.job_rows(key)]
        calls = 0

        def counted(_frame: object, event: str, _argument: object) -> None:
            nonlocal calls
            calls += event in {"call", "c_call"}

        before = sys.getprofile()
        sys.setprofile(counted)
        try:
            for job in jobs:
                d.engine.process(CompleteJob(job), d.now)
        finally:
            sys.setprofile(before)
        d.settle()
        d._take(d.engine.process(CancelProcessInstance(1), d.now))
        assert d.state(key) == "COMPLETED"
        return calls / count

    assert calls_for_each(2_000) < 2 * calls_for_each(200)


def test_ten_thousand_inner_instances_in_parallel_are_cancelled():
    loop = multi_instance(f"=for i in 1..{ELEMENTS} return i", "item")
    d = EngineDriver(BpmnFile("p").start("s").service_task("t", job_type="w", inner=loop).end("e").chain("s", "t", "e"))
    key = d.create("p")
    assert len(d.job_rows(key)) == ELEMENTS

    d.execute(CancelProcessInstance(key))

    assert d.state(key) == "TERMINATED"
    assert d.elements(key, active=True) == []


@pytest.mark.parametrize("sequential", [False, True])
def test_ten_thousand_inner_instances_give_their_results(sequential):
    numbers = f"=for i in 1..{ELEMENTS} return i"
    loop = multi_instance(
        numbers, "item", sequential=sequential, output_collection="results", output_element="=item * 2"
    )
    d = EngineDriver(BpmnFile("p").start("s").element("manualTask", "t", inner=loop).end("e").chain("s", "t", "e"))

    key = d.create("p")

    assert d.state(key) == "COMPLETED"
    assert d.variables(key)["results"] == [number * 2 for number in range(1, ELEMENTS + 1)]


def test_a_thousand_nested_calls_complete():
    d, key = calls(CALLS)
    assert len(d.instances("p")) == CALLS

    d.complete("w")

    assert states(d) == {"COMPLETED"}


def test_a_thousand_nested_calls_are_cancelled_with_their_root():
    d, key = calls(CALLS)

    d.execute(CancelProcessInstance(key))

    assert states(d) == {"TERMINATED"}
    assert d.rows(ELEMENT_INSTANCES, state=int(ElementState.ACTIVATED)) == []


def test_a_thousand_nested_calls_end_when_the_first_is_moved_away():
    d, key = calls(CALLS)

    d.execute(ModifyProcessInstance(key, (ModifyActivation("t"),), (d.element(key, "c"),)))

    assert d.elements(key, active=True) == ["t"]
    assert {d.state(called) for called in d.instances("p")[1:]} == {"TERMINATED"}


def test_the_call_after_the_thousandth_is_an_incident_and_the_root_can_be_cancelled():
    d, key = calls(CALLS + 1)

    assert len(d.instances("p")) == CALLS
    assert f"maximum depth of {CALLS}" in d.incident(d.instances("p")[-1]).error_message
    d.execute(CancelProcessInstance(key))
    assert states(d) == {"TERMINATED"}


def test_an_error_below_a_thousand_calls_finds_that_nobody_catches_it():
    d, _ = calls(CALLS)

    d.throw("w", "oops")

    assert "was not caught" in d.incident(d.instances("p")[-1]).error_message


def test_the_root_of_a_thousand_nested_calls_is_suspended_and_resumed():
    d, key = calls(CALLS)

    d.execute(SuspendProcessInstance(key))
    d.execute(ResumeProcessInstance(key))
    d.complete("w")

    assert states(d) == {"COMPLETED"}


def test_deeply_nested_sub_processes_need_no_deep_stack():
    limit = sys.getrecursionlimit()
    frames = 0
    frame = sys._getframe()
    while frame is not None:
        frames, frame = frames + 1, frame.f_back
    content = nested(490)
    sys.setrecursionlimit(frames + 560)
    try:
        d = EngineDriver(content)
        done, cancelled, moved = (d.create("p") for _ in range(3))
        d.complete("w")
        d.execute(CancelProcessInstance(cancelled))
        d.execute(ModifyProcessInstance(moved, (ModifyActivation("e0"),), (d.element(moved, "sub0"),)))
    finally:
        sys.setrecursionlimit(limit)

    assert (d.state(done), d.state(cancelled), d.state(moved)) == ("COMPLETED", "TERMINATED", "COMPLETED")


def test_sub_processes_deeper_than_the_limit_are_refused():
    answer = EngineDriver().deploy("deep.bpmn", nested(600))

    assert "Expected at most 500 tags inside each other" in refused(answer)


@pytest.mark.parametrize("value", ["a" * MEGABYTE, list(range(150_000))], ids=["text", "list"])
def test_a_megabyte_of_variables_goes_through_mappings_jobs_and_expressions(value):
    b = BpmnFile("p").start("s")
    b.service_task("t", job_type="w", inputs={"copy": "=big"}, outputs={"out": "=copy"})
    b.script_task("count", "=if big instance of string then string length(big) else count(big)", "size")
    d = EngineDriver(b.end("e").chain("s", "t", "count", "e"))
    key = d.create("p", {"big": value})

    d.execute(CompleteJob(d.job("w").key, document({"more": value})))

    assert d.state(key) == "COMPLETED"
    assert d.variables(key)["out"] == value
    assert d.variables(key)["size"] == len(value)


def test_ten_thousand_variables():
    b = BpmnFile("p").start("s").service_task("t", job_type="w").end("e").chain("s", "t", "e")
    d = EngineDriver(b)
    key = d.create("p", {f"v{number}": "a" * 80 for number in range(ELEMENTS)})

    d.set_variables(key, **{f"v{number}": "b" * 80 for number in range(ELEMENTS)})
    d.complete("w", last=1)

    assert d.state(key) == "COMPLETED"
    assert d.variables(key) == {"last": 1, **{f"v{number}": "b" * 80 for number in range(ELEMENTS)}}
