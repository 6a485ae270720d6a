"""An activated job as a message."""

from kiang.gateway.user_task_properties import user_task_properties
from kiang.protocol.answers import ActivatedJob
from kiang.wire import gateway_pb2 as pb


def job_message(job: ActivatedJob) -> pb.ActivatedJob:
    """The message of a job."""
    message = pb.ActivatedJob(
        key=job.key,
        type=job.job_type,
        processInstanceKey=job.process_instance_key,
        bpmnProcessId=job.process_id,
        processDefinitionVersion=job.process_version,
        processDefinitionKey=job.process_definition_key,
        elementId=job.element_id,
        elementInstanceKey=job.element_instance_key,
        customHeaders=job.headers,
        worker=job.worker,
        retries=job.retries,
        deadline=job.deadline,
        variables=job.variables,
        tenantId=job.tenant_id,
        kind=job.kind,
        listenerEventType=job.listener_event_type,
        tags=job.tags,
    )
    properties = user_task_properties(job)
    if properties is not None:
        message.userTask.CopyFrom(pb.UserTaskProperties(**properties))
    return message
