"""Variables, whole or with long values cut off."""

from __future__ import annotations

from dataclasses import replace

from kiang.engine.state.process_instance import PROCESS_INSTANCES
from kiang.engine.state.variable import VARIABLES as TABLE
from kiang.search.field import Column, Field, Flag, SearchResource, Sql, Through
from kiang.search.limits import VALUE_CHARACTERS_SHOWN
from kiang.search.value import BOOLEAN, JSON_TEXT, KEY, STRING

_FIELDS = (
    Field("name", STRING, Column("name")),
    Field("tenantId", STRING, Column("tenant_id")),
    Field("variableKey", KEY, Column("key")),
    Field("scopeKey", KEY, Column("scope_key")),
    Field("processInstanceKey", KEY, Column("process_instance_key")),
    Field(
        "rootProcessInstanceKey",
        KEY,
        Through("process_instance_key", PROCESS_INSTANCES, "root_process_instance_key", empty=0),
        nullable=True,
        can_filter=False,
        can_sort=False,
    ),
)
_VALUE = Field("value", JSON_TEXT, Column("value"))
_IS_LONG = f"length(t.value) > {VALUE_CHARACTERS_SHOWN}"

VARIABLE = SearchResource(name="Variable", table=TABLE, key="variableKey", fields=(*_FIELDS, _VALUE))
"""One variable, whole."""

WHOLE_VARIABLES = replace(
    VARIABLE,
    fields=(
        *_FIELDS,
        _VALUE,
        Field("isTruncated", BOOLEAN, Flag("0"), can_sort=False),
    ),
)
"""Search without cutting off."""

VARIABLES = replace(
    VARIABLE,
    fields=(
        *_FIELDS,
        replace(_VALUE, shown_from=Sql(f"substr(t.value, 1, {VALUE_CHARACTERS_SHOWN})")),
        Field("isTruncated", BOOLEAN, Flag(_IS_LONG), can_sort=False),
    ),
)
"""Search with long values cut off."""
