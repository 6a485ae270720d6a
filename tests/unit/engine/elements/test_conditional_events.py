"""Conditional events (engine-semantics §21)."""

from __future__ import annotations

from tests.bpmn_builder import BpmnFile
from tests.engine_driver import EngineDriver, document, refused

from kiang.protocol.commands import EvaluateConditionals


def test_a_catch_event_goes_on_when_a_variable_makes_its_condition_true():
    b = BpmnFile("p")
    b.start("s").catch("c", b.conditional_event("=x > 10")).end("e").chain("s", "c", "e")
    d = EngineDriver(b, restarts=True)
    key = d.create("p", {"x": 1})

    d.set_variables(key, x=5)
    before = d.elements(key, active=True)
    d.set_variables(key, x=11)

    assert before == ["c"]
    assert d.state(key) == "COMPLETED"


def test_a_condition_that_holds_already_lets_the_token_pass_at_once():
    b = BpmnFile("p")
    b.start("s").catch("c", b.conditional_event("=x > 10")).end("e").chain("s", "c", "e")
    d = EngineDriver(b)

    key = d.create("p", {"x": 11})

    assert d.state(key) == "COMPLETED"


def test_an_interrupting_boundary_event_ends_its_activity():
    b = BpmnFile("p")
    b.start("s").service_task("t", job_type="w").boundary("c", "t", b.conditional_event("=stop = true"))
    b.end("e").end("stopped").chain("s", "t", "e").chain("c", "stopped")
    d = EngineDriver(b, restarts=True)
    key = d.create("p", {"stop": False})

    d.set_variables(key, stop=True)

    assert d.state(key) == "COMPLETED"
    assert ("t", "TERMINATED") in d.life(key)


def test_a_non_interrupting_event_happens_once_for_each_command():
    b = BpmnFile("p")
    b.start("s").service_task("t", job_type="w").boundary(
        "c", "t", b.conditional_event("=a + b > 1"), interrupting=False
    )
    b.service_task("u", job_type="u").end("e").chain("s", "t", "e").chain("c", "u")
    d = EngineDriver(b)
    key = d.create("p", {"a": 0, "b": 0})

    d.set_variables(key, a=1, b=1)
    d.set_variables(key, a=2)

    assert len(d.jobs("u")) == 2


def test_variables_that_the_condition_does_not_read_do_not_matter():
    b = BpmnFile("p")
    b.start("s").service_task("t", job_type="w").boundary("c", "t", b.conditional_event("=x > 0"), interrupting=False)
    b.service_task("u", job_type="u").end("e").chain("s", "t", "e").chain("c", "u")
    d = EngineDriver(b)
    key = d.create("p", {"x": 0})
    d.set_variables(key, x=1)

    d.set_variables(key, other=1)

    assert len(d.jobs("u")) == 1


def test_the_filter_names_the_kinds_of_changes():
    b = BpmnFile("p")
    b.start("s").service_task("t", job_type="w").boundary(
        "c", "t", b.conditional_event("=x > 0", variableEvents="create"), interrupting=False
    )
    b.service_task("u", job_type="u").end("e").chain("s", "t", "e").chain("c", "u")
    d = EngineDriver(b)
    key = d.create("p", {"x": 0})

    d.set_variables(key, x=5)

    assert d.jobs("u") == []


def test_an_event_sub_process_is_started_by_its_condition():
    b = BpmnFile("p")
    b.start("s").service_task("t", job_type="w").end("e").chain("s", "t", "e")
    with b.event_sub_process("esp"):
        b.start("c", b.conditional_event("=alarm = true"), interrupting=True).end("done").chain("c", "done")
    d = EngineDriver(b)
    key = d.create("p", {"alarm": False})

    d.complete("w", alarm=True)

    assert d.state(key) == "COMPLETED"


def test_start_events_are_evaluated_by_a_command_of_their_own():
    b = BpmnFile("p")
    b.start("c", b.conditional_event("=amount > 100")).service_task("t", job_type="w").end("e").chain("c", "t", "e")
    d = EngineDriver(b)

    none = d.execute(EvaluateConditionals(document({"amount": 1})))
    one = d.execute(EvaluateConditionals(document({"amount": 101})))
    unknown = d.execute(EvaluateConditionals(document({}), process_definition_key=4711))

    assert none.instances == ()
    assert [key for _, key in one.instances] == d.instances("p")
    assert d.variables(d.instances("p")[0]) == {"amount": 101}
    assert "rejected with code 'NOT_FOUND'" in refused(unknown)
