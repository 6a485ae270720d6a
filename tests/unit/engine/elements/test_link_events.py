"""Link events (engine-semantics §9)."""

from __future__ import annotations

from tests.bpmn_builder import BpmnFile
from tests.engine_driver import EngineDriver, refused


def file():
    b = BpmnFile("p").start("s")
    b.throw("jump", b.link_event("there"))
    return b.catch("land", b.link_event("there")).service_task("t", job_type="w").flow("s", "jump").flow("land", "t")


def test_the_throw_event_completes_and_the_catch_event_is_entered_without_a_flow():
    d = EngineDriver(file(), restarts=True)

    key = d.create("p")

    assert d.life(key)[1:] == [("jump", "COMPLETED"), ("land", "COMPLETED"), ("t", "ACTIVATED")]
    flows = [event.flow_id for event in d.events if type(event).__name__ == "SequenceFlowTaken"]
    assert flows == ["s-jump", "land-t"]


def test_several_throw_events_lead_to_one_catch_event_each_by_itself():
    b = BpmnFile("p").start("s")
    b.throw("a", b.link_event("there"))
    b.throw("b", b.link_event("there")).catch("land", b.link_event("there")).end("e")
    d = EngineDriver(b.flow("s", "a").flow("s", "b").flow("land", "e"))

    key = d.create("p")

    assert d.elements(key).count("land") == d.elements(key).count("e") == 2
    assert d.state(key) == "COMPLETED"


def test_a_loop_of_links_with_a_job_in_it_goes_round():
    b = file()
    b.throw("back", b.link_event("there")).flow("t", "back")
    d = EngineDriver(b, restarts=True)
    key = d.create("p")

    d.complete("w")
    d.complete("w")

    assert d.elements(key).count("land") == 3
    assert d.elements(key, active=True) == ["t"]


def test_output_mappings_of_both_are_carried_out():
    b = BpmnFile("p").start("s")
    b.throw("jump", b.link_event("there"), outputs={"x": "=1"}).catch(
        "land", b.link_event("there"), outputs={"y": "=x + 1"}
    )
    d = EngineDriver(b.flow("s", "jump"))

    key = d.create("p")

    assert d.variables(key) == {"x": 1, "y": 2}


def test_links_that_lead_nowhere_or_to_two_places_are_refused():
    nowhere = BpmnFile("p").start("s")
    nowhere.throw("jump", nowhere.link_event("there")).flow("s", "jump")
    twice = file()
    twice.catch("other", twice.link_event("there")).end("e").flow("other", "e")
    d = EngineDriver()

    answers = [refused(d.deploy("p.bpmn", b)) for b in (nowhere, twice)]

    assert "Can't find an catch link event for the throw link event with the name 'there'." in answers[0]
    assert (
        "Multiple intermediate catch link event definitions with the same name 'there' are not allowed." in answers[1]
    )
