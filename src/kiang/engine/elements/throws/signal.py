"""Broadcasting a signal (engine-semantics §13)."""

from __future__ import annotations

from kiang.bpmn.model import FlowNode
from kiang.engine.actions.expressions import evaluate_text
from kiang.engine.elements.behavior import ElementBehavior, activated, complete_soon
from kiang.engine.processing import Processing
from kiang.engine.state.state import Scope
from kiang.protocol import commands


class ThrowSignal(ElementBehavior):
    """Gives the signal the local variables of the event, which are its input mappings."""

    def activate(self, p: Processing, element: Scope, node: FlowNode) -> None:
        """Throw."""
        assert node.event is not None
        assert node.event.signal_name is not None
        name = evaluate_text(p, element, node.event.signal_name)
        activated(p, element)
        variables = {name_: variable.text() for name_, variable in (element.variables or {}).items()}
        p.enqueue(commands.ThrowSignal(name, element.tenant_id, variables))
        complete_soon(p, element)
