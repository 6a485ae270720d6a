"""Guarded: a command of somebody who may not do everything. What it is about is found here, where nothing can change in between."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from kiang.engine.processing import Processing, Refused
from kiang.engine.state.decision import DECISION_DEFINITIONS, DECISION_REQUIREMENTS
from kiang.engine.state.form import form_by_key
from kiang.engine.state.generic_resource import generic_resource_by_key
from kiang.engine.state.source import EmptySource
from kiang.engine.state.state import State
from kiang.engine.state.user_task import UserTask
from kiang.protocol import agents, cluster, commands
from kiang.protocol.answers import Answer
from kiang.protocol.enums import RejectionType
from kiang.protocol.identity import ANY_RESOURCE, Guarded


class Target(NamedTuple):
    """What a command is about.

    Attributes:
        resource_id: By which permissions name it; "" for something that only those for everything cover.
        tenant_id: Whose it is; "" for nobody's.
        user_task: If it is one.
        is_new: It is about to be made.
    """

    resource_id: str
    tenant_id: str
    user_task: UserTask | None = None
    is_new: bool = False


_decode_texts = msgspec.json.Decoder(frozenset[str]).decode

Finder = Callable[[State, Any], Target | None]


def guarded(p: Processing, command: Guarded, run: Callable[[Processing, Any], Answer | None]) -> Answer | None:
    """Carry out what is asked for, or refuse it.

    Args:
        p: The command in progress.
        command: With what the caller may do.
        run: How what is asked for is carried out.

    Raises:
        Refused: The caller may not do it; for what is another tenant's as if it were not there.
    """
    asked = command.command
    target = FINDERS[asked.__class__](p.state, asked)
    if target is not None:
        if command.tenant_ids is not None and target.tenant_id and target.tenant_id not in command.tenant_ids:
            if target.is_new or not target.resource_id:
                _refuse(command, "")
            return run(Processing(State(EmptySource(), last_key=p.state.last_key), p.now), asked)
        _check(command, target)
    elif not (command.resource_ids or command.properties or command.user_task_ids):
        _refuse(command, "")
    return run(p, asked)


def _check(command: Guarded, target: Target) -> None:
    if ANY_RESOURCE in command.resource_ids or target.resource_id in command.resource_ids:
        return
    task = target.user_task
    if task is not None:
        if ANY_RESOURCE in command.user_task_ids or str(task.key) in command.user_task_ids:
            return
        if "assignee" in command.properties and task.assignee and task.assignee == command.username:
            return
        if "candidateUsers" in command.properties and command.username in _texts(task.candidate_users):
            return
        if "candidateGroups" in command.properties and command.group_ids & _texts(task.candidate_groups):
            return
    _refuse(command, target.resource_id)


def _refuse(command: Guarded, resource_id: str) -> None:
    ids = f", required resource identifiers are one of '[*, {resource_id}]'" if resource_id else ""
    raise Refused(
        RejectionType.FORBIDDEN,
        f"Insufficient permissions to perform operation '{command.permission}' on resource '{command.resource_type}'{ids}",
    )


def _texts(stored: str) -> frozenset[str]:
    return _decode_texts(stored) if stored else frozenset()


def _of_instance(state: State, key: int) -> Target | None:
    instance = state.instance(key)
    return None if instance is None else Target(instance.process_id, instance.tenant_id)


def _job(state: State, command: Any) -> Target | None:
    job = state.job(command.job_key)
    return None if job is None else _of_instance(state, job.process_instance_key)


def _instance(state: State, command: Any) -> Target | None:
    return _of_instance(state, command.process_instance_key)


def _scope(state: State, key: int) -> Target | None:
    scope = state.scope(key)
    return None if scope is None else _of_instance(state, scope.process_instance_key)


def _incident(state: State, command: commands.ResolveIncident) -> Target | None:
    incident = state.incident(command.incident_key)
    return None if incident is None else _of_instance(state, incident.process_instance_key)


def _user_task(state: State, command: Any) -> Target | None:
    task = state.user_task(command.user_task_key)
    if task is None:
        return None
    instance = state.instance(task.process_instance_key)
    return None if instance is None else Target(instance.process_id, instance.tenant_id, task)


def _definition(state: State, command: Any) -> Target | None:
    """One that is named by its id, or by its key."""
    process_id = getattr(command, "process_id", "")
    if process_id:
        return Target(process_id, command.tenant_id)
    definition = state.definition(command.process_definition_key)
    return None if definition is None else Target(definition.row.process_id, command.tenant_id)


def _decision(state: State, command: commands.EvaluateDecision) -> Target | None:
    if command.decision_id:
        return Target(command.decision_id, command.tenant_id)
    rows = state.current(DECISION_DEFINITIONS, [("key", "=", command.decision_key)])
    return Target(rows[0].decision_id, command.tenant_id) if rows else None


def _resource(state: State, command: commands.DeleteResource) -> Target | None:
    definition = state.definition(command.resource_key)
    if definition is not None:
        return Target(definition.row.process_id, definition.row.tenant_id)
    graphs = state.current(DECISION_REQUIREMENTS, [("key", "=", command.resource_key)])
    if graphs:
        return Target(graphs[0].requirements_id, graphs[0].tenant_id)
    form = form_by_key(state, command.resource_key)
    if form is not None:
        return Target(form.form_id, form.tenant_id)
    resource = generic_resource_by_key(state, command.resource_key)
    return None if resource is None else Target(resource.resource_id, resource.tenant_id)


def _of_tenant(state: State, command: Any) -> Target:  # noqa: ARG001 - the signature of finders
    return Target("", command.tenant_id)


def _everything(state: State, command: Any) -> Target:  # noqa: ARG001 - as above
    return Target("", "")


def _cluster_variable(state: State, command: Any) -> Target:  # noqa: ARG001 - the signature of finders
    return Target(command.name, command.tenant_id, is_new=isinstance(command, cluster.CreateClusterVariable))


FINDERS: dict[type[commands.Command], Finder] = {
    commands.Deploy: _of_tenant,
    commands.CreateProcessInstance: _definition,
    commands.CancelProcessInstance: _instance,
    commands.CompleteJob: _job,
    commands.FailJob: _job,
    commands.ThrowError: _job,
    commands.UpdateJobRetries: _job,
    commands.UpdateJobTimeout: _job,
    commands.UpdateJob: _job,
    commands.ResolveIncident: _incident,
    commands.SetVariables: lambda state, command: _scope(state, command.element_instance_key),
    commands.PublishMessage: _of_tenant,
    commands.CorrelateMessage: _of_tenant,
    commands.BroadcastSignal: _of_tenant,
    commands.AssignUserTask: _user_task,
    commands.UpdateUserTask: _user_task,
    commands.CompleteUserTask: _user_task,
    commands.DeleteResource: _resource,
    commands.EvaluateDecision: _decision,
    commands.ModifyProcessInstance: _instance,
    commands.MigrateProcessInstance: _instance,
    commands.ActivateAdHocElements: lambda state, command: _scope(state, command.ad_hoc_sub_process_key),
    commands.EvaluateConditionals: _of_tenant,
    commands.SuspendProcessInstance: _instance,
    commands.ResumeProcessInstance: _instance,
    commands.AssignBusinessId: _instance,
    agents.CreateAgentInstance: lambda state, command: _scope(state, command.element_instance_key),
    agents.UpdateAgentInstance: lambda state, command: _scope(state, command.element_instance_key),
    cluster.CreateClusterVariable: _cluster_variable,
    cluster.UpdateClusterVariable: _cluster_variable,
    cluster.DeleteClusterVariable: _cluster_variable,
    cluster.CreateGlobalListener: _everything,
    cluster.UpdateGlobalListener: _everything,
    cluster.DeleteGlobalListener: _everything,
}
"""Where each command says what it is about; None: it is not there, which the command itself finds out."""
