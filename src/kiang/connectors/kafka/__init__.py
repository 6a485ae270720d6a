"""Kafka connector: produces a message and waits until the cluster has it."""

from kiang.connectors.kafka.connector import kafka

__all__ = ["kafka"]
