"""Setting variables: in one scope, or propagated outwards (engine-semantics §7)."""

from __future__ import annotations

from kiang.engine.processing import Processing
from kiang.engine.state.condition import CONDITION_SUBSCRIPTIONS
from kiang.engine.state.state import WAIT_BITS, Scope
from kiang.protocol.document import Document
from kiang.protocol.events import VariableCreated, VariableUpdated

LOOKED_AT = WAIT_BITS[CONDITION_SUBSCRIPTIONS]
"""Bit of an instance that has or had conditional events."""


def set_local(p: Processing, scope: Scope, document: Document) -> None:
    """Set every entry in exactly this scope."""
    for name, value in document.items():
        set_variable(p, scope, name, value)


def propagate(p: Processing, scope: Scope, document: Document) -> None:
    """Set each entry in the nearest scope outwards that holds the name with another value, else in the process instance.

    An entry whose value the scope holds already is not taken by it and travels on.
    """
    if scope.scope_key == 0:
        set_local(p, scope, document)
        return
    rest = document
    while scope.scope_key != 0 and rest:
        variables = scope.variables
        if variables:
            left: Document = {}
            for name, value in rest.items():
                known = variables.get(name)
                if known is not None and known.text() != value:
                    p.emit(VariableUpdated(known.key, scope.key, name, value))
                    _note(p, scope, name, "update")
                else:
                    left[name] = value
            rest = left
        scope = p.state.resident(scope.scope_key)
    set_local(p, p.state.instance_of(scope), rest)


def set_variable(p: Processing, scope: Scope, name: str, value: str) -> None:
    """Create or change one variable; nothing happens if it has that value."""
    known = scope.variables.get(name) if scope.variables else None
    if known is None:
        p.emit(VariableCreated(p.state.next_key(), scope.key, name, value))
        _note(p, scope, name, "create")
    elif known.text() != value:
        p.emit(VariableUpdated(known.key, scope.key, name, value))
        _note(p, scope, name, "update")


def _note(p: Processing, scope: Scope, name: str, kind: str) -> None:
    """Remember the change if a conditional event of the instance may want to know it."""
    if p.state.instance_of(scope).awaits & LOOKED_AT:
        p.variable_changes.setdefault(scope.key, {}).setdefault(name, kind)
