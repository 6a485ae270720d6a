"""Appliers of agents."""

from __future__ import annotations

from kiang.engine.appliers.applier import Appliers
from kiang.engine.state.agent import (
    AGENT_DEFINITIONS,
    AGENT_HISTORY,
    AGENT_INSTANCES,
    AgentDefinition,
    AgentHistory,
    AgentInstance,
)
from kiang.engine.state.state import State
from kiang.protocol import events
from kiang.protocol.agents import AgentStatus, CommitStatus


def definition_deployed(state: State, e: events.AgentDefinitionDeployed) -> None:
    """An element has an agent."""
    row = AgentDefinition(e.key, e.agent_type, e.name, e.element_id, e.process_definition_key, e.tenant_id)
    state.put(AGENT_DEFINITIONS, row)
    state.has_agents = True


def instance_created(state: State, e: events.AgentInstanceCreated) -> None:
    """An agent works."""
    scope = state.resident(e.element_instance_key)
    row = AgentInstance(
        e.key,
        scope.process_instance_key,
        scope.process_definition_key,
        scope.element_id,
        e.agent_definition_key,
        e.element_instance_key,
        f'["{e.element_instance_key}"]',
        AgentStatus.INITIALIZING.value,
        e.definition,
        e.metrics,
        e.limits,
        e.tools,
        state.now,
        state.now,
        tenant_id=scope.tenant_id,
    )
    state.put(AGENT_INSTANCES, row)


def instance_updated(state: State, e: events.AgentInstanceUpdated) -> None:
    """An agent goes on."""
    row = _instance(state, e.key)
    row.element_instance_key = e.element_instance_key
    row.element_instance_keys = e.element_instance_keys
    row.status = e.status
    row.definition = e.definition
    row.metrics = e.metrics
    row.limits = e.limits
    row.tools = e.tools
    row.updated_at = state.now
    state.change(AGENT_INSTANCES, row)


def instance_completed(state: State, e: events.AgentInstanceCompleted) -> None:
    """An agent works no more."""
    row = _instance(state, e.key)
    row.status = AgentStatus.COMPLETED.value
    row.updated_at = row.ended_at = state.now
    state.change(AGENT_INSTANCES, row)


def history_added(state: State, e: events.AgentHistoryAdded) -> None:
    """Something was said."""
    agent = _instance(state, e.agent_instance_key)
    row = AgentHistory(
        e.key,
        e.agent_instance_key,
        agent.process_instance_key,
        e.element_instance_key,
        e.job_key,
        e.lease_token,
        e.item_id,
        e.loop_iteration,
        e.role,
        e.content,
        e.tool_calls,
        e.metrics,
        CommitStatus.PENDING.value,
        e.produced_at,
        e.tools,
        e.model,
        e.provider,
        e.limits,
        e.system_prompt,
        agent.tenant_id,
    )
    state.put(AGENT_HISTORY, row)


def history_committed(state: State, e: events.AgentHistoryCommitted) -> None:
    """It counts."""
    _settle(state, e.key, CommitStatus.COMMITTED)


def history_discarded(state: State, e: events.AgentHistoryDiscarded) -> None:
    """It does not count: its job has ended otherwise, or in another activation."""
    _settle(state, e.key, CommitStatus.DISCARDED)


def _settle(state: State, key: int, status: CommitStatus) -> None:
    (row,) = state.current(AGENT_HISTORY, [("key", "=", key)])
    row.commit_status = status.value
    state.change(AGENT_HISTORY, row)


def _instance(state: State, key: int) -> AgentInstance:
    (row,) = state.current(AGENT_INSTANCES, [("key", "=", key)])
    return row


APPLIERS: Appliers = {
    events.AgentDefinitionDeployed: definition_deployed,
    events.AgentInstanceCreated: instance_created,
    events.AgentInstanceUpdated: instance_updated,
    events.AgentInstanceCompleted: instance_completed,
    events.AgentHistoryAdded: history_added,
    events.AgentHistoryCommitted: history_committed,
    events.AgentHistoryDiscarded: history_discarded,
}
