"""Groups, roles, tenants, mapping rules, their members, and authorizations."""

from __future__ import annotations

from typing import Any

import msgspec

from kiang.engine.state.identity import AUTHORIZATIONS as AUTHORIZATION_ROWS
from kiang.engine.state.identity import ENTITIES, MEMBERS
from kiang.protocol.identity import PERMISSIONS, EntityKind
from kiang.search.field import Column, Field, SearchResource
from kiang.search.limits import LIST_ITEMS_MAX
from kiang.search.value import KEY, STRING, InvalidValue, Stored, ValueType, enumeration_of_texts

OWNER_TYPE = enumeration_of_texts((*(str(kind) for kind in EntityKind if kind is not EntityKind.TENANT), "UNSPECIFIED"))
RESOURCE_TYPE = enumeration_of_texts(tuple(PERMISSIONS))
PERMISSION_NAMES = tuple(sorted({permission for of_type in PERMISSIONS.values() for permission in of_type}))


def _any_of(value: Any, name: str) -> tuple[Stored, ...]:  # noqa: ARG001 - the signature of parsers
    if type(value) is not list or len(value) > LIST_ITEMS_MAX or any(type(one) is not str for one in value):
        raise InvalidValue
    return tuple(value)


ANY_OF = ValueType(frozenset(), _any_of, str, {"type": "array", "items": {"type": "string"}})
"""A filter that lists the values of which one must be there."""
PERMISSION_LIST = ValueType(
    frozenset(),
    _any_of,
    lambda text: msgspec.Raw(text.encode()),
    {"type": "array", "items": {"type": "string", "enum": list(PERMISSION_NAMES)}},
)


def _entity(name: str, kind: EntityKind, id_: str, *more: Field, alternatives: bool = True) -> SearchResource:
    return SearchResource(
        name=name,
        table=ENTITIES,
        key=id_,
        fields=(Field(id_, STRING, Column("id")), Field("name", STRING, Column("name")), *more),
        alternatives=alternatives,
        where=f"t.kind = '{kind}'",
    )


_DESCRIPTION = Field(
    "description", STRING, Column("description", empty=""), nullable=True, can_filter=False, can_sort=False
)
GROUPS = _entity("Group", EntityKind.GROUP, "groupId", _DESCRIPTION)
ROLES = _entity("Role", EntityKind.ROLE, "roleId", _DESCRIPTION)
TENANTS = _entity(
    "Tenant",
    EntityKind.TENANT,
    "tenantId",
    _DESCRIPTION,
    Field("key", KEY, Column("key"), can_filter=False, is_shown=False),
    alternatives=False,
)
MAPPING_RULES = _entity(
    "Mapping Rule",
    EntityKind.MAPPING_RULE,
    "mappingRuleId",
    Field("claimName", STRING, Column("claim_name")),
    Field("claimValue", STRING, Column("claim_value")),
)
ENTITY_RESOURCES = {
    EntityKind.GROUP: GROUPS,
    EntityKind.ROLE: ROLES,
    EntityKind.TENANT: TENANTS,
    EntityKind.MAPPING_RULE: MAPPING_RULES,
}


def _members(name: str, kind: EntityKind, id_: str) -> SearchResource:
    return SearchResource(
        name=f"{name} Member",
        table=MEMBERS,
        key=id_,
        fields=(Field(id_, STRING, Column("member_id"), can_filter=False),),
        where=f"t.member_kind = '{kind}'",
    )


MEMBER_RESOURCES = {
    EntityKind.USER: _members("User", EntityKind.USER, "username"),
    EntityKind.CLIENT: _members("Client", EntityKind.CLIENT, "clientId"),
    EntityKind.GROUP: _members("Group", EntityKind.GROUP, "groupId"),
}
"""Members of whom the id alone is told."""

AUTHORIZATIONS = SearchResource(
    name="Authorization",
    table=AUTHORIZATION_ROWS,
    key="authorizationKey",
    fields=(
        Field("authorizationKey", KEY, Column("key"), can_filter=False, can_sort=False),
        Field("ownerId", STRING, Column("owner_id")),
        Field("ownerType", OWNER_TYPE, Column("owner_kind")),
        Field("resourceType", RESOURCE_TYPE, Column("resource_type")),
        Field("resourceId", STRING, Column("resource_id", empty=""), nullable=True, can_filter=False),
        Field("resourcePropertyName", STRING, Column("resource_property", empty=""), nullable=True, can_filter=False),
        Field("permissionTypes", PERMISSION_LIST, Column("permissions"), can_filter=False, can_sort=False),
        Field("resourceIds", ANY_OF, Column("resource_id"), can_sort=False, is_shown=False),
        Field("resourcePropertyNames", ANY_OF, Column("resource_property"), can_sort=False, is_shown=False),
    ),
)
