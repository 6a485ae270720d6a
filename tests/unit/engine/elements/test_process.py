"""Process (engine-semantics §9, §22, §23)."""

from __future__ import annotations

from tests.bpmn_builder import BpmnFile, listeners
from tests.engine_driver import EngineDriver, refused

from kiang.protocol.commands import CancelProcessInstance, CreateProcessInstance


def file(**process):
    return BpmnFile("p", **process).start("s").service_task("t", job_type="w").end("e").chain("s", "t", "e")


def test_an_instance_keeps_the_version_it_began_with():
    d = EngineDriver(file())
    old = d.create("p")
    d.deploy("file0.bpmn", BpmnFile("p").start("s").end("e").flow("s", "e"))

    new = d.create("p")

    assert (d.state(old), d.state(new)) == ("ACTIVATED", "COMPLETED")
    d.complete("w")
    assert d.elements(old) == ["s", "t", "e"]


def test_a_file_that_has_not_changed_keeps_its_version():
    d = EngineDriver(file())

    again = d.deploy("file0.bpmn", file())
    renamed = d.deploy("other.bpmn", file())

    assert again.processes[0].version == 1
    assert renamed.processes[0].version == 2


def test_start_listeners_hold_the_start_event_up_and_end_listeners_the_end():
    d = EngineDriver(file(extensions=listeners(("start", "before"), ("end", "after"))), restarts=True)
    key = d.create("p", {"x": 1})
    before = d.elements(key)

    d.complete("before", y=2)
    d.complete("w")
    between = d.state(key)
    d.complete("after", z=3)

    assert before == []
    assert (between, d.state(key)) == ("COMPLETING", "COMPLETED")
    assert d.variables(key) == {"x": 1, "y": 2, "z": 3}


def test_cancelling_terminates_everything_and_resolves_incidents():
    d = EngineDriver(file(), restarts=True)
    key = d.create("p")
    d.fail("w")

    d.execute(CancelProcessInstance(key))
    again = d.execute(CancelProcessInstance(key))

    assert d.state(key) == "TERMINATED"
    assert d.incidents(key) == []
    assert "but no such process was found" in refused(again)


def test_the_result_is_given_when_it_completes_with_the_variables_that_were_asked_for():
    d = EngineDriver(file())
    key = d.execute(CreateProcessInstance("p", awaits_result=True, fetch_variables=("a", "missing")))
    before = dict(d.results)

    d.complete("w", a=1, b=2)

    assert before == {}
    assert d.results[key].variables == {"a": "1"}


def test_processes_that_are_not_executable_are_ignored_and_one_must_be():
    b = file()
    b.process("idle", executable=False).start("x")
    d = EngineDriver()

    answer = d.deploy("p.bpmn", b)
    refusal = d.deploy("q.bpmn", BpmnFile("q", executable=False).start("s"))

    assert [process.process_id for process in answer.processes] == ["p"]
    assert "Must contain at least one executable process" in refused(refusal)


def test_one_without_start_event_is_refused():
    answer = EngineDriver().deploy("p.bpmn", BpmnFile("p").element("task", "t"))

    assert "Must have at least one start event" in refused(answer)


def test_it_ends_with_a_path_that_stops_anywhere():
    d = EngineDriver(BpmnFile("p").start("s"))

    assert d.state(d.create("p")) == "COMPLETED"
