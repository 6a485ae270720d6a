"""AddMember: something becomes a member of a group, a role or a tenant."""

from __future__ import annotations

from kiang.engine.actions.identity import INTERNAL, existing
from kiang.engine.processing import Processing, Refused
from kiang.engine.state.identity import entity, members
from kiang.protocol.answers import Done
from kiang.protocol.enums import RejectionType
from kiang.protocol.events import MemberAdded
from kiang.protocol.identity import AddMember, EntityKind


def add_member(p: Processing, command: AddMember) -> Done:
    """Once; what the engine keeps must exist."""
    existing(p, command.kind, command.id, "update")
    kind = EntityKind(command.kind).word
    expected = (
        f"Expected to add an entity with ID '{command.member_id}' and type '{command.member_kind}' to {kind} with ID"
        f" '{command.id}'"
    )
    if EntityKind(command.member_kind) in INTERNAL and entity(p.state, command.member_kind, command.member_id) is None:
        raise Refused(RejectionType.NOT_FOUND, f"{expected}, but the entity doesn't exist.")
    for member in members(p.state, command.kind, command.id):
        if (member.member_kind, member.member_id) == (command.member_kind, command.member_id):
            raise Refused(
                RejectionType.ALREADY_EXISTS, f"{expected}, but the entity is already assigned to this {kind}."
            )
    key = p.state.next_key()
    p.emit(MemberAdded(key, command.kind, command.id, command.member_kind, command.member_id))
    return Done(key)
