"""RabbitMQ connector: publishes a message and waits until the broker has confirmed it."""

from kiang.connectors.rabbitmq.connector import rabbitmq

__all__ = ["rabbitmq"]
