"""RabbitMQ inbound connector: each message of a queue is an event."""

from kiang.connectors.rabbitmq_inbound.connector import rabbitmq_inbound

__all__ = ["rabbitmq_inbound"]
