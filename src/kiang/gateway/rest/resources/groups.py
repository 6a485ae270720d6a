"""Groups: people and programs that may do the same."""

from __future__ import annotations

from typing import ClassVar

from kiang.gateway.rest.body import Answer, Request
from kiang.gateway.rest.call import Call
from kiang.gateway.rest.entities import (
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

GROUPS = Resource("Group")

add_reading(GROUPS, EntityKind.GROUP, "searchGroups", "getGroup")
add_members(
    GROUPS,
    EntityKind.GROUP,
    EntityKind.USER,
    assign="assignUserToGroup",
    unassign="unassignUserFromGroup",
    search="searchUsersForGroup",
)
add_members(
    GROUPS,
    EntityKind.GROUP,
    EntityKind.CLIENT,
    assign="assignClientToGroup",
    unassign="unassignClientFromGroup",
    search="searchClientsForGroup",
)
add_members(
    GROUPS,
    EntityKind.GROUP,
    EntityKind.MAPPING_RULE,
    assign="assignMappingRuleToGroup",
    unassign="unassignMappingRuleFromGroup",
    search="searchMappingRulesForGroup",
)
add_member_search(GROUPS, EntityKind.GROUP, EntityKind.ROLE, "searchRolesForGroup")


class GroupCreateRequest(Request, frozen=True):
    """A new group."""

    REQUIRED: ClassVar[tuple[str, ...]] = ("groupId", "name")

    group_id: str | None = None
    name: str | None = None
    description: str | None = None


class GroupUpdateRequest(Request, frozen=True):
    """What changes of a group."""

    REQUIRED: ClassVar[tuple[str, ...]] = ("name",)

    name: str | None = None
    description: str | None = None


class GroupChangeResult(Answer, frozen=True):
    """A group as it is now."""

    group_id: str
    name: str
    description: str | None


@GROUPS.post("/groups", "createGroup", since="8.8", body=GroupCreateRequest, answer=GroupChangeResult, status=201)
async def create_group(call: Call) -> GroupChangeResult:
    """Create a group."""
    body: GroupCreateRequest = call.body
    violations = Violations()
    id_ = checked_id(violations, EntityKind.GROUP, body.group_id)
    name = checked_name(violations, body.name)
    description = checked_description(violations, body.description)
    violations.check()
    await call.execute(CreateEntity(EntityKind.GROUP, id_, name, description))
    return GroupChangeResult(group_id=id_, name=name, description=description or None)


@GROUPS.put("/groups/{groupId}", "updateGroup", since="8.8", body=GroupUpdateRequest, answer=GroupChangeResult)
async def update_group(call: Call) -> GroupChangeResult:
    """Change a group."""
    body: GroupUpdateRequest = call.body
    violations = Violations()
    name = checked_name(violations, body.name)
    description = checked_description(violations, body.description)
    violations.check()
    id_ = path_id(call, EntityKind.GROUP)
    await call.execute(UpdateEntity(EntityKind.GROUP, id_, name, description))
    return GroupChangeResult(group_id=id_, name=name, description=description or None)


@GROUPS.delete("/groups/{groupId}", "deleteGroup", since="8.8")
async def delete_group(call: Call) -> None:
    """Delete a group, its memberships and its authorizations."""
    await call.execute(DeleteEntity(EntityKind.GROUP, path_id(call, EntityKind.GROUP)))
