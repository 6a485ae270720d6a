"""Message subscriptions: those of element instances, open and closed, and those of start events."""

from __future__ import annotations

from kiang.engine.state.message_subscription import MESSAGE_SUBSCRIPTIONS as TABLE
from kiang.engine.state.process_definition import PROCESS_DEFINITIONS
from kiang.engine.state.process_instance import PROCESS_INSTANCES
from kiang.protocol.enums import EventType, SubscriptionState
from kiang.search.field import Column, Field, SearchResource, Sql, Through
from kiang.search.value import DATE, INTEGER, JSON_OBJECT, KEY, STRING, enumeration

STATE = enumeration(
    {
        "CORRELATED": (int(SubscriptionState.CLOSED),),
        "CREATED": (int(SubscriptionState.OPEN), int(SubscriptionState.CORRELATING)),
        "DELETED": (int(SubscriptionState.DELETED),),
        "MIGRATED": (),
    }
)
TYPE = enumeration({"START_EVENT": (1,), "PROCESS_EVENT": (0,)})

ROOT = Through("process_instance_key", PROCESS_INSTANCES, "root_process_instance_key", empty=0)
BUSINESS_ID = Through("process_instance_key", PROCESS_INSTANCES, "business_id", empty="")

_OF_STARTS = (
    "SELECT s.key, 0, s.process_definition_key, s.process_id, 0, s.element_id, s.name, '', "  # noqa: S608 - declared names
    f"{int(SubscriptionState.OPEN)}, r.deployed_at, 0, s.tenant_id, 1 FROM start_subscription s "
    "JOIN process_definition d ON d.key = s.process_definition_key JOIN resource r ON r.key = d.resource_key "
    f"WHERE s.event_type = {int(EventType.MESSAGE)}"
)
_COLUMNS = (
    "key, process_instance_key, process_definition_key, process_id, element_instance_key, element_id, name, "
    "correlation_key, state, updated_at, message_key, tenant_id"
)

MESSAGE_SUBSCRIPTIONS = SearchResource(
    name="Message Subscription",
    table=TABLE,
    rows=f"(SELECT {_COLUMNS}, 0 AS is_start FROM message_subscription UNION ALL {_OF_STARTS})",  # noqa: S608
    key="messageSubscriptionKey",
    fields=(
        Field("messageSubscriptionKey", KEY, Column("key")),
        Field("messageName", STRING, Column("name")),
        Field("correlationKey", STRING, Column("correlation_key", empty=""), nullable=True),
        Field("messageSubscriptionState", STATE, Column("state")),
        Field("messageSubscriptionType", TYPE, Column("is_start")),
        Field("lastUpdatedDate", DATE, Column("updated_at")),
        Field("elementId", STRING, Column("element_id")),
        Field("elementInstanceKey", KEY, Column("element_instance_key", empty=0), nullable=True),
        Field("processInstanceKey", KEY, Column("process_instance_key", empty=0), nullable=True),
        Field("rootProcessInstanceKey", KEY, ROOT, nullable=True, can_filter=False, can_sort=False),
        Field("processDefinitionKey", KEY, Column("process_definition_key", empty=0), nullable=True),
        Field("processDefinitionId", STRING, Column("process_id")),
        Field(
            "processDefinitionName",
            STRING,
            Through("process_definition_key", PROCESS_DEFINITIONS, "name", empty=""),
            nullable=True,
        ),
        Field(
            "processDefinitionVersion",
            INTEGER,
            Through("process_definition_key", PROCESS_DEFINITIONS, "version"),
            nullable=True,
        ),
        Field("businessId", STRING, BUSINESS_ID, nullable=True),
        Field("toolProperties", JSON_OBJECT, Sql("'{}'"), can_filter=False, can_sort=False),
        Field("toolName", STRING, Sql("NULL"), nullable=True),
        Field("inboundConnectorType", STRING, Sql("NULL"), nullable=True),
        Field("tenantId", STRING, Column("tenant_id")),
    ),
)
