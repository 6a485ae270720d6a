"""Which execution listeners an element may not have (engine-semantics §5)."""

from __future__ import annotations

from collections.abc import Iterator

from kiang.bpmn.document import Element


def unsupported_listeners(element: Element, event_type: str, holder: str) -> Iterator[str]:
    """A message if the element has an execution listener of that type; `holder` names the kind of element."""
    listeners = element.extension("zeebe:executionListeners")
    if listeners is None:
        return
    if any(listener.get("eventType") == event_type for listener in listeners.all("zeebe:executionListener")):
        yield f"Execution listeners of type '{event_type}' are not supported by {holder}"
