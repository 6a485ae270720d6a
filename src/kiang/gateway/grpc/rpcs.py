"""The table of rpcs: everything that the service has."""

from __future__ import annotations

from kiang.gateway.grpc import (
    activate_jobs,
    broadcast_signal,
    cancel_process_instance,
    complete_job,
    create_process_instance,
    create_process_instance_with_result,
    delete_resource,
    deploy_process,
    deploy_resource,
    evaluate_conditional,
    evaluate_decision,
    fail_job,
    migrate_process_instance,
    modify_process_instance,
    publish_message,
    resolve_incident,
    set_variables,
    stream_activated_jobs,
    throw_error,
    topology,
    update_job_retries,
    update_job_timeout,
)
from kiang.gateway.grpc.rpc import Rpc

RPCS: tuple[Rpc, ...] = (
    activate_jobs.RPC,
    broadcast_signal.RPC,
    cancel_process_instance.RPC,
    complete_job.RPC,
    create_process_instance.RPC,
    create_process_instance_with_result.RPC,
    delete_resource.RPC,
    deploy_process.RPC,
    deploy_resource.RPC,
    evaluate_conditional.RPC,
    evaluate_decision.RPC,
    fail_job.RPC,
    migrate_process_instance.RPC,
    modify_process_instance.RPC,
    publish_message.RPC,
    resolve_incident.RPC,
    set_variables.RPC,
    stream_activated_jobs.RPC,
    throw_error.RPC,
    topology.RPC,
    update_job_retries.RPC,
    update_job_timeout.RPC,
)
