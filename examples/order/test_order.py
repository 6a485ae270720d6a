"""The order process, tested without a server and with a clock that the test turns: `pytest examples/order`."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from examples.order.worker import worker

from kiang.testing import InProcessEngine, assert_that


@pytest.fixture
def engine(kiang_engine: InProcessEngine) -> InProcessEngine:
    kiang_engine.deploy(Path(__file__).with_name("order.bpmn"))
    return kiang_engine


def test_an_order_is_paid_fetched_and_shipped(engine: InProcessEngine) -> None:
    order = engine.create_instance("order", {"amount": 30, "order_id": "A-1", "items": ["ink", "paper"]})

    engine.run(worker)

    assert_that(order).is_completed().has_passed_in_order("process-payment", "fetch-items", "ship-parcel")
    assert_that(order).has_variables(payment="30.00 EUR paid", receipt="R-A-1", parcel="2 items with parcel-post")


def test_a_payment_that_failed_is_tried_again_after_its_rest(engine: InProcessEngine) -> None:
    order = engine.create_instance("order", {"amount": 30})
    job = engine.activate("process-payment")
    engine.fail(job, retries=2, message="The bank does not answer.", retry_backoff=timedelta(minutes=5))

    engine.run(worker)
    assert_that(order).is_waiting_at("process-payment").has_no_incident()

    engine.clock.advance(timedelta(minutes=6))
    engine.run(worker)
    assert_that(order).is_completed()


def test_an_amount_that_no_card_takes_is_an_error_that_nothing_catches_here(engine: InProcessEngine) -> None:
    order = engine.create_instance("order", {"amount": 20_000})

    engine.run(worker)

    assert_that(order).is_waiting_at("process-payment").has_incident("UNHANDLED_ERROR_EVENT")
