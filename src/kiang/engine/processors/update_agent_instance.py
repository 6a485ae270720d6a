"""UpdateAgentInstance: an agent goes on, on the same element instance or on the next one of its element (8.10)."""

from __future__ import annotations

import msgspec

from kiang.engine.actions import agents
from kiang.engine.processing import Processing, Refused
from kiang.engine.state.agent import AgentInstance
from kiang.engine.state.state import Scope
from kiang.protocol.agents import AgentInstanceReported, AgentStatus, KeptItem, UpdateAgentInstance
from kiang.protocol.enums import JobState, RejectionType
from kiang.protocol.events import AgentInstanceUpdated


def update_agent_instance(p: Processing, command: UpdateAgentInstance) -> AgentInstanceReported:
    """Another status, and more of the conversation."""
    agent = agents.by_key(p, command.key)
    if agent is None or agent.status == AgentStatus.COMPLETED:
        text = f"Expected to update agent instance with key '{command.key}', but no such agent instance was found."
        raise Refused(RejectionType.NOT_FOUND, text)
    scope = agents.active_element(p, command.element_instance_key, "update")
    agents.check_active(scope, "update")
    _check_element(p, agent, scope)
    agents.check_job(p, command)
    if command.needs_ids:
        agents.check_history(command.history)
    status = AgentStatus(agent.status) if command.status is None else command.status
    is_back = status is AgentStatus.INITIALIZING and agent.status != AgentStatus.INITIALIZING
    if is_back or status is AgentStatus.COMPLETED:
        raise Refused(
            RejectionType.INVALID_STATE,
            f"Expected to update agent instance with key '{agent.key}' from status '{agent.status}' to '{status}', but this"
            " transition is not allowed.",
        )
    draft, known = agents.Draft(agent), agents.known_items(p, agent.key, command)
    kept: list[KeptItem] = []
    for item in command.history:
        before = known.get(item.id) if item.id else None
        if before is not None:
            kept.append(KeptItem(item.id, before, is_duplicate=True))
            continue
        draft.count(item)
        kept.append(agents.add(p, agent.key, command, item))
    keys = msgspec.json.decode(agent.element_instance_keys, type=list[str])
    if str(scope.key) not in keys:
        keys.append(str(scope.key))
    p.emit(AgentInstanceUpdated(agent.key, scope.key, msgspec.json.encode(keys).decode(), status.value, *draft.texts()))
    return AgentInstanceReported(agent.key, tuple(kept))


def _check_element(p: Processing, agent: AgentInstance, scope: Scope) -> None:
    """Whether the agent may work on an element instance.

    Raises:
        Refused: It belongs to another element, process instance or agent, or the agent works on another one still.
    """
    text = f"Expected to update agent instance with key '{agent.key}' for element instance with key '{scope.key}', but "
    if scope.element_id != agent.element_id:
        raise Refused(
            RejectionType.INVALID_ARGUMENT,
            f"{text}the element id '{scope.element_id}' does not match the agent instance's element id '{agent.element_id}'.",
        )
    if scope.process_instance_key != agent.process_instance_key:
        raise Refused(
            RejectionType.INVALID_ARGUMENT,
            f"{text}the process instance key '{scope.process_instance_key}' does not match the agent instance's process"
            f" instance key '{agent.process_instance_key}'.",
        )
    other = agents.of_element(p, scope)
    if other is not None and other.key != agent.key:
        raise Refused(RejectionType.ALREADY_EXISTS, agents.TAKEN_TEXT.format(element=scope.key, agent=other.key))
    if agent.element_instance_key == scope.key:
        return
    writer = p.state.scope(agent.element_instance_key)
    job = p.state.job(writer.job_key) if writer is not None and writer.job_key else None
    if job is not None and job.state == JobState.ACTIVATED:
        raise Refused(
            RejectionType.INVALID_STATE,
            f"{text}element instance with key '{agent.element_instance_key}' is still the active writer for this agent instance"
            " and has not completed. Only one element instance may write to a given agent instance at a time.",
        )
