"""Call activity (engine-semantics §17)."""

from __future__ import annotations

import pytest
from tests.bpmn_builder import BpmnFile, multi_instance
from tests.engine_driver import EngineDriver, document, refused

from kiang.engine.state.process_instance import PROCESS_INSTANCES
from kiang.protocol.commands import CancelProcessInstance, CompleteJob


def child(**more):
    return BpmnFile("child", **more).start("s").service_task("t", job_type="w").end("e").chain("s", "t", "e")


def parent(**called):
    return BpmnFile("parent").start("s").call_activity("c", "child", **called).end("e").chain("s", "c", "e")


def test_the_called_instance_gets_the_variables_and_gives_its_own_back():
    d = EngineDriver(child(), parent(), restarts=True)
    key = d.create("parent", {"x": 1})

    d.complete("w", y=2)

    assert d.variables(d.instances("child")[0]) == {"x": 1, "y": 2}
    assert d.state(key) == "COMPLETED"
    assert d.variables(key) == {"x": 1, "y": 2}


def test_cancelling_the_caller_ends_the_called_one_which_cannot_be_cancelled_itself():
    d = EngineDriver(child(), parent(), restarts=True)
    key = d.create("parent")
    called = d.instances("child")[0]

    refusal = d.execute(CancelProcessInstance(called))
    d.execute(CancelProcessInstance(key))

    assert f"Cancel the root process instance '{key}' instead." in refused(refusal)
    assert (d.state(key), d.state(called)) == ("TERMINATED", "TERMINATED")


def test_an_unknown_process_is_an_incident_until_it_is_deployed():
    d = EngineDriver(parent())
    key = d.create("parent")
    incident = d.incident(key)

    d.deploy("child.bpmn", child())
    d.resolve(incident.key)
    d.complete("w")

    assert incident.error_type == "CALLED_ELEMENT_ERROR"
    assert d.state(key) == "COMPLETED"


def test_an_error_of_the_called_instance_is_caught_by_the_caller():
    b = parent()
    b.boundary("caught", "c", b.error_event("oops")).end("e2").chain("caught", "e2")
    d = EngineDriver(child(), b)
    key = d.create("parent")

    d.throw("w", "oops")

    assert d.state(key) == "COMPLETED"
    assert d.state(d.instances("child")[0]) == "TERMINATED"


def test_a_process_that_calls_itself_without_end_stops_with_an_incident():
    b = (
        BpmnFile("p")
        .start("s")
        .service_task("t", job_type="w")
        .call_activity("c", "p")
        .end("e")
        .chain("s", "t", "c", "e")
    )
    d = EngineDriver(b)
    d.create("p")

    for _ in range(1_001):
        jobs = d.jobs("w")
        if not jobs:
            break
        for job in jobs:
            d.execute(CompleteJob(job.key))

    last = d.instances("p")[-1]
    assert len(d.instances("p")) == 1_000
    assert "reached the maximum depth of 1000" in d.incident(last).error_message


def test_the_caller_is_active_before_the_called_instance_begins_and_completes_after_it():
    d = EngineDriver(child(), parent())
    d.create("parent")

    d.complete("w")

    story = d.story("c", "t", "e")
    assert (
        story.index("c ACTIVATED")
        < story.index("t ACTIVATING")
        < story.index("c COMPLETING")
        < story.index("c COMPLETED")
    )


@pytest.mark.parametrize(
    ("called", "inputs", "expected"),
    [
        ({}, None, {"x": 1, "y": 2}),
        ({}, {"x": "=5"}, {"x": 5, "y": 2}),
        ({"propagateAllParentVariables": False}, {"z": "=x"}, {"z": 1}),
        ({"propagateAllParentVariables": False}, None, {}),
    ],
)
def test_what_the_called_instance_begins_with(called, inputs, expected):
    d = EngineDriver(child(), parent(inputs=inputs, **called))

    d.create("parent", {"x": 1, "y": 2})

    assert d.variables(d.instances("child")[0]) == expected


@pytest.mark.parametrize(
    ("called", "outputs", "expected"),
    [
        ({}, None, {"r": 1, "x": 2}),
        ({}, {"out": "=r"}, {"x": 1, "out": 1}),
        ({"propagateAllChildVariables": False}, {"out": "=r"}, {"x": 1, "out": 1}),
        ({"propagateAllChildVariables": False}, None, {"x": 1}),
    ],
)
def test_what_comes_back(called, outputs, expected):
    d = EngineDriver(child(), parent(outputs=outputs, **called), restarts=True)
    key = d.create("parent", {"x": 1})

    d.complete("w", r=1, x=2)

    assert d.variables(key) == expected


def test_local_variables_inside_the_called_process_do_not_come_back():
    b = BpmnFile("child").start("s").service_task("t", job_type="w", inputs={"r": "=0"}).end("e").chain("s", "t", "e")
    d = EngineDriver(b, parent())
    key = d.create("parent")

    d.complete("w", r=1)

    assert d.variables(key) == {}


def test_a_version_tag_finds_the_youngest_with_that_tag():
    d = EngineDriver(child(version_tag="good"), parent(bindingType="versionTag", versionTag="good"))
    d.deploy("file0.bpmn", child(version_tag="bad"))

    d.create("parent")
    d.deploy("file0.bpmn", child(version_tag="good", extensions="<zeebe:properties/>"))
    d.create("parent")

    assert [row.version for row in d.rows(PROCESS_INSTANCES, process_id="child")] == [1, 3]


def test_a_missing_version_tag_and_a_missing_deployment_are_incidents_with_their_way_out():
    tagged = EngineDriver(child(), parent(bindingType="versionTag", versionTag="none"))
    bound = EngineDriver(child(), parent(bindingType="deployment"))

    messages = [d.incident(d.create("parent")).error_message for d in (tagged, bound)]

    assert messages[0] == (
        "Expected to call process with BPMN process id 'child' and version tag 'none', but no such process found."
        " To resolve this incident, deploy a process with the given process id and version tag."
    )
    assert messages[1].startswith(
        "Expected to call process with BPMN process id 'child' with binding type 'deployment', but no such process found"
    )


def test_a_process_without_none_start_event_cannot_be_called():
    b = BpmnFile("child")
    b.start("s", b.message_event("hello")).end("e").flow("s", "e")
    d = EngineDriver(b, parent())

    incident = d.incident(d.create("parent"))

    assert incident.error_type == "CALLED_ELEMENT_ERROR"
    assert incident.error_message == (
        "Expected process with BPMN process id 'child' to have a none start event, but not found."
    )


def test_an_incident_inside_is_one_of_the_called_instance_only():
    d = EngineDriver(child(), parent(), restarts=True)
    key = d.create("parent")

    d.fail("w")

    assert d.incidents(key) == []
    assert d.incident(d.instances("child")[0]).element_id == "t"


def test_a_boundary_event_ends_the_called_instance_first():
    b = parent()
    b.boundary("late", "c", b.timer_event(duration="PT1S")).end("e2").flow("late", "e2")
    d = EngineDriver(child(), b, restarts=True)
    key = d.create("parent")

    d.advance(1_000)

    story = d.story("c", "t", "late")
    assert story.index("c TERMINATING") < story.index("t TERMINATED") < story.index("c TERMINATED")
    assert story.index("c TERMINATED") < story.index("late ACTIVATING")
    assert d.state(key) == "COMPLETED"
    assert d.state(d.instances("child")[0]) == "TERMINATED"


def test_output_mappings_that_fail_are_an_incident_of_the_caller_after_the_called_one_is_done():
    d = EngineDriver(child(), parent(outputs={"out": "=assert(r, r > 1)"}), restarts=True)
    key = d.create("parent")
    d.complete("w", r=1)
    incident = d.incident(key)

    d.set_variables(d.element(key, "c"), local=True, r=2)
    d.resolve(incident.key)

    assert (incident.error_type, incident.element_id) == ("IO_MAPPING_ERROR", "c")
    assert d.variables(key) == {"out": 2}
    assert d.state(key) == "COMPLETED"


def test_each_run_of_a_multi_instance_calls_an_instance_with_its_item():
    loop = multi_instance("=[7, 8]", "i", output_collection="rs", output_element="=r")
    d = EngineDriver(child(), parent(inner=loop, outputs={"r": "=x"}), restarts=True)
    key = d.create("parent")

    for job in d.jobs("w", fetch=("i",)):
        d.execute(CompleteJob(job.key, document({"x": job.variables})))

    assert d.variables(key) == {"rs": ['{"i":7}', '{"i":8}']}
