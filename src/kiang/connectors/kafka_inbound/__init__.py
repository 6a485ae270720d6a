"""Kafka inbound connector: each message of a topic is an event; offsets are committed once the process has it."""

from kiang.connectors.kafka_inbound.connector import kafka_inbound

__all__ = ["kafka_inbound"]
