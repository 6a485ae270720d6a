"""Manual task: somebody does it without the engine's help, so the token passes through (engine-semantics §9)."""

from kiang.engine.elements.behavior import ElementBehavior


class ManualTask(ElementBehavior):
    """Passes through; listeners run, mappings do not."""
