"""Agents: their definitions, instances and conversations (8.10)."""

from __future__ import annotations

from typing import ClassVar

from kiang.engine.state.table import Index, Row, Table


class AgentDefinition(Row):
    """An element that an agent works on, of one version of a process.

    Attributes:
        agent_type: As the API calls it.
        name: Of the element, or its id.
    """

    key: int
    agent_type: str
    name: str
    element_id: str
    process_definition_key: int
    tenant_id: str = "<default>"


class AgentInstance(Row):
    """An agent at work in a process instance; it may work on an element again when the process comes back to it.

    Attributes:
        element_instance_key: On which it works now.
        element_instance_keys: All on which it has: JSON list of texts.
        status: `AgentStatus`.
        definition: JSON object: model, provider and system prompt.
        metrics: JSON object of sums.
        limits: JSON object.
        tools: JSON list.
    """

    key: int
    process_instance_key: int
    process_definition_key: int
    element_id: str
    agent_definition_key: int
    element_instance_key: int
    element_instance_keys: str
    status: str
    definition: str
    metrics: str
    limits: str
    tools: str
    created_at: int
    updated_at: int
    ended_at: int | None = None
    tenant_id: str = "<default>"

    MUTABLE: ClassVar[tuple[str, ...]] = (
        "element_instance_key",
        "element_instance_keys",
        "status",
        "definition",
        "metrics",
        "limits",
        "tools",
        "updated_at",
        "ended_at",
    )


class AgentHistory(Row):
    """An item of a conversation; see `HistoryItem`.

    Attributes:
        lease_token: Of the activation during which it was said.
        commit_status: `CommitStatus`.
        metrics: "" for none.
        tools, model, provider, limits, system_prompt: None where the item changes nothing.
    """

    key: int
    agent_instance_key: int
    process_instance_key: int
    element_instance_key: int
    job_key: int
    lease_token: str
    item_id: str
    loop_iteration: int
    role: str
    content: str
    tool_calls: str
    metrics: str
    commit_status: str
    produced_at: int
    tools: str | None = None
    model: str | None = None
    provider: str | None = None
    limits: str | None = None
    system_prompt: str | None = None
    tenant_id: str = "<default>"

    MUTABLE: ClassVar[tuple[str, ...]] = ("commit_status",)


AGENT_DEFINITIONS = Table("agent_definition", AgentDefinition, (Index(("process_definition_key",)),))
AGENT_INSTANCES = Table("agent_instance", AgentInstance, (Index(("process_instance_key",)),))
AGENT_HISTORY = Table(
    "agent_history",
    AgentHistory,
    (Index(("agent_instance_key",)), Index(("job_key",)), Index(("process_instance_key",))),
)
