"""Sending a message: by a job for a worker, or by publishing it here (engine-semantics §9)."""

from __future__ import annotations

from decimal import Decimal

from kiang import feel
from kiang.bpmn.model import Expression, FlowNode
from kiang.bpmn.timer import InvalidTimerError, interval_of
from kiang.engine.actions import messages, subscriptions
from kiang.engine.actions.expressions import evaluate, evaluate_text
from kiang.engine.elements.behavior import activated, complete_soon
from kiang.engine.elements.job_task import JobTask
from kiang.engine.failure import Failure
from kiang.engine.processing import Processing
from kiang.engine.state.state import Scope
from kiang.protocol.enums import ErrorType


class ThrowMessage(JobTask):
    """With `zeebe:publishMessage` the message gets the local variables of the element, which are its input mappings."""

    def activate(self, p: Processing, element: Scope, node: FlowNode) -> None:
        """Publish, or put a job into the queue."""
        if node.job is not None:
            super().activate(p, element, node)
            return
        assert node.event is not None
        message = node.event.message
        assert message is not None
        name = evaluate_text(p, element, message.name)
        key = "" if message.correlation_key is None else _key(p, element, message.correlation_key)
        message_id = "" if message.message_id is None else evaluate_text(p, element, message.message_id)
        time_to_live = 0 if message.time_to_live is None else _time_to_live(p, element, message.time_to_live)
        subscriptions.open_for(p, element, node)
        activated(p, element)
        variables = {local: variable.text() for local, variable in (element.variables or {}).items()}
        if not message_id or not messages.has_message_id(p, element.tenant_id, name, key, message_id):
            messages.publish(p, name, key, message_id, time_to_live, variables, element.tenant_id)
        complete_soon(p, element)


def _key(p: Processing, element: Scope, expression: Expression) -> str:
    value = evaluate(p, element, expression)
    if type(value) is str:
        return value
    if type(value) is int or isinstance(value, Decimal):
        return str(int(value))
    text = (
        f"Failed to extract the correlation key for '{expression.text}': The value must be either a string or a number,"
        f" but was '{feel.type_name(value)}'."
    )
    raise Failure(ErrorType.EXTRACT_VALUE_ERROR, text, element.key)


def _time_to_live(p: Processing, element: Scope, expression: Expression) -> int:
    value = expression.text if expression.feel is None else evaluate(p, element, expression)
    try:
        return interval_of(value, expression.text).after(p.now) - p.now
    except InvalidTimerError as invalid:
        raise Failure(ErrorType.EXTRACT_VALUE_ERROR, str(invalid), element.key) from None
