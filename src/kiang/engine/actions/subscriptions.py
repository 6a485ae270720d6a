"""What an element instance waits for besides its job: messages, timers, signals (engine-semantics §10).

Opened together when the element is activated, closed together when it is left or terminated. All expressions are evaluated before the first
subscription is opened, so that a failing one opens none. Errors and escalations need no subscription: who catches one is found when it is
thrown (`actions.errors`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from kiang.bpmn.model import FlowNode
from kiang.engine.actions.expressions import Variables
from kiang.engine.processing import Processing
from kiang.engine.state.state import Scope
from kiang.protocol.enums import EventType

Open = Callable[[], None]


class SubscriptionKind(NamedTuple):
    """How to wait for events of one type.

    Attributes:
        evaluate: Evaluates the event's expressions for an element instance and gives what opens the subscription. With variables it is only
            to
            find out whether they can be evaluated: then there may be no element instance. Raises `Failure`.
        row: The type of the row that stands for it.
        close: Closes one.
    """

    evaluate: Callable[[Processing, Scope | None, FlowNode, Variables | None], Open]
    row: type[Any]
    close: Callable[[Processing, Any], None]


KINDS: dict[EventType, SubscriptionKind] = {}
"""Filled by the files that implement them; types that are not in here need no subscription."""


def open_for(p: Processing, element: Scope, node: FlowNode, catchers: tuple[FlowNode, ...] = ()) -> None:
    """Open the subscriptions of an element: those of its own events, then of its boundary events.

    Raises:
        Failure: An expression cannot be evaluated; none is open then.
    """
    if node.boundary_events or catchers:
        open_all(p, element, (*catchers, *node.boundary_events))


def open_event_sub_processes(p: Processing, scope: Scope, catchers: tuple[FlowNode, ...] = ()) -> None:
    """Open those of the event sub-processes directly inside a scope, whose start event is about to be left, then of `catchers`.

    Raises:
        Failure: As `open_for`.
    """
    assert scope.node is not None
    starts = tuple(node.none_start for node in scope.node.event_sub_processes if node.none_start is not None)
    open_all(p, scope, (*starts, *catchers))


def open_all(p: Processing, element: Scope, catchers: tuple[FlowNode, ...]) -> None:
    """Open the subscriptions of these catch events at an element instance.

    Raises:
        Failure: As `open_for`.
    """
    for open_ in prepare(p, element, catchers):
        open_()


def prepare(p: Processing, element: Scope, catchers: tuple[FlowNode, ...]) -> list[Open]:
    """Evaluate the expressions of these catch events; what comes back opens their subscriptions.

    Raises:
        Failure: As `open_for`.
    """
    opens: list[Open] = []
    for catcher in catchers:
        if catcher.event is not None:
            kind = KINDS.get(catcher.event.type)
            if kind is not None:
                opens.append(kind.evaluate(p, element, catcher, None))
    return opens


def check(p: Processing, node: FlowNode, variables: Variables) -> None:
    """Find out whether the subscriptions of a scope could be opened if it saw these variables.

    Raises:
        Failure: An expression cannot be evaluated.
    """
    starts = tuple(inner.none_start for inner in node.event_sub_processes if inner.none_start is not None)
    for catcher in (*starts, *node.boundary_events):
        kind = KINDS.get(catcher.event.type) if catcher.event is not None else None
        if kind is not None:
            kind.evaluate(p, None, catcher, variables)


def close_for(p: Processing, element: Scope) -> None:
    """Close all that is open at an element instance."""
    if element.waits:
        close(p, element.waits)


def close_event_sub_processes(p: Processing, scope: Scope) -> None:
    """Close what is open for the event sub-processes directly inside a scope; boundary events stay open."""
    assert scope.node is not None
    starts = {node.none_start.id for node in scope.node.event_sub_processes if node.none_start is not None}
    close(p, {key: row for key, row in (scope.waits or {}).items() if row.element_id in starts})


def close(p: Processing, waits: dict[int, Any]) -> None:
    """Close these, which are open at one element instance."""
    closers = {kind.row: kind.close for kind in KINDS.values()}
    for row in list(waits.values()):
        closer = closers.get(type(row))
        if closer is not None:  # a user task is no subscription
            closer(p, row)
