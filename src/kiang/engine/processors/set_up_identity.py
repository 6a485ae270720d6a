"""SetUpIdentity: the roles and the tenant that are always there.

What is missing is made at every start, as the original does it; what an administrator has changed stays as it is.
"""

from __future__ import annotations

from kiang.engine.processing import Processing
from kiang.engine.state.identity import entity, members
from kiang.protocol.answers import Done
from kiang.protocol.commands import DEFAULT_TENANT
from kiang.protocol.events import AuthorizationCreated, EntityCreated, MemberAdded
from kiang.protocol.identity import ADMIN_ROLE, ANY_RESOURCE, PERMISSIONS, EntityKind, SetUpIdentity

DEFAULT_ROLES: dict[str, tuple[str, dict[str, tuple[str, ...]]]] = {
    ADMIN_ROLE: ("Admin", PERMISSIONS),
    "readonly-admin": (
        "Readonly Admin",
        {
            type_: readable
            for type_, permissions in PERMISSIONS.items()
            if (readable := tuple(p for p in permissions if p == "ACCESS" or p.startswith("READ")))
        },
    ),
    "connectors": (
        "Connectors",
        {
            "DOCUMENT": ("CREATE", "READ", "DELETE"),
            "MESSAGE": ("CREATE",),
            "PROCESS_DEFINITION": (
                "CREATE_PROCESS_INSTANCE",
                "READ_PROCESS_DEFINITION",
                "READ_PROCESS_INSTANCE",
                "UPDATE_PROCESS_INSTANCE",
            ),
        },
    ),
    "rpa": (
        "RPA",
        {
            "PROCESS_DEFINITION": ("UPDATE_PROCESS_INSTANCE",),
            "RESOURCE": ("READ",),
        },
    ),
    "app-integrations": (
        "App Integrations",
        {
            "DOCUMENT": ("CREATE",),
            "PROCESS_DEFINITION": (
                "CREATE_PROCESS_INSTANCE",
                "READ_PROCESS_DEFINITION",
                "READ_PROCESS_INSTANCE",
                "READ_USER_TASK",
                "UPDATE_PROCESS_INSTANCE",
                "UPDATE_USER_TASK",
                "CLAIM_USER_TASK",
                "COMPLETE_USER_TASK",
            ),
        },
    ),
    "task-worker": ("Task Worker", {}),
}
"""Id of a role to its name and what it may do with every resource of a type."""

OWN_TASKS = {
    "task-worker": ("USER_TASK", ("assignee", "candidateUsers", "candidateGroups"), ("READ", "CLAIM", "COMPLETE")),
}
"""Id of a role to a type of resource, the properties by which one is the owner's, and what it may do with those."""

OF_NO_TENANT = frozenset({"readonly-admin"})
"""Roles that are not members of the default tenant: an administrator says whose things they see."""


def set_up_identity(p: Processing, command: SetUpIdentity) -> Done:
    """What is there is left alone; may be repeated."""
    if entity(p.state, EntityKind.TENANT, DEFAULT_TENANT) is None:
        _make(p, EntityKind.TENANT, DEFAULT_TENANT, "Default")
    for id_, (name, permissions) in DEFAULT_ROLES.items():
        if entity(p.state, EntityKind.ROLE, id_) is not None:
            continue
        _make(p, EntityKind.ROLE, id_, name)
        for resource_type, granted in permissions.items():
            _grant(p, id_, resource_type, ANY_RESOURCE, "", granted)
        if id_ in OWN_TASKS:
            resource_type, properties, granted = OWN_TASKS[id_]
            for one in properties:
                _grant(p, id_, resource_type, "", one, granted)
        if id_ not in OF_NO_TENANT:
            _join(p, EntityKind.TENANT, DEFAULT_TENANT, EntityKind.ROLE, id_)
    if entity(p.state, EntityKind.ROLE, ADMIN_ROLE) is not None and not members(p.state, EntityKind.ROLE, ADMIN_ROLE):
        for user in command.admin_users:
            _join(p, EntityKind.ROLE, ADMIN_ROLE, EntityKind.USER, user)
        for client in command.admin_clients:
            _join(p, EntityKind.ROLE, ADMIN_ROLE, EntityKind.CLIENT, client)
    return Done()


def _make(p: Processing, kind: EntityKind, id_: str, name: str) -> None:
    p.emit(EntityCreated(p.state.next_key(), kind, id_, name, "", "", ""))


def _join(p: Processing, kind: EntityKind, id_: str, member_kind: EntityKind, member_id: str) -> None:
    p.emit(MemberAdded(p.state.next_key(), kind, id_, member_kind, member_id))


def _grant(
    p: Processing, role: str, resource_type: str, resource_id: str, property_name: str, granted: tuple[str, ...]
) -> None:
    p.emit(
        AuthorizationCreated(
            p.state.next_key(), EntityKind.ROLE, role, resource_type, resource_id, property_name, granted
        )
    )
