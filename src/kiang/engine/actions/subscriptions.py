"""What an element instance waits for besides its job: messages, timers, signals (engine-semantics §10).

Opened together when the element is activated, closed together when it is left or terminated. Errors need no subscription: who catches
one is found when it is thrown (`actions.errors`).
"""

from __future__ import annotations

from collections.abc import Callable

from kiang.bpmn.model import FlowNode
from kiang.engine.processing import Processing
from kiang.engine.state.state import Scope
from kiang.protocol.enums import EventType

Opener = Callable[[Processing, Scope, FlowNode], None]

OPENERS: dict[EventType, Opener] = {}
"""How an element instance begins to wait for an event of each type that needs a subscription."""


def open_for(p: Processing, element: Scope, node: FlowNode) -> None:
    """Open the subscriptions of an element: its boundary events, and its own event."""
    for catcher in node.boundary_events:
        if catcher.event is not None and catcher.event.type in OPENERS:
            OPENERS[catcher.event.type](p, element, catcher)


def close_for(p: Processing, element: Scope, node: FlowNode) -> None:
    """Close what `open_for` has opened."""
