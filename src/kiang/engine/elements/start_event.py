"""Start event (engine-semantics §9)."""

from __future__ import annotations

from kiang.engine.elements.behavior import ElementBehavior


class StartEvent(ElementBehavior):
    """Passes through; what the event has brought goes to the scope around it."""
