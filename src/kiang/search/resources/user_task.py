"""Native user tasks."""

from __future__ import annotations

from kiang.engine.state.process_definition import PROCESS_DEFINITIONS
from kiang.engine.state.process_instance import PROCESS_INSTANCES
from kiang.engine.state.user_task import USER_TASKS as TABLE
from kiang.protocol.enums import UserTaskState
from kiang.search.field import Column, Field, ListFilter, SearchResource, Sql, Through, VariableFilter
from kiang.search.value import DATE, INTEGER, JSON_OBJECT, KEY, STRING, STRINGS, WORDS, enumeration

STATE = enumeration({**{state.name: (int(state),) for state in UserTaskState}, "FAILED": ()})

_TAGS = "SELECT p.tags FROM process_instance p WHERE p.key = t.process_instance_key"

USER_TASKS = SearchResource(
    name="User Task",
    table=TABLE,
    key="userTaskKey",
    fields=(
        Field("userTaskKey", KEY, Column("key")),
        Field("name", STRING, Sql("element_title(t.process_definition_key, t.element_id)"), nullable=True),
        Field("state", STATE, Column("state")),
        Field("assignee", STRING, Column("assignee", empty=""), nullable=True),
        Field("elementId", STRING, Column("element_id")),
        Field("elementInstanceKey", KEY, Column("element_instance_key")),
        Field("candidateGroups", STRINGS, Column("candidate_groups"), can_filter=False, can_sort=False),
        Field("candidateUsers", STRINGS, Column("candidate_users"), can_filter=False, can_sort=False),
        Field("priority", INTEGER, Column("priority")),
        Field("creationDate", DATE, Column("created_at", follows_key=True)),
        Field("completionDate", DATE, Column("ended_at"), nullable=True),
        Field("dueDate", DATE, Sql("date_ms(t.due_date)"), nullable=True),
        Field("followUpDate", DATE, Sql("date_ms(t.follow_up_date)"), nullable=True),
        Field("formKey", KEY, Column("form_key", empty=0), nullable=True, can_filter=False, can_sort=False),
        Field(
            "externalFormReference",
            STRING,
            Column("external_form_reference", empty=""),
            nullable=True,
            can_filter=False,
            can_sort=False,
        ),
        Field("customHeaders", JSON_OBJECT, Column("headers"), can_filter=False, can_sort=False),
        Field("processInstanceKey", KEY, Column("process_instance_key")),
        Field(
            "rootProcessInstanceKey",
            KEY,
            Through("process_instance_key", PROCESS_INSTANCES, "root_process_instance_key", empty=0),
            nullable=True,
            can_filter=False,
            can_sort=False,
        ),
        Field(
            "businessId",
            STRING,
            Through("process_instance_key", PROCESS_INSTANCES, "business_id", empty=""),
            nullable=True,
        ),
        Field("tags", WORDS, Sql(_TAGS), can_filter=False, can_sort=False),
        Field("processDefinitionKey", KEY, Column("process_definition_key")),
        Field("processDefinitionId", STRING, Through("process_definition_key", PROCESS_DEFINITIONS, "process_id")),
        Field(
            "processName",
            STRING,
            Through("process_definition_key", PROCESS_DEFINITIONS, "name", empty=""),
            nullable=True,
            can_filter=False,
            can_sort=False,
        ),
        Field(
            "processDefinitionVersion",
            INTEGER,
            Through("process_definition_key", PROCESS_DEFINITIONS, "version"),
            can_filter=False,
            can_sort=False,
        ),
        Field("tenantId", STRING, Column("tenant_id")),
    ),
    variables=(
        VariableFilter("processInstanceVariables", "process_instance_key", scope="process_instance_key"),
        VariableFilter("localVariables", "process_instance_key", scope="element_instance_key"),
    ),
    alternatives=True,
    lists=(
        ListFilter("candidateGroup", STRING, "t.candidate_groups", is_json=True, takes_list=False),
        ListFilter("candidateUser", STRING, "t.candidate_users", is_json=True, takes_list=False),
        ListFilter("tags", STRING, f"({_TAGS})", is_json=False, takes_list=True),
    ),
)
