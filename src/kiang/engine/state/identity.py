"""Groups, roles, tenants and mapping rules; who is a member of which; who may do what."""

from __future__ import annotations

from typing import ClassVar

from kiang.engine.state.source import Rows
from kiang.engine.state.table import Index, Row, Table
from kiang.protocol.identity import EntityKind


class Entity(Row):
    """A group, role, tenant or mapping rule.

    Attributes:
        kind: An `EntityKind`.
        claim_name: Mapping rules only.
        claim_value: Mapping rules only.
    """

    key: int
    kind: str
    id: str
    name: str
    description: str = ""
    claim_name: str = ""
    claim_value: str = ""

    MUTABLE: ClassVar[tuple[str, ...]] = ("name", "description", "claim_name", "claim_value")


class Member(Row):
    """A member of a group, role or tenant.

    Attributes:
        kind: Of what it is a member of.
        id: Of what it is a member of.
    """

    key: int
    kind: str
    id: str
    member_kind: str
    member_id: str


class Authorization(Row):
    """Permissions of an owner.

    Attributes:
        permissions: JSON list, sorted.
    """

    key: int
    owner_kind: str
    owner_id: str
    resource_type: str
    resource_id: str
    resource_property: str
    permissions: str

    MUTABLE: ClassVar[tuple[str, ...]] = (
        "owner_kind",
        "owner_id",
        "resource_type",
        "resource_id",
        "resource_property",
        "permissions",
    )


ENTITIES = Table("identity_entity", Entity, (Index(("kind", "id")), Index(("kind", "claim_name", "claim_value"))))
MEMBERS = Table("identity_member", Member, (Index(("kind", "id")), Index(("member_kind", "member_id"))))
AUTHORIZATIONS = Table("identity_authorization", Authorization, (Index(("owner_kind", "owner_id")),))


def entity(rows: Rows, kind: str, id_: str) -> Entity | None:
    """A group, role, tenant or mapping rule."""
    found = rows.current(ENTITIES, [("kind", "=", kind), ("id", "=", id_)])
    return found[0] if found else None


def rule_of_claim(rows: Rows, name: str, value: str) -> Entity | None:
    """The mapping rule of a claim."""
    where = [("kind", "=", str(EntityKind.MAPPING_RULE)), ("claim_name", "=", name), ("claim_value", "=", value)]
    found = rows.current(ENTITIES, where)  # type: ignore[arg-type]
    return found[0] if found else None


def members(rows: Rows, kind: str, id_: str) -> list[Member]:
    """The members of a group, role or tenant."""
    return rows.current(MEMBERS, [("kind", "=", kind), ("id", "=", id_)])


def memberships(rows: Rows, kind: str, id_: str) -> list[Member]:
    """What something is a member of."""
    return rows.current(MEMBERS, [("member_kind", "=", kind), ("member_id", "=", id_)])


def authorization(rows: Rows, key: int) -> Authorization | None:
    """An authorization."""
    found = rows.current(AUTHORIZATIONS, [("key", "=", key)])
    return found[0] if found else None


def authorizations_of(rows: Rows, kind: str, id_: str) -> list[Authorization]:
    """What an owner is granted by itself."""
    return rows.current(AUTHORIZATIONS, [("owner_kind", "=", kind), ("owner_id", "=", id_)])
