"""AssignBusinessId: once, to a root instance that has none."""

from __future__ import annotations

import pytest
from tests.bpmn_builder import BpmnFile
from tests.engine_driver import EngineDriver

from kiang.engine.state.business_id import BUSINESS_IDS
from kiang.engine.state.process_instance import PROCESS_INSTANCES
from kiang.protocol.answers import Done, Rejection
from kiang.protocol.commands import AssignBusinessId, CancelProcessInstance, CompleteJob, CreateProcessInstance
from kiang.protocol.enums import JobState, RejectionType


@pytest.fixture(params=[False, True], ids=["running", "restarting"])
def d(request) -> EngineDriver:
    child = BpmnFile("child").start("s").service_task("t", job_type="w").end("e").chain("s", "t", "e")
    file = BpmnFile("p").start("s").call_activity("call", "child").end("e").chain("s", "call", "e")
    return EngineDriver(child, file, restarts=request.param)


def refusal(d: EngineDriver, key: int, business_id: str = "order-1") -> tuple[str, str]:
    rejection = d.execute(AssignBusinessId(key, business_id))
    assert isinstance(rejection, Rejection)
    expected = f"Expected to assign a business id to process instance with key '{key}', but "
    assert rejection.reason.startswith(expected)
    return rejection.type.name, rejection.reason.removeprefix(expected)


def test_an_instance_gets_one_and_keeps_it(d):
    key = d.create("p")

    first = d.execute(AssignBusinessId(key, "order-1"))
    again = d.execute(AssignBusinessId(key, "order-1"))

    assert first == again == Done(key)
    assert d.rows(PROCESS_INSTANCES, key=key)[0].business_id == "order-1"
    assert refusal(d, key, "order-2") == ("INVALID_STATE", "it already has a business id assigned")


def test_it_is_taken_while_the_instance_is_active_and_free_afterwards(d):
    key, other = d.create("p"), d.create("p")
    d.execute(AssignBusinessId(key, "order-1"))

    created = d.execute(CreateProcessInstance("p", business_id="order-1"))
    assigned = refusal(d, other)
    d.execute(CancelProcessInstance(key))
    afterwards = d.execute(AssignBusinessId(other, "order-1"))

    assert created.type is RejectionType.ALREADY_EXISTS
    assert assigned == ("INVALID_STATE", "another active instance of process 'p' has the business id 'order-1'")
    assert afterwards == Done(other)
    assert [row.key for row in d.rows(BUSINESS_IDS)] == [other]


def test_called_ended_and_unknown_instances_get_none(d):
    key = d.create("p")
    (called,) = d.instances("child")

    child = refusal(d, called)
    empty = refusal(d, key, "")
    d.execute(CancelProcessInstance(key))

    assert child == (
        "INVALID_STATE",
        "it is a child process instance; a business id can only be assigned to root process instances",
    )
    assert empty == ("INVALID_ARGUMENT", "the provided business id is empty")
    assert refusal(d, key) == refusal(d, 7) == ("NOT_FOUND", "no such process instance was found")


def test_the_completion_of_a_job_may_assign_it_with_all_or_nothing():
    file = BpmnFile("p").start("s").service_task("t", job_type="w").service_task("u", job_type="w").end("e")
    d = EngineDriver(file.chain("s", "t", "u", "e"), restarts=True)
    key, other = d.create("p"), d.create("p", business_id="taken")
    job = d.job("w")

    refused = d.execute(CompleteJob(job.key, business_id="taken"))
    before = [row.state for row in d.job_rows(key)]
    done = d.execute(CompleteJob(job.key, business_id="order-1"))
    again = d.execute(
        CompleteJob(next(j for j in d.jobs("w") if j.process_instance_key == key).key, business_id="order-1")
    )

    assert refused.type is RejectionType.INVALID_STATE
    assert before == [JobState.ACTIVATED]
    assert isinstance(done, Done)
    assert isinstance(again, Done)
    assert (d.state(key), d.state(other)) == ("COMPLETED", "ACTIVATED")
    assert d.rows(PROCESS_INSTANCES, key=key)[0].business_id == "order-1"
    assert [row.key for row in d.rows(BUSINESS_IDS)] == [other]
