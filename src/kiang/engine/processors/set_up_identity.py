"""SetUpIdentity: the roles and the tenant that are always there.

They are made once: what an administrator has changed or deleted of the roles stays as it is.
"""

from __future__ import annotations

from kiang.engine.processing import Processing
from kiang.engine.state.identity import entity, members
from kiang.protocol.answers import Done
from kiang.protocol.commands import DEFAULT_TENANT
from kiang.protocol.events import AuthorizationCreated, EntityCreated, MemberAdded
from kiang.protocol.identity import ADMIN_ROLE, ANY_RESOURCE, PERMISSIONS, EntityKind, SetUpIdentity

_DOCUMENTS = ("CREATE", "READ", "DELETE")

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
            "DOCUMENT": _DOCUMENTS,
            "MESSAGE": ("CREATE",),
            "PROCESS_DEFINITION": ("READ_PROCESS_DEFINITION", "UPDATE_PROCESS_INSTANCE", "CREATE_PROCESS_INSTANCE"),
        },
    ),
    "rpa": (
        "RPA",
        {
            "DOCUMENT": _DOCUMENTS,
            "PROCESS_DEFINITION": ("READ_PROCESS_DEFINITION", "UPDATE_PROCESS_INSTANCE"),
            "RESOURCE": ("READ",),
        },
    ),
    "app-integrations": (
        "App Integrations",
        {
            "DOCUMENT": _DOCUMENTS,
            "PROCESS_DEFINITION": (
                "CREATE_PROCESS_INSTANCE",
                "READ_PROCESS_DEFINITION",
                "READ_PROCESS_INSTANCE",
                "READ_USER_TASK",
                "UPDATE_USER_TASK",
            ),
        },
    ),
}
"""Id of a role to its name and what it may do with every resource of a type."""


def set_up_identity(p: Processing, command: SetUpIdentity) -> Done:
    """What is there is left alone; may be repeated."""
    if entity(p.state, EntityKind.TENANT, DEFAULT_TENANT) is None:
        _make(p, EntityKind.TENANT, DEFAULT_TENANT, "Default")
        for id_, (name, permissions) in DEFAULT_ROLES.items():
            _make(p, EntityKind.ROLE, id_, name)
            for resource_type, granted in permissions.items():
                p.emit(
                    AuthorizationCreated(
                        p.state.next_key(), EntityKind.ROLE, id_, resource_type, ANY_RESOURCE, "", granted
                    )
                )
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
