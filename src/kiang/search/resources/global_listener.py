"""Global task listeners."""

from __future__ import annotations

from kiang.engine.state.global_listener import GLOBAL_LISTENERS as TABLE
from kiang.protocol.cluster import ALL_EVENTS, FROM_API, TASK_LISTENER_EVENTS
from kiang.search.field import Column, Field, ListFilter, SearchResource
from kiang.search.value import BOOLEAN, INTEGER, STRING, STRINGS, enumeration_of_texts

EVENT_TYPE = enumeration_of_texts((*TASK_LISTENER_EVENTS, ALL_EVENTS))
SOURCE = enumeration_of_texts(("CONFIGURATION", FROM_API))

GLOBAL_LISTENERS = SearchResource(
    name="Global Task Listener",
    table=TABLE,
    key="id",
    fields=(
        Field("id", STRING, Column("id")),
        Field("type", STRING, Column("job_type")),
        Field("eventTypes", STRINGS, Column("event_types"), can_filter=False, can_sort=False),
        Field("retries", INTEGER, Column("retries"), can_sort=False),
        Field("afterNonGlobal", BOOLEAN, Column("after_non_global")),
        Field("priority", INTEGER, Column("priority")),
        Field("source", SOURCE, Column("source")),
    ),
    lists=(ListFilter("eventTypes", EVENT_TYPE, "t.event_types", is_json=True, takes_list=True),),
)
