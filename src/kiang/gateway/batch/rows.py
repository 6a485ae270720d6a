"""Rows of batch operations, and what searches show of them."""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar

from kiang.engine.state.table import Index, Row, Table
from kiang.protocol.audit import ActorType
from kiang.protocol.enums import BatchOperationType
from kiang.search.field import Column, Field, SearchResource, Sql
from kiang.search.value import DATE, INTEGER, KEY, STRING, STRINGS, enumeration, enumeration_of_texts


class BatchState(IntEnum):
    """State of an operation."""

    CREATED = 1
    ACTIVE = 2
    SUSPENDED = 3
    COMPLETED = 4
    CANCELED = 5


class ItemState(IntEnum):
    """State of an item; ACTIVE is one whose turn has not come."""

    ACTIVE = 1
    COMPLETED = 2
    FAILED = 3
    CANCELED = 4


class BatchOperation(Row):
    """One operation.

    Attributes:
        type: BatchOperationTypeEnum of the API.
        plan: What to do, as JSON (see `kinds`).
    """

    key: int
    type: str
    plan: str
    state: int
    started_at: int
    total: int
    ended_at: int | None = None
    completed: int = 0
    failed: int = 0

    MUTABLE: ClassVar[tuple[str, ...]] = ("state", "ended_at", "completed", "failed")


class BatchItem(Row):
    """One command of an operation.

    Attributes:
        item_key: What it is about: a process instance or an incident.
    """

    key: int
    operation_key: int
    operation_type: str
    item_key: int
    process_instance_key: int
    root_process_instance_key: int
    state: int
    processed_at: int | None = None
    error_message: str = ""

    MUTABLE: ClassVar[tuple[str, ...]] = ("state", "processed_at", "error_message")


BATCH_OPERATIONS = Table("batch_operation", BatchOperation, (Index(("state", "key")),))
BATCH_ITEMS = Table(
    "batch_item", BatchItem, (Index(("operation_key", "state", "key")), Index(("process_instance_key",)))
)

TYPES = enumeration_of_texts(tuple(BatchOperationType))
ACTOR_TYPE = enumeration_of_texts(tuple(ActorType))
STATE = enumeration({**{state.name: (int(state),) for state in BatchState}, "FAILED": (), "PARTIALLY_COMPLETED": ()})
ITEM_STATE = enumeration({**{state.name: (int(state),) for state in ItemState}, "SKIPPED": ()})

SEARCH_OPERATIONS = SearchResource(
    name="Batch Operation",
    table=BATCH_OPERATIONS,
    key="batchOperationKey",
    fields=(
        Field("batchOperationKey", KEY, Column("key")),
        Field("batchOperationType", TYPES, Column("type"), can_filter=False, can_sort=False),
        Field("operationType", TYPES, Column("type"), is_shown=False),
        Field("state", STATE, Column("state")),
        Field("startDate", DATE, Column("started_at", follows_key=True), nullable=True),
        Field("endDate", DATE, Column("ended_at"), nullable=True),
        Field("actorType", ACTOR_TYPE, Sql("json_extract(t.plan, '$.audit.actor_type')"), nullable=True),
        Field("actorId", STRING, Sql("NULLIF(json_extract(t.plan, '$.audit.actor_id'), '')"), nullable=True),
        Field("operationsTotalCount", INTEGER, Column("total"), can_filter=False, can_sort=False),
        Field("operationsFailedCount", INTEGER, Column("failed"), can_filter=False, can_sort=False),
        Field("operationsCompletedCount", INTEGER, Column("completed"), can_filter=False, can_sort=False),
        Field("errors", STRINGS, Sql("'[]'"), can_filter=False, can_sort=False),
    ),
)
SEARCH_ITEMS = SearchResource(
    name="Batch Operation Item",
    table=BATCH_ITEMS,
    key="itemKey",
    fields=(
        Field("itemKey", KEY, Column("item_key")),
        Field("batchOperationKey", KEY, Column("operation_key")),
        Field("operationType", TYPES, Column("operation_type"), can_sort=False),
        Field("processInstanceKey", KEY, Column("process_instance_key", empty=0), nullable=True),
        Field(
            "rootProcessInstanceKey",
            KEY,
            Column("root_process_instance_key", empty=0),
            nullable=True,
            can_filter=False,
            can_sort=False,
        ),
        Field("state", ITEM_STATE, Column("state")),
        Field("processedDate", DATE, Column("processed_at"), nullable=True, can_filter=False),
        Field(
            "errorMessage", STRING, Column("error_message", empty=""), nullable=True, can_filter=False, can_sort=False
        ),
    ),
)
