"""Processors: one file per command. Each decides, emits events and gives the answer, or refuses before it has emitted any."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kiang.engine.processing import Processing
from kiang.engine.processors.activate_ad_hoc_elements import activate_ad_hoc_elements
from kiang.engine.processors.activate_jobs import activate_jobs
from kiang.engine.processors.add_member import add_member
from kiang.engine.processors.assign_business_id import assign_business_id
from kiang.engine.processors.assign_user_task import assign_user_task
from kiang.engine.processors.audited import audited
from kiang.engine.processors.broadcast_signal import broadcast_signal
from kiang.engine.processors.cancel_process_instance import cancel_process_instance
from kiang.engine.processors.complete_job import complete_job
from kiang.engine.processors.complete_user_task import complete_user_task
from kiang.engine.processors.correlate_message import correlate_message
from kiang.engine.processors.create_agent_instance import create_agent_instance
from kiang.engine.processors.create_authorization import create_authorization
from kiang.engine.processors.create_cluster_variable import create_cluster_variable
from kiang.engine.processors.create_entity import create_entity
from kiang.engine.processors.create_global_listener import create_global_listener
from kiang.engine.processors.create_process_instance import create_process_instance
from kiang.engine.processors.delete_authorization import delete_authorization
from kiang.engine.processors.delete_cluster_variable import delete_cluster_variable
from kiang.engine.processors.delete_entity import delete_entity
from kiang.engine.processors.delete_global_listener import delete_global_listener
from kiang.engine.processors.delete_resource import delete_resource
from kiang.engine.processors.deploy import deploy
from kiang.engine.processors.evaluate_conditionals import evaluate_conditionals
from kiang.engine.processors.evaluate_decision import evaluate_decision
from kiang.engine.processors.fail_job import fail_job
from kiang.engine.processors.forget_owner import forget_owner
from kiang.engine.processors.guarded import guarded
from kiang.engine.processors.migrate_process_instance import migrate_process_instance
from kiang.engine.processors.modify_process_instance import modify_process_instance
from kiang.engine.processors.note_operations import note_operations
from kiang.engine.processors.publish_message import publish_message
from kiang.engine.processors.recur_job import recur_job
from kiang.engine.processors.remove_member import remove_member
from kiang.engine.processors.resolve_incident import resolve_incident
from kiang.engine.processors.resume_process_instance import resume_process_instance
from kiang.engine.processors.set_up_identity import set_up_identity
from kiang.engine.processors.set_variables import set_variables
from kiang.engine.processors.suspend_process_instance import suspend_process_instance
from kiang.engine.processors.throw_error import throw_error
from kiang.engine.processors.time_out_job import time_out_job
from kiang.engine.processors.update_agent_instance import update_agent_instance
from kiang.engine.processors.update_authorization import update_authorization
from kiang.engine.processors.update_cluster_variable import update_cluster_variable
from kiang.engine.processors.update_entity import update_entity
from kiang.engine.processors.update_global_listener import update_global_listener
from kiang.engine.processors.update_job import update_job
from kiang.engine.processors.update_job_retries import update_job_retries
from kiang.engine.processors.update_job_timeout import update_job_timeout
from kiang.engine.processors.update_user_task import update_user_task
from kiang.engine.processors.yield_job import yield_job
from kiang.protocol import agents, cluster, commands, identity
from kiang.protocol.answers import Answer, Rejection
from kiang.protocol.audit import Audited, NoteOperations

PROCESSORS: dict[type[commands.Command], Callable[[Processing, Any], Answer | Rejection | None]] = {
    commands.Deploy: deploy,
    commands.CreateProcessInstance: create_process_instance,
    commands.CancelProcessInstance: cancel_process_instance,
    commands.ActivateJobs: activate_jobs,
    commands.CompleteJob: complete_job,
    commands.FailJob: fail_job,
    commands.ThrowError: throw_error,
    commands.YieldJob: yield_job,
    commands.UpdateJobRetries: update_job_retries,
    commands.UpdateJobTimeout: update_job_timeout,
    commands.UpdateJob: update_job,
    commands.ResolveIncident: resolve_incident,
    commands.SetVariables: set_variables,
    commands.PublishMessage: publish_message,
    commands.CorrelateMessage: correlate_message,
    commands.BroadcastSignal: broadcast_signal,
    commands.AssignUserTask: assign_user_task,
    commands.UpdateUserTask: update_user_task,
    commands.CompleteUserTask: complete_user_task,
    commands.DeleteResource: delete_resource,
    commands.EvaluateDecision: evaluate_decision,
    commands.ModifyProcessInstance: modify_process_instance,
    commands.MigrateProcessInstance: migrate_process_instance,
    commands.ActivateAdHocElements: activate_ad_hoc_elements,
    commands.EvaluateConditionals: evaluate_conditionals,
    commands.SuspendProcessInstance: suspend_process_instance,
    commands.ResumeProcessInstance: resume_process_instance,
    commands.AssignBusinessId: assign_business_id,
    agents.CreateAgentInstance: create_agent_instance,
    agents.UpdateAgentInstance: update_agent_instance,
    commands.TimeOutJob: time_out_job,
    commands.RecurJob: recur_job,
    identity.CreateEntity: create_entity,
    identity.UpdateEntity: update_entity,
    identity.DeleteEntity: delete_entity,
    identity.ForgetOwner: forget_owner,
    identity.AddMember: add_member,
    identity.RemoveMember: remove_member,
    identity.CreateAuthorization: create_authorization,
    identity.UpdateAuthorization: update_authorization,
    identity.DeleteAuthorization: delete_authorization,
    identity.SetUpIdentity: set_up_identity,
    cluster.CreateClusterVariable: create_cluster_variable,
    cluster.UpdateClusterVariable: update_cluster_variable,
    cluster.DeleteClusterVariable: delete_cluster_variable,
    cluster.CreateGlobalListener: create_global_listener,
    cluster.UpdateGlobalListener: update_global_listener,
    cluster.DeleteGlobalListener: delete_global_listener,
    identity.Guarded: lambda p, command: guarded(p, command, _run),
    Audited: lambda p, command: audited(p, command, _run),
    NoteOperations: note_operations,
}
"""How each command is carried out. None: the answer comes later."""


def _run(p: Processing, command: commands.Command) -> Any:
    return PROCESSORS[command.__class__](p, command)
