"""Throwing an escalation (engine-semantics §14)."""

from __future__ import annotations

from kiang.bpmn.model import FlowNode
from kiang.engine.actions import errors
from kiang.engine.actions.expressions import evaluate_text
from kiang.engine.elements.behavior import ElementBehavior, activated, complete_soon
from kiang.engine.processing import Processing
from kiang.engine.state.state import Scope
from kiang.protocol.enums import EventType


class ThrowEscalation(ElementBehavior):
    """Goes on unless an interrupting event has caught the escalation: that ends this event."""

    def activate(self, p: Processing, element: Scope, node: FlowNode) -> None:
        """Throw."""
        assert node.event is not None
        assert node.event.code is not None
        code = evaluate_text(p, element, node.event.code)
        activated(p, element)
        catch = errors.find_catch(p, element, code, EventType.ESCALATION).catch
        if catch is not None:
            errors.caught(p, catch, {})
        if catch is None or catch.event.event is None or not catch.event.event.interrupting:
            complete_soon(p, element)
