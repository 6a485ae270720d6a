"""Jobs as messages."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from kiang.gateway.grpc import job_message as module
from kiang.gateway.grpc.job_message import COMMON_PARTS_MAX, job_message
from kiang.protocol.answers import ActivatedJob
from kiang.protocol.enums import JobKind, ListenerEventType
from kiang.wire import gateway_pb2 as pb

KEYS = st.integers(1, 2**63 - 1)
TEXTS = st.sampled_from(["", "a", "pay", "ÄÖ取"])
JOBS = st.builds(
    ActivatedJob,
    key=KEYS,
    job_type=TEXTS,
    process_instance_key=KEYS,
    process_id=st.just("order"),
    process_version=st.just(2),
    process_definition_key=st.just(7),
    element_id=TEXTS,
    element_instance_key=KEYS,
    headers=st.sampled_from(["{}", '{"a":"b"}']),
    worker=TEXTS,
    retries=st.integers(-5, 2**31 - 1),
    deadline=KEYS,
    variables=st.sampled_from(["{}", '{"a":1}']),
    tenant_id=st.just("<default>"),
    kind=st.sampled_from([JobKind.BPMN_ELEMENT, JobKind.EXECUTION_LISTENER]),
    listener_event_type=st.sampled_from(list(ListenerEventType)),
    tags=st.lists(TEXTS).map(tuple),
)
NAMES = {
    "key": "key", "type": "job_type", "processInstanceKey": "process_instance_key", "bpmnProcessId": "process_id",
    "processDefinitionVersion": "process_version", "processDefinitionKey": "process_definition_key", "elementId": "element_id",
    "elementInstanceKey": "element_instance_key", "customHeaders": "headers", "worker": "worker", "retries": "retries",
    "deadline": "deadline", "variables": "variables", "tenantId": "tenant_id", "kind": "kind",
    "listenerEventType": "listener_event_type",
}  # fmt: skip


@given(jobs=st.lists(JOBS, min_size=1, max_size=5))
def test_a_message_has_every_field_of_its_job(jobs):
    for job in jobs:
        message = pb.ActivatedJob.FromString(job_message(job))

        assert {name: getattr(message, name) for name in NAMES} == {
            name: getattr(job, ours) for name, ours in NAMES.items()
        }
        assert tuple(message.tags) == job.tags
        assert not message.HasField("userTask")


JOB = ActivatedJob(1, "t", 2, "p", 1, 3, "e", 4, "{}", "w", 3, 5, "{}", "<default>")


def test_the_job_of_a_task_listener_tells_its_user_task():
    headers = (
        '{"io.camunda.zeebe:assignee":"ann","io.camunda.zeebe:candidateGroups":"[\\"a\\",\\"b\\"]",'
        '"io.camunda.zeebe:priority":"50","io.camunda.zeebe:userTaskKey":"2251799813685250","own":"x"}'
    )
    job = msgspec.structs.replace(JOB, kind=JobKind.TASK_LISTENER, headers=headers)
    user_task = pb.ActivatedJob.FromString(job_message(job)).userTask

    assert (user_task.assignee, list(user_task.candidateGroups)) == ("ann", ["a", "b"])
    assert (user_task.priority, user_task.userTaskKey) == (50, 2251799813685250)
    assert not user_task.HasField("dueDate")


def test_what_is_remembered_is_bounded():
    for number in range(COMMON_PARTS_MAX + 10):
        job_message(msgspec.structs.replace(JOB, element_id=str(number)))

    assert len(module._common_parts) <= COMMON_PARTS_MAX
