"""RemoveMember: something is a member of a group, a role or a tenant no more."""

from __future__ import annotations

from kiang.engine.actions.identity import existing
from kiang.engine.processing import Processing, Refused
from kiang.engine.state.identity import members
from kiang.protocol.answers import Done
from kiang.protocol.enums import RejectionType
from kiang.protocol.events import MemberRemoved
from kiang.protocol.identity import EntityKind, RemoveMember


def remove_member(p: Processing, command: RemoveMember) -> Done:
    """It must be one."""
    existing(p, command.kind, command.id, "update")
    for member in members(p.state, command.kind, command.id):
        if (member.member_kind, member.member_id) == (command.member_kind, command.member_id):
            p.emit(MemberRemoved(member.key))
            return Done(member.key)
    kind = EntityKind(command.kind).word
    raise Refused(
        RejectionType.NOT_FOUND,
        f"Expected to remove entity with ID '{command.member_id}' from {kind} with ID '{command.id}', but the entity is not"
        f" assigned to this {kind}.",
    )
