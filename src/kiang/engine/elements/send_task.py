"""Send task: sends a message, by a job for a worker or by publishing it here (engine-semantics §9)."""

from kiang.engine.elements.throws.message import ThrowMessage


class SendTask(ThrowMessage):
    """As a message throw event."""
