"""Tenants: whose things are whose."""

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

TENANTS = Resource("Tenant")

add_reading(TENANTS, EntityKind.TENANT, "searchTenants", "getTenant")
add_members(
    TENANTS,
    EntityKind.TENANT,
    EntityKind.USER,
    assign="assignUserToTenant",
    unassign="unassignUserFromTenant",
    search="searchUsersForTenant",
)
add_members(
    TENANTS,
    EntityKind.TENANT,
    EntityKind.CLIENT,
    assign="assignClientToTenant",
    unassign="unassignClientFromTenant",
    search="searchClientsForTenant",
)
add_members(
    TENANTS,
    EntityKind.TENANT,
    EntityKind.GROUP,
    assign="assignGroupToTenant",
    unassign="unassignGroupFromTenant",
    search="searchGroupIdsForTenant",
)
add_members(
    TENANTS,
    EntityKind.TENANT,
    EntityKind.ROLE,
    assign="assignRoleToTenant",
    unassign="unassignRoleFromTenant",
    search="searchRolesForTenant",
)
add_members(
    TENANTS,
    EntityKind.TENANT,
    EntityKind.MAPPING_RULE,
    assign="assignMappingRuleToTenant",
    unassign="unassignMappingRuleFromTenant",
    search="searchMappingRulesForTenant",
)


class TenantCreateRequest(Request, frozen=True):
    """A new tenant."""

    REQUIRED: ClassVar[tuple[str, ...]] = ("tenantId", "name")

    tenant_id: str | None = None
    name: str | None = None
    description: str | None = None


class TenantUpdateRequest(Request, frozen=True):
    """What changes of a tenant."""

    REQUIRED: ClassVar[tuple[str, ...]] = ("name",)

    name: str | None = None
    description: str | None = None


class TenantChangeResult(Answer, frozen=True):
    """A tenant as it is now."""

    tenant_id: str
    name: str
    description: str | None


@TENANTS.post("/tenants", "createTenant", since="8.8", body=TenantCreateRequest, answer=TenantChangeResult, status=201)
async def create_tenant(call: Call) -> TenantChangeResult:
    """Create a tenant."""
    body: TenantCreateRequest = call.body
    violations = Violations()
    id_ = checked_id(violations, EntityKind.TENANT, body.tenant_id)
    name = checked_name(violations, body.name)
    description = checked_description(violations, body.description)
    violations.check()
    await call.execute(CreateEntity(EntityKind.TENANT, id_, name, description))
    return TenantChangeResult(tenant_id=id_, name=name, description=description or None)


@TENANTS.put("/tenants/{tenantId}", "updateTenant", since="8.8", body=TenantUpdateRequest, answer=TenantChangeResult)
async def update_tenant(call: Call) -> TenantChangeResult:
    """Change a tenant."""
    body: TenantUpdateRequest = call.body
    violations = Violations()
    name = checked_name(violations, body.name)
    description = checked_description(violations, body.description)
    violations.check()
    id_ = path_id(call, EntityKind.TENANT)
    await call.execute(UpdateEntity(EntityKind.TENANT, id_, name, description))
    return TenantChangeResult(tenant_id=id_, name=name, description=description or None)


@TENANTS.delete("/tenants/{tenantId}", "deleteTenant", since="8.8")
async def delete_tenant(call: Call) -> None:
    """Delete a tenant, its memberships and its authorizations."""
    await call.execute(DeleteEntity(EntityKind.TENANT, path_id(call, EntityKind.TENANT)))
