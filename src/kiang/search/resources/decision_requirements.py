"""Decision requirements graphs: every version of every file of decisions."""

from __future__ import annotations

from kiang.engine.state.decision import DECISION_REQUIREMENTS as TABLE
from kiang.search.field import Column, Field, SearchResource
from kiang.search.value import INTEGER, KEY, STRING

DECISION_REQUIREMENTS = SearchResource(
    name="Decision Requirements",
    table=TABLE,
    key="decisionRequirementsKey",
    where="t.is_deleted = 0",
    fields=(
        Field("decisionRequirementsKey", KEY, Column("key")),
        Field("decisionRequirementsId", STRING, Column("requirements_id")),
        Field("decisionRequirementsName", STRING, Column("name")),
        Field("version", INTEGER, Column("version")),
        Field("resourceName", STRING, Column("resource_name")),
        Field("tenantId", STRING, Column("tenant_id")),
    ),
)
