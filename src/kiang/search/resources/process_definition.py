"""Process definitions: every version of every process."""

from __future__ import annotations

from kiang.engine.state.process_definition import PROCESS_DEFINITIONS as TABLE
from kiang.search.field import Column, Field, Flag, SearchResource
from kiang.search.value import BOOLEAN, INTEGER, KEY, STRING, enumeration

STATE = enumeration({"ACTIVE": (0,), "DRAINING": (), "DELETED": (1,)})

LATEST = (
    "t.is_deleted = 0 AND t.version = (SELECT MAX(o.version) FROM process_definition o "
    "WHERE o.tenant_id = t.tenant_id AND o.process_id = t.process_id AND o.is_deleted = 0)"
)

PROCESS_DEFINITIONS = SearchResource(
    name="Process Definition",
    table=TABLE,
    key="processDefinitionKey",
    fields=(
        Field("processDefinitionKey", KEY, Column("key")),
        Field("name", STRING, Column("name", empty=""), nullable=True),
        Field("resourceName", STRING, Column("resource_name")),
        Field("version", INTEGER, Column("version")),
        Field("versionTag", STRING, Column("version_tag", empty=""), nullable=True),
        Field("processDefinitionId", STRING, Column("process_id")),
        Field("tenantId", STRING, Column("tenant_id")),
        Field("hasStartForm", BOOLEAN, Flag("has_start_form(t.key)"), can_sort=False),
        Field("state", STATE, Column("is_deleted"), can_sort=False),
        Field("isLatestVersion", BOOLEAN, Flag(LATEST), can_sort=False, is_shown=False),
    ),
)
