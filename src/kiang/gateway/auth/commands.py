"""Which permission each command takes, and how a command of somebody who may not do everything goes to the engine."""

from __future__ import annotations

from typing import NamedTuple

from kiang.engine.state.decision import DECISION_REQUIREMENTS
from kiang.engine.state.form import FORMS
from kiang.engine.state.generic_resource import GENERIC_RESOURCES
from kiang.engine.state.process_definition import PROCESS_DEFINITIONS
from kiang.errors import PermissionDenied
from kiang.gateway.auth.access import Access, IdentityRows
from kiang.protocol import agents, cluster, commands, identity
from kiang.protocol.answers import Rejection
from kiang.protocol.enums import RejectionType
from kiang.protocol.identity import ANY_RESOURCE, Guarded


class Needed(NamedTuple):
    """What a command takes.

    Attributes:
        resource_type: Type of resource.
        permission: Permission for it.
        user_task_permission: Of a command on a user task: the permission for the task itself that does as well.
    """

    resource_type: str
    permission: str
    user_task_permission: str = ""


_UPDATE_INSTANCE = Needed("PROCESS_DEFINITION", "UPDATE_PROCESS_INSTANCE")

COMMANDS: dict[type[commands.Command], Needed] = {
    commands.Deploy: Needed("RESOURCE", "CREATE"),
    commands.CreateProcessInstance: Needed("PROCESS_DEFINITION", "CREATE_PROCESS_INSTANCE"),
    commands.CancelProcessInstance: Needed("PROCESS_DEFINITION", "CANCEL_PROCESS_INSTANCE"),
    commands.CompleteJob: _UPDATE_INSTANCE,
    commands.FailJob: _UPDATE_INSTANCE,
    commands.ThrowError: _UPDATE_INSTANCE,
    commands.UpdateJobRetries: _UPDATE_INSTANCE,
    commands.UpdateJobTimeout: _UPDATE_INSTANCE,
    commands.UpdateJob: _UPDATE_INSTANCE,
    commands.ResolveIncident: _UPDATE_INSTANCE,
    commands.SetVariables: _UPDATE_INSTANCE,
    commands.PublishMessage: Needed("MESSAGE", "CREATE"),
    commands.CorrelateMessage: Needed("MESSAGE", "CREATE"),
    commands.BroadcastSignal: Needed("MESSAGE", "CREATE"),
    commands.AssignUserTask: Needed("PROCESS_DEFINITION", "UPDATE_USER_TASK", "UPDATE"),
    commands.UpdateUserTask: Needed("PROCESS_DEFINITION", "UPDATE_USER_TASK", "UPDATE"),
    commands.CompleteUserTask: Needed("PROCESS_DEFINITION", "UPDATE_USER_TASK", "COMPLETE"),
    commands.DeleteResource: Needed("RESOURCE", "DELETE_RESOURCE"),
    commands.EvaluateDecision: Needed("DECISION_DEFINITION", "CREATE_DECISION_INSTANCE"),
    commands.ModifyProcessInstance: Needed("PROCESS_DEFINITION", "MODIFY_PROCESS_INSTANCE"),
    commands.MigrateProcessInstance: _UPDATE_INSTANCE,
    commands.AssignBusinessId: _UPDATE_INSTANCE,
    agents.CreateAgentInstance: _UPDATE_INSTANCE,
    agents.UpdateAgentInstance: _UPDATE_INSTANCE,
    cluster.CreateClusterVariable: Needed("CLUSTER_VARIABLE", "CREATE"),
    cluster.UpdateClusterVariable: Needed("CLUSTER_VARIABLE", "UPDATE"),
    cluster.DeleteClusterVariable: Needed("CLUSTER_VARIABLE", "DELETE"),
    cluster.CreateGlobalListener: Needed("GLOBAL_LISTENER", "CREATE_TASK_LISTENER"),
    cluster.UpdateGlobalListener: Needed("GLOBAL_LISTENER", "UPDATE_TASK_LISTENER"),
    cluster.DeleteGlobalListener: Needed("GLOBAL_LISTENER", "DELETE_TASK_LISTENER"),
    commands.ActivateAdHocElements: _UPDATE_INSTANCE,
    commands.EvaluateConditionals: Needed("PROCESS_DEFINITION", "CREATE_PROCESS_INSTANCE"),
    commands.SuspendProcessInstance: Needed("PROCESS_DEFINITION", "SUSPEND_PROCESS_INSTANCE"),
    commands.ResumeProcessInstance: Needed("PROCESS_DEFINITION", "SUSPEND_PROCESS_INSTANCE"),
}
"""The commands that clients give. What is not here, only somebody who may do everything is allowed to ask for."""

_DELETIONS = (
    (PROCESS_DEFINITIONS, "DELETE_PROCESS"),
    (DECISION_REQUIREMENTS, "DELETE_DRD"),
    (FORMS, "DELETE_FORM"),
    (GENERIC_RESOURCES, "DELETE_RESOURCE"),
)
_MEMBERSHIP = (identity.AddMember, identity.RemoveMember)


def guard(command: commands.Command, access: Access, rows: IdentityRows) -> commands.Command:
    """The command as it goes to the engine: as it is, if the caller may do it whatever it is about.

    Raises:
        PermissionDenied: The caller may not do it, which needs no look at what it is about.
    """
    if not access.is_limited:
        return command
    if isinstance(command, identity.IdentityCommand):
        _check_identity(command, access)
        return command
    needed = COMMANDS.get(type(command))
    if needed is None:
        require(access, "SYSTEM", "UPDATE", command.intent)
        return command
    resource_type, permission, of_task = needed
    if isinstance(command, commands.DeleteResource):
        permission = _deletion(rows, command.resource_key)
    ids = access.ids(resource_type, permission)
    if of_task and access.is_checked:
        other = {"COMPLETE": "COMPLETE_USER_TASK", "UPDATE": "CLAIM_USER_TASK"}[of_task]
        if isinstance(command, commands.CompleteUserTask) or (
            isinstance(command, commands.AssignUserTask) and command.assignee == (access.username or access.client_id)
        ):
            ids |= access.ids(resource_type, other)
            of_task = "COMPLETE" if of_task == "COMPLETE" else "CLAIM"
    if access.tenant_ids is None and ANY_RESOURCE in ids:
        return command
    return Guarded(
        command,
        resource_type,
        permission,
        ids,
        access.tenant_ids,
        access.username,
        access.group_ids,
        _of_task(access.properties_of, of_task) if of_task else frozenset(),
        _of_task(access.ids, of_task) if of_task and access.is_checked else frozenset(),
    )


def require(access: Access, resource_type: str, permission: str, intent: str, resource_id: str = "") -> None:
    """Check that the caller has a permission.

    Raises:
        PermissionDenied: It has not.
    """
    if access.has(resource_type, permission, resource_id):
        return
    ids = f", required resource identifiers are one of '[*, {resource_id[:256]}]'" if resource_id else ""
    reason = f"Insufficient permissions to perform operation '{permission}' on resource '{resource_type}'{ids}"
    raise PermissionDenied(Rejection(RejectionType.FORBIDDEN, intent, reason).message)


def _of_task(look_up: object, permission: str) -> frozenset[str]:
    """CLAIM and UPDATE both let somebody take a task."""
    assert callable(look_up)
    found: frozenset[str] = look_up("USER_TASK", permission)
    return found | look_up("USER_TASK", "UPDATE") if permission == "CLAIM" else found


def _deletion(rows: IdentityRows, key: int) -> str:
    for table, permission in _DELETIONS:
        if rows.select(table, [("key", "=", key)], limit=1):
            return permission
    return "DELETE_RESOURCE"


def _check_identity(command: identity.IdentityCommand, access: Access) -> None:
    if isinstance(command, identity.CreateAuthorization | identity.UpdateAuthorization | identity.DeleteAuthorization):
        require(access, "AUTHORIZATION", command.intent, command.intent)
    elif isinstance(command, identity.SetUpIdentity):
        require(access, "SYSTEM", "UPDATE", command.intent)
    elif isinstance(command, identity.CreateEntity):
        require(access, command.kind, "CREATE", command.intent)
    else:
        assert isinstance(command, (identity.UpdateEntity, identity.DeleteEntity, identity.ForgetOwner, *_MEMBERSHIP))
        permission = "UPDATE" if isinstance(command, _MEMBERSHIP) else command.intent
        require(access, command.kind, permission, command.intent, command.id)
