"""Send message connector: publishes or correlates a message of the engine."""

from kiang.connectors.send_message.connector import send_message

__all__ = ["send_message"]
