"""Who has done what: the words of the audit log, and the commands that leave something in it.

Nothing here holds the value of a variable, a password or anything else that only some may read.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from kiang.protocol.commands import Command


class Category(StrEnum):
    """Kinds of operations that are switched on and off together. Stored: never change a value."""

    ADMIN = "ADMIN"
    DEPLOYED_RESOURCES = "DEPLOYED_RESOURCES"
    USER_TASKS = "USER_TASKS"


class AuditedEntity(StrEnum):
    """What an operation is about. Stored: never change a value."""

    AUTHORIZATION = "AUTHORIZATION"
    BATCH = "BATCH"
    CLIENT = "CLIENT"
    DECISION = "DECISION"
    GROUP = "GROUP"
    INCIDENT = "INCIDENT"
    JOB = "JOB"
    MAPPING_RULE = "MAPPING_RULE"
    PROCESS_INSTANCE = "PROCESS_INSTANCE"
    RESOURCE = "RESOURCE"
    ROLE = "ROLE"
    TENANT = "TENANT"
    USER = "USER"
    USER_TASK = "USER_TASK"
    VARIABLE = "VARIABLE"

    @property
    def category(self) -> Category:
        """The kind of operations on it."""
        return _CATEGORIES.get(self, Category.DEPLOYED_RESOURCES)


_CATEGORIES: dict[AuditedEntity, Category] = {
    AuditedEntity.USER_TASK: Category.USER_TASKS,
    **dict.fromkeys(
        (
            AuditedEntity.AUTHORIZATION,
            AuditedEntity.CLIENT,
            AuditedEntity.GROUP,
            AuditedEntity.MAPPING_RULE,
            AuditedEntity.ROLE,
            AuditedEntity.TENANT,
            AuditedEntity.USER,
        ),
        Category.ADMIN,
    ),
}


class OperationType(StrEnum):
    """What was done. Stored: never change a value."""

    ASSIGN = "ASSIGN"
    CANCEL = "CANCEL"
    COMPLETE = "COMPLETE"
    CREATE = "CREATE"
    DELETE = "DELETE"
    EVALUATE = "EVALUATE"
    MIGRATE = "MIGRATE"
    MODIFY = "MODIFY"
    RESOLVE = "RESOLVE"
    RESUME = "RESUME"
    SUSPEND = "SUSPEND"
    UNASSIGN = "UNASSIGN"
    UNKNOWN = "UNKNOWN"
    UPDATE = "UPDATE"


class ActorType(StrEnum):
    """Who has done it. Stored: never change a value."""

    ANONYMOUS = "ANONYMOUS"
    CLIENT = "CLIENT"
    UNKNOWN = "UNKNOWN"
    USER = "USER"


class Channel(StrEnum):
    """How it was asked for. Stored: never change a value."""

    REST = "REST"
    GRPC = "GRPC"
    INTERNAL = "INTERNAL"


class OperationResult(StrEnum):
    """What came of it. Stored: never change a value."""

    SUCCESS = "SUCCESS"
    FAIL = "FAIL"


class Audit(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Who asks for something, and what of it is to be noted.

    Attributes:
        actor_id: User name, or id of a program; "" for somebody who did not have to say.
        batch_operation_key: The batch operation that it is a part of; 0 for none.
        entity_types: What is noted: operations on these.
    """

    actor_type: ActorType
    actor_id: str
    channel: Channel
    entity_types: frozenset[AuditedEntity]
    batch_operation_key: int = 0
    batch_operation_type: str = ""


class Operation(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One thing that was done. Texts are "" and keys 0 where there is nothing to say.

    Attributes:
        entity_key: Key or id of what it is about.
        tenant_id: "" for what belongs to no tenant.
        related_entity_type: Of somebody or something else that it is about, too: a new member, the owner of permissions.
        description: A name, or why it failed.
    """

    entity_type: AuditedEntity
    operation_type: OperationType
    entity_key: str
    result: OperationResult = OperationResult.SUCCESS
    tenant_id: str = ""
    process_definition_id: str = ""
    process_definition_key: int = 0
    process_instance_key: int = 0
    root_process_instance_key: int = 0
    element_instance_key: int = 0
    job_key: int = 0
    user_task_key: int = 0
    decision_requirements_id: str = ""
    decision_requirements_key: int = 0
    decision_definition_id: str = ""
    decision_definition_key: int = 0
    decision_evaluation_key: int = 0
    deployment_key: int = 0
    form_key: int = 0
    resource_key: int = 0
    related_entity_key: str = ""
    related_entity_type: str = ""
    description: str = ""


class Audited(Command, frozen=True):
    """A command that leaves entries in the audit log, in the same transaction."""

    command: Command
    audit: Audit

    @property
    def intent(self) -> str:
        """That of what is asked for."""
        return self.command.intent


class NoteOperations(Command, frozen=True):
    """Something was done that is no command of the engine: leave entries for it."""

    audit: Audit
    operations: tuple[Operation, ...]
