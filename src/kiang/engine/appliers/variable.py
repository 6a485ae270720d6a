"""Appliers of variables."""

from __future__ import annotations

from kiang.engine.appliers.applier import Appliers
from kiang.engine.state.state import State
from kiang.engine.state.variable import UNREAD, Variable
from kiang.protocol import events


def variable_created(state: State, e: events.VariableCreated) -> None:
    """A scope has one more."""
    scope = state.resident(e.scope_key)
    state.add_variable(
        scope, Variable(e.key, scope.process_instance_key, e.scope_key, e.name, e.value, scope.tenant_id)
    )


def variable_updated(state: State, e: events.VariableUpdated) -> None:
    """It has another value."""
    variables = state.resident(e.scope_key).variables
    assert variables is not None
    variable = variables[e.name]
    variable.value = e.value
    variable.decoded = UNREAD
    state.change_variable(variable)


APPLIERS: Appliers = {events.VariableCreated: variable_created, events.VariableUpdated: variable_updated}
