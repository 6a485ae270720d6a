"""CompleteJob (engine-semantics §3.5, §5)."""

from __future__ import annotations

from collections.abc import Callable

from kiang.engine.actions import ad_hoc, agents, business_ids, event_trigger, user_tasks
from kiang.engine.actions.variables import propagate
from kiang.engine.processing import Processing, Refused
from kiang.engine.processors.lookup import check_lease, job_to
from kiang.engine.state.job import Job
from kiang.engine.state.state import Scope
from kiang.protocol.answers import Done
from kiang.protocol.commands import CompleteElement, CompleteJob, ContinueElement, JobResult, TerminateChildren
from kiang.protocol.enums import JobKind, ListenerEventType, RejectionType
from kiang.protocol.events import BusinessIdAssigned, JobCompleted, ListenerCompleted


def complete_job(p: Processing, command: CompleteJob) -> Done:
    """The job is done: its element is left, or goes on with its next listener."""
    job = job_to(p, command.job_key, "complete")
    if job.lease_token:
        check_lease(job, command.lease_token, "complete")
    if not command.business_id:
        COMPLETIONS[JobKind(job.kind)](p, job, command)
        return Done(job.key)
    instance_key = job.process_instance_key
    is_new = business_ids.is_new(p, instance_key, command.business_id)
    COMPLETIONS[JobKind(job.kind)](p, job, command)
    if is_new:
        p.emit(BusinessIdAssigned(instance_key, command.business_id))
    return Done(job.key)


def _element(p: Processing, job: Job, command: CompleteJob) -> None:
    element_key = job.element_instance_key
    p.emit(JobCompleted(job.key))
    if p.state.has_agents:
        agents.job_completed(p, job)
    p.enqueue(CompleteElement(element_key, command.variables))


def _execution_listener(p: Processing, job: Job, command: CompleteJob) -> None:
    element_key = job.element_instance_key
    p.emit(JobCompleted(job.key))
    p.emit(ListenerCompleted(element_key))
    p.enqueue(ContinueElement(element_key, command.variables))


def _task_listener(p: Processing, job: Job, command: CompleteJob) -> None:
    element = p.state.resident(job.element_instance_key)
    _check_task_listener(job, command)
    p.emit(JobCompleted(job.key))
    user_tasks.listener_completed(p, element, command.result)


def _check_task_listener(job: Job, command: CompleteJob) -> None:
    """Refuse what a task listener cannot ask for.

    Raises:
        Refused: See there.
    """
    where = f"(job key '{job.key}', type '{job.job_type}', processInstanceKey '{job.process_instance_key}')"
    if command.variables:
        raise Refused(
            RejectionType.INVALID_ARGUMENT,
            f"Task Listener job completion with variables payload provided is not yet supported {where}. Support will be"
            " enabled with the resolution of issue #23702",
        )
    result = command.result
    if result is None:
        return
    if result.denied and ListenerEventType(job.listener_event_type) not in user_tasks.DENIABLE:
        event = ListenerEventType(job.listener_event_type).name
        raise Refused(
            RejectionType.INVALID_ARGUMENT,
            f"Denying result is not supported for '{event}' task listener jobs {where}. Only the following listener event"
            " types support denying: [ASSIGNING, UPDATING, COMPLETING].",
        )
    if result.denied and result.corrections:
        raise Refused(
            RejectionType.INVALID_ARGUMENT,
            f"Expected to complete task listener job with corrections, but the job result is denied {where}. The"
            " corrections would be reverted by the denial. Either complete the job with corrections without setting denied"
            " to true, or complete the job with a denied result but no corrections.",
        )
    for name in result.corrections:
        if name not in user_tasks.CORRECTABLE:
            known = ", ".join(user_tasks.CORRECTABLE)
            raise Refused(
                RejectionType.INVALID_ARGUMENT,
                f"Expected to complete task listener job with corrections {where}, but property '{name}' cannot be"
                f" corrected. Only the following properties can be corrected: [{known}].",
            )


def _ad_hoc_sub_process(p: Processing, job: Job, command: CompleteJob) -> None:
    element = p.state.resident(job.element_instance_key)
    result = command.result or JobResult("adHocSubProcess")
    _check_ad_hoc(element, result)
    p.emit(JobCompleted(job.key))
    if p.state.has_agents:
        agents.job_completed(p, job)
    propagate(p, element, command.variables)
    if result.is_completion_condition_fulfilled:
        if element.children and not result.is_cancel_remaining_instances:
            event_trigger.keep(p, element, element.element_id, {})  # completes when the last one has ended
        elif element.children:
            event_trigger.keep(p, element, element.element_id, {})
            p.enqueue(TerminateChildren(element.key))
        else:
            p.enqueue(CompleteElement(element.key))
        return
    if result.is_cancel_remaining_instances and element.children:
        p.enqueue(TerminateChildren(element.key, until_key=p.state.last_key))
    for instruction in result.activate_elements:
        ad_hoc.activate(p, element, instruction.element_id, instruction.variables)


def _check_ad_hoc(element: Scope, result: JobResult) -> None:
    """Refuse what cannot be activated.

    Raises:
        Refused: See there.
    """
    assert element.node is not None
    ids = [instruction.element_id for instruction in result.activate_elements]
    if ids and result.is_completion_condition_fulfilled:
        raise Refused(
            RejectionType.INVALID_ARGUMENT,
            "Expected to complete ad-hoc sub-process job, but the job result activates elements although the completion"
            " condition is fulfilled.",
        )
    unknown = ad_hoc.unknown_elements(element.node, ids)
    if unknown:
        raise Refused(
            RejectionType.NOT_FOUND,
            f"Expected to activate activities for ad-hoc sub-process with key '{element.key}', but the given elements"
            f" [{', '.join(unknown)}] do not exist.",
        )


COMPLETIONS: dict[JobKind, Callable[[Processing, Job, CompleteJob], None]] = {
    JobKind.BPMN_ELEMENT: _element,
    JobKind.EXECUTION_LISTENER: _execution_listener,
    JobKind.AD_HOC_SUB_PROCESS: _ad_hoc_sub_process,
    JobKind.TASK_LISTENER: _task_listener,
}
"""What completing a job means, by what it is for."""
