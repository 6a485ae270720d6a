"""End events: none and error (engine-semantics §9, §14)."""

from __future__ import annotations

from kiang.bpmn.model import FlowNode
from kiang.engine.actions import errors
from kiang.engine.actions.expressions import evaluate_text
from kiang.engine.elements.behavior import ElementBehavior, activated
from kiang.engine.failure import Failure
from kiang.engine.processing import Processing
from kiang.engine.state.state import Scope
from kiang.protocol.enums import ErrorType, EventType


class EndEvent(ElementBehavior):
    """A path ends here; an error end event throws its error first and never completes itself."""

    def activate(self, p: Processing, element: Scope, node: FlowNode) -> None:
        """Do what the kind of event asks for."""
        if node.event is not None and node.event.type == EventType.ERROR:
            self._throw_error(p, element, node)
        else:
            super().activate(p, element, node)

    @staticmethod
    def _throw_error(p: Processing, element: Scope, node: FlowNode) -> None:
        assert node.event is not None
        assert node.event.code is not None
        code = evaluate_text(p, element, node.event.code)
        search = errors.find_catch(p, element, code)
        if search.catch is None:
            raise Failure(ErrorType.UNHANDLED_ERROR_EVENT, errors.not_caught_text(code, "", search.available))
        activated(p, element)
        errors.caught(p, search.catch, {})
