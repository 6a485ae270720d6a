"""An activated job as a serialised message.

A message is the concatenation of its fields, in any order. What jobs of one element have in common is serialised once.
"""

from __future__ import annotations

from kiang.gateway.user_task_properties import user_task_properties
from kiang.protocol.answers import ActivatedJob
from kiang.protocol.enums import JobKind
from kiang.wire import gateway_pb2 as pb

COMMON_PARTS_MAX = 1024
"""Elements with jobs on their way, about 500 bytes each."""

_Common = tuple[str, int, str, str, str, str, JobKind, int]
_common_parts: dict[_Common, bytes] = {}


def job_message(job: ActivatedJob) -> bytes:
    """The serialised message of a job."""
    common = (
        job.job_type,
        job.process_definition_key,
        job.element_id,
        job.headers,
        job.worker,
        job.tenant_id,
        job.kind,
        job.listener_event_type,
    )
    part = _common_parts.get(common)
    if part is None:
        if len(_common_parts) >= COMMON_PARTS_MAX:
            _common_parts.clear()
        part = _common_parts[common] = _common_part(job)
    message = pb.ActivatedJob(
        key=job.key,
        processInstanceKey=job.process_instance_key,
        elementInstanceKey=job.element_instance_key,
        retries=job.retries,
        deadline=job.deadline,
        variables=job.variables,
    )
    if job.tags:
        message.tags.extend(job.tags)
    if job.kind is JobKind.TASK_LISTENER:
        message.userTask.CopyFrom(pb.UserTaskProperties(**(user_task_properties(job) or {})))
    return part + message.SerializeToString()


def _common_part(job: ActivatedJob) -> bytes:
    return pb.ActivatedJob(
        type=job.job_type,
        bpmnProcessId=job.process_id,
        processDefinitionVersion=job.process_version,
        processDefinitionKey=job.process_definition_key,
        elementId=job.element_id,
        customHeaders=job.headers,
        worker=job.worker,
        tenantId=job.tenant_id,
        kind=job.kind,
        listenerEventType=job.listener_event_type,
    ).SerializeToString()
