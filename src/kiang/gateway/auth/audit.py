"""Whose operations are noted in the audit log, and which.

By default those of people, none of programs: a program starts instances and completes jobs by the thousand, and an entry for each would
cost as much as the work itself. While nobody has to say who they are, everything is noted but the jobs that workers complete, and what
comes over gRPC by the thousand counts as a program's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kiang.errors import ConfigError
from kiang.gateway.auth.authenticator import Identity
from kiang.protocol import commands, identity
from kiang.protocol.audit import ActorType, Audit, Audited, AuditedEntity, Category, Channel, NoteOperations
from kiang.protocol.commands import Command

NOTHING: frozenset[AuditedEntity] = frozenset()
EVERYTHING = frozenset(AuditedEntity)
_ADMIN = frozenset(entity for entity in AuditedEntity if entity.category is Category.ADMIN)
_INSTANCE = frozenset({AuditedEntity.PROCESS_INSTANCE})
_USER_TASK = frozenset({AuditedEntity.USER_TASK})
_FILES = frozenset({AuditedEntity.RESOURCE, AuditedEntity.DECISION})

AUDITED: dict[type[Command], frozenset[AuditedEntity]] = {
    commands.Deploy: _FILES,
    commands.DeleteResource: _FILES,
    commands.CreateProcessInstance: _INSTANCE,
    commands.CancelProcessInstance: _INSTANCE,
    commands.ModifyProcessInstance: _INSTANCE,
    commands.MigrateProcessInstance: _INSTANCE,
    commands.SuspendProcessInstance: _INSTANCE,
    commands.ResumeProcessInstance: _INSTANCE,
    commands.SetVariables: frozenset({AuditedEntity.VARIABLE, AuditedEntity.USER_TASK}),
    commands.ResolveIncident: frozenset({AuditedEntity.INCIDENT}),
    commands.EvaluateDecision: frozenset({AuditedEntity.DECISION}),
    commands.CompleteJob: frozenset({AuditedEntity.JOB}),
    commands.AssignUserTask: _USER_TASK,
    commands.UpdateUserTask: _USER_TASK,
    commands.CompleteUserTask: _USER_TASK,
    identity.CreateEntity: _ADMIN,
    identity.UpdateEntity: _ADMIN,
    identity.DeleteEntity: _ADMIN,
    identity.ForgetOwner: _ADMIN,
    identity.AddMember: _ADMIN,
    identity.RemoveMember: _ADMIN,
    identity.CreateAuthorization: _ADMIN,
    identity.UpdateAuthorization: _ADMIN,
    identity.DeleteAuthorization: _ADMIN,
    NoteOperations: EVERYTHING,
}
"""What each command may leave entries about; the others never do."""

FREQUENT: frozenset[type[Command]] = frozenset(
    {
        commands.CreateProcessInstance,
        commands.CompleteJob,
        commands.SetVariables,
        commands.EvaluateDecision,
    }
)
"""What programs do by the thousand: over gRPC it is taken for a program's if nobody has to say who they are."""


@dataclass(frozen=True, slots=True)
class AuditSettings:
    """What is noted of whom.

    Attributes:
        user: Of people.
        client: Of programs, and of what is taken for a program's: see `FREQUENT`.
        anonymous: Of whoever did not have to say who they are.
    """

    user: frozenset[AuditedEntity] = EVERYTHING
    client: frozenset[AuditedEntity] = NOTHING
    anonymous: frozenset[AuditedEntity] = EVERYTHING - {AuditedEntity.JOB}


DEFAULT_AUDIT = AuditSettings()
SILENT = AuditSettings(NOTHING, NOTHING, NOTHING)
"""Nothing is noted of anybody."""

ALL, NONE = "all", "none"


def parse_entities(option: str, words: str) -> frozenset[AuditedEntity]:
    """What an operator says is to be noted: categories and types of entities, those with a minus in front taken away.

    Args:
        option: Its name, for the message.
        words: `all`, `none`, `USER_TASKS,ADMIN`, `all,-JOB`.

    Raises:
        ConfigError: A word is none of these.
    """
    found: set[AuditedEntity] = set()
    for word in filter(None, (one.strip() for one in words.split(","))):
        name = word.removeprefix("-")
        if word.startswith("-"):
            found -= _meant(option, name)
        else:
            found |= _meant(option, name)
    return frozenset(found)


def _meant(option: str, name: str) -> frozenset[AuditedEntity]:
    upper = name.upper().replace("-", "_")
    if upper == ALL.upper():
        return EVERYTHING
    if upper == NONE.upper():
        return NOTHING
    if upper in Category.__members__:
        return frozenset(entity for entity in AuditedEntity if entity.category == upper)
    if upper in AuditedEntity.__members__:
        return frozenset({AuditedEntity(upper)})
    known: Iterable[str] = (ALL, NONE, *Category, *AuditedEntity)
    raise ConfigError(option, name, f"one of {', '.join(known)}")


def audited(command: Command, audit: Audit) -> Command:
    """A command as it goes to the engine if it leaves entries, else as it is."""
    possible = AUDITED.get(command.__class__)
    return command if possible is None or audit.entity_types.isdisjoint(possible) else Audited(command, audit)


class AuditPolicy:
    """Says of each command whether it leaves entries.

    Args:
        settings: What is noted of whom.
    """

    def __init__(self, settings: AuditSettings) -> None:
        self.settings = settings

    def audit(self, kind: type[Command], who: Identity | None, channel: Channel) -> Audit | None:
        """Who asks for a command of this kind; None if it leaves no entries.

        Args:
            kind: Of what is asked for, without what is wrapped around it.
            who: None if nobody had to say.
            channel: How it came.
        """
        possible = AUDITED.get(kind)
        if possible is None:
            return None
        type_, noted = self._rule(kind, who, channel)
        return None if noted.isdisjoint(possible) else Audit(type_, "" if who is None else who.name, channel, noted)

    def actor(self, who: Identity | None, channel: Channel) -> Audit:
        """Who asks, and what is noted of them, which may be nothing."""
        type_, noted = self._rule(NoteOperations, who, channel)
        return Audit(type_, "" if who is None else who.name, channel, noted)

    def _rule(
        self, kind: type[Command], who: Identity | None, channel: Channel
    ) -> tuple[ActorType, frozenset[AuditedEntity]]:
        if who is None:
            is_program = channel is Channel.GRPC and kind in FREQUENT
            return ActorType.ANONYMOUS, self.settings.client if is_program else self.settings.anonymous
        if who.is_client:
            return ActorType.CLIENT, self.settings.client
        return ActorType.USER, self.settings.user

    def silent(self, *, is_anonymous: bool) -> frozenset[type[Command]]:
        """Commands over gRPC that surely leave nothing, whoever asks for them.

        Args:
            is_anonymous: Nobody has to say who they are.
        """
        settings = self.settings
        rules = (settings.anonymous, settings.client) if is_anonymous else (settings.user, settings.client)
        never = {kind for kind, possible in AUDITED.items() if all(rule.isdisjoint(possible) for rule in rules)}
        return frozenset(never | FREQUENT if is_anonymous and not settings.client else never)
