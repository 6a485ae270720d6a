"""What a caller may do: groups, roles, mapping rules, tenants and authorizations put together.

Both gateways ask `AccessControl` who the caller is allowed to be, and put the answer into `ACCESS` while they serve the call.
"""

from __future__ import annotations

import json
import weakref
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from kiang.engine.state.identity import AUTHORIZATIONS, ENTITIES, MEMBERS
from kiang.engine.state.table import Condition, Table
from kiang.gateway.auth.authenticator import Identity
from kiang.protocol.commands import DEFAULT_TENANT
from kiang.protocol.identity import ANY_RESOURCE, EntityKind

KNOWN_MAX = 10_000
"""Callers whose access is remembered, some kB each."""

MEMBERSHIPS_DEPTH_MAX = 4
"""From a mapping rule to a group to a role to a tenant."""

NOTHING: frozenset[str] = frozenset()
EVERYTHING = frozenset({ANY_RESOURCE})

Owner = tuple[str, str]
"""Kind and id of something that can own permissions."""


@dataclass(frozen=True, slots=True)
class Access:
    """What a caller may do.

    Attributes:
        username: "" for a program.
        client_id: "" for a person.
        group_ids: The caller's groups.
        role_ids: The caller's roles.
        granted: Type of resource and permission to the ids of the resources.
        properties: Type of resource and permission to the properties by which a resource is the caller's.
        tenant_ids: Whose things the caller sees; None for everybody's, while there is one tenant only.
        is_checked: Permissions matter.
        owners: The caller, and everything it is a member of.
    """

    username: str = ""
    client_id: str = ""
    group_ids: frozenset[str] = NOTHING
    role_ids: frozenset[str] = NOTHING
    granted: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    properties: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    tenant_ids: frozenset[str] | None = None
    is_checked: bool = False
    owners: tuple[Owner, ...] = ()

    def ids(self, resource_type: str, permission: str) -> frozenset[str]:
        """Resources for which the caller has a permission; `*` among them for all."""
        return self.granted.get((resource_type, permission), NOTHING) if self.is_checked else EVERYTHING

    def properties_of(self, resource_type: str, permission: str) -> frozenset[str]:
        """Properties by which a resource is the caller's."""
        return self.properties.get((resource_type, permission), NOTHING)

    def has(self, resource_type: str, permission: str, resource_id: str = "") -> bool:
        """Whether the caller has a permission for a resource; without id for all of them."""
        ids = self.ids(resource_type, permission)
        return ANY_RESOURCE in ids or (bool(resource_id) and resource_id in ids)

    @property
    def is_limited(self) -> bool:
        """Whether anything has to be checked at all."""
        return self.is_checked or self.tenant_ids is not None


UNLIMITED = Access()
ACCESS: ContextVar[Access] = ContextVar("access", default=UNLIMITED)
"""Of the call that is being served."""


class IdentityRows(Protocol):
    """Where the rows of identity are: the broker's store."""

    def select(
        self, table: Table[Any], where: Sequence[Condition] = (), order: Sequence[str] = (), limit: int | None = None
    ) -> list[Any]:
        """Committed rows for which every condition holds."""
        ...


class LimitedStream(Protocol):
    """A job stream whose owner may be allowed less one day."""

    tenant_ids: tuple[str, ...]
    process_ids: frozenset[str] | None


class _Watched(NamedTuple):
    """A stream that is open: its owner, and the tenants that it was opened for."""

    identity: Identity
    tenant_ids: tuple[str, ...]
    reopen: Callable[[Any], None]


class AccessControl:
    """Knows what callers may do. To be used on the event loop.

    Args:
        rows: Where groups, roles, tenants and authorizations are.
        authorizations: Permissions matter; without, who is known may do everything.
        multi_tenancy: There is more than the default tenant.
    """

    def __init__(self, rows: IdentityRows, *, authorizations: bool, multi_tenancy: bool) -> None:
        self.authorizations = authorizations
        self.multi_tenancy = multi_tenancy
        self._rows = rows
        self._known: OrderedDict[Identity, Access] = OrderedDict()
        self._streams: weakref.WeakKeyDictionary[LimitedStream, _Watched] = weakref.WeakKeyDictionary()

    def of(self, identity: Identity) -> Access:
        """What a caller may do; looked up once, until something changes."""
        found = self._known.get(identity)
        if found is None:
            found = self._known[identity] = self._look_up(identity)
            if len(self._known) > KNOWN_MAX:
                self._known.popitem(last=False)
        return found

    def changed(self) -> None:
        """Somebody may do more or less than before: look everything up again, also for streams that are open."""
        self._known.clear()
        for stream, watched in list(self._streams.items()):
            access = self.of(watched.identity)
            process_ids, tenant_ids = job_process_ids(access), watched.tenant_ids
            if access.tenant_ids is not None:
                tenant_ids = tuple(t for t in tenant_ids if t in access.tenant_ids)
            if (process_ids, tenant_ids) != (stream.process_ids, stream.tenant_ids):
                stream.process_ids, stream.tenant_ids = process_ids, tenant_ids
                watched.reopen(stream)

    def watch(self, stream: LimitedStream, identity: Identity, reopen: Callable[[Any], None]) -> None:
        """Keep a stream to what its owner may see.

        Args:
            stream: Just opened.
            identity: Its owner.
            reopen: Has the broker look anew at what there is for it; must not hold the stream.
        """
        self._streams[stream] = _Watched(identity, stream.tenant_ids, reopen)

    def forget(self, stream: LimitedStream) -> None:
        """A stream is closed; may be called twice."""
        self._streams.pop(stream, None)

    def _look_up(self, identity: Identity) -> Access:
        if not (self.authorizations or self.multi_tenancy):
            return Access(client_id=identity.name) if identity.is_client else Access(username=identity.name)
        owners = dict.fromkeys(self._owners(identity))
        granted: dict[tuple[str, str], set[str]] = defaultdict(set)
        properties: dict[tuple[str, str], set[str]] = defaultdict(set)
        for kind, id_ in owners:
            for row in self._rows.select(AUTHORIZATIONS, [("owner_kind", "=", kind), ("owner_id", "=", id_)]):
                kept, value = (
                    (properties, row.resource_property) if row.resource_property else (granted, row.resource_id)
                )
                for permission in json.loads(row.permissions):
                    kept[row.resource_type, permission].add(value)
        tenants = frozenset(id_ for kind, id_ in owners if kind == EntityKind.TENANT)
        return Access(
            username="" if identity.is_client else identity.name,
            client_id=identity.name if identity.is_client else "",
            group_ids=frozenset(id_ for kind, id_ in owners if kind == EntityKind.GROUP),
            role_ids=frozenset(id_ for kind, id_ in owners if kind == EntityKind.ROLE),
            granted={key: frozenset(values) for key, values in granted.items()},
            properties={key: frozenset(values) for key, values in properties.items()},
            tenant_ids=tenants if self.multi_tenancy else None,
            is_checked=self.authorizations,
            owners=tuple(owner for owner in owners if owner[0] != EntityKind.TENANT),
        )

    def _owners(self, identity: Identity) -> Iterator[Owner]:
        """The caller, its mapping rules, and, step by step, what these are members of."""
        kind = EntityKind.CLIENT if identity.is_client else EntityKind.USER
        level: list[Owner] = [(kind, identity.name), *self._rules(identity)]
        seen: set[Owner] = set(level)
        for _ in range(MEMBERSHIPS_DEPTH_MAX):
            yield from level
            found: list[Owner] = []
            for member_kind, member_id in level:
                where: list[Condition] = [("member_kind", "=", str(member_kind)), ("member_id", "=", member_id)]
                found += [(row.kind, row.id) for row in self._rows.select(MEMBERS, where, ("key",))]
            level = [owner for owner in dict.fromkeys(found) if owner not in seen]
            seen.update(level)
        yield from level

    def _rules(self, identity: Identity) -> Iterator[Owner]:
        claims = json.loads(identity.claims)
        if not claims:
            return
        for rule in self._rows.select(ENTITIES, [("kind", "=", str(EntityKind.MAPPING_RULE))], ("key",)):
            value = _claim(claims, rule.claim_name)
            values = value if isinstance(value, list) else [value]
            if any(isinstance(one, str | bool | int | float) and _text(one) == rule.claim_value for one in values):
                yield EntityKind.MAPPING_RULE, rule.id


def job_process_ids(access: Access) -> frozenset[str] | None:
    """The processes whose jobs the caller may have; None for all."""
    ids = access.ids("PROCESS_DEFINITION", "UPDATE_PROCESS_INSTANCE")
    return None if ANY_RESOURCE in ids else ids


def tenants_of_jobs(access: Access) -> tuple[str, ...]:
    """The tenants of a caller who names none."""
    return (DEFAULT_TENANT,) if access.tenant_ids is None else tuple(sorted(access.tenant_ids))


def _claim(claims: Any, name: str) -> Any:
    """A claim by its name, or by a path of names with dots (`$.realm.roles`)."""
    if name in claims:
        return claims[name]
    for part in name.removeprefix("$").strip(".").split("."):
        claims = claims.get(part.strip("[]'\"")) if isinstance(claims, dict) else None
    return claims


def _text(value: str | bool | float) -> str:
    return value if isinstance(value, str) else json.dumps(value)
