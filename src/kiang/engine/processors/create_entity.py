"""CreateEntity: a new group, role, tenant or mapping rule."""

from __future__ import annotations

from kiang.engine.actions.identity import named, one
from kiang.engine.processing import Processing, Refused
from kiang.engine.state.identity import entity, rule_of_claim
from kiang.protocol.answers import Done
from kiang.protocol.enums import RejectionType
from kiang.protocol.events import EntityCreated
from kiang.protocol.identity import CreateEntity, EntityKind


def create_entity(p: Processing, command: CreateEntity) -> Done:
    """Its id is its own; a claim has one mapping rule."""
    if entity(p.state, command.kind, command.id) is not None:
        raise Refused(
            RejectionType.ALREADY_EXISTS,
            f"Expected to create {named(command.kind, command.id)}, but {one(command.kind)} with this ID already exists",
        )
    if command.kind == EntityKind.MAPPING_RULE:
        check_claim(p, command.claim_name, command.claim_value, "create")
    key = p.state.next_key()
    p.emit(
        EntityCreated(
            key,
            command.kind,
            command.id,
            command.name,
            command.description,
            command.claim_name,
            command.claim_value,
        )
    )
    return Done(key)


def check_claim(p: Processing, name: str, value: str, verb: str, *, but: int = 0) -> None:
    """A claim has one mapping rule.

    Raises:
        Refused: It has another.
    """
    other = rule_of_claim(p.state, name, value)
    if other is not None and other.key != but:
        raise Refused(
            RejectionType.ALREADY_EXISTS,
            f"Expected to {verb} mapping rule with claimName '{name}' and claimValue '{value}', but a mapping rule with this"
            " claim already exists",
        )
