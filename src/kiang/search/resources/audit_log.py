"""The audit log: who has done what."""

from __future__ import annotations

from dataclasses import replace

from kiang.engine.state.audit_entry import AUDIT_ENTRIES as TABLE
from kiang.protocol.audit import ActorType, AuditedEntity, Category, OperationResult, OperationType
from kiang.protocol.enums import BatchOperationType
from kiang.search.field import Column, Field, SearchResource, Sql
from kiang.search.value import DATE, KEY, STRING, enumeration_of_texts

ENTITY_TYPE = enumeration_of_texts(tuple(AuditedEntity))
ENTITY_KEY = replace(STRING, operators=KEY.operators)
"""A key, or the id of something that has none."""


def _key(name: str, column: str, *, can_sort: bool = True, can_filter: bool = True) -> Field:
    return Field(name, KEY, Column(column, empty=0), nullable=True, can_sort=can_sort, can_filter=can_filter)


def _text(name: str, column: str, *, can_sort: bool = True) -> Field:
    return Field(name, STRING, Column(column, empty=""), nullable=True, can_sort=can_sort)


AUDIT_LOG = SearchResource(
    name="Audit Log",
    table=TABLE,
    key="auditLogKey",
    fields=(
        Field("auditLogKey", KEY, Column("key")),
        Field("entityKey", ENTITY_KEY, Column("entity_key")),
        Field("entityType", ENTITY_TYPE, Column("entity_type")),
        Field("operationType", enumeration_of_texts(tuple(OperationType)), Column("operation_type")),
        _key("batchOperationKey", "batch_operation_key"),
        Field(
            "batchOperationType",
            enumeration_of_texts(tuple(BatchOperationType)),
            Column("batch_operation_type", empty=""),
            nullable=True,
        ),
        Field("timestamp", DATE, Column("at", follows_key=True)),
        _text("actorId", "actor_id"),
        Field("actorType", enumeration_of_texts(tuple(ActorType)), Column("actor_type")),
        Field("agentElementId", STRING, Sql("NULL"), nullable=True, can_sort=False),
        _text("tenantId", "tenant_id"),
        Field("result", enumeration_of_texts(tuple(OperationResult)), Column("result")),
        Field("category", enumeration_of_texts(tuple(Category)), Column("category")),
        _text("processDefinitionId", "process_definition_id"),
        _key("processDefinitionKey", "process_definition_key"),
        _key("processInstanceKey", "process_instance_key"),
        _key("rootProcessInstanceKey", "root_process_instance_key", can_sort=False, can_filter=False),
        _key("elementInstanceKey", "element_instance_key"),
        _key("jobKey", "job_key"),
        _key("userTaskKey", "user_task_key"),
        _text("decisionRequirementsId", "decision_requirements_id"),
        _key("decisionRequirementsKey", "decision_requirements_key"),
        _text("decisionDefinitionId", "decision_definition_id"),
        _key("decisionDefinitionKey", "decision_definition_key"),
        _key("decisionEvaluationKey", "decision_evaluation_key"),
        _key("deploymentKey", "deployment_key", can_sort=False),
        _key("formKey", "form_key", can_sort=False),
        _key("resourceKey", "resource_key", can_sort=False),
        Field("relatedEntityKey", ENTITY_KEY, Column("related_entity_key", empty=""), nullable=True, can_sort=False),
        Field("relatedEntityType", ENTITY_TYPE, Column("related_entity_type", empty=""), nullable=True, can_sort=False),
        _text("entityDescription", "description", can_sort=False),
        _text("inboundChannelType", "channel"),
        Field("inboundChannelToolName", STRING, Sql("NULL"), nullable=True),
    ),
)
_OF_USER_TASK = frozenset({"operationType", "result", "timestamp", "actorType", "actorId"})
AUDIT_LOG_OF_USER_TASK = replace(
    AUDIT_LOG,
    fields=tuple(replace(field, can_filter=field.name in _OF_USER_TASK) for field in AUDIT_LOG.fields),
)
"""The same, for a search that is about one user task anyway: with the filters that are left."""
