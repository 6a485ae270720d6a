"""A fault of the engine itself while it carries out a follow-up command: it must not hold up the partition, nor be lost."""

from __future__ import annotations

from kiang.engine.actions import incidents
from kiang.engine.failure import Failure
from kiang.engine.processing import Processing
from kiang.protocol.commands import FollowUpCommand
from kiang.protocol.enums import ElementState, ErrorType

KEYS = ("key", "element_instance_key", "scope_key")
"""Fields of follow-up commands that name the element instance that they are about, the nearest first."""


def contain(p: Processing, command: FollowUpCommand, fault: Exception) -> None:
    """Stop the element instance that a command is about with an incident; resolving that tries again."""
    name = type(fault).__name__
    p.faults.append(name)
    for field in KEYS:
        scope = p.state.scope(getattr(command, field, 0) or 0)
        if scope is not None and scope.state < ElementState.TERMINATING and not scope.incident_key:
            text = f"Expected to carry out {type(command).__name__}, but the engine failed: {name}"
            incidents.raise_for_element(p, scope, Failure(ErrorType.UNKNOWN, text))
            return
