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
    variable.is_updated = 1
    variable.decoded = UNREAD
    variable.items = None
    state.change_variable(variable)


def variable_item_set(state: State, e: events.VariableItemSet) -> None:
    """One item of a list has another value."""
    variables = state.resident(e.scope_key).variables
    assert variables is not None
    variable = variables[e.name]
    variable.set_item(e.index, e.value)
    state.change_variable(variable)
    state.render_later(variable.key, variable.text)


APPLIERS: Appliers = {
    events.VariableItemSet: variable_item_set,
    events.VariableCreated: variable_created,
    events.VariableUpdated: variable_updated,
}
