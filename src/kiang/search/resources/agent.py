"""Agents: definitions, instances and their conversations."""

from __future__ import annotations

from kiang.engine.state.agent import AGENT_DEFINITIONS as DEFINITION_TABLE
from kiang.engine.state.agent import AGENT_HISTORY as HISTORY_TABLE
from kiang.engine.state.agent import AGENT_INSTANCES as INSTANCE_TABLE
from kiang.engine.state.process_definition import PROCESS_DEFINITIONS
from kiang.protocol.agents import AGENT_TYPES, NO_LIMITS, AgentStatus, CommitStatus, HistoryRole
from kiang.search.field import Column, Field, ListFilter, SearchResource, Sql, Through
from kiang.search.value import DATE, INTEGER, JSON_LIST, JSON_OBJECT, KEY, STRING, enumeration_of_texts

TYPE = enumeration_of_texts(tuple(AGENT_TYPES.values()))
STATUS = enumeration_of_texts(tuple(AgentStatus))
ROLE = enumeration_of_texts(tuple(HistoryRole))
COMMIT_STATUS = enumeration_of_texts(tuple(CommitStatus))

_ROOT = (
    "SELECT CASE p.root_process_instance_key WHEN 0 THEN p.key ELSE p.root_process_instance_key END FROM process_instance p"
    " WHERE p.key = t.process_instance_key"
)
_PROCESS = (
    Field("processDefinitionKey", KEY, Column("process_definition_key")),
    Field("processDefinitionId", STRING, Through("process_definition_key", PROCESS_DEFINITIONS, "process_id")),
    Field("processDefinitionVersion", INTEGER, Through("process_definition_key", PROCESS_DEFINITIONS, "version")),
    Field(
        "processDefinitionVersionTag",
        STRING,
        Through("process_definition_key", PROCESS_DEFINITIONS, "version_tag", empty=""),
        nullable=True,
    ),
)

AGENT_DEFINITIONS = SearchResource(
    name="Agent Definition",
    table=DEFINITION_TABLE,
    key="agentDefinitionKey",
    fields=(
        Field("agentDefinitionKey", KEY, Column("key")),
        Field("agentType", TYPE, Column("agent_type")),
        Field("name", STRING, Column("name")),
        Field("elementId", STRING, Column("element_id")),
        *_PROCESS,
        Field("tenantId", STRING, Column("tenant_id")),
    ),
)

AGENT_INSTANCES = SearchResource(
    name="Agent Instance",
    table=INSTANCE_TABLE,
    key="agentInstanceKey",
    fields=(
        Field("agentInstanceKey", KEY, Column("key")),
        Field("agentDefinitionKey", KEY, Column("agent_definition_key")),
        Field("status", STATUS, Column("status")),
        Field("definition", JSON_OBJECT, Column("definition"), can_filter=False, can_sort=False),
        Field("metrics", JSON_OBJECT, Column("metrics"), can_filter=False, can_sort=False),
        Field("limits", JSON_OBJECT, Column("limits"), can_filter=False, can_sort=False),
        Field("tools", JSON_LIST, Column("tools"), can_filter=False, can_sort=False),
        Field("elementId", STRING, Column("element_id")),
        Field("processInstanceKey", KEY, Column("process_instance_key")),
        Field("rootProcessInstanceKey", KEY, Sql(_ROOT)),
        *_PROCESS,
        Field("tenantId", STRING, Column("tenant_id")),
        Field("creationDate", DATE, Column("created_at", follows_key=True)),
        Field("lastUpdatedDate", DATE, Column("updated_at")),
        Field("completionDate", DATE, Column("ended_at"), nullable=True),
        Field("elementInstanceKeys", JSON_LIST, Column("element_instance_keys"), can_filter=False, can_sort=False),
    ),
    lists=(ListFilter("elementInstanceKeys", STRING, "t.element_instance_keys", is_json=True, takes_list=True),),
)

AGENT_HISTORY = SearchResource(
    name="Agent Instance History Item",
    table=HISTORY_TABLE,
    key="historyItemKey",
    fields=(
        Field("historyItemKey", KEY, Column("key")),
        Field("historyItemId", STRING, Column("item_id"), can_filter=False, can_sort=False),
        Field("agentInstanceKey", KEY, Column("agent_instance_key"), can_filter=False, can_sort=False),
        Field("elementInstanceKey", KEY, Column("element_instance_key"), can_sort=False),
        Field("jobKey", KEY, Column("job_key"), can_sort=False),
        Field("jobLeaseToken", STRING, Column("lease_token"), can_filter=False, can_sort=False),
        Field("loopIteration", INTEGER, Column("loop_iteration")),
        Field("role", ROLE, Column("role"), can_sort=False),
        Field("content", JSON_LIST, Column("content"), can_filter=False, can_sort=False),
        Field("toolCalls", JSON_LIST, Column("tool_calls"), can_filter=False, can_sort=False),
        Field("metrics", JSON_OBJECT, Column("metrics", empty=""), nullable=True, can_filter=False, can_sort=False),
        Field("commitStatus", COMMIT_STATUS, Column("commit_status"), can_sort=False),
        Field("producedAt", DATE, Column("produced_at")),
        Field("tools", JSON_LIST, Sql("COALESCE(t.tools, '[]')"), can_filter=False, can_sort=False),
        Field("model", STRING, Column("model"), nullable=True, can_filter=False, can_sort=False),
        Field("provider", STRING, Column("provider"), nullable=True, can_filter=False, can_sort=False),
        Field("limits", JSON_OBJECT, Sql(f"COALESCE(t.limits, '{NO_LIMITS}')"), can_filter=False, can_sort=False),
        Field("systemPrompt", JSON_LIST, Sql("COALESCE(t.system_prompt, '[]')"), can_filter=False, can_sort=False),
    ),
)
