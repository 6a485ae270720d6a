"""Files of other kinds: every version of every file that is neither process, decision nor form."""

from __future__ import annotations

from kiang.engine.state.generic_resource import GENERIC_RESOURCES as TABLE
from kiang.search.field import Column, Field, SearchResource
from kiang.search.value import INTEGER, KEY, STRING

GENERIC_RESOURCES = SearchResource(
    name="Resource",
    table=TABLE,
    key="resourceKey",
    where="t.is_deleted = 0",
    fields=(
        Field("resourceKey", KEY, Column("key")),
        Field("resourceName", STRING, Column("resource_name")),
        Field("version", INTEGER, Column("version")),
        Field("versionTag", STRING, Column("version_tag", empty=""), nullable=True),
        Field("resourceId", STRING, Column("resource_id")),
        Field("tenantId", STRING, Column("tenant_id")),
        Field("deploymentKey", KEY, Column("deployment_key"), is_shown=False),
    ),
)
