"""Cluster variables: values that the expressions of every process, or of those of one tenant, see as `camunda.vars`."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import msgspec

from kiang.engine.actions.cluster import missing_text
from kiang.errors import InvalidArgument
from kiang.gateway.rest.body import Request
from kiang.gateway.rest.call import Call
from kiang.gateway.rest.limits import (
    METADATA_ENTRIES_MAX,
    METADATA_KEY_CHARACTERS_MAX,
    METADATA_VALUE_CHARACTERS_MAX,
)
from kiang.gateway.rest.operation import Resource
from kiang.gateway.rest.problem import not_found
from kiang.gateway.rest.resources.variables import TRUNCATE_VALUES
from kiang.gateway.rest.searching import JsonBody, Single, add_search
from kiang.gateway.rest.validation import Violations
from kiang.protocol.cluster import (
    JSON_KIND,
    KINDS,
    NO_TENANT,
    CreateClusterVariable,
    DeleteClusterVariable,
    UpdateClusterVariable,
)
from kiang.protocol.document import canonical_value
from kiang.search.field import SearchResource
from kiang.search.resources.cluster_variable import CLUSTER_VARIABLE, CLUSTER_VARIABLES, WHOLE_CLUSTER_VARIABLES
from kiang.search.statement import Clause

RESOURCE = Resource("Cluster variable")

_GLOBAL = "/cluster-variables/global"
_TENANT = "/cluster-variables/tenants/{tenantId}"

AnyJson = Annotated[msgspec.Raw, msgspec.Meta(description="Any JSON value but null")]
Metadata = dict[str, Any]

_encode = msgspec.json.Encoder().encode


class CreateClusterVariableRequest(Request, frozen=True):
    """A new variable."""

    REQUIRED: ClassVar[tuple[str, ...]] = ("name", "value")

    name: str | None = None
    value: AnyJson = msgspec.field(default_factory=msgspec.Raw)
    metadata: Metadata | None = None
    kind: str | None = None


class UpdateClusterVariableRequest(Request, frozen=True):
    """Another value, and other metadata if they are given."""

    REQUIRED: ClassVar[tuple[str, ...]] = ("value",)

    value: AnyJson = msgspec.field(default_factory=msgspec.Raw)
    metadata: Metadata | None = None


def by_length(call: Call) -> SearchResource:
    """Whether long values are cut off is for the caller to say."""
    return CLUSTER_VARIABLES if call.flag("truncateValues", default=True) else WHOLE_CLUSTER_VARIABLES


add_search(
    RESOURCE,
    "/cluster-variables/search",
    "searchClusterVariables",
    CLUSTER_VARIABLES,
    since="8.9",
    choose=by_length,
    parameters=(TRUNCATE_VALUES,),
)


@RESOURCE.post(
    _GLOBAL,
    "createGlobalClusterVariable",
    since="8.9",
    body=CreateClusterVariableRequest,
    answer=Single(CLUSTER_VARIABLE),
)
async def create_global(call: Call) -> JsonBody:
    """Create a variable for everybody."""
    return await _create(call, Violations(), NO_TENANT)


@RESOURCE.post(
    _TENANT,
    "createTenantClusterVariable",
    since="8.9",
    body=CreateClusterVariableRequest,
    answer=Single(CLUSTER_VARIABLE),
)
async def create_of_tenant(call: Call) -> JsonBody:
    """Create a variable for a tenant."""
    violations = Violations()
    return await _create(call, violations, violations.tenant_id(call.values["tenantId"]))


@RESOURCE.get(f"{_GLOBAL}/{{name}}", "getGlobalClusterVariable", since="8.9", answer=Single(CLUSTER_VARIABLE))
async def get_global(call: Call) -> JsonBody:
    """Get a variable of everybody."""
    return await _get(call, Violations(), NO_TENANT)


@RESOURCE.get(f"{_TENANT}/{{name}}", "getTenantClusterVariable", since="8.9", answer=Single(CLUSTER_VARIABLE))
async def get_of_tenant(call: Call) -> JsonBody:
    """Get a variable of a tenant."""
    violations = Violations()
    return await _get(call, violations, violations.tenant_id(call.values["tenantId"]))


@RESOURCE.put(
    f"{_GLOBAL}/{{name}}",
    "updateGlobalClusterVariable",
    since="8.9",
    body=UpdateClusterVariableRequest,
    answer=Single(CLUSTER_VARIABLE),
)
async def update_global(call: Call) -> JsonBody:
    """Change a variable of everybody."""
    return await _update(call, Violations(), NO_TENANT)


@RESOURCE.put(
    f"{_TENANT}/{{name}}",
    "updateTenantClusterVariable",
    since="8.9",
    body=UpdateClusterVariableRequest,
    answer=Single(CLUSTER_VARIABLE),
)
async def update_of_tenant(call: Call) -> JsonBody:
    """Change a variable of a tenant."""
    violations = Violations()
    return await _update(call, violations, violations.tenant_id(call.values["tenantId"]))


@RESOURCE.delete(f"{_GLOBAL}/{{name}}", "deleteGlobalClusterVariable", since="8.9")
async def delete_global(call: Call) -> None:
    """Delete a variable of everybody."""
    await _delete(call, Violations(), NO_TENANT)


@RESOURCE.delete(f"{_TENANT}/{{name}}", "deleteTenantClusterVariable", since="8.9")
async def delete_of_tenant(call: Call) -> None:
    """Delete a variable of a tenant."""
    violations = Violations()
    await _delete(call, violations, violations.tenant_id(call.values["tenantId"]))


async def _create(call: Call, violations: Violations, tenant_id: str) -> JsonBody:
    body: CreateClusterVariableRequest = call.body
    name = violations.identifier(body.name, "name")
    value = _value(violations, body.value)
    metadata = _metadata(violations, body.metadata or {})
    kind = JSON_KIND if body.kind is None else violations.one_of(body.kind, "kind", KINDS)
    violations.check()
    await call.execute(CreateClusterVariable(name, value, tenant_id, metadata, kind))
    return await _shown(call, tenant_id, name)


async def _update(call: Call, violations: Violations, tenant_id: str) -> JsonBody:
    body: UpdateClusterVariableRequest = call.body
    name = violations.identifier(call.values["name"], "name")
    value = _value(violations, body.value)
    metadata = None if body.metadata is None else _metadata(violations, body.metadata)
    violations.check()
    await call.execute(UpdateClusterVariable(name, value, tenant_id, metadata))
    return await _shown(call, tenant_id, name)


async def _delete(call: Call, violations: Violations, tenant_id: str) -> None:
    name = violations.identifier(call.values["name"], "name")
    violations.check()
    await call.execute(DeleteClusterVariable(name, tenant_id))


async def _get(call: Call, violations: Violations, tenant_id: str) -> JsonBody:
    name = violations.identifier(call.values["name"], "name")
    violations.check()
    call.require("CLUSTER_VARIABLE", "READ", "READ", name)
    if tenant_id and call.access.tenant_ids is not None and tenant_id not in call.access.tenant_ids:
        raise not_found(missing_text(tenant_id, name))
    return await _shown(call, tenant_id, name)


async def _shown(call: Call, tenant_id: str, name: str) -> JsonBody:
    """A variable that the caller has made, changed or may read."""
    named = Clause("t.tenant_id = ? AND t.name = ?", [tenant_id, name])
    found = await call.services.search.find(CLUSTER_VARIABLE, None, [named])
    if not found.items:
        raise not_found(missing_text(tenant_id, name))
    return found.items[0]


def _value(violations: Violations, value: msgspec.Raw) -> str:
    """The value of a request as it is kept."""
    text = str(memoryview(value), "utf-8")
    if text in {"", "null"}:
        violations.add("No value provided")
        return ""
    try:
        return canonical_value(text)
    except InvalidArgument as error:
        violations.add(str(error).rstrip("."))
        return ""


def _metadata(violations: Violations, metadata: Metadata) -> str:
    """The metadata of a request as they are kept."""
    if len(metadata) > METADATA_ENTRIES_MAX:
        violations.add(
            f"The provided metadata contains {len(metadata)} entries but must contain at most {METADATA_ENTRIES_MAX}"
        )
        return ""
    for key, value in metadata.items():
        shown = f"metadata.{key[:100]}"
        if len(key) > METADATA_KEY_CHARACTERS_MAX:
            violations.add(
                f"The provided metadata key '{shown}' exceeds the limit of {METADATA_KEY_CHARACTERS_MAX} characters"
            )
        if type(value) is str:
            violations.short(value, shown, METADATA_VALUE_CHARACTERS_MAX)
        elif type(value) not in {int, float}:
            violations.add(f"The value for {shown} must be a string or a number")
    return _encode(metadata).decode()
