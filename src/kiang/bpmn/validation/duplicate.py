"""Events of one scope that wait for the same thing: told apart by name of the message or signal, or by code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from kiang.bpmn.definitions import Definitions, event_definitions, text_of
from kiang.bpmn.document import Element


def duplicates(file: Definitions, events: Iterable[Element], kinds: tuple[str, ...]) -> Iterator[str]:
    """A message for each name or code that several of the events have; `kinds` are those to compare."""
    definitions = [definition for event in events for definition in event_definitions(event)]
    for kind in kinds:
        key, text = _KINDS[kind]
        seen: dict[str, int] = {}
        for definition in definitions:
            if definition.kind == f"{kind}EventDefinition":
                value = key(file, definition)
                if value is not None:
                    seen[value] = seen.get(value, 0) + 1
        for value, count in seen.items():
            if count > 1:
                yield text(value)


def link_duplicates(events: Iterable[Element]) -> Iterator[str]:
    """A message for each link name that several catch events have."""
    seen: dict[str, int] = {}
    for event in events:
        if event.kind == "intermediateCatchEvent":
            for definition in event.all("linkEventDefinition"):
                seen[definition.get("name")] = seen.get(definition.get("name"), 0) + 1
    for name, count in seen.items():
        if count > 1:
            yield f"Multiple intermediate catch link event definitions with the same name '{name}' are not allowed."


def _referenced(
    attribute: str, kind: str, value: str, *, default: str | None
) -> Callable[[Definitions, Element], str | None]:
    def key(file: Definitions, definition: Element) -> str | None:
        found = file.referenced(definition, attribute, kind)
        if found is None:
            return default
        return found.get(value) or default

    return key


def _named(kind: str) -> Callable[[str], str]:
    return lambda name: f"Multiple {kind} event definitions with the same name '{name}' are not allowed."


def _coded(kind: str, plural: str) -> Callable[[str], str]:
    def text(code: str) -> str:
        if code:
            return (
                f"Multiple {kind} catch events with the same {kind} code '{code}' are not supported on the same scope."
            )
        return (
            f"The same scope can not contain more than one {kind} catch event without {kind} code. "
            f"An {kind} catch event without {kind} code catches all {plural}."
        )

    return text


def _condition(_file: Definitions, definition: Element) -> str | None:
    return text_of(definition.child("condition")) or None


_KINDS: dict[str, tuple[Callable[[Definitions, Element], str | None], Callable[[str], str]]] = {
    "message": (_referenced("messageRef", "message", "name", default=None), _named("message")),
    "signal": (_referenced("signalRef", "signal", "name", default=None), _named("signal")),
    "conditional": (_condition, _named("conditional")),
    "error": (_referenced("errorRef", "error", "errorCode", default=""), _coded("error", "errors")),
    "escalation": (
        _referenced("escalationRef", "escalation", "escalationCode", default=""),
        _coded("escalation", "escalations"),
    ),
}
