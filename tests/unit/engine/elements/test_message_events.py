"""Messages in every position (engine-semantics §11)."""

from __future__ import annotations

import pytest
from tests.bpmn_builder import BpmnFile, tag
from tests.engine_driver import EngineDriver, document, refused

from kiang.protocol.commands import CorrelateMessage


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


def starting(process_id="p", name="order", **start):
    b = BpmnFile(process_id)
    b.start("s", b.message_event(name), **start).service_task("t", job_type="w").end("e")
    return b.chain("s", "t", "e")


def test_one_message_reaches_every_process_that_waits_once():
    d = EngineDriver(waiting("p"), waiting("q"), starting("r", "news"), restarts=True)
    waits = [d.create(process, {"key": "k"}) for process in ("p", "p", "q")]

    d.publish("news", "k")

    assert [d.state(key) for key in waits] == ["COMPLETED", "ACTIVATED", "COMPLETED"]
    assert len(d.instances("r")) == 1


def test_a_message_that_reached_an_instance_does_not_start_one_of_the_same_process():
    b = BpmnFile("p")
    b.start("by-hand").start("by-message", b.message_event("news")).catch("c", b.message_event("news", "=key")).end("e")
    d = EngineDriver(b.flow("by-hand", "c").flow("by-message", "e").flow("c", "e"))
    d.create("p", {"key": "k"})

    d.publish("news", "k")

    assert len(d.instances("p")) == 1
    assert d.state(d.instances("p")[0]) == "COMPLETED"


def test_without_key_every_message_starts_an_instance():
    d = EngineDriver(starting())

    d.publish("order")
    d.publish("order")

    assert len(d.instances("p")) == 2


def test_buffered_messages_are_taken_oldest_first_and_each_once(d):
    for number in (1, 2):
        d.publish("news", "k", ttl_ms=1_000, n=number)

    keys = [d.create("p", {"key": "k"}) for _ in range(3)]

    assert [d.variables(key).get("n") for key in keys] == [1, 2, None]
    assert d.state(keys[2]) == "ACTIVATED"


def test_a_message_whose_time_is_over_reaches_nobody(d):
    d.publish("news", "k", ttl_ms=1_000)
    d.advance(1_000)

    assert d.state(d.create("p", {"key": "k"})) == "ACTIVATED"


def test_a_buffered_message_does_not_reach_a_process_twice():
    b = BpmnFile("p").start("s")
    b.catch("one", b.message_event("news", "=key")).catch("two", b.message_event("news", "=key")).end("e")
    d = EngineDriver(b.chain("s", "one", "two", "e"), restarts=True)
    d.publish("news", "k", ttl_ms=10_000)

    key = d.create("p", {"key": "k"})

    assert d.elements(key, active=True) == ["two"]


def test_a_key_that_is_a_number_is_whole_number_text_and_stays_what_it_was():
    d = EngineDriver(waiting())
    key = d.create("p", {"key": 5.7})
    d.set_variables(key, key=6)

    d.publish("news", "6")
    before = d.state(key)
    d.publish("news", "5")

    assert (before, d.state(key)) == ("ACTIVATED", "COMPLETED")


def test_correlating_gives_the_message_to_one_now_or_is_refused(d):
    key = d.create("p", {"key": "k"})

    reached = d.execute(CorrelateMessage("news", "k", document({"x": 1})))
    nobody = d.execute(CorrelateMessage("news", "k"))
    later = d.create("p", {"key": "k"})

    assert reached.process_instance_key == key
    assert d.state(key) == "COMPLETED"
    assert (
        "Expected to find subscription for message with name 'news' and correlation key 'k', but none was found."
        in (refused(nobody))
    )
    assert d.state(later) == "ACTIVATED"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda b: b.catch("c", b.message_event("news")), "Must have exactly one zeebe:subscription extension element"),
        (lambda b: b.catch("c", b.message_event("", "=k")), "Name must be present and not empty"),
        (lambda b: b.catch("c", b.message_event("news", "k")), "Expected expression but found static value 'k'."),
        (
            lambda b: b.start("x", b.message_event("=n")),
            "Expected constant expression of type String for message name '=n', but was NULL",
        ),
    ],
)
def test_a_message_that_cannot_correlate_is_refused(make, message):
    b = BpmnFile("p").start("s").end("e").flow("s", "e")
    make(b)

    assert message in refused(EngineDriver().deploy("p.bpmn", b))
