"""SetVariables (engine-semantics §7)."""

from __future__ import annotations

from kiang.engine.actions.variables import propagate, set_local
from kiang.engine.processing import Processing, Refused
from kiang.protocol.answers import Done
from kiang.protocol.commands import SetVariables
from kiang.protocol.enums import ElementState, RejectionType


def set_variables(p: Processing, command: SetVariables) -> Done:
    """In the scope alone, or from it outwards."""
    scope = p.state.scope(command.element_instance_key)
    if scope is None or scope.state >= ElementState.TERMINATING:
        raise Refused(
            RejectionType.NOT_FOUND,
            f"Expected to update variables for element with key '{command.element_instance_key}',"
            " but no such element was found",
        )
    key = p.state.next_key()
    if command.local:
        set_local(p, scope, command.variables)
    else:
        propagate(p, scope, command.variables)
    return Done(key)
