"""Suspending process instances.

A suspended instance takes what comes from outside (results of jobs that are being worked on, messages, signals, timers), but nothing in it
goes on: the follow-up commands are parked, in their order, and its jobs cannot be activated. Resuming carries on with all of it.
"""

from __future__ import annotations

from collections.abc import Iterator

from kiang.engine.actions import jobs
from kiang.engine.faults import KEYS
from kiang.engine.processing import Processing
from kiang.engine.state.element_instance import ElementInstance
from kiang.engine.state.job import Job
from kiang.engine.state.process_instance import ProcessInstance
from kiang.engine.state.state import Scope
from kiang.protocol.commands import FollowUpCommand
from kiang.protocol.enums import JobState
from kiang.protocol.events import JobResumed, JobSuspended, ProcessInstanceResumed, ProcessInstanceSuspended


def park(p: Processing, command: FollowUpCommand) -> bool:
    """Park a follow-up command if it is for a suspended instance.

    Returns:
        Whether it is.
    """
    for field in KEYS:
        key = getattr(command, field, 0)
        scope = p.state.scope(key) if key else None
        if scope is not None:
            instance = p.state.instance_of(scope)
            if instance.suspended_at is None:
                return False
            p.state.park(instance.key, command)
            return True
    return False


def suspend(p: Processing, root: ProcessInstance) -> None:
    """Let an instance and those that it has called stand still."""
    for instance in list(_tree(p, root)):
        if instance.suspended_at is None:
            for job in list(_jobs(p, instance)):
                if job.state == JobState.ACTIVATABLE:
                    p.emit(JobSuspended(job.key))
            p.emit(ProcessInstanceSuspended(instance.key))


def resume(p: Processing, root: ProcessInstance) -> None:
    """Let an instance and those that it has called go on."""
    for instance in list(_tree(p, root)):
        if instance.suspended_at is not None:
            p.emit(ProcessInstanceResumed(instance.key))
            for job in list(_jobs(p, instance)):
                if job.state == JobState.SUSPENDED:
                    p.emit(JobResumed(job.key))
                    jobs.make_available(p, job)
            for key, command in p.state.parked(instance.key):
                p.state.unpark(key)
                p.enqueue(command)


def _tree(p: Processing, root: ProcessInstance) -> Iterator[ProcessInstance]:
    waiting = [root]
    while waiting:
        instance = waiting.pop()
        yield instance
        for scope in _scopes(p, instance):
            if isinstance(scope, ElementInstance) and scope.called_instance_key:
                called = p.state.instance(scope.called_instance_key)
                if called is not None:
                    waiting.append(called)


def _scopes(p: Processing, instance: ProcessInstance) -> Iterator[Scope]:
    waiting: list[Scope] = [instance]
    while waiting:
        scope = waiting.pop()
        yield scope
        waiting += p.state.children(scope)


def _jobs(p: Processing, instance: ProcessInstance) -> Iterator[Job]:
    for scope in _scopes(p, instance):
        job = p.state.job(scope.job_key) if scope.job_key else None
        if job is not None:
            yield job
