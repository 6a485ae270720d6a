"""Undefined task (`bpmn:task`): nothing is said about the work, so the token passes through (engine-semantics §9)."""

from kiang.engine.elements.behavior import ElementBehavior


class Task(ElementBehavior):
    """Passes through; listeners run, mappings do not."""
