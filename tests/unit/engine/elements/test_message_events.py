"""Messages in every position (engine-semantics §11)."""

from __future__ import annotations

import pytest
from tests.bpmn_builder import BpmnFile, tag
from tests.engine_driver import EngineDriver, refused


def waiting(process_id="p"):
    b = BpmnFile(process_id)
    return b.start("s").catch("m", b.message_event("news", "=key")).end("e").chain("s", "m", "e")


@pytest.fixture(params=[False, True], ids=["running", "restarting"])
def d(request):
    return EngineDriver(waiting(), restarts=request.param)


def test_a_message_reaches_the_instance_with_its_key(d):
    one, two = d.create("p", {"key": "1"}), d.create("p", {"key": "2"})

    d.publish("news", "2", x=1)

    assert (d.state(one), d.state(two)) == ("ACTIVATED", "COMPLETED")
    assert d.variables(two) == {"key": "2", "x": 1}


def test_one_message_goes_to_one_instance_of_a_process_the_oldest(d):
    one, two = d.create("p", {"key": "1"}), d.create("p", {"key": "1"})

    d.publish("news", "1")

    assert (d.state(one), d.state(two)) == ("COMPLETED", "ACTIVATED")


def test_a_message_is_buffered_for_its_time_to_live(d):
    d.publish("news", "1", ttl_ms=1_000)
    in_time = d.create("p", {"key": "1"})
    d.publish("news", "2", ttl_ms=1_000)
    d.advance(1_000)

    late = d.create("p", {"key": "2"})

    assert (d.state(in_time), d.state(late)) == ("COMPLETED", "ACTIVATED")


def test_an_id_is_taken_while_its_message_is_buffered(d):
    d.publish("news", "1", 1_000, "id")

    twice = d.publish("news", "1", 1_000, "id")
    d.advance(1_000)
    again = d.publish("news", "1", 1_000, "id")

    assert "a message with that id was already published" in refused(twice)
    assert again.key


def test_a_start_event_starts_one_instance_at_a_time_for_a_key():
    b = BpmnFile("p")
    b.start("s", b.message_event("order")).service_task("t", job_type="w").end("e").chain("s", "t", "e")
    d = EngineDriver(b, restarts=True)
    d.publish("order", "k", 10_000, n=1)
    d.publish("order", "k", 10_000, n=2)
    before = len(d.instances("p"))

    d.complete("w")

    assert before == 1
    assert [d.variables(key)["n"] for key in d.instances("p")] == [1, 2]


def test_a_non_interrupting_boundary_event_takes_every_message():
    b = BpmnFile("p")
    b.start("s").service_task("t", job_type="w")
    b.boundary("m", "t", b.message_event("news", '="k"'), interrupting=False)
    b.service_task("u", job_type="u").end("e").chain("s", "t", "e").chain("m", "u")
    d = EngineDriver(b, restarts=True)
    d.create("p")

    d.publish("news", "k")
    d.publish("news", "k")

    assert len(d.jobs("u")) == 2


def test_the_first_event_behind_a_gateway_decides():
    b = BpmnFile("p")
    b.start("s").element("eventBasedGateway", "g").catch("m", b.message_event("news", '="k"'))
    b.catch("late", b.timer_event(duration="PT1H")).end("e").end("e2")
    b.chain("s", "g", "m", "e").chain("g", "late", "e2")
    d = EngineDriver(b, restarts=True)
    key = d.create("p")

    d.publish("news", "k")
    d.advance(3_600_000)

    assert d.state(key) == "COMPLETED"
    assert "late" not in d.elements(key)


def test_a_throw_event_publishes_its_message_with_its_inputs():
    b = BpmnFile("sender")
    publish = tag("zeebe:publishMessage", correlationKey='="k"')
    event = b.message_event("news").replace(
        "/>", f">{tag('bpmn:extensionElements', publish)}</bpmn:messageEventDefinition>"
    )
    b.start("s").throw("send", event, extensions=publish, inputs={"x": "=1"}).end("e").chain("s", "send", "e")
    d = EngineDriver(waiting(), b)
    key = d.create("p", {"key": "k"})

    sender = d.create("sender")

    assert (d.state(sender), d.state(key)) == ("COMPLETED", "COMPLETED")
    assert d.variables(key)["x"] == 1
