"""Agents that work on elements: what they are, and what their runtimes report about them (8.10)."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

import msgspec

from kiang.protocol.commands import Command

AGENT_TYPES = {
    "aiAgentSubProcess": "AI_AGENT_SUB_PROCESS",
    "aiAgentTask": "AI_AGENT_TASK",
    "external": "EXTERNAL_AGENT",
}
"""What `zeebe:agentDefinition` says to what the API calls it."""

NO_LIMIT = -1
NO_LIMITS = '{"maxModelCalls":-1,"maxToolCalls":-1,"maxTokens":-1}'

TOKEN_METRICS = (
    "inputTokens",
    "outputTokens",
    "reasoningTokenCount",
    "cacheCreationTokenCount",
    "cacheReadTokenCount",
)
"""What is summed up over all calls of a model."""


class AgentStatus(StrEnum):
    """What an agent instance does."""

    INITIALIZING = "INITIALIZING"
    TOOL_DISCOVERY = "TOOL_DISCOVERY"
    THINKING = "THINKING"
    TOOL_CALLING = "TOOL_CALLING"
    IDLE = "IDLE"
    COMPLETED = "COMPLETED"


class HistoryRole(StrEnum):
    """Who speaks in an item of a conversation."""

    CONFIGURATION = "CONFIGURATION"
    USER = "USER"
    ASSISTANT = "ASSISTANT"
    TOOL_RESULT = "TOOL_RESULT"


class CommitStatus(StrEnum):
    """Whether an item counts: it does once the job during which it was said is completed."""

    PENDING = "PENDING"
    COMMITTED = "COMMITTED"
    DISCARDED = "DISCARDED"


class HistoryItem(msgspec.Struct, frozen=True, gc=False):
    """An item of a conversation. Whatever is JSON is a JSON text, as clients are to get it.

    Attributes:
        id: Of the client's, by which it is known when it is sent again; "" for one that never is.
        loop_iteration: From 1; 0 if the client has not said.
        produced_at: Epoch ms.
        content: JSON list.
        tool_calls: JSON list.
        metrics: JSON object; "" for none.
        tools: JSON list; None where the item does not change it, as for all that follow.
        limits: JSON object.
        system_prompt: JSON list.
    """

    id: str
    loop_iteration: int
    role: HistoryRole
    produced_at: int
    content: str = "[]"
    tool_calls: str = "[]"
    metrics: str = ""
    tools: str | None = None
    model: str | None = None
    provider: str | None = None
    limits: str | None = None
    system_prompt: str | None = None


class AgentCommand(Command, frozen=True):
    """Base of what a runtime reports.

    Attributes:
        element_instance_key: On which the agent works.
        job_key: The job during which it does.
        lease_token: Of that activation of the job; "" if it has none.
    """

    element_instance_key: int
    job_key: int
    lease_token: str
    history: tuple[HistoryItem, ...] = ()


class CreateAgentInstance(AgentCommand, frozen=True):
    """An agent begins to work on an element."""

    INTENT: ClassVar[str] = "CREATE"


class UpdateAgentInstance(AgentCommand, frozen=True):
    """An agent goes on.

    Attributes:
        key: Of the agent instance.
        status: None to leave it.
        needs_ids: Items must have ids and loop iterations, as they must since 8.10.
    """

    INTENT: ClassVar[str] = "UPDATE"
    key: int = 0
    status: AgentStatus | None = None
    needs_ids: bool = True


class KeptItem(msgspec.Struct, frozen=True, gc=False):
    """What has become of an item: it is new, or was there already."""

    id: str
    key: int
    is_duplicate: bool


class AgentInstanceReported(msgspec.Struct, frozen=True, gc=False):
    """The answer to both commands: the agent instance, and the items in the order of the request."""

    key: int
    items: tuple[KeptItem, ...] = ()
