"""Who may do what: the words of identity, and the commands that change it.

Passwords are not here: what the engine keeps goes into the record log, and the log goes to whoever reads an export.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

import msgspec

from kiang.protocol.commands import Command

ANY_RESOURCE = "*"
"""The resource id that stands for every one."""

ADMIN_ROLE = "admin"


class EntityKind(StrEnum):
    """What can own permissions, be a member of something, or have members. Stored: never change a value."""

    USER = "USER"
    CLIENT = "CLIENT"
    GROUP = "GROUP"
    ROLE = "ROLE"
    TENANT = "TENANT"
    MAPPING_RULE = "MAPPING_RULE"

    @property
    def word(self) -> str:
        """As sentences call it."""
        return self.value.lower().replace("_", " ")


CRUD = ("CREATE", "READ", "UPDATE", "DELETE")
_BATCHES = tuple(
    f"CREATE_BATCH_OPERATION_{what}"
    for what in (
        "CANCEL_PROCESS_INSTANCE",
        "DELETE_PROCESS_INSTANCE",
        "DELETE_DECISION_INSTANCE",
        "DELETE_DECISION_DEFINITION",
        "DELETE_PROCESS_DEFINITION",
        "MIGRATE_PROCESS_INSTANCE",
        "MODIFY_PROCESS_INSTANCE",
        "RESOLVE_INCIDENT",
        "SUSPEND_PROCESS_INSTANCE",
        "UPDATE_JOB",
    )
)

PERMISSIONS: dict[str, tuple[str, ...]] = {
    "AUDIT_LOG": ("READ",),
    "AUTHORIZATION": CRUD,
    "BACKUP": ("CREATE", "READ", "DELETE", "RESTORE"),
    "BATCH": ("CREATE", *_BATCHES, "READ", "UPDATE"),
    "CLUSTER_VARIABLE": CRUD,
    "COMPONENT": ("ACCESS",),
    "DECISION_DEFINITION": (
        "CREATE_DECISION_INSTANCE",
        "READ_DECISION_DEFINITION",
        "READ_DECISION_INSTANCE",
        "DELETE_DECISION_INSTANCE",
    ),
    "DECISION_REQUIREMENTS_DEFINITION": ("READ",),
    "DOCUMENT": ("CREATE", "READ", "DELETE"),
    "EXPORTER": ("READ", "UPDATE", "PAUSE"),
    "EXPRESSION": ("EVALUATE",),
    "GLOBAL_LISTENER": ("CREATE_TASK_LISTENER", "READ_TASK_LISTENER", "UPDATE_TASK_LISTENER", "DELETE_TASK_LISTENER"),
    "GROUP": CRUD,
    "MAPPING_RULE": CRUD,
    "MESSAGE": ("CREATE", "READ"),
    "PROCESS_DEFINITION": (
        "CREATE_PROCESS_INSTANCE",
        "READ_PROCESS_DEFINITION",
        "READ_PROCESS_INSTANCE",
        "READ_USER_TASK",
        "UPDATE_PROCESS_INSTANCE",
        "UPDATE_USER_TASK",
        "CLAIM_USER_TASK",
        "COMPLETE_USER_TASK",
        "MODIFY_PROCESS_INSTANCE",
        "CANCEL_PROCESS_INSTANCE",
        "DELETE_PROCESS_INSTANCE",
        "SUSPEND_PROCESS_INSTANCE",
    ),
    "RESOURCE": ("CREATE", "READ", "DELETE_DRD", "DELETE_FORM", "DELETE_PROCESS", "DELETE_RESOURCE"),
    "ROLE": CRUD,
    "SECRET": (*CRUD, "REVEAL"),
    "SYSTEM": ("READ", "READ_USAGE_METRIC", "READ_JOB_METRIC", "UPDATE"),
    "TENANT": CRUD,
    "USER": CRUD,
    "USER_TASK": ("READ", "UPDATE", "CLAIM", "COMPLETE"),
}
"""Type of resource to the permissions that there are for it."""


class IdentityCommand(Command, frozen=True):
    """Base of the commands that change who may do what."""


class CreateEntity(IdentityCommand, frozen=True):
    """A new group, role, tenant or mapping rule.

    Attributes:
        kind: An `EntityKind`.
        claim_name: Of a mapping rule: the claim of the token.
        claim_value: The value that it must have.
    """

    INTENT: ClassVar[str] = "CREATE"
    kind: str
    id: str
    name: str
    description: str = ""
    claim_name: str = ""
    claim_value: str = ""


class UpdateEntity(IdentityCommand, frozen=True):
    """Change all of a group, role, tenant or mapping rule but its id; None leaves the description alone."""

    INTENT: ClassVar[str] = "UPDATE"
    kind: str
    id: str
    name: str
    description: str | None = None
    claim_name: str = ""
    claim_value: str = ""


class DeleteEntity(IdentityCommand, frozen=True):
    """Delete a group, role, tenant or mapping rule, its memberships and its authorizations."""

    INTENT: ClassVar[str] = "DELETE"
    kind: str
    id: str


class ForgetOwner(IdentityCommand, frozen=True):
    """A user is being deleted: forget memberships and authorizations."""

    INTENT: ClassVar[str] = "DELETE"
    kind: str
    id: str


class AddMember(IdentityCommand, frozen=True):
    """Make something a member of a group, a role or a tenant."""

    INTENT: ClassVar[str] = "ADD_ENTITY"
    kind: str
    id: str
    member_kind: str
    member_id: str


class RemoveMember(IdentityCommand, frozen=True):
    """It is a member no more."""

    INTENT: ClassVar[str] = "REMOVE_ENTITY"
    kind: str
    id: str
    member_kind: str
    member_id: str


class Grant(msgspec.Struct, frozen=True, gc=False):
    """What an authorization says.

    Attributes:
        owner_kind: An `EntityKind`.
        resource_id: Of what; `*` for all; "" if a property names it.
        resource_property: The property of the resource by which it is the owner's; "" for none.
        permissions: In any order.
    """

    owner_kind: str
    owner_id: str
    resource_type: str
    resource_id: str
    resource_property: str
    permissions: tuple[str, ...]


class CreateAuthorization(IdentityCommand, frozen=True):
    """Grant permissions."""

    INTENT: ClassVar[str] = "CREATE"
    grant: Grant


class UpdateAuthorization(IdentityCommand, frozen=True):
    """Grant others instead."""

    INTENT: ClassVar[str] = "UPDATE"
    key: int
    grant: Grant


class DeleteAuthorization(IdentityCommand, frozen=True):
    """Take permissions away."""

    INTENT: ClassVar[str] = "DELETE"
    key: int


class SetUpIdentity(IdentityCommand, frozen=True):
    """Have the roles and the tenant that are always there, unless they are there.

    Attributes:
        admin_users: Get the role of administrators, if nobody has it yet.
        admin_clients: As `admin_users`.
    """

    INTENT: ClassVar[str] = "INITIALIZE"
    admin_users: tuple[str, ...] = ()
    admin_clients: tuple[str, ...] = ()


class Guarded(Command, frozen=True):
    """A command of somebody who may not do everything.

    Attributes:
        command: What is asked for.
        resource_type: What the permission is about.
        permission: What it takes.
        resource_ids: Ids for which the caller has it; `*` among them for all.
        tenant_ids: Whose things the caller sees; None for everybody's.
        username: Who it is, for permissions that come from being the assignee or a candidate; "" for a program.
        group_ids: The caller's groups.
        properties: Properties of a user task by which the caller has the permission.
        user_task_ids: Keys of user tasks for which the caller has it; `*` among them for all.
    """

    command: Command
    resource_type: str
    permission: str
    resource_ids: frozenset[str]
    tenant_ids: frozenset[str] | None
    username: str = ""
    group_ids: frozenset[str] = frozenset()
    properties: frozenset[str] = frozenset()
    user_task_ids: frozenset[str] = frozenset()

    @property
    def intent(self) -> str:
        """That of what is asked for."""
        return self.command.intent
