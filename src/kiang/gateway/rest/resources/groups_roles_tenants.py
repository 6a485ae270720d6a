"""Groups, roles and tenants: a name with members. They differ in who the members are and in the names of the operations."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from kiang.gateway.rest.body import Answer, Request
from kiang.gateway.rest.call import Call
from kiang.gateway.rest.entities import (
    ID_NAMES,
    PATHS,
    add_member_search,
    add_members,
    add_reading,
    checked_description,
    checked_id,
    checked_name,
    path_id,
)
from kiang.gateway.rest.operation import Resource
from kiang.gateway.rest.validation import Violations
from kiang.protocol.identity import CreateEntity, DeleteEntity, EntityKind, UpdateEntity


class Members(NamedTuple):
    """Operations on members of one kind.

    Attributes:
        kind: Who the members are.
        search: Operation that searches them.
        assign: Operation that makes one a member; "" where that is done from the other side.
        unassign: Operation that ends it.
    """

    kind: EntityKind
    search: str
    assign: str = ""
    unassign: str = ""


class Holder(NamedTuple):
    """A kind of thing that has members.

    Attributes:
        kind: What it is.
        word: As operations and types call it.
        search: Operation that searches them.
    """

    kind: EntityKind
    word: str
    search: str
    members: tuple[Members, ...]


HOLDERS: tuple[Holder, ...] = (
    Holder(
        EntityKind.GROUP,
        "Group",
        "searchGroups",
        (
            Members(EntityKind.USER, "searchUsersForGroup", "assignUserToGroup", "unassignUserFromGroup"),
            Members(EntityKind.CLIENT, "searchClientsForGroup", "assignClientToGroup", "unassignClientFromGroup"),
            Members(
                EntityKind.MAPPING_RULE,
                "searchMappingRulesForGroup",
                "assignMappingRuleToGroup",
                "unassignMappingRuleFromGroup",
            ),
            Members(EntityKind.ROLE, "searchRolesForGroup"),
        ),
    ),
    Holder(
        EntityKind.ROLE,
        "Role",
        "searchRoles",
        (
            Members(EntityKind.USER, "searchUsersForRole", "assignRoleToUser", "unassignRoleFromUser"),
            Members(EntityKind.CLIENT, "searchClientsForRole", "assignRoleToClient", "unassignRoleFromClient"),
            Members(EntityKind.GROUP, "searchGroupsForRole", "assignRoleToGroup", "unassignRoleFromGroup"),
            Members(
                EntityKind.MAPPING_RULE,
                "searchMappingRulesForRole",
                "assignRoleToMappingRule",
                "unassignRoleFromMappingRule",
            ),
        ),
    ),
    Holder(
        EntityKind.TENANT,
        "Tenant",
        "searchTenants",
        (
            Members(EntityKind.USER, "searchUsersForTenant", "assignUserToTenant", "unassignUserFromTenant"),
            Members(EntityKind.CLIENT, "searchClientsForTenant", "assignClientToTenant", "unassignClientFromTenant"),
            Members(EntityKind.GROUP, "searchGroupIdsForTenant", "assignGroupToTenant", "unassignGroupFromTenant"),
            Members(EntityKind.ROLE, "searchRolesForTenant", "assignRoleToTenant", "unassignRoleFromTenant"),
            Members(
                EntityKind.MAPPING_RULE,
                "searchMappingRulesForTenant",
                "assignMappingRuleToTenant",
                "unassignMappingRuleFromTenant",
            ),
        ),
    ),
)

_Text = str | None


def _struct(
    name: str, doc: str, base: type[Any], fields: list[tuple[str, Any]], required: tuple[str, ...] | None = None
) -> type[msgspec.Struct]:
    """A type of the API; requests have a default for every field, answers for none."""
    return msgspec.defstruct(
        name,
        fields if required is None else [(field, type_, None) for field, type_ in fields],
        bases=(base,),
        namespace={"__doc__": doc} if required is None else {"__doc__": doc, "REQUIRED": required},
        frozen=True,
    )


def _resource(holder: Holder) -> Resource:
    kind, word = holder.kind, holder.word
    resource = Resource(word)
    id_name, path = ID_NAMES[kind], f"/{PATHS[kind]}"
    id_field = f"{kind.word}_id"
    described: list[tuple[str, Any]] = [("name", _Text), ("description", _Text)]
    creation = _struct(
        f"{word}CreateRequest",
        f"A new {kind.word}.",
        Request,
        [(id_field, _Text), *described],
        required=(id_name, "name"),
    )
    change = _struct(f"{word}UpdateRequest", f"What changes of a {kind.word}.", Request, described, required=("name",))
    result = _struct(
        f"{word}ChangeResult",
        f"A {kind.word} as it is now.",
        Answer,
        [(id_field, str), ("name", str), ("description", _Text)],
    )

    def changed(id_: str, name: str, description: str) -> msgspec.Struct:
        return result(**{id_field: id_, "name": name, "description": description or None})

    async def create(call: Call) -> msgspec.Struct:
        violations = Violations()
        id_ = checked_id(violations, kind, getattr(call.body, id_field))
        name = checked_name(violations, call.body.name)
        description = checked_description(violations, call.body.description)
        violations.check()
        await call.execute(CreateEntity(kind, id_, name, description))
        return changed(id_, name, description)

    async def update(call: Call) -> msgspec.Struct:
        violations = Violations()
        name = checked_name(violations, call.body.name)
        description = checked_description(violations, call.body.description)
        violations.check()
        id_ = path_id(call, kind)
        await call.execute(UpdateEntity(kind, id_, name, description))
        return changed(id_, name, description)

    async def delete(call: Call) -> None:
        await call.execute(DeleteEntity(kind, path_id(call, kind)))

    create.__doc__ = f"Create a {kind.word}."
    update.__doc__ = f"Change a {kind.word}."
    delete.__doc__ = f"Delete a {kind.word}, its memberships and its authorizations."
    add_reading(resource, kind, holder.search, f"get{word}")
    for members in holder.members:
        if members.assign:
            add_members(
                resource,
                kind,
                members.kind,
                assign=members.assign,
                unassign=members.unassign,
                search=members.search,
            )
        else:
            add_member_search(resource, kind, members.kind, members.search)
    one = f"{path}/{{{id_name}}}"
    resource.post(path, f"create{word}", since="8.8", body=creation, answer=result, status=201)(create)
    resource.put(one, f"update{word}", since="8.8", body=change, answer=result)(update)
    resource.delete(one, f"delete{word}", since="8.8")(delete)
    return resource


GROUPS, ROLES, TENANTS = (_resource(holder) for holder in HOLDERS)
