"""Timers in every position (engine-semantics §12)."""

from __future__ import annotations

import pytest
from tests.bpmn_builder import BpmnFile
from tests.engine_driver import START_MS, EngineDriver, refused

from kiang.engine.state.timer import TIMERS

YEAR_MS = 365 * 86_400_000


def caught(**timer):
    b = BpmnFile("p")
    return b.start("s").catch("c", b.timer_event(**timer)).end("e").chain("s", "c", "e")


@pytest.mark.parametrize(
    ("timer", "due_ms"),
    [
        ({"duration": "PT10M"}, 600_000),
        ({"duration": "P1DT1H"}, 90_000_000),
        ({"duration": '=duration("PT" + string(minutes) + "M")'}, 120_000),
        ({"date": "2023-11-14T22:13:30Z"}, 10_000),
        ({"date": '=now() + duration("PT5S")'}, 5_000),
    ],
)
def test_a_catch_event_goes_on_exactly_when_it_is_due(timer, due_ms):
    d = EngineDriver(caught(**timer), restarts=True)
    key = d.create("p", {"minutes": 2})

    d.advance(due_ms - 1)
    before = d.state(key)
    d.advance(1)

    assert before == "ACTIVATED"
    assert d.state(key) == "COMPLETED"


def test_a_date_in_the_past_lets_the_token_pass():
    d = EngineDriver(caught(date="2020-01-01T00:00:00Z"))

    key = d.create("p")

    assert d.state(key) == "COMPLETED"


def test_timers_of_years_fire_in_no_time():
    d = EngineDriver(caught(duration="P10Y"))
    key = d.create("p")

    d.advance(10 * YEAR_MS + 3 * 86_400_000)

    assert d.state(key) == "COMPLETED"


def test_a_non_interrupting_boundary_event_repeats_as_often_as_its_cycle_says():
    b = BpmnFile("p")
    b.start("s").service_task("t", job_type="w")
    b.boundary("again", "t", b.timer_event(cycle="R3/PT1M"), interrupting=False)
    b.service_task("u", job_type="u").end("e").chain("s", "t", "e").chain("again", "u")
    d = EngineDriver(b, restarts=True)
    d.create("p")

    counts = [len(d.advance(60_000).jobs("u")) for _ in range(5)]

    assert counts == [1, 1, 1, 0, 0]


def test_an_interrupting_boundary_event_cancels_the_job():
    b = BpmnFile("p")
    b.start("s").service_task("t", job_type="w").boundary("late", "t", b.timer_event(duration="PT1S"))
    b.end("e").end("e2").chain("s", "t", "e").chain("late", "e2")
    d = EngineDriver(b)
    key = d.create("p")

    d.advance(1_000)

    assert d.jobs("w") == []
    assert d.life(key)[1:3] == [("t", "TERMINATED"), ("late", "COMPLETED")]


def test_a_start_event_with_a_cron_expression_starts_an_instance_at_each_date():
    b = BpmnFile("p")
    b.start("s", b.timer_event(cycle="0 0 * * * *")).end("e").chain("s", "e")
    d = EngineDriver(b, restarts=True)

    for _ in range(3):
        d.advance(3_600_000)

    assert len(d.instances("p")) == 3


def test_a_new_version_stops_the_start_timer_of_the_one_before():
    b = BpmnFile("p")
    b.start("s", b.timer_event(cycle="R/PT1H")).end("e").chain("s", "e")
    d = EngineDriver(b)
    b2 = BpmnFile("p").start("s").end("e").chain("s", "e")

    d.deploy("file0.bpmn", b2)
    d.advance(10 * 3_600_000)

    assert d.instances("p") == []


def test_a_timer_is_gone_with_its_element():
    b = BpmnFile("p")
    b.start("s").service_task("t", job_type="w").boundary("late", "t", b.timer_event(duration="PT1H"))
    b.end("e").end("e2").chain("s", "t", "e").chain("late", "e2")
    d = EngineDriver(b)
    d.create("p")

    d.complete("w")

    assert d.engine.next_due() is None
    assert [row.due_at for row in d.rows(TIMERS)] == [START_MS + 3_600_000]


def test_an_expression_that_gives_no_date_is_an_incident():
    d = EngineDriver(caught(duration="=missing"))
    key = d.create("p")

    incident = d.incident(key)
    d.set_variables(key, missing="PT1S")
    d.resolve(incident.key)
    d.advance(1_000)

    assert incident.error_message.startswith(
        "Expected result of the expression 'missing' to be one of '[DURATION, PERIOD, STRING]', but was 'NULL'."
    )
    assert d.state(key) == "COMPLETED"


def repeated(cycle, **options):
    """A job with a boundary event that repeats."""
    b = BpmnFile("p").start("s").service_task("t", job_type="w")
    b.boundary("again", "t", b.timer_event(cycle=cycle), interrupting=False, **options).end("a").end("e")
    return b.chain("s", "t", "e").flow("again", "a")


def fired(d, key):
    return d.elements(key).count("again")


def test_a_cycle_does_not_drift_when_it_is_late():
    d = EngineDriver(repeated("R/PT10S"), restarts=True)
    key = d.create("p")

    d.advance(13_000)
    d.advance(6_999)
    before = fired(d, key)
    d.advance(1)

    assert (before, fired(d, key)) == (1, 2)


def test_a_cycle_that_is_late_by_many_intervals_fires_once_and_goes_on_from_now():
    d = EngineDriver(repeated("R/PT10S"), restarts=True)
    key = d.create("p")

    d.advance(95_000)
    late = fired(d, key)
    d.advance(9_999)
    before = fired(d, key)
    d.advance(1)

    assert (late, before, fired(d, key)) == (1, 1, 2)


def test_a_cycle_without_repetitions_fires_once():
    d = EngineDriver(repeated("R0/PT10S"))
    key = d.create("p")

    for _ in range(3):
        d.advance(10_000)

    assert fired(d, key) == 1


def test_a_cycle_with_a_start_begins_there():
    d = EngineDriver(repeated("R2/2023-11-14T22:13:30Z/PT1S"))
    key = d.create("p")

    counts = [fired(d.advance(step), key) for step in (9_999, 1, 1_000, 1_000)]

    assert counts == [0, 1, 2, 2]


def test_the_interval_of_a_cycle_is_evaluated_anew_but_not_its_repetitions():
    d = EngineDriver(repeated("=cycle(3, duration(every))"), restarts=True)
    key = d.create("p", {"every": "PT10S"})
    d.advance(10_000)
    d.set_variables(key, every="PT1M")

    counts = [fired(d.advance(step), key) for step in (10_000, 59_999, 1, 600_000)]

    assert counts == [2, 2, 3, 3]


def test_a_negative_duration_fires_at_once():
    d = EngineDriver(caught(duration='=duration("-PT1H")'))

    assert d.state(d.create("p")) == "COMPLETED"


@pytest.mark.parametrize(
    ("timer", "message"),
    [
        ({"duration": "=x"}, "Invalid duration format 'soon' for expression 'x'."),
        ({"date": "=x"}, "Invalid date-time format 'soon' for expression 'x'."),
        ({"date": '="2024-01-01T00:00:00"'}, "Invalid date-time format '2024-01-01T00:00:00' for expression"),
        ({"duration": "=1"}, "Expected result of the expression '1' to be one of '[DURATION, PERIOD, STRING]'"),
        ({"date": "=1"}, "Expected result of the expression '1' to be one of '[DATE_TIME, STRING]'"),
    ],
)
def test_what_is_no_time_is_an_incident_of_the_event(timer, message):
    d = EngineDriver(caught(**timer))

    incident = d.incident(d.create("p", {"x": "soon"}))

    assert (incident.error_type, incident.element_id) == ("EXTRACT_VALUE_ERROR", "c")
    assert incident.error_message.startswith(message)


@pytest.mark.parametrize(
    ("timer", "message"),
    [
        ({"cycle": "R3/PT1S"}, "Intermediate timer catch event must have either a time duration or a time date."),
        ({"duration": "soon"}, "Invalid timer duration expression"),
        ({"date": "soon"}, "Invalid timer date expression"),
        ({}, "Must be exactly one type of timer: timeDuration, timeDate or timeCycle"),
    ],
)
def test_a_static_timer_that_is_none_is_refused(timer, message):
    assert message in refused(EngineDriver().deploy("p.bpmn", caught(**timer)))


def test_a_timer_of_a_start_event_knows_no_variables():
    b = BpmnFile("p")
    b.start("s", b.timer_event(duration="=x")).end("e").flow("s", "e")

    assert "Invalid timer duration expression" in refused(EngineDriver().deploy("p.bpmn", b))


def test_timers_that_are_due_together_fire_in_the_order_in_which_they_are_due():
    b = BpmnFile("p").start("s")
    for name, duration in (("slow", "PT3S"), ("fast", "PT1S"), ("middle", "PT2S")):
        b.catch(name, b.timer_event(duration=duration)).end(f"{name}-end").flow("s", name).flow(name, f"{name}-end")
    d = EngineDriver(b)
    key = d.create("p")

    d.advance(10_000)

    ends = [each for each in d.elements(key) if each.endswith("-end")]
    assert ends == ["fast-end", "middle-end", "slow-end"]
