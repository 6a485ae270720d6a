"""Authorizations: who may do what with which resources."""

from __future__ import annotations

from typing import ClassVar

from kiang.gateway.auth.access import ACCESS
from kiang.gateway.rest.body import Answer, Request
from kiang.gateway.rest.call import Call
from kiang.gateway.rest.entities import ID_CHARACTERS_MAX
from kiang.gateway.rest.operation import Resource
from kiang.gateway.rest.searching import JsonBody, add_get, add_search
from kiang.gateway.rest.shapes import KeyText, key_text
from kiang.gateway.rest.validation import Violations
from kiang.protocol.identity import (
    PERMISSIONS,
    CreateAuthorization,
    DeleteAuthorization,
    EntityKind,
    Grant,
    UpdateAuthorization,
)
from kiang.search.resources.identity import AUTHORIZATIONS as SEARCHED
from kiang.search.resources.identity import PERMISSION_NAMES
from kiang.search.search import answer
from kiang.search.statement import Clause

AUTHORIZATIONS = Resource("Authorization")

OWNER_KINDS = tuple(str(kind) for kind in EntityKind if kind is not EntityKind.TENANT)
PERMISSIONS_MAX = 100
"""Permission types that a request may list; there are fewer."""

add_search(AUTHORIZATIONS, "/authorizations/search", "searchAuthorizations", SEARCHED, since="8.8")
add_get(AUTHORIZATIONS, "/authorizations/{authorizationKey}", "getAuthorization", SEARCHED, since="8.8")


class AuthorizationRequest(Request, frozen=True):
    """Permissions for a resource by its id, or by a property that makes it the owner's: one of the two."""

    REQUIRED: ClassVar[tuple[str, ...]] = ("ownerId", "ownerType", "resourceType", "permissionTypes")

    owner_id: str | None = None
    owner_type: str | None = None
    resource_id: str | None = None
    resource_property_name: str | None = None
    resource_type: str | None = None
    permission_types: list[str] | None = None


class AuthorizationCreateResult(Answer, frozen=True):
    """The new authorization."""

    authorization_key: KeyText


@AUTHORIZATIONS.post(
    "/authorizations",
    "createAuthorization",
    since="8.8",
    body=AuthorizationRequest,
    answer=AuthorizationCreateResult,
    status=201,
)
async def create_authorization(call: Call) -> AuthorizationCreateResult:
    """Grant permissions."""
    created = await call.execute(CreateAuthorization(_grant(call.body)))
    return AuthorizationCreateResult(authorization_key=key_text(created.key))


@AUTHORIZATIONS.put("/authorizations/{authorizationKey}", "updateAuthorization", since="8.8", body=AuthorizationRequest)
async def update_authorization(call: Call) -> None:
    """Grant others instead."""
    await call.execute(UpdateAuthorization(call.key("authorizationKey"), _grant(call.body)))


@AUTHORIZATIONS.delete("/authorizations/{authorizationKey}", "deleteAuthorization", since="8.8")
async def delete_authorization(call: Call) -> None:
    """Take permissions away."""
    await call.execute(DeleteAuthorization(call.key("authorizationKey")))


@AUTHORIZATIONS.post(
    "/authentication/me/authorizations/search",
    "searchOwnAuthorizations",
    since="8.10",
    body=SEARCHED,
    body_required=False,
    answer={
        "type": "object",
        "required": ["authorizationsEnabled", "items", "page"],
        "properties": {
            "authorizationsEnabled": {"type": "boolean"},
            "items": {"type": "array", "items": {"$ref": "#/components/schemas/AuthorizationResult"}},
            "page": {"$ref": "#/components/schemas/SearchQueryPageResponse"},
        },
    },
)
async def search_own_authorizations(call: Call) -> JsonBody:
    """Search what the caller may do, by itself and by everything it is a member of."""
    access = ACCESS.get()
    options = " OR ".join(["(t.owner_kind = ? AND t.owner_id = ?)"] * len(access.owners)) or "0"
    only = Clause(f"({options})", [str(part) for owner in access.owners for part in owner])
    found = answer(await call.services.search.find(SEARCHED, call.body, [only]))
    return {"authorizationsEnabled": access.is_checked, **found}


def _grant(body: AuthorizationRequest) -> Grant:
    violations = Violations()
    owner_id = violations.text(body.owner_id, "ownerId", ID_CHARACTERS_MAX)
    owner_kind = _one_of(violations, body.owner_type, "ownerType", OWNER_KINDS)
    resource_type = _one_of(violations, body.resource_type, "resourceType", tuple(PERMISSIONS))
    if body.resource_id is not None and body.resource_property_name is not None:
        violations.add("Only one of [resourceId, resourcePropertyName] is allowed")
    resource_id = property_name = ""
    if body.resource_property_name is not None:
        property_name = violations.text(body.resource_property_name, "resourcePropertyName", ID_CHARACTERS_MAX)
    else:
        resource_id = violations.text(body.resource_id, "resourceId", ID_CHARACTERS_MAX)
    if not body.permission_types:
        violations.add("No permissionTypes provided")
    permissions = [
        _one_of(violations, name, "permissionTypes", PERMISSION_NAMES)
        for name in (body.permission_types or ())[:PERMISSIONS_MAX]
    ]
    violations.check()
    return Grant(owner_kind, owner_id, resource_type, resource_id, property_name, tuple(sorted(set(permissions))))


def _one_of(violations: Violations, value: str | None, name: str, known: tuple[str, ...]) -> str:
    if value is None:
        violations.add(f"No {name} provided")
        return ""
    if value.upper() not in known:
        violations.add(
            f"Unexpected value '{value[:100]}' for enum field '{name}'. Use any of the following values: "
            f"[{', '.join(known)}]"
        )
    return value.upper()
