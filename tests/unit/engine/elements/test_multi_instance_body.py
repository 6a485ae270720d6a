"""Multi-instance (engine-semantics §16)."""

from __future__ import annotations

import pytest
from tests.bpmn_builder import BpmnFile, multi_instance
from tests.engine_driver import EngineDriver, document

from kiang.protocol.commands import CompleteJob


def file(**loop):
    b = BpmnFile("p")
    b.start("s").service_task("t", job_type="w", inner=multi_instance("=items", "item", **loop)).end("e")
    return b.chain("s", "t", "e")


def test_parallel_instances_begin_at_once_with_their_item_and_number():
    d = EngineDriver(file())
    d.create("p", {"items": ["a", "b", "c"]})

    jobs = d.jobs("w", fetch=("item", "loopCounter"))

    assert [job.variables for job in jobs] == [
        '{"item":"a","loopCounter":1}',
        '{"item":"b","loopCounter":2}',
        '{"item":"c","loopCounter":3}',
    ]


def test_sequential_instances_begin_one_after_the_other():
    d = EngineDriver(file(sequential=True), restarts=True)
    key = d.create("p", {"items": [1, 2]})

    first = d.jobs("w")

    d.execute(CompleteJob(first[0].key))
    second = d.jobs("w")
    d.execute(CompleteJob(second[0].key))

    assert (len(first), len(second)) == (1, 1)
    assert d.state(key) == "COMPLETED"


def test_results_are_collected_at_the_place_of_their_item():
    d = EngineDriver(file(output_collection="results", output_element="=result"), restarts=True)
    key = d.create("p", {"items": [1, 2, 3]})

    for job, result in zip(reversed(d.jobs("w")), ["c", "b", "a"], strict=True):
        d.execute(CompleteJob(job.key, document({"result": result})))

    assert d.variables(key)["results"] == ["a", "b", "c"]


def test_an_empty_collection_completes_at_once():
    d = EngineDriver(file(output_collection="results", output_element="=1"))

    key = d.create("p", {"items": []})

    assert d.state(key) == "COMPLETED"
    assert d.variables(key)["results"] == []


@pytest.mark.parametrize("sequential", [False, True])
def test_the_completion_condition_ends_the_loop(sequential):
    condition = "=numberOfCompletedInstances >= 2"
    d = EngineDriver(file(sequential=sequential, completion_condition=condition), restarts=True)
    key = d.create("p", {"items": [1, 2, 3, 4]})

    d.complete("w")
    before = d.state(key)
    d.complete("w")

    assert before == "ACTIVATED"
    assert d.state(key) == "COMPLETED"


def test_a_collection_that_is_no_list_is_an_incident_of_the_body():
    d = EngineDriver(file())
    key = d.create("p", {"items": 5})

    incident = d.incident(key)
    d.set_variables(key, items=[1])
    d.resolve(incident.key)

    assert incident.error_message == "Expected result of the expression 'items' to be 'ARRAY', but was 'NUMBER'."
    assert len(d.jobs("w")) == 1


def test_very_many_instances_are_begun_in_portions_and_all_end():
    d = EngineDriver(file(output_collection="results", output_element="=loopCounter"))
    key = d.create("p", {"items": list(range(1_234))})

    for job in d.jobs("w", 2_000, fetch=("item",)):
        d.execute(CompleteJob(job.key))

    assert d.state(key) == "COMPLETED"
    assert d.variables(key)["results"] == list(range(1, 1_235))


def test_a_boundary_event_ends_all_instances_and_the_list_stays_inside():
    b = BpmnFile("p")
    b.start("s").service_task(
        "t", job_type="w", inner=multi_instance("=items", output_collection="results", output_element="=1")
    )
    b.boundary("late", "t", b.timer_event(duration="PT1S")).end("e").end("e2").chain("s", "t", "e").chain("late", "e2")
    d = EngineDriver(b)
    key = d.create("p", {"items": [1, 2]})

    d.advance(1_000)

    assert d.state(key) == "COMPLETED"
    assert "results" not in d.variables(key)
