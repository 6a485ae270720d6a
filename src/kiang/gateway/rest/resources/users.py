"""Users with passwords."""

from __future__ import annotations

import asyncio
import re
from typing import ClassVar

from kiang.engine.state.identity import MEMBERS
from kiang.errors import PermissionDenied
from kiang.gateway.auth.basic import BasicAuthenticator
from kiang.gateway.auth.users import USERS as TABLE
from kiang.gateway.rest.body import Answer, Request
from kiang.gateway.rest.call import Call
from kiang.gateway.rest.operation import Resource
from kiang.gateway.rest.problem import Problem, not_found, of_rejection
from kiang.gateway.rest.reading import reading
from kiang.gateway.rest.searching import JsonBody, Single
from kiang.gateway.rest.validation import Violations
from kiang.protocol.answers import Rejection
from kiang.protocol.audit import AuditedEntity, Operation, OperationType
from kiang.protocol.enums import RejectionType
from kiang.protocol.identity import ADMIN_ROLE, EntityKind, ForgetOwner, SetUpIdentity
from kiang.search.field import Column, Field, SearchResource
from kiang.search.query import parse_query
from kiang.search.search import answer, found_page
from kiang.search.statement import Clause, find
from kiang.search.value import STRING

USERS = Resource("User")

NAME_CHARACTERS_MAX = 256
PASSWORD_CHARACTERS_MAX = 1_024
"""Hashing a password takes time that grows with it."""

_NAME = re.compile(r"[a-zA-Z0-9_~@.+-]+")

SEARCHED = SearchResource(
    name="User",
    table=TABLE,
    key="username",
    fields=(
        Field("username", STRING, Column("username")),
        Field("name", STRING, Column("name", empty=""), nullable=True),
        Field("email", STRING, Column("email", empty=""), nullable=True),
    ),
    alternatives=True,
)


class UserRequest(Request, frozen=True):
    """A new user."""

    REQUIRED: ClassVar[tuple[str, ...]] = ("username", "password")

    username: str | None = None
    password: str | None = None
    name: str | None = None
    email: str | None = None


class UserUpdateRequest(Request, frozen=True):
    """What changes of a user."""

    password: str | None = None
    name: str | None = None
    email: str | None = None


class UserResult(Answer, frozen=True):
    """A user."""

    username: str
    name: str | None
    email: str | None


@USERS.post("/users", "createUser", since="8.8", body=UserRequest, answer=UserResult, status=201)
async def create_user(call: Call) -> UserResult:
    """Create a user."""
    return await _create(call)


@USERS.post("/setup/user", "createAdminUser", since="8.8", body=UserRequest, answer=UserResult, status=201)
async def create_admin_user(call: Call) -> UserResult:
    """Create the first user, without being one."""
    authenticator = call.services.authenticator
    if authenticator is not None and authenticator.users_are_elsewhere:
        # Users are the provider's: one of them could make itself an administrator by its own name.
        raise Problem(403, "FORBIDDEN", "Expected to create an admin user but users are those of an identity provider")
    admins = call.broker.store.select(MEMBERS, [("kind", "=", "ROLE"), ("id", "=", ADMIN_ROLE)])
    if admins or not await asyncio.to_thread(call.services.users.is_empty):
        raise Problem(
            403, "FORBIDDEN", "Expected to create an admin user but a user with the role 'admin' already exists"
        )
    created = await _create(call)
    await call.execute(SetUpIdentity(admin_users=(created.username,)))
    return created


async def _create(call: Call) -> UserResult:
    body: UserRequest = call.body
    violations = Violations()
    username = violations.text(body.username, "username", NAME_CHARACTERS_MAX)
    if username and _NAME.fullmatch(username) is None:
        violations.add(
            f"The provided username contains illegal characters. It must match the pattern '^{_NAME.pattern}$'"
        )
    password = violations.text(body.password, "password", PASSWORD_CHARACTERS_MAX)
    name = violations.short(body.name or "", "name", NAME_CHARACTERS_MAX)
    email = violations.short(body.email or "", "email", NAME_CHARACTERS_MAX)
    violations.check()
    if not await asyncio.to_thread(call.services.users.create, username, password, name, email):
        reason = f"Expected to create user with username '{username}', but a user with this username already exists"
        raise of_rejection(Rejection(RejectionType.ALREADY_EXISTS, "CREATE", reason))
    await call.note(Operation(AuditedEntity.USER, OperationType.CREATE, username, description=name))
    return UserResult(username=username, name=name or None, email=email or None)


@USERS.post("/users/search", "searchUsers", body=SEARCHED, body_required=False, answer=SEARCHED)
async def search_users(call: Call) -> JsonBody:
    """Search users."""
    query = parse_query(SEARCHED, call.body)
    readable = reading(call.access, SEARCHED)
    found = await asyncio.to_thread(call.services.users.read, lambda run: find(SEARCHED, query, readable, run))
    return answer(found_page(SEARCHED, found))


@USERS.get("/users/{username}", "getUser", since="8.8", answer=Single(SEARCHED))
async def get_user(call: Call) -> JsonBody:
    """Get a user."""
    username = call.values["username"]
    if not call.access.has("USER", "READ", username) and username != call.access.username:
        raise PermissionDenied("Unauthorized to perform operation 'READ' on resource 'USER'")
    return await _user(call)


@USERS.put("/users/{username}", "updateUser", since="8.8", body=UserUpdateRequest, answer=UserResult)
async def update_user(call: Call) -> JsonBody:
    """Change a user."""
    body: UserUpdateRequest = call.body
    violations = Violations()
    violations.short(body.password or "", "password", PASSWORD_CHARACTERS_MAX)
    violations.short(body.name or "", "name", NAME_CHARACTERS_MAX)
    violations.short(body.email or "", "email", NAME_CHARACTERS_MAX)
    violations.check()
    username = call.values["username"]
    call.require("USER", "UPDATE", "UPDATE", username)
    if not await asyncio.to_thread(call.services.users.update, username, body.password or None, body.name, body.email):
        raise _refused("UPDATE", username)
    _forget(call)
    await call.note(Operation(AuditedEntity.USER, OperationType.UPDATE, username, description=body.name or ""))
    return await _user(call)


@USERS.delete("/users/{username}", "deleteUser", since="8.8")
async def delete_user(call: Call) -> None:
    """Delete a user."""
    username = call.values["username"]
    call.require("USER", "DELETE", "DELETE", username)
    if not await asyncio.to_thread(call.services.users.delete, username):
        raise _refused("DELETE", username)
    await call.execute(ForgetOwner(EntityKind.USER, username))
    _forget(call)


async def _user(call: Call) -> JsonBody:
    username = call.values["username"]
    only = [Clause("t.username = ?", [username])]
    query = parse_query(SEARCHED, None)
    found = await asyncio.to_thread(call.services.users.read, lambda run: find(SEARCHED, query, only, run))
    items = found_page(SEARCHED, found).items
    if not items:
        raise not_found(f"User with username '{username[:100]}' not found")
    return items[0]


def _forget(call: Call) -> None:
    """Who has just been changed or deleted is noticed at once."""
    authenticator = call.services.authenticator
    if isinstance(authenticator, BasicAuthenticator):
        authenticator.users_changed()


def _refused(intent: str, username: str) -> Problem:
    reason = f"Expected to {intent.lower()} user with username '{username[:100]}', but a user with this username does not exist"
    return of_rejection(Rejection(RejectionType.NOT_FOUND, intent, reason))
