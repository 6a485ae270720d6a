"""Throwing an error (engine-semantics §14)."""

from __future__ import annotations

from kiang.bpmn.model import FlowNode
from kiang.engine.actions import errors
from kiang.engine.actions.expressions import evaluate_text
from kiang.engine.elements.behavior import ElementBehavior, activated
from kiang.engine.failure import Failure
from kiang.engine.processing import Processing
from kiang.engine.state.state import Scope
from kiang.protocol.enums import ErrorType


class ThrowError(ElementBehavior):
    """Whoever catches the error ends this event; if nobody does, that is an incident."""

    def activate(self, p: Processing, element: Scope, node: FlowNode) -> None:
        """Throw."""
        assert node.event is not None
        assert node.event.code is not None
        code = evaluate_text(p, element, node.event.code)
        search = errors.find_catch(p, element, code)
        if search.catch is None:
            raise Failure(ErrorType.UNHANDLED_ERROR_EVENT, errors.not_caught_text(code, "", search.available))
        activated(p, element)
        errors.caught(p, search.catch, {})
