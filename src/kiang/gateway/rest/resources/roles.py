"""Roles: permissions under a name."""

from __future__ import annotations

from typing import ClassVar

from kiang.gateway.rest.body import Answer, Request
from kiang.gateway.rest.call import Call
from kiang.gateway.rest.entities import (
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

ROLES = Resource("Role")

add_reading(ROLES, EntityKind.ROLE, "searchRoles", "getRole")
add_members(
    ROLES,
    EntityKind.ROLE,
    EntityKind.USER,
    assign="assignRoleToUser",
    unassign="unassignRoleFromUser",
    search="searchUsersForRole",
)
add_members(
    ROLES,
    EntityKind.ROLE,
    EntityKind.CLIENT,
    assign="assignRoleToClient",
    unassign="unassignRoleFromClient",
    search="searchClientsForRole",
)
add_members(
    ROLES,
    EntityKind.ROLE,
    EntityKind.GROUP,
    assign="assignRoleToGroup",
    unassign="unassignRoleFromGroup",
    search="searchGroupsForRole",
)
add_members(
    ROLES,
    EntityKind.ROLE,
    EntityKind.MAPPING_RULE,
    assign="assignRoleToMappingRule",
    unassign="unassignRoleFromMappingRule",
    search="searchMappingRulesForRole",
)


class RoleCreateRequest(Request, frozen=True):
    """A new role."""

    REQUIRED: ClassVar[tuple[str, ...]] = ("roleId", "name")

    role_id: str | None = None
    name: str | None = None
    description: str | None = None


class RoleUpdateRequest(Request, frozen=True):
    """What changes of a role."""

    REQUIRED: ClassVar[tuple[str, ...]] = ("name",)

    name: str | None = None
    description: str | None = None


class RoleChangeResult(Answer, frozen=True):
    """A role as it is now."""

    role_id: str
    name: str
    description: str | None


@ROLES.post("/roles", "createRole", since="8.8", body=RoleCreateRequest, answer=RoleChangeResult, status=201)
async def create_role(call: Call) -> RoleChangeResult:
    """Create a role."""
    body: RoleCreateRequest = call.body
    violations = Violations()
    id_ = checked_id(violations, EntityKind.ROLE, body.role_id)
    name = checked_name(violations, body.name)
    description = checked_description(violations, body.description)
    violations.check()
    await call.execute(CreateEntity(EntityKind.ROLE, id_, name, description))
    return RoleChangeResult(role_id=id_, name=name, description=description or None)


@ROLES.put("/roles/{roleId}", "updateRole", since="8.8", body=RoleUpdateRequest, answer=RoleChangeResult)
async def update_role(call: Call) -> RoleChangeResult:
    """Change a role."""
    body: RoleUpdateRequest = call.body
    violations = Violations()
    name = checked_name(violations, body.name)
    description = checked_description(violations, body.description)
    violations.check()
    id_ = path_id(call, EntityKind.ROLE)
    await call.execute(UpdateEntity(EntityKind.ROLE, id_, name, description))
    return RoleChangeResult(role_id=id_, name=name, description=description or None)


@ROLES.delete("/roles/{roleId}", "deleteRole", since="8.8")
async def delete_role(call: Call) -> None:
    """Delete a role, its memberships and its authorizations."""
    await call.execute(DeleteEntity(EntityKind.ROLE, path_id(call, EntityKind.ROLE)))
