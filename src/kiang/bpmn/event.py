"""What an event waits for or throws, read from its event definition (engine-semantics §10-§14)."""

from __future__ import annotations

from collections.abc import Callable

from kiang.bpmn.definitions import Definitions, event_definition, flag, local_name, text_of
from kiang.bpmn.document import Element
from kiang.bpmn.elements import EVENT_DEFINITIONS, THROW_EVENTS
from kiang.bpmn.expression import expression, text_expression
from kiang.bpmn.model import Event, Expression, Message, Timer
from kiang.protocol.enums import EventType

THROWN = frozenset(
    {
        "messageEventDefinition",
        "signalEventDefinition",
        "escalationEventDefinition",
        "compensateEventDefinition",
        "linkEventDefinition",
    }
)
"""What an intermediate event can throw; the original accepts other definitions there and passes by them."""


def read_event(file: Definitions, element: Element) -> Event:
    """The event of a start, end, intermediate or boundary event."""
    definition = event_definition(element)
    if definition is None or (element.kind == "intermediateThrowEvent" and definition.kind not in THROWN):
        return Event(interrupting=_is_interrupting(element))
    return _READERS[EVENT_DEFINITIONS[definition.kind]](file, element, definition)


def read_message(file: Definitions, holder: Element, publisher: Element | None = None) -> Message | None:
    """The message that `holder` refers to; if the message is thrown, `publisher` may have a `zeebe:publishMessage`."""
    message = file.referenced(holder, "messageRef", "message")
    if message is None:
        return None
    name = expression(message.get("name"))
    if publisher is None:
        subscription = message.extension("zeebe:subscription")
        key = None if subscription is None else optional(subscription, "correlationKey")
        return Message(name, key)
    publish = publisher.extension("zeebe:publishMessage")
    if publish is None:
        return Message(name)
    return Message(
        name, optional(publish, "correlationKey"), optional(publish, "messageId"), optional(publish, "timeToLive")
    )


def optional(element: Element, attribute: str) -> Expression | None:
    """An attribute that may be missing; an empty one counts as missing."""
    text = element.get(attribute)
    return expression(text) if text else None


def _is_interrupting(element: Element) -> bool:
    attribute = "cancelActivity" if element.kind == "boundaryEvent" else "isInterrupting"
    return flag(element, attribute, default=True)


def _message(file: Definitions, element: Element, definition: Element) -> Event:
    publisher = definition if element.kind in THROW_EVENTS else None
    return Event(EventType.MESSAGE, _is_interrupting(element), message=read_message(file, definition, publisher))


def _timer(_file: Definitions, element: Element, definition: Element) -> Event:
    timer = Timer(
        **{
            name: expression(text_of(child))
            for name, kind in (("duration", "timeDuration"), ("date", "timeDate"), ("cycle", "timeCycle"))
            if (child := definition.child(kind)) is not None
        }
    )
    return Event(EventType.TIMER, _is_interrupting(element), timer=timer)


def _signal(file: Definitions, element: Element, definition: Element) -> Event:
    signal = file.referenced(definition, "signalRef", "signal")
    name = None if signal is None else expression(signal.get("name"))
    return Event(EventType.SIGNAL, _is_interrupting(element), signal_name=name)


def _coded(
    type_: EventType, reference: str, kind: str, attribute: str
) -> Callable[[Definitions, Element, Element], Event]:
    def read(file: Definitions, element: Element, definition: Element) -> Event:
        coded = file.referenced(definition, reference, kind)
        code = coded.get(attribute) if coded is not None else ""
        return Event(
            type_,
            _is_interrupting(element),
            code=text_expression(code) if code else None,
            code_id=coded.id if coded is not None else "",
        )

    return read


def _compensation(_file: Definitions, element: Element, definition: Element) -> Event:
    return Event(
        EventType.COMPENSATION, _is_interrupting(element), activity_ref=local_name(definition.get("activityRef"))
    )


def _link(_file: Definitions, _element: Element, definition: Element) -> Event:
    return Event(EventType.LINK, link_name=definition.get("name"))


def _terminate(_file: Definitions, _element: Element, _definition: Element) -> Event:
    return Event(EventType.TERMINATE)


def _conditional(_file: Definitions, element: Element, definition: Element) -> Event:
    filter_ = definition.extension("zeebe:conditionalFilter")
    if filter_ is None:
        filter_ = element.extension("zeebe:conditionalFilter")
    return Event(
        EventType.CONDITIONAL,
        _is_interrupting(element),
        condition=expression(text_of(definition.child("condition"))),
        condition_events=frozenset() if filter_ is None else comma_separated(filter_.get("variableEvents")),
        condition_variables=frozenset() if filter_ is None else comma_separated(filter_.get("variableNames")),
    )


def comma_separated(text: str) -> frozenset[str]:
    """The entries of a list like `create, update`."""
    return frozenset(entry for part in text.split(",") if (entry := part.strip()))


_READERS: dict[EventType, Callable[[Definitions, Element, Element], Event]] = {
    EventType.MESSAGE: _message,
    EventType.TIMER: _timer,
    EventType.SIGNAL: _signal,
    EventType.ERROR: _coded(EventType.ERROR, "errorRef", "error", "errorCode"),
    EventType.ESCALATION: _coded(EventType.ESCALATION, "escalationRef", "escalation", "escalationCode"),
    EventType.COMPENSATION: _compensation,
    EventType.LINK: _link,
    EventType.TERMINATE: _terminate,
    EventType.CONDITIONAL: _conditional,
}
