"""Multi-instance (engine-semantics §16)."""

from __future__ import annotations

import json

import pytest
from tests.bpmn_builder import BpmnFile, multi_instance
from tests.engine_driver import EngineDriver, document, refused

from kiang.protocol.commands import CompleteJob, SetVariables


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


def test_the_body_is_active_before_its_runs_and_completes_after_them():
    d = EngineDriver(file())
    d.create("p", {"items": [1]})

    d.complete("w")

    assert [step for step in d.story("t") if "Job" not in step] == [
        "t ACTIVATING",
        "t ACTIVATED",
        "t ACTIVATING",
        "t ACTIVATED",
        "t COMPLETING",
        "t COMPLETED",
        "t COMPLETING",
        "t COMPLETED",
    ]


def test_results_that_are_not_collected_leak_to_the_process():
    d = EngineDriver(file(output_collection="rs", output_element="=r + 1"))
    key = d.create("p", {"items": [1]})

    d.complete("w", r=1, other=2)

    assert d.variables(key) == {"items": [1], "r": 1, "other": 2, "rs": [2]}


def test_a_result_that_is_just_a_variable_stays_in_its_run():
    d = EngineDriver(file(output_collection="rs", output_element="=r"))
    key = d.create("p", {"items": [1, 2]})

    d.complete("w", r="a")
    d.complete("w", r="b")

    assert d.variables(key) == {"items": [1, 2], "rs": ["a", "b"]}


def test_a_sequential_loop_over_a_list_that_became_shorter_ends_and_one_that_grew_goes_on():
    d = EngineDriver(file(sequential=True), restarts=True)
    shorter, longer = d.create("p", {"items": [1, 2, 3]}), d.create("p", {"items": [1]})
    d.set_variables(shorter, items=[1])
    d.set_variables(longer, items=[1, 2])

    while jobs := d.jobs("w", 1):
        d.execute(CompleteJob(jobs[0].key))

    assert [d.state(key) for key in (shorter, longer)] == ["COMPLETED", "COMPLETED"]
    assert [d.elements(key).count("t") - 1 for key in (shorter, longer)] == [1, 2]


def test_a_completion_condition_that_is_no_boolean_is_an_incident_of_the_run():
    d = EngineDriver(file(completion_condition="=enough"), restarts=True)
    key = d.create("p", {"items": [1, 2]})
    d.complete("w")
    incident = d.incident(key)

    d.set_variables(key, enough=True)
    d.resolve(incident.key)

    assert (incident.error_type, incident.element_id) == ("EXTRACT_VALUE_ERROR", "t")
    assert incident.error_message.startswith(
        "Expected result of the expression 'enough' to be 'BOOLEAN', but was 'NULL'."
    )
    assert d.state(key) == "COMPLETED"


def test_the_counters_of_the_condition_shadow_variables_and_are_none_themselves():
    condition = "=numberOfActiveInstances = 1 and numberOfCompletedInstances = 2 and numberOfInstances = 3"
    d = EngineDriver(file(completion_condition=condition))
    key = d.create("p", {"items": [1, 2, 3], "numberOfInstances": 77})

    d.complete("w")
    between = d.state(key)
    d.complete("w")

    assert (between, d.state(key)) == ("ACTIVATED", "COMPLETED")
    assert d.variables(key) == {"items": [1, 2, 3], "numberOfInstances": 77}
    assert [state for _, state in d.life(key)][2:] == ["COMPLETED", "COMPLETED", "TERMINATED", "COMPLETED"]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (5, "because the type of the output collection is: INTEGER."),
        ([], "at position 1 because the size of the collection is: 0."),
    ],
)
def test_a_list_of_results_that_something_else_has_written_is_an_incident_of_the_run(value, message):
    d = EngineDriver(file(output_collection="rs", output_element="=1"), restarts=True)
    key = d.create("p", {"items": [1]})
    body = d.element(key, "t")
    d.set_variables(body, local=True, rs=value)
    d.complete("w")
    incident = d.incident(key)

    d.set_variables(body, local=True, rs=[None])
    d.resolve(incident.key)

    assert incident.error_type == "EXTRACT_VALUE_ERROR"
    assert incident.error_message.startswith(f"Unable to update an item in output collection 'rs' {message}")
    assert d.variables(key)["rs"] == [1]


def test_a_correction_of_the_item_is_overwritten_when_the_run_is_tried_again():
    b = BpmnFile("p").start("s").service_task("t", job_type="=kind", inner=multi_instance('=["a"]', "item"))
    d = EngineDriver(b.flow("s", "t"), restarts=True)
    key = d.create("p")
    run = d.element(key, "t", 2)
    d.set_variables(run, local=True, item="b")

    d.set_variables(key, kind="w")
    d.resolve(d.incident(key).key)

    assert d.variables(run)["item"] == "a"


def test_items_of_every_kind_and_null_are_items():
    d = EngineDriver(file(output_collection="rs", output_element="=item"))
    items = [None, 1, "x", [2], {"a": None}, False]
    key = d.create("p", {"items": items})

    while jobs := d.jobs("w"):
        for job in jobs:
            d.execute(CompleteJob(job.key))

    assert d.variables(key)["rs"] == items


def test_one_without_collection_is_refused_and_so_is_half_of_an_output():
    half = file(output_collection="rs")

    assert "Attribute 'outputElement' must be present if the attribute 'outputCollection' is set" in refused(
        EngineDriver().deploy("p.bpmn", half)
    )


def test_a_computed_collection_follows_the_variables_that_it_is_made_of():
    b = BpmnFile("p")
    loop = multi_instance("=for i in 1..count return base + i", "item", sequential=True)
    b.start("s").service_task("t", job_type="w", inner=loop).end("e").chain("s", "t", "e")
    d = EngineDriver(b)
    key = d.create("p", {"count": 2, "base": 10})

    first = d.job("w")
    d.execute(SetVariables(key, document({"base": 20, "count": 3})))
    d.execute(CompleteJob(first.key))
    second = d.job("w")
    d.execute(CompleteJob(second.key))
    third = d.job("w")
    d.execute(CompleteJob(third.key))

    assert [job.variables for job in (first, second, third)] == [
        '{"count":2,"base":10,"item":11,"loopCounter":1}',
        '{"count":3,"base":20,"item":22,"loopCounter":2}',
        '{"count":3,"base":20,"item":23,"loopCounter":3}',
    ]
    assert d.state(key) == "COMPLETED"


@pytest.mark.parametrize("expression", ["=[uuid(), uuid()]", "=[random number(), random number()]"])
def test_a_collection_that_changes_by_itself_is_computed_anew_for_each_item(expression):
    b = BpmnFile("p")
    loop = multi_instance(expression, "item", sequential=True)
    b.start("s").service_task("t", job_type="w", inner=loop).end("e").chain("s", "t", "e")
    d = EngineDriver(b)
    d.create("p")

    seen = []
    for _ in range(2):
        job = d.job("w")
        seen.append(json.loads(job.variables)["item"])
        d.execute(CompleteJob(job.key))

    assert len(set(seen)) == 2
