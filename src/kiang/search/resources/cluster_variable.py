"""Cluster variables, whole or with long values cut off."""

from __future__ import annotations

from dataclasses import replace

from kiang.engine.state.cluster_variable import CLUSTER_VARIABLES as TABLE
from kiang.protocol.cluster import KINDS
from kiang.search.field import Column, Field, Flag, MapFilter, SearchResource, Sql
from kiang.search.limits import VALUE_CHARACTERS_SHOWN
from kiang.search.value import BOOLEAN, JSON_OBJECT, JSON_TEXT, SCALAR, STRING, enumeration_of_texts

GLOBAL, TENANT = SCOPES = ("GLOBAL", "TENANT")
SCOPE = enumeration_of_texts(SCOPES)
KIND = enumeration_of_texts(KINDS)

_FIELDS = (
    Field("name", STRING, Column("name")),
    Field("scope", SCOPE, Sql(f"CASE t.tenant_id WHEN '' THEN '{GLOBAL}' ELSE '{TENANT}' END")),
    Field("tenantId", STRING, Column("tenant_id", empty=""), nullable=True),
    Field("metadata", JSON_OBJECT, Column("metadata"), can_filter=False, can_sort=False),
    Field("kind", KIND, Column("kind"), can_sort=False),
)
_VALUE = Field("value", JSON_TEXT, Column("value"))
_IS_LONG = f"length(t.value) > {VALUE_CHARACTERS_SHOWN}"

CLUSTER_VARIABLE = SearchResource(
    name="Cluster Variable",
    table=TABLE,
    key="name",
    fields=(*_FIELDS, _VALUE),
    maps=(MapFilter("metadata", SCALAR, "t.metadata"),),
)
"""One variable, whole."""

WHOLE_CLUSTER_VARIABLES = replace(
    CLUSTER_VARIABLE, fields=(*_FIELDS, _VALUE, Field("isTruncated", BOOLEAN, Flag("0"), can_sort=False))
)
"""Search without cutting off."""

CLUSTER_VARIABLES = replace(
    CLUSTER_VARIABLE,
    fields=(
        *_FIELDS,
        replace(_VALUE, shown_from=Sql(f"substr(t.value, 1, {VALUE_CHARACTERS_SHOWN})")),
        Field("isTruncated", BOOLEAN, Flag(_IS_LONG), can_sort=False),
    ),
)
"""Search with long values cut off."""
