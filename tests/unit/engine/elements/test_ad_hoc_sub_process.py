"""Ad-hoc sub-process (engine-semantics §21)."""

from __future__ import annotations

from tests.bpmn_builder import BpmnFile, tag
from tests.engine_driver import EngineDriver, document, refused

from kiang.protocol.commands import ActivateAdHocElements, ActivateInstruction, CompleteJob, JobResult
from kiang.protocol.enums import JobKind


def file(
    *, collection: str | None = "=todo", condition: str = "", cancel: bool | None = None, extensions: str = "", **zeebe
):
    b = BpmnFile("p")
    ad_hoc = tag("zeebe:adHoc", activeElementsCollection=collection, **zeebe)
    inner = tag("bpmn:completionCondition", condition) if condition else ""
    b.start("s")
    with b.sub_process("any", kind="adHocSubProcess", extensions=ad_hoc + extensions, cancelRemainingInstances=cancel):
        b.service_task("a", job_type="a").service_task("b", job_type="b").service_task("after-b", job_type="after")
        b.chain("b", "after-b")
        if inner:
            b._body.append(inner)
    return b.end("e").chain("s", "any", "e")


def test_the_elements_of_the_collection_are_activated_each_in_an_inner_instance():
    d = EngineDriver(file())

    key = d.create("p", {"todo": ["a", "b"]})

    assert d.elements(key, active=True) == ["any", "any#innerInstance", "any#innerInstance", "a", "b"]


def test_without_condition_it_completes_when_nothing_is_active_any_more():
    d = EngineDriver(file(), restarts=True)
    key = d.create("p", {"todo": ["a", "b"]})

    d.complete("a")
    d.complete("b")
    d.complete("after")

    assert d.state(key) == "COMPLETED"


def test_an_empty_collection_leaves_it_active_until_a_client_activates_something():
    d = EngineDriver(file(), restarts=True)
    key = d.create("p", {"todo": []})
    scope = d.element(key, "any")

    d.execute(ActivateAdHocElements(scope, (ActivateInstruction("a", document({"x": 1})),)))
    job = d.job("a")

    assert d.elements(key, active=True) == ["any", "any#innerInstance", "a"]
    assert '"x":1' in job.variables
    assert "x" not in d.variables(key)


def test_the_completion_condition_ends_what_is_still_active():
    d = EngineDriver(file(condition="=done = true"), restarts=True)
    key = d.create("p", {"todo": ["a", "b"], "done": False})

    d.complete("a", done=True)

    assert d.state(key) == "COMPLETED"
    assert ("b", "TERMINATED") in d.life(key)


def test_what_is_still_active_may_go_on_after_the_condition_holds():
    d = EngineDriver(file(condition="=done = true", cancel=False))
    key = d.create("p", {"todo": ["a", "b"], "done": False})

    d.complete("a", done=True)
    waiting = d.elements(key, active=True)
    d.complete("b")
    d.complete("after")

    assert "b" in waiting
    assert d.state(key) == "COMPLETED"


def test_an_element_that_cannot_be_activated_is_an_incident_that_can_be_resolved():
    d = EngineDriver(file())
    key = d.create("p", {"todo": ["after-b", "nowhere"]})
    incident = d.incident(key)

    d.set_variables(key, todo=["a"])
    d.resolve(incident.key)

    assert (
        incident.error_message
        == "Failed to activate ad-hoc elements. No BPMN elements found with ids: after-b, nowhere."
    )
    assert "a" in d.elements(key, active=True)


def test_results_of_the_inner_instances_are_collected_and_leave_with_it():
    d = EngineDriver(file(outputCollection="results", outputElement="=result"))
    key = d.create("p", {"todo": ["a", "b"]})

    d.complete("a", result=1)
    d.complete("b")
    d.complete("after", result=2)

    assert d.variables(key)["results"] == [1, 2]


def test_a_worker_decides_what_comes_next_until_it_says_that_all_is_done():
    d = EngineDriver(file(collection=None, extensions=tag("zeebe:taskDefinition", type="agent")), restarts=True)
    key = d.create("p")

    first = d.job("agent")
    activate = JobResult("adHocSubProcess", activate_elements=(ActivateInstruction("a", document({"tool": 1})),))
    d.execute(CompleteJob(first.key, {}, activate))
    d.complete("a")
    second = d.job("agent")
    d.execute(CompleteJob(second.key, {}, JobResult("adHocSubProcess", is_completion_condition_fulfilled=True)))

    assert first.kind == JobKind.AD_HOC_SUB_PROCESS
    assert d.state(key) == "COMPLETED"


def test_a_worker_that_is_done_may_cancel_what_is_active_or_wait_for_it():
    ends = {}
    for cancels in (True, False):
        d = EngineDriver(file(collection=None, extensions=tag("zeebe:taskDefinition", type="agent")))
        key = d.create("p")
        activate = JobResult("adHocSubProcess", activate_elements=(ActivateInstruction("a"), ActivateInstruction("b")))
        d.execute(CompleteJob(d.job("agent").key, {}, activate))
        d.complete("a")
        done = JobResult(
            "adHocSubProcess", is_completion_condition_fulfilled=True, is_cancel_remaining_instances=cancels
        )

        d.execute(CompleteJob(d.job("agent").key, {}, done))

        ends[cancels] = d.state(key)
        if not cancels:
            d.complete("b")
            d.complete("after")
            assert d.state(key) == "COMPLETED"
    assert ends == {True: "COMPLETED", False: "ACTIVATED"}


def test_a_worker_cannot_activate_and_be_done_at_once():
    d = EngineDriver(file(collection=None, extensions=tag("zeebe:taskDefinition", type="agent")))
    d.create("p")
    result = JobResult(
        "adHocSubProcess", activate_elements=(ActivateInstruction("a"),), is_completion_condition_fulfilled=True
    )

    answer = d.execute(CompleteJob(d.job("agent").key, {}, result))

    assert "rejected with code 'INVALID_ARGUMENT'" in refused(answer)


def test_activating_is_refused_for_unknown_keys_and_elements():
    d = EngineDriver(file())
    key = d.create("p", {"todo": []})
    scope = d.element(key, "any")

    unknown_key = d.execute(ActivateAdHocElements(key, (ActivateInstruction("a"),)))
    unknown_element = d.execute(ActivateAdHocElements(scope, (ActivateInstruction("nowhere"),)))

    assert "no ad-hoc sub-process instance found" in refused(unknown_key)
    assert "[nowhere] do not exist" in refused(unknown_element)
