"""Messages that were correlated: the last one of each subscription, those before it, and those that have started instances."""

from __future__ import annotations

from kiang.engine.state.message_subscription import MESSAGE_SUBSCRIPTIONS as TABLE
from kiang.protocol.keys import COUNTER_BITS
from kiang.search.field import Column, Field, SearchResource, Sql
from kiang.search.resources.message_subscription import BUSINESS_ID, ROOT
from kiang.search.value import DATE, INTEGER, KEY, STRING

_COLUMNS = (
    "message_key, name, correlation_key, process_instance_key, process_definition_key, process_id, element_id, "
    "element_instance_key, tenant_id"
)
_AT = "CASE correlated_at WHEN 0 THEN updated_at ELSE correlated_at END"
"""Stores that are older than the column have only the time of the last change."""

_ROWS = (
    f"(SELECT key, key AS subscription_key, {_AT} AS correlated_at, {_COLUMNS} FROM message_subscription "  # noqa: S608
    f"WHERE message_key <> 0 UNION ALL SELECT key, subscription_key, correlated_at, {_COLUMNS} FROM message_correlation)"
)

CORRELATED_MESSAGES = SearchResource(
    name="Correlated Message Subscription",
    table=TABLE,
    key="subscriptionKey",
    rows=_ROWS,
    fields=(
        Field("subscriptionKey", KEY, Column("subscription_key")),
        Field("messageKey", KEY, Column("message_key")),
        Field("messageName", STRING, Column("name")),
        Field("correlationKey", STRING, Column("correlation_key", empty=""), nullable=True),
        Field("correlationTime", DATE, Column("correlated_at")),
        Field("elementId", STRING, Column("element_id")),
        Field("elementInstanceKey", KEY, Column("element_instance_key", empty=0), nullable=True),
        Field("partitionId", INTEGER, Sql(f"t.message_key >> {COUNTER_BITS}")),
        Field("processInstanceKey", KEY, Column("process_instance_key")),
        Field("rootProcessInstanceKey", KEY, ROOT, nullable=True, can_filter=False, can_sort=False),
        Field("processDefinitionKey", KEY, Column("process_definition_key")),
        Field("processDefinitionId", STRING, Column("process_id")),
        Field("businessId", STRING, BUSINESS_ID, nullable=True),
        Field("tenantId", STRING, Column("tenant_id")),
    ),
)
