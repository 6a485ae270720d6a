"""What groups, roles, tenants and mapping rules have in common: ids, search, get, and members of all kinds."""

from __future__ import annotations

import asyncio
import re

import msgspec

from kiang.gateway.rest.call import Call
from kiang.gateway.rest.operation import Resource
from kiang.gateway.rest.problem import not_found, of_rejection
from kiang.gateway.rest.searching import JsonBody, Single, add_search
from kiang.gateway.rest.validation import Violations
from kiang.protocol.answers import Rejection
from kiang.protocol.enums import RejectionType
from kiang.protocol.identity import AddMember, EntityKind, RemoveMember
from kiang.search.resources.identity import ENTITY_RESOURCES, MEMBER_RESOURCES
from kiang.search.statement import Clause

ID_CHARACTERS_MAX = 256
NAME_CHARACTERS_MAX = 256
DESCRIPTION_CHARACTERS_MAX = 4_096
TENANT_CHARACTERS_MAX = 31

_ID = re.compile(r"[a-zA-Z0-9_~@.+-]+")
_TENANT = re.compile(r"<default>|[\w.-]+")
_IDS = {
    EntityKind.USER: ("username", _ID, ID_CHARACTERS_MAX),
    EntityKind.CLIENT: ("clientId", _ID, ID_CHARACTERS_MAX),
    EntityKind.GROUP: ("groupId", _ID, ID_CHARACTERS_MAX),
    EntityKind.ROLE: ("roleId", _ID, ID_CHARACTERS_MAX),
    EntityKind.MAPPING_RULE: ("mappingRuleId", _ID, ID_CHARACTERS_MAX),
    EntityKind.TENANT: ("tenantId", _TENANT, TENANT_CHARACTERS_MAX),
}
"""Kind to the name of its id, what an id looks like and how long it may be."""

ID_NAMES = {kind: name for kind, (name, _, _) in _IDS.items()}

PATHS = {
    EntityKind.USER: "users",
    EntityKind.CLIENT: "clients",
    EntityKind.GROUP: "groups",
    EntityKind.ROLE: "roles",
    EntityKind.MAPPING_RULE: "mapping-rules",
    EntityKind.TENANT: "tenants",
}


def checked_id(violations: Violations, kind: EntityKind, value: str | None) -> str:
    """An id that a request gives."""
    name, pattern, limit = _IDS[kind]
    given = violations.text(value, name, limit)
    if given and pattern.fullmatch(given) is None:
        violations.add(
            f"The provided {name} contains illegal characters. It must match the pattern '^{pattern.pattern}$'"
        )
    return given


def path_id(call: Call, kind: EntityKind) -> str:
    """The id in the path.

    Raises:
        Problem: It cannot be one.
    """
    violations = Violations()
    found = checked_id(violations, kind, call.values[ID_NAMES[kind]])
    violations.check()
    return found


def checked_name(violations: Violations, value: str | None) -> str:
    """The name of something."""
    return violations.text(value, "name", NAME_CHARACTERS_MAX)


def checked_description(violations: Violations, value: str | None) -> str:
    """What somebody has written about it."""
    return violations.short(value or "", "description", DESCRIPTION_CHARACTERS_MAX)


async def shown(call: Call, kind: EntityKind) -> JsonBody:
    """The group, role, tenant or mapping rule of the path.

    Raises:
        Problem: There is none.
    """
    id_ = call.values[ID_NAMES[kind]]
    found = await call.search.find(ENTITY_RESOURCES[kind], None, [Clause("t.id = ?", [id_])])
    if not found.items:
        raise not_found(f"{ENTITY_RESOURCES[kind].name} with id '{id_[:ID_CHARACTERS_MAX]}' not found")
    return found.items[0]


def add_reading(resource: Resource, kind: EntityKind, search_id: str, get_id: str) -> None:
    """Declare search and get."""
    searched, path = ENTITY_RESOURCES[kind], f"/{PATHS[kind]}"
    add_search(resource, f"{path}/search", search_id, searched, since="8.8")

    async def get(call: Call) -> JsonBody:
        return await shown(call, kind)

    get.__doc__ = f"Get a {kind.word}."
    resource.get(f"{path}/{{{ID_NAMES[kind]}}}", get_id, since="8.8", answer=Single(searched))(get)


def add_members(
    resource: Resource, kind: EntityKind, member: EntityKind, *, assign: str, unassign: str, search: str
) -> None:
    """Declare how members of a kind are assigned, unassigned and searched."""
    members_path = f"/{PATHS[kind]}/{{{ID_NAMES[kind]}}}/{PATHS[member]}"
    path = f"{members_path}/{{{ID_NAMES[member]}}}"

    async def add(call: Call) -> None:
        id_, member_id = path_id(call, kind), path_id(call, member)
        if member is EntityKind.USER:
            await _check_user(call, kind, id_, member_id)
        await call.execute(AddMember(kind, id_, member, member_id))

    async def remove(call: Call) -> None:
        await call.execute(RemoveMember(kind, path_id(call, kind), member, path_id(call, member)))

    add.__doc__ = f"Assign a {member.word} to a {kind.word}."
    remove.__doc__ = f"Unassign a {member.word} from a {kind.word}."
    resource.put(path, assign, since="8.8")(add)
    resource.delete(path, unassign, since="8.8")(remove)
    add_member_search(resource, kind, member, search)


def add_member_search(resource: Resource, kind: EntityKind, member: EntityKind, search: str) -> None:
    """Declare the search of members. Roles belong to groups the other way round: a group is a member of them."""
    path = f"/{PATHS[kind]}/{{{ID_NAMES[kind]}}}/{PATHS[member]}/search"
    is_reversed = (kind, member) == (EntityKind.GROUP, EntityKind.ROLE)
    searched = MEMBER_RESOURCES.get(member)
    by_id = searched is not None
    if searched is None:
        searched = ENTITY_RESOURCES[member]

    async def find(call: Call) -> msgspec.Raw:
        await shown(call, kind)
        id_ = call.values[ID_NAMES[kind]]
        if by_id:
            only = Clause("t.kind = ? AND t.id = ?", [str(kind), id_])
        elif is_reversed:
            only = Clause(
                "t.id IN (SELECT m.id FROM identity_member m WHERE m.kind = ? AND m.member_kind = ? AND m.member_id = ?)",
                [str(member), str(kind), id_],
            )
        else:
            only = Clause(
                "t.id IN (SELECT m.member_id FROM identity_member m WHERE m.kind = ? AND m.id = ? AND m.member_kind = ?)",
                [str(kind), id_, str(member)],
            )
        assert searched is not None
        return await call.services.search.find_json(searched, call.body, [only])

    find.__doc__ = f"Search {member.word}s of a {kind.word}."
    resource.post(path, search, since="8.8", body=searched, body_required=False, answer=searched)(find)


async def _check_user(call: Call, kind: EntityKind, id_: str, username: str) -> None:
    """Users with passwords are ours: one that is not there cannot be assigned. Those of a provider we do not know."""
    authenticator = call.services.authenticator
    if authenticator is not None and authenticator.users_are_elsewhere:
        return
    if not await asyncio.to_thread(call.services.users.exists, username):
        reason = (
            f"Expected to add an entity with ID '{username}' and type 'USER' to {kind.word} with ID '{id_}', but the entity"
            " doesn't exist."
        )
        raise of_rejection(Rejection(RejectionType.NOT_FOUND, "ADD_ENTITY", reason))
