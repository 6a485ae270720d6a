"""The process and its workers, tested without a server: `pytest examples/booking`."""

from __future__ import annotations

from pathlib import Path

import pytest
from examples.booking.worker import worker

from kiang.testing import InProcessEngine, assert_that

GUEST = {"name": "Ada", "email": "ada@example.com"}


@pytest.fixture
def engine(kiang_engine: InProcessEngine) -> InProcessEngine:
    kiang_engine.deploy(Path(__file__).with_name("booking.bpmn"))
    return kiang_engine


def test_a_free_room_is_booked(engine: InProcessEngine) -> None:
    booking = engine.create_instance("booking", {"room": 12, "arrival": "2026-05-01", "nights": 3, "guest": GUEST})

    engine.run(worker)

    assert_that(booking).is_completed().has_passed_in_order("reserve-room", "confirm-booking", "booked")
    assert_that(booking).has_variables(reservation_id="12-20260501", departure="2026-05-04")
    assert booking.variables["mail"] == "To ada@example.com: Dear Ada, Your room is booked."


def test_a_guest_whose_room_is_taken_gets_others_offered(engine: InProcessEngine) -> None:
    booking = engine.create_instance("booking", {"room": 13, "arrival": "2026-05-01", "nights": 3, "guest": GUEST})

    engine.run(worker)

    assert_that(booking).is_completed().has_passed("room-taken", "not-booked").has_not_passed("confirm-booking")
    assert booking.variables["mail"].endswith("These rooms are free: [12, 14].")


def test_a_booking_for_no_night_is_an_incident_that_says_why(engine: InProcessEngine) -> None:
    booking = engine.create_instance("booking", {"room": 12, "arrival": "2026-05-01", "nights": 0, "guest": GUEST})

    engine.run(worker)

    assert_that(booking).is_active().has_incident("JOB_NO_RETRIES", at="reserve-room", message="nights")


def test_an_incident_goes_on_when_its_cause_is_gone(engine: InProcessEngine) -> None:
    booking = engine.create_instance("booking", {"room": 12, "arrival": "soon", "nights": 3, "guest": GUEST})
    engine.run(worker)
    assert_that(booking).has_incident(at="reserve-room")

    engine.set_variables(booking, {"arrival": "2026-05-01"})
    engine.resolve_incidents(booking)
    engine.run(worker)

    assert_that(booking).is_completed()
