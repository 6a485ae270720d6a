"""Event-based gateway (engine-semantics §10, §18)."""

from __future__ import annotations

import pytest
from tests.bpmn_builder import BpmnFile
from tests.engine_driver import EngineDriver, refused

from kiang.engine.state.message_subscription import MESSAGE_SUBSCRIPTIONS
from kiang.engine.state.signal_subscription import SIGNAL_SUBSCRIPTIONS
from kiang.engine.state.timer import TIMERS
from kiang.protocol.commands import CancelProcessInstance
from kiang.protocol.enums import SubscriptionState


def file():
    b = BpmnFile("p").start("s").element("eventBasedGateway", "g")
    b.catch("m", b.message_event("hello", "=id")).end("m-end")
    b.catch("t", b.timer_event(duration="=wait")).end("t-end")
    b.catch("x", b.signal_event("stop")).end("x-end")
    return b.flow("s", "g").chain("g", "m", "m-end").chain("g", "t", "t-end").chain("g", "x", "x-end")


def waiting(d):
    """Open timers and subscriptions."""
    tables = (TIMERS, MESSAGE_SUBSCRIPTIONS, SIGNAL_SUBSCRIPTIONS)
    return [row for table in tables for row in d.rows(table) if row.state < SubscriptionState.CLOSED]


EVENTS = {
    "m": lambda d: d.publish("hello", "a", v=1),
    "t": lambda d: d.advance(1_000),
    "x": lambda d: d.broadcast("stop", v=1),
}


@pytest.mark.parametrize("event", list(EVENTS))
def test_the_first_event_wins_and_the_others_are_closed(event):
    d = EngineDriver(file(), restarts=True)
    key = d.create("p", {"id": "a", "wait": "PT1S"})

    EVENTS[event](d)

    assert d.elements(key) == ["s", "g", event, f"{event}-end"]
    assert d.state(key) == "COMPLETED"
    assert waiting(d) == []


def test_the_gateway_completes_and_the_flow_to_the_event_is_not_taken():
    d = EngineDriver(file())
    d.create("p", {"id": "a", "wait": "PT1S"})

    d.publish("hello", "a")

    flows = [event.flow_id for event in d.events if type(event).__name__ == "SequenceFlowTaken"]
    assert flows == ["s-g", "m-m-end"]
    assert d.story("g", "m")[-5:] == ["g COMPLETED", "m ACTIVATING", "m ACTIVATED", "m COMPLETING", "m COMPLETED"]


def test_variables_of_the_event_are_its_own_and_go_outwards():
    d = EngineDriver(file())
    key = d.create("p", {"id": "a", "wait": "PT1S"})

    d.publish("hello", "a", v=1)

    assert d.variables(d.element(key, "m")) == {"v": 1}
    assert d.variables(key)["v"] == 1


def test_one_expression_that_fails_opens_no_subscription_at_all():
    d = EngineDriver(file(), restarts=True)
    key = d.create("p", {"id": "a", "wait": "soon"})
    incident = d.incident(key)

    d.publish("hello", "a")
    ignored = d.elements(key, active=True)
    d.set_variables(key, wait="PT1S")
    d.resolve(incident.key)
    d.publish("hello", "a")

    assert (incident.error_type, incident.element_id) == ("EXTRACT_VALUE_ERROR", "g")
    assert "Invalid duration format 'soon' for expression 'wait'." in incident.error_message
    assert ignored == ["g"]
    assert d.state(key) == "COMPLETED"


def test_a_buffered_message_decides_at_once():
    d = EngineDriver(file())
    d.publish("hello", "a", ttl_ms=1_000)

    key = d.create("p", {"id": "a", "wait": "PT1S"})

    assert d.elements(key)[-1] == "m-end"


def test_cancelling_closes_everything():
    d = EngineDriver(file())
    key = d.create("p", {"id": "a", "wait": "PT1S"})

    d.execute(CancelProcessInstance(key))

    assert waiting(d) == []


def test_what_it_cannot_wait_for_is_refused():
    b = BpmnFile("p").start("s").element("eventBasedGateway", "g").service_task("t", job_type="w")

    answer = EngineDriver().deploy("p.bpmn", b.chain("s", "g", "t"))

    assert "Event-based gateway must have at least 2 outgoing sequence flows." in refused(answer)
    assert "must not have an outgoing sequence flow to other elements than message/timer/signal" in refused(answer)
