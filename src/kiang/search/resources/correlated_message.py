"""Messages that were correlated: the last one of each subscription."""

from __future__ import annotations

from kiang.engine.state.message_subscription import MESSAGE_SUBSCRIPTIONS as TABLE
from kiang.protocol.keys import COUNTER_BITS
from kiang.search.field import Column, Field, SearchResource, Sql
from kiang.search.resources.message_subscription import BUSINESS_ID, ROOT
from kiang.search.value import DATE, INTEGER, KEY, STRING

CORRELATED_MESSAGES = SearchResource(
    name="Correlated Message Subscription",
    table=TABLE,
    key="subscriptionKey",
    where="t.message_key <> 0",
    fields=(
        Field("subscriptionKey", KEY, Column("key")),
        Field("messageKey", KEY, Column("message_key")),
        Field("messageName", STRING, Column("name")),
        Field("correlationKey", STRING, Column("correlation_key", empty=""), nullable=True),
        Field("correlationTime", DATE, Column("updated_at")),
        Field("elementId", STRING, Column("element_id")),
        Field("elementInstanceKey", KEY, Column("element_instance_key", empty=0), nullable=True),
        Field("partitionId", INTEGER, Sql(f"t.key >> {COUNTER_BITS}")),
        Field("processInstanceKey", KEY, Column("process_instance_key")),
        Field("rootProcessInstanceKey", KEY, ROOT, nullable=True, can_filter=False, can_sort=False),
        Field("processDefinitionKey", KEY, Column("process_definition_key")),
        Field("processDefinitionId", STRING, Column("process_id")),
        Field("businessId", STRING, BUSINESS_ID, nullable=True),
        Field("tenantId", STRING, Column("tenant_id")),
    ),
)
