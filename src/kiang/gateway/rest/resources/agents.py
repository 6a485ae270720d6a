"""Agents (8.10): what is deployed, and what their runtimes report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec

from kiang.gateway.rest.body import Answer, Int32, Int64, Request
from kiang.gateway.rest.call import Call
from kiang.gateway.rest.limits import HISTORY_ITEMS_MAX
from kiang.gateway.rest.operation import Resource
from kiang.gateway.rest.searching import add_get, add_search, existing
from kiang.gateway.rest.shapes import KeyText, key_text
from kiang.gateway.rest.validation import Key, Violations
from kiang.protocol.agents import (
    TOKEN_METRICS,
    AgentInstanceReported,
    AgentStatus,
    CommitStatus,
    CreateAgentInstance,
    HistoryItem,
    HistoryRole,
    KeptItem,
    UpdateAgentInstance,
)
from kiang.search.resources.agent import AGENT_DEFINITIONS, AGENT_HISTORY, AGENT_INSTANCES
from kiang.search.statement import Clause

AGENTS = Resource("Agent instance")

REPORTED = (AgentStatus.TOOL_DISCOVERY, AgentStatus.THINKING, AgentStatus.TOOL_CALLING, AgentStatus.IDLE)
"""What a runtime may say that its agent does."""

_CONFIGURATION_ONLY = ("tools", "model", "provider", "limits", "system_prompt")
_encode = msgspec.json.Encoder().encode


class TextContent(Request, frozen=True, tag_field="contentType", tag="TEXT"):
    """Words."""

    text: str


class ObjectContent(Request, frozen=True, tag_field="contentType", tag="OBJECT"):
    """Any JSON value."""

    object_: Any = msgspec.field(name="object")


class DocumentContent(Request, frozen=True, tag_field="contentType", tag="DOCUMENT"):
    """A document, by its reference."""

    document_reference: dict[str, Any]


Content = TextContent | ObjectContent | DocumentContent


class AgentInstanceToolCall(Request, frozen=True):
    """A tool that the model wants to be called."""

    tool_call_id: str
    tool_name: str
    element_id: str | None = None
    arguments: dict[str, Any] | None = None


class AgentTool(Request, frozen=True):
    """A tool that the agent has."""

    name: str
    description: str | None = None
    element_id: str | None = None


class AgentInstanceLimits(Request, frozen=True):
    """What the agent may use up; -1 for no limit."""

    max_model_calls: Int32 = -1
    max_tool_calls: Int32 = -1
    max_tokens: Int64 = -1


class AgentInstanceHistoryItemMetrics(Request, frozen=True):
    """What one call of the model has cost."""

    input_tokens: Int64 | None = None
    output_tokens: Int64 | None = None
    reasoning_token_count: Int64 | None = None
    cache_creation_token_count: Int64 | None = None
    cache_read_token_count: Int64 | None = None
    duration_ms: Int64 | None = None


class AgentInstanceHistoryItem(Request, frozen=True):
    """An item of a conversation."""

    REQUIRED = ("historyItemId", "loopIteration", "role", "content", "producedAt")
    history_item_id: str | None = None
    loop_iteration: Int32 | None = None
    role: str | None = None
    content: list[Content] | None = None
    produced_at: str | None = None
    tool_calls: list[AgentInstanceToolCall] | None = None
    metrics: AgentInstanceHistoryItemMetrics | None = None
    tools: list[AgentTool] | None = None
    model: str | None = None
    provider: str | None = None
    limits: AgentInstanceLimits | None = None
    system_prompt: list[Content] | None = None


class AgentInstanceCreationRequest(Request, frozen=True):
    """An agent begins."""

    REQUIRED = ("elementInstanceKey", "jobKey", "jobLeaseToken", "history")
    element_instance_key: Key = None
    job_key: Key = None
    job_lease_token: str | None = None
    history: list[AgentInstanceHistoryItem] | None = None


class AgentInstanceUpdateRequest(Request, frozen=True):
    """An agent goes on."""

    REQUIRED = ("elementInstanceKey", "jobKey", "jobLeaseToken")
    element_instance_key: Key = None
    job_key: Key = None
    job_lease_token: str | None = None
    status: str | None = None
    history: list[AgentInstanceHistoryItem] | None = None


class AgentInstanceHistoryItemRequest(Request, frozen=True):
    """One item, as the first alphas of 8.10 took it."""

    REQUIRED = ("elementInstanceKey", "jobKey", "jobLease", "role", "content", "producedAt")
    element_instance_key: Key = None
    job_key: Key = None
    job_lease: str | None = None
    iteration: Int32 | None = None
    role: str | None = None
    content: list[Content] | None = None
    tool_calls: list[AgentInstanceToolCall] | None = None
    metrics: AgentInstanceHistoryItemMetrics | None = None
    produced_at: str | None = None


class AgentInstanceCreatedHistoryItem(Answer, frozen=True):
    """An item that is kept."""

    history_item_id: str
    history_item_key: KeyText
    is_duplicate: bool


class AgentInstanceCreationResult(Answer, frozen=True):
    """The agent instance."""

    agent_instance_key: KeyText
    created_history: list[AgentInstanceCreatedHistoryItem]


class AgentInstanceUpdateResult(Answer, frozen=True):
    """What has been kept."""

    created_history: list[AgentInstanceCreatedHistoryItem]


class AgentInstanceHistoryItemResult(Answer, frozen=True):
    """The item that was kept."""

    history_item_key: KeyText


add_search(AGENTS, "/agent-definitions/search", "searchAgentDefinitions", AGENT_DEFINITIONS, since="8.10")
add_get(AGENTS, "/agent-definitions/{agentDefinitionKey}", "getAgentDefinition", AGENT_DEFINITIONS, since="8.10")
add_search(AGENTS, "/agent-instances/search", "searchAgentInstances", AGENT_INSTANCES, since="8.10")
add_get(AGENTS, "/agent-instances/{agentInstanceKey}", "getAgentInstance", AGENT_INSTANCES, since="8.10")


async def _of_agent(call: Call) -> list[Clause]:
    """The conversation of the agent in the path; what counts of it unless the filter asks for something else."""
    await existing(call, AGENT_INSTANCES, "agentInstanceKey")
    clauses = [Clause("t.agent_instance_key = ?", [call.key("agentInstanceKey")])]
    asked = call.body.get("filter")
    if not (isinstance(asked, dict) and "commitStatus" in asked):
        clauses.append(Clause("t.commit_status = ?", [str(CommitStatus.COMMITTED)]))
    return clauses


add_search(
    AGENTS,
    "/agent-instances/{agentInstanceKey}/history/search",
    "searchAgentInstanceHistory",
    AGENT_HISTORY,
    since="8.10",
    scope=_of_agent,
    scope_is_enough=True,
)


@AGENTS.post(
    "/agent-instances",
    "createAgentInstance",
    since="8.10",
    body=AgentInstanceCreationRequest,
    answer=AgentInstanceCreationResult,
)
async def create_agent_instance(call: Call) -> AgentInstanceCreationResult:
    """Tell that an agent begins to work on an element."""
    body: AgentInstanceCreationRequest = call.body
    violations = Violations()
    where = _where(violations, body.element_instance_key, body.job_key, body.job_lease_token, "jobLeaseToken")
    violations.required(body.history, "history")
    history = _history(violations, body.history or [])
    configurations = [item for item in history if item.role is HistoryRole.CONFIGURATION]
    for name in ("model", "provider", "system_prompt"):
        if body.history is not None and all(getattr(item, name) is None for item in configurations):
            violations.add(f"No {_camel(name)} provided in a history item of role CONFIGURATION")
    violations.check()
    reported: AgentInstanceReported = await call.execute(CreateAgentInstance(*where, history))
    return AgentInstanceCreationResult(
        agent_instance_key=key_text(reported.key), created_history=_created(reported.items)
    )


@AGENTS.patch(
    "/agent-instances/{agentInstanceKey}",
    "updateAgentInstance",
    since="8.10",
    body=AgentInstanceUpdateRequest,
    answer=AgentInstanceUpdateResult,
)
async def update_agent_instance(call: Call) -> AgentInstanceUpdateResult:
    """Tell what an agent does and what was said."""
    body: AgentInstanceUpdateRequest = call.body
    violations = Violations()
    where = _where(violations, body.element_instance_key, body.job_key, body.job_lease_token, "jobLeaseToken")
    status = None if body.status is None else violations.one_of(body.status, "status", REPORTED)
    history = _history(violations, body.history or [])
    violations.check()
    key = call.key("agentInstanceKey")
    command = UpdateAgentInstance(*where, history, key, None if status is None else AgentStatus(status))
    reported: AgentInstanceReported = await call.execute(command)
    return AgentInstanceUpdateResult(created_history=_created(reported.items))


@AGENTS.post(
    "/agent-instances/{agentInstanceKey}/history",
    "createAgentInstanceHistoryItem",
    since="8.10",
    body=AgentInstanceHistoryItemRequest,
    answer=AgentInstanceHistoryItemResult,
)
async def create_agent_instance_history_item(call: Call) -> AgentInstanceHistoryItemResult:
    """Tell one thing that was said, as the first alphas of 8.10 did; later versions put it into the update."""
    body: AgentInstanceHistoryItemRequest = call.body
    violations = Violations()
    where = _where(violations, body.element_instance_key, body.job_key, body.job_lease, "jobLease")
    given = AgentInstanceHistoryItem(
        history_item_id="",
        loop_iteration=body.iteration or 0,
        role=body.role,
        content=body.content,
        produced_at=body.produced_at,
        tool_calls=body.tool_calls,
        metrics=body.metrics,
    )
    history = _history(violations, [given], needs_ids=False)
    violations.check()
    command = UpdateAgentInstance(*where, history, call.key("agentInstanceKey"), needs_ids=False)
    reported: AgentInstanceReported = await call.execute(command)
    return AgentInstanceHistoryItemResult(history_item_key=key_text(reported.items[0].key))


def _where(
    violations: Violations, element: Key, job: Key, lease_token: str | None, lease_name: str
) -> tuple[int, int, str]:
    """On what an agent works, and as whom it may say so."""
    element_key, job_key = violations.key(element, "elementInstanceKey"), violations.key(job, "jobKey")
    violations.required(lease_token, lease_name)
    return element_key, job_key, lease_token or ""


def _history(
    violations: Violations, given: Sequence[AgentInstanceHistoryItem], *, needs_ids: bool = True
) -> tuple[HistoryItem, ...]:
    if len(given) > HISTORY_ITEMS_MAX:
        violations.add(f"The value for history is '{len(given)}' but must be at most {HISTORY_ITEMS_MAX}")
        return ()
    return tuple(_item(violations, item, needs_ids=needs_ids) for item in given)


def _item(violations: Violations, item: AgentInstanceHistoryItem, *, needs_ids: bool) -> HistoryItem:
    if needs_ids:
        violations.text(item.history_item_id, "historyItemId")
        violations.positive(item.loop_iteration, "loopIteration")
    role = violations.one_of(item.role, "role", tuple(HistoryRole))
    violations.required(item.content, "content")
    violations.required(item.produced_at, "producedAt")
    produced_at = violations.date(item.produced_at, "producedAt")
    if role != HistoryRole.CONFIGURATION:
        for name in _CONFIGURATION_ONLY:
            if getattr(item, name) is not None:
                violations.add(f"The attribute {_camel(name)} may only be used with role CONFIGURATION")
    if item.metrics is not None and any(number is not None and number < 0 for number in _numbers(item.metrics)):
        violations.add("The value for metrics must not hold negative numbers")
    if item.system_prompt is not None and not item.system_prompt:
        violations.add("The value for systemPrompt must not be empty")
    return HistoryItem(
        item.history_item_id or "",
        item.loop_iteration or 0,
        HistoryRole(role) if role in set(HistoryRole) else HistoryRole.USER,
        produced_at or 0,
        _json(item.content or []),
        _json(item.tool_calls or []),
        "" if item.metrics is None else _json(item.metrics),
        None if item.tools is None else _json(item.tools),
        item.model,
        item.provider,
        None if item.limits is None else _json(item.limits),
        None if item.system_prompt is None else _json(item.system_prompt),
    )


def _numbers(metrics: AgentInstanceHistoryItemMetrics) -> list[int | None]:
    values = msgspec.to_builtins(metrics)
    return [values[name] for name in (*TOKEN_METRICS, "durationMs")]


def _created(items: Sequence[KeptItem]) -> list[AgentInstanceCreatedHistoryItem]:
    return [
        AgentInstanceCreatedHistoryItem(
            history_item_id=item.id, history_item_key=key_text(item.key), is_duplicate=item.is_duplicate
        )
        for item in items
    ]


def _json(value: Annotated[Any, "structs of this file"]) -> str:
    return _encode(value).decode()


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
