"""Send task (engine-semantics §9)."""

from __future__ import annotations

import pytest
from tests.bpmn_builder import BpmnFile, tag
from tests.engine_driver import EngineDriver

RECEIVER = BpmnFile("receiver")
RECEIVER.start("s").catch("c", RECEIVER.message_event("hello", "=id")).end("e").chain("s", "c", "e")


def publisher(**publish):
    b = BpmnFile("p")
    message = b._message("hello", None)
    b.start("s").element(
        "sendTask",
        "t",
        extensions=tag("zeebe:publishMessage", **publish),
        messageRef=message,
        inputs={"greeting": "=word"},
    )
    return b.end("e").chain("s", "t", "e")


def test_with_a_task_definition_it_is_a_job():
    b = BpmnFile("p").start("s").job_task("sendTask", "t", job_type="mail", task_headers={"to": "all"}).end("e")
    d = EngineDriver(b.chain("s", "t", "e"), restarts=True)
    key = d.create("p")

    d.complete("mail", sent=True)

    assert d.state(key) == "COMPLETED"
    assert d.variables(key) == {"sent": True}


def test_with_a_published_message_it_reaches_who_waits_with_its_inputs_and_goes_on():
    d = EngineDriver(RECEIVER, publisher(correlationKey="=id"), restarts=True)
    receiver = d.create("receiver", {"id": 7})

    key = d.create("p", {"id": 7, "word": "hi"})

    assert (d.state(key), d.state(receiver)) == ("COMPLETED", "COMPLETED")
    assert d.variables(receiver) == {"id": 7, "greeting": "hi"}


def test_the_message_lives_as_long_as_its_time_to_live():
    d = EngineDriver(RECEIVER, publisher(correlationKey="=id", timeToLive="PT1M"))
    d.create("p", {"id": "a", "word": "hi"})

    early = d.create("receiver", {"id": "a"})
    d.create("p", {"id": "b", "word": "hi"})
    d.advance(60_000)
    late = d.create("receiver", {"id": "b"})

    assert (d.state(early), d.state(late)) == ("COMPLETED", "ACTIVATED")


def test_a_message_id_that_is_taken_publishes_nothing_more():
    d = EngineDriver(RECEIVER, publisher(correlationKey="=id", messageId="once", timeToLive="PT1M"))
    d.create("p", {"id": "a", "word": "first"})
    d.create("p", {"id": "a", "word": "second"})

    first, second = d.create("receiver", {"id": "a"}), d.create("receiver", {"id": "a"})

    assert d.variables(first)["greeting"] == "first"
    assert d.state(second) == "ACTIVATED"


@pytest.mark.parametrize(
    ("publish", "variables", "message"),
    [
        ({"correlationKey": "=id"}, {}, "The value must be either a string or a number, but was 'NULL'."),
        (
            {"correlationKey": "=id", "timeToLive": "=ttl"},
            {"id": "a", "ttl": "soon"},
            "Invalid duration format 'soon' for expression 'ttl'.",
        ),
    ],
)
def test_what_cannot_be_published_is_an_incident_that_can_be_resolved(publish, variables, message):
    d = EngineDriver(publisher(**publish))
    key = d.create("p", {"word": "hi", **variables})
    incident = d.incident(key)

    d.set_variables(key, id="a", ttl="PT1S")
    d.resolve(incident.key)

    assert incident.error_type == "EXTRACT_VALUE_ERROR"
    assert message in incident.error_message
    assert d.state(key) == "COMPLETED"
