"""What operations say about themselves in the audit log.

An operation on something that is there is described before it is carried out, for afterwards it may be gone; what brings something new is
described by what has happened. Of the refusals only those are noted that the state of things is the reason of: who asks for something
that is not there has not done anything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from kiang.engine.processing import Processing
from kiang.engine.state import identity as members
from kiang.engine.state.decision import DECISION_REQUIREMENTS, DecisionDefinition, DecisionRequirements
from kiang.engine.state.form import Form, form_by_key
from kiang.engine.state.generic_resource import GenericResource, generic_resource_by_key
from kiang.engine.state.process_instance import ProcessInstance
from kiang.engine.state.state import State
from kiang.engine.state.user_task import UserTask
from kiang.protocol import commands, events, identity
from kiang.protocol.audit import Audit, AuditedEntity, Operation, OperationResult, OperationType
from kiang.protocol.commands import Command
from kiang.protocol.enums import RejectionType

Before = Callable[[State, Any], Sequence[Operation]]
After = Callable[[State, Any], Operation | None]


def note(p: Processing, audit: Audit, operation: Operation) -> None:
    """Leave an entry, unless nothing is noted about such things."""
    if operation.entity_type not in audit.entity_types:
        return
    p.emit(
        events.OperationAudited(
            p.state.next_key(),
            audit.actor_type,
            audit.actor_id,
            audit.channel,
            audit.batch_operation_key,
            audit.batch_operation_type,
            operation,
        )
    )


def before(p: Processing, command: Command) -> Sequence[Operation]:
    """Operations on what is there, described before a command is carried out."""
    describe = BEFORE.get(command.__class__)
    return () if describe is None else describe(p.state, command)


def after(p: Processing, kind: type[Command], happened: Sequence[events.Event]) -> list[Operation]:
    """What the events tell of that a command of this kind has caused by itself."""
    descriptions = AFTER.get(kind, {})
    operations: list[Operation] = []
    for event in happened:
        describe = descriptions.get(event.__class__)
        if describe is not None and (operation := describe(p.state, event)) is not None:
            operations.append(operation)
    return operations


def is_noted(command: Command, type_: RejectionType) -> bool:
    """Whether the refusal of a command is noted."""
    return type_ in REFUSALS.get(command.__class__, ())


def failed(operation: Operation, type_: RejectionType) -> Operation:
    """An operation that was refused."""
    return msgspec.structs.replace(operation, result=OperationResult.FAIL, description=type_.value)


def user_task_operation(
    state: State, task: UserTask, type_: OperationType, assignee: str = "", description: str = ""
) -> Operation:
    """An operation on a user task; `assignee` is whom it is about."""
    return _of_instance(
        state.instance(task.process_instance_key),
        AuditedEntity.USER_TASK,
        type_,
        task.key,
        element_instance_key=task.element_instance_key,
        user_task_key=task.key,
        related_entity_key=assignee,
        related_entity_type=AuditedEntity.USER if assignee else "",
        description=description,
    )


def _of_instance(
    instance: ProcessInstance | None, entity: AuditedEntity, type_: OperationType, key: int, **rest: Any
) -> Operation:
    """An operation on a process instance or on something in it."""
    assert instance is not None
    return Operation(
        entity,
        type_,
        str(key),
        tenant_id=instance.tenant_id,
        process_definition_id=instance.process_id,
        process_definition_key=rest.pop("process_definition_key", instance.process_definition_key),
        process_instance_key=instance.key,
        root_process_instance_key=instance.root_process_instance_key or instance.key,
        **rest,
    )


# Before


def _instance(type_: OperationType) -> Before:
    def describe(state: State, command: Any) -> Sequence[Operation]:
        instance = state.instance(command.process_instance_key)
        if instance is None:
            return ()
        rest = {}
        if isinstance(command, commands.MigrateProcessInstance):
            rest["process_definition_key"] = command.target_process_definition_key
        return (_of_instance(instance, AuditedEntity.PROCESS_INSTANCE, type_, instance.key, **rest),)

    return describe


def _incident(state: State, command: commands.ResolveIncident) -> Sequence[Operation]:
    incident = state.incident(command.incident_key)
    if incident is None:
        return ()
    return (
        _of_instance(
            state.instance(incident.process_instance_key),
            AuditedEntity.INCIDENT,
            OperationType.RESOLVE,
            incident.key,
            element_instance_key=incident.element_instance_key,
            job_key=incident.job_key,
        ),
    )


def _job(state: State, command: commands.CompleteJob) -> Sequence[Operation]:
    job = state.job(command.job_key)
    if job is None:
        return ()
    return (
        _of_instance(
            state.instance(job.process_instance_key),
            AuditedEntity.JOB,
            OperationType.COMPLETE,
            job.key,
            element_instance_key=job.element_instance_key,
            job_key=job.key,
            description=job.job_type,
        ),
    )


def _user_task(type_: OperationType) -> Before:
    def describe(state: State, command: Any) -> Sequence[Operation]:
        task = state.user_task(command.user_task_key)
        return () if task is None else (user_task_operation(state, task, type_),)

    return describe


def _assignment(state: State, command: commands.AssignUserTask) -> Sequence[Operation]:
    task = state.user_task(command.user_task_key)
    if task is None:
        return ()
    if command.assignee:
        return (user_task_operation(state, task, OperationType.ASSIGN, command.assignee),)
    return (user_task_operation(state, task, OperationType.UNASSIGN, task.assignee),)


def _entity(type_: OperationType) -> Before:
    def describe(state: State, command: Any) -> Sequence[Operation]:
        row = members.entity(state, command.kind, command.id)
        return (Operation(AuditedEntity(command.kind), type_, command.id, description="" if row is None else row.name),)

    return describe


def _member(type_: OperationType) -> Before:
    def describe(state: State, command: Any) -> Sequence[Operation]:  # noqa: ARG001 - the signature
        return (
            Operation(
                AuditedEntity(command.kind),
                type_,
                command.id,
                related_entity_key=command.member_id,
                related_entity_type=command.member_kind,
            ),
        )

    return describe


def _authorization(type_: OperationType) -> Before:
    def describe(state: State, command: Any) -> Sequence[Operation]:
        row = members.authorization(state, command.key)
        if row is None:
            return ()
        owner = row.owner_kind, row.owner_id
        if isinstance(command, identity.UpdateAuthorization):
            owner = command.grant.owner_kind, command.grant.owner_id
        return (_permissions(type_, command.key, *owner, row.resource_type),)

    return describe


def _permissions(type_: OperationType, key: int, kind: str, id_: str, resource_type: str) -> Operation:
    return Operation(
        AuditedEntity.AUTHORIZATION,
        type_,
        str(key),
        related_entity_key=id_,
        related_entity_type=kind,
        description=resource_type,
    )


def _deletion(state: State, command: commands.DeleteResource) -> Sequence[Operation]:
    definition = state.definition(command.resource_key)
    if definition is not None:
        row = definition.row
        return (
            Operation(
                AuditedEntity.RESOURCE,
                OperationType.DELETE,
                str(row.key),
                tenant_id=row.tenant_id,
                process_definition_id=row.process_id,
                process_definition_key=row.key,
                deployment_key=row.deployment_key,
                description=row.resource_name,
            ),
        )
    graphs = state.current(DECISION_REQUIREMENTS, [("key", "=", command.resource_key)])
    if graphs:
        decisions = state.decisions.of_requirements(command.resource_key)
        deleted = OperationType.DELETE
        return (_requirements(graphs[0], deleted), *(_decision(decision, deleted) for decision in decisions))
    form = form_by_key(state, command.resource_key)
    if form is not None:
        return (_form(form, OperationType.DELETE),)
    resource = generic_resource_by_key(state, command.resource_key)
    return () if resource is None else (_resource(resource, OperationType.DELETE),)


def _form(row: Form | events.FormDeployed, type_: OperationType) -> Operation:
    return Operation(
        AuditedEntity.RESOURCE,
        type_,
        str(row.key),
        tenant_id=row.tenant_id,
        deployment_key=row.deployment_key,
        form_key=row.key,
        description=row.resource_name,
    )


def _resource(row: GenericResource | events.GenericResourceDeployed, type_: OperationType) -> Operation:
    return Operation(
        AuditedEntity.RESOURCE,
        type_,
        str(row.key),
        tenant_id=row.tenant_id,
        deployment_key=row.deployment_key,
        resource_key=row.key,
        description=row.resource_name,
    )


def _requirements(row: DecisionRequirements | events.DecisionRequirementsDeployed, type_: OperationType) -> Operation:
    return Operation(
        AuditedEntity.RESOURCE,
        type_,
        str(row.key),
        tenant_id=row.tenant_id,
        decision_requirements_id=row.requirements_id,
        decision_requirements_key=row.key,
        deployment_key=row.deployment_key,
        description=row.resource_name,
    )


def _decision(row: DecisionDefinition | events.DecisionDeployed, type_: OperationType) -> Operation:
    return Operation(
        AuditedEntity.DECISION,
        type_,
        str(row.key),
        tenant_id=row.tenant_id,
        decision_requirements_id=row.requirements_id,
        decision_requirements_key=row.requirements_key,
        decision_definition_id=row.decision_id,
        decision_definition_key=row.key,
        deployment_key=row.deployment_key,
        description=row.name,
    )


BEFORE: dict[type[Command], Before] = {
    commands.CancelProcessInstance: _instance(OperationType.CANCEL),
    commands.ModifyProcessInstance: _instance(OperationType.MODIFY),
    commands.MigrateProcessInstance: _instance(OperationType.MIGRATE),
    commands.SuspendProcessInstance: _instance(OperationType.SUSPEND),
    commands.ResumeProcessInstance: _instance(OperationType.RESUME),
    commands.ResolveIncident: _incident,
    commands.CompleteJob: _job,
    commands.AssignUserTask: _assignment,
    commands.UpdateUserTask: _user_task(OperationType.UPDATE),
    commands.CompleteUserTask: _user_task(OperationType.COMPLETE),
    commands.DeleteResource: _deletion,
    identity.UpdateEntity: _entity(OperationType.UPDATE),
    identity.DeleteEntity: _entity(OperationType.DELETE),
    identity.ForgetOwner: _entity(OperationType.DELETE),
    identity.AddMember: _member(OperationType.ASSIGN),
    identity.RemoveMember: _member(OperationType.UNASSIGN),
    identity.UpdateAuthorization: _authorization(OperationType.UPDATE),
    identity.DeleteAuthorization: _authorization(OperationType.DELETE),
}
"""How commands are described that change what is there."""

REFUSALS: dict[type[Command], frozenset[RejectionType]] = {
    commands.MigrateProcessInstance: frozenset({RejectionType.INVALID_STATE, RejectionType.PROCESSING_ERROR}),
    **dict.fromkeys(
        (
            commands.CancelProcessInstance,
            commands.SuspendProcessInstance,
            commands.ResumeProcessInstance,
            commands.ResolveIncident,
            commands.AssignUserTask,
            commands.UpdateUserTask,
            commands.CompleteUserTask,
        ),
        frozenset({RejectionType.INVALID_STATE}),
    ),
}
"""Refusals that are noted."""


# After


def _created(state: State, e: events.ProcessInstanceActivating) -> Operation:
    definition = state.definition(e.process_definition_key)
    instance = state.resident_instance(e.key)
    name = "" if definition is None else definition.row.name
    return _of_instance(
        instance,
        AuditedEntity.PROCESS_INSTANCE,
        OperationType.CREATE,
        e.key,
        description=name or e.process_id,
    )


def _process_deployed(state: State, e: events.ProcessDeployed) -> Operation:  # noqa: ARG001 - the signature
    return Operation(
        AuditedEntity.RESOURCE,
        OperationType.CREATE,
        str(e.key),
        tenant_id=e.tenant_id,
        process_definition_id=e.process_id,
        process_definition_key=e.key,
        deployment_key=e.deployment_key,
        description=e.resource_name,
    )


def _evaluated(state: State, e: events.DecisionEvaluated) -> Operation:  # noqa: ARG001
    names = {report.decision_key: report.name for report in e.decisions}
    return Operation(
        AuditedEntity.DECISION,
        OperationType.EVALUATE,
        str(e.key),
        OperationResult.FAIL if e.failure else OperationResult.SUCCESS,
        e.tenant_id,
        decision_requirements_id=e.requirements_id,
        decision_requirements_key=e.requirements_key,
        decision_definition_id=e.decision_id,
        decision_definition_key=e.decision_key,
        decision_evaluation_key=e.key,
        description=RejectionType.PROCESSING_ERROR.value if e.failure else names.get(e.decision_key, e.decision_id),
    )


def _variable(type_: OperationType) -> After:
    def describe(state: State, e: Any) -> Operation | None:
        scope = state.scope(e.scope_key)
        if scope is None:
            return None
        instance = state.instance(scope.process_instance_key)
        return _of_instance(
            instance, AuditedEntity.VARIABLE, type_, e.key, element_instance_key=e.scope_key, description=e.name
        )

    return describe


def _entity_created(state: State, e: events.EntityCreated) -> Operation:  # noqa: ARG001
    return Operation(AuditedEntity(e.kind), OperationType.CREATE, e.id, description=e.name)


def _granted(state: State, e: events.AuthorizationCreated) -> Operation:  # noqa: ARG001
    return _permissions(OperationType.CREATE, e.key, e.owner_kind, e.owner_id, e.resource_type)


_OF_DEPLOYMENTS: dict[type[events.Event], After] = {
    events.ProcessDeployed: _process_deployed,
    events.FormDeployed: lambda _, e: _form(e, OperationType.CREATE),
    events.GenericResourceDeployed: lambda _, e: _resource(e, OperationType.CREATE),
    events.DecisionRequirementsDeployed: lambda _, e: _requirements(e, OperationType.CREATE),
    events.DecisionDeployed: lambda _, e: _decision(e, OperationType.CREATE),
}
AFTER: dict[type[Command], dict[type[events.Event], After]] = {
    commands.Deploy: _OF_DEPLOYMENTS,
    commands.CreateProcessInstance: {events.ProcessInstanceActivating: _created},
    commands.EvaluateDecision: {events.DecisionEvaluated: _evaluated},
    commands.SetVariables: {
        events.VariableCreated: _variable(OperationType.CREATE),
        events.VariableUpdated: _variable(OperationType.UPDATE),
    },
    identity.CreateEntity: {events.EntityCreated: _entity_created},
    identity.CreateAuthorization: {events.AuthorizationCreated: _granted},
}
"""How commands are described that bring something new: by which events."""
