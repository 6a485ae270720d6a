"""Decision definitions: every version of every decision."""

from __future__ import annotations

from kiang.engine.state.decision import DECISION_DEFINITIONS as TABLE
from kiang.search.field import Column, Field, Flag, SearchResource
from kiang.search.value import BOOLEAN, INTEGER, KEY, STRING

LATEST = (
    "t.version = (SELECT MAX(o.version) FROM decision_definition o "
    "WHERE o.tenant_id = t.tenant_id AND o.decision_id = t.decision_id AND o.is_deleted = 0)"
)

DECISION_DEFINITIONS = SearchResource(
    name="Decision Definition",
    table=TABLE,
    key="decisionDefinitionKey",
    where="t.is_deleted = 0",
    fields=(
        Field("decisionDefinitionKey", KEY, Column("key")),
        Field("decisionDefinitionId", STRING, Column("decision_id")),
        Field("name", STRING, Column("name")),
        Field("version", INTEGER, Column("version")),
        Field("decisionRequirementsId", STRING, Column("requirements_id")),
        Field("decisionRequirementsKey", KEY, Column("requirements_key")),
        Field("decisionRequirementsName", STRING, Column("requirements_name")),
        Field("decisionRequirementsVersion", INTEGER, Column("requirements_version")),
        Field("tenantId", STRING, Column("tenant_id")),
        Field("isLatestVersion", BOOLEAN, Flag(LATEST), can_sort=False, is_shown=False),
    ),
)
