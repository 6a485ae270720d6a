"""CreateAgentInstance: an agent begins to work on an element (8.10)."""

from __future__ import annotations

from kiang.engine.actions import agents
from kiang.engine.processing import Processing, Refused
from kiang.protocol.agents import TOKEN_METRICS, AgentInstanceReported, CreateAgentInstance, HistoryItem, HistoryRole
from kiang.protocol.document import parse_document
from kiang.protocol.enums import ElementType, RejectionType
from kiang.protocol.events import AgentHistoryCommitted, AgentInstanceCreated

SUPPORTED = (ElementType.AD_HOC_SUB_PROCESS, ElementType.SERVICE_TASK)
ROLES = (HistoryRole.CONFIGURATION, HistoryRole.USER)


def create_agent_instance(p: Processing, command: CreateAgentInstance) -> AgentInstanceReported:
    """A new agent instance, configured by what its history says."""
    scope = agents.active_element(p, command.element_instance_key, "create")
    before = agents.of_element(p, scope)
    if before is not None:
        text = agents.TAKEN_TEXT.format(element=scope.key, agent=before.key)
        raise Refused(RejectionType.ALREADY_EXISTS, text)
    agents.check_active(scope, "create")
    text = f"Expected to create agent instance for element instance with key '{scope.key}', but "
    element_type = ElementType(scope.element_type)
    if element_type not in SUPPORTED:
        known = ", ".join(one.name for one in SUPPORTED)
        raise Refused(
            RejectionType.INVALID_ARGUMENT,
            f"{text}its BPMN element type '{element_type.name}' is not supported. Supported types are: [{known}].",
        )
    definition_key = agents.definition_key(p, scope)
    if definition_key is None:
        raise Refused(
            RejectionType.INVALID_ARGUMENT,
            f"{text}element '{scope.element_id}' has no agent definition. Mark the element with 'zeebe:agentDefinition' at"
            " deploy time.",
        )
    agents.check_job(p, command)
    agents.check_history(command.history)
    draft = agents.Draft()
    for item in command.history:
        _check_item(item)
        draft.count(item)
        draft.configure(item)
    key = p.state.next_key()
    p.emit(AgentInstanceCreated(key, scope.key, definition_key, *draft.texts()))
    kept = [agents.add(p, key, command, item) for item in command.history]
    for item, one in zip(command.history, kept, strict=True):
        # what it was created with holds at once, whatever becomes of the job
        if item.role is HistoryRole.CONFIGURATION:
            p.emit(AgentHistoryCommitted(one.key))
    return AgentInstanceReported(key, tuple(kept))


def _check_item(item: HistoryItem) -> None:
    text = f"Expected to create agent instance with history item '{item.id}', but "
    if item.role not in ROLES:
        raise Refused(
            RejectionType.INVALID_ARGUMENT,
            f"{text}its role is '{item.role}'. Allowed roles are: [{', '.join(ROLES)}].",
        )
    metrics = parse_document(item.metrics) if item.metrics else {}
    if any(metrics.get(name, "null") not in {"0", "null"} for name in TOKEN_METRICS):
        raise Refused(
            RejectionType.INVALID_ARGUMENT,
            f"{text}it carries non-zero token-usage metrics. History items included when creating an agent instance must not"
            " carry non-zero token-usage metrics; durationMs is exempt.",
        )
