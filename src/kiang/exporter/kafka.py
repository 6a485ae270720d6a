"""Records as messages of a Kafka topic.

All records of a partition have its number as their key, so that they stay in order. Whatever librdkafka can be told, the environment can
tell: `KIANG_EXPORT_KAFKA_SECURITY_PROTOCOL=SASL_SSL` is its `security.protocol`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from kiang.errors import ConfigError

DELIVERY_S = 30
"""How long the brokers may take for what was handed over; then it is tried again from the last position."""

ENVIRONMENT_PREFIX = "KIANG_EXPORT_KAFKA_"
RECORD_BYTES_MAX = 64 * 1024 * 1024
"""A record with the content of a deployed file can be large; the topic has to allow it, too."""


class _Partition(msgspec.Struct, rename="camel"):
    partition_id: int


_partition_of = msgspec.json.Decoder(_Partition).decode


class Kafka:
    """A topic.

    Args:
        address: `//HOST:PORT[,HOST:PORT…]/TOPIC`.

    Raises:
        ConfigError: It is no such address, or the library is missing.
    """

    def __init__(self, address: str, *, environment: Mapping[str, str] = os.environ) -> None:
        brokers, slash, self._topic = address.removeprefix("//").partition("/")
        if not (address.startswith("//") and brokers and slash and self._topic):
            raise ConfigError("--export", f"kafka:{address}", "kafka://HOST:PORT[,HOST:PORT…]/TOPIC")
        try:
            from confluent_kafka import KafkaException, Producer  # noqa: PLC0415 - an extra, and slow to load
        except ImportError as error:
            raise ConfigError(
                "--export", f"kafka:{address}", "possible, but the library is missing: pip install 'kiang[kafka]'"
            ) from error
        self._errors: tuple[type[Exception], ...] = (KafkaException, BufferError)
        self._failures: list[str] = []
        self._producer = Producer(
            {
                "bootstrap.servers": brokers,
                "enable.idempotence": True,
                "compression.type": "lz4",
                "linger.ms": 5,
                "message.max.bytes": RECORD_BYTES_MAX,
                "delivery.timeout.ms": DELIVERY_S * 1000,
                "queue.buffering.max.messages": 1_000_000,
                **_settings(environment),
            }
        )

    def write(self, records: Sequence[bytes]) -> None:
        """Send messages and wait until the brokers have them all."""
        self._failures.clear()
        try:
            for record in records:
                key = str(_partition_of(record).partition_id)
                self._producer.produce(self._topic, value=record, key=key, on_delivery=self._delivered)
            left = self._producer.flush(DELIVERY_S + 5)
        except self._errors as error:
            self._producer.purge()
            raise OSError(f"Expected Kafka to take {len(records)} records, but {error}.") from error
        if left or self._failures:
            self._producer.purge()
            reason = self._failures[0] if self._failures else f"{left} records were not answered in {DELIVERY_S} s"
            raise OSError(f"Expected Kafka to take {len(records)} records, but {reason}.")

    def close(self) -> None:
        """May be called twice."""
        self._producer.flush(1.0)

    def _delivered(self, error: Any, _message: Any) -> None:
        if error is not None:
            self._failures.append(str(error))


def _settings(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        name.removeprefix(ENVIRONMENT_PREFIX).lower().replace("_", "."): value
        for name, value in environment.items()
        if name.startswith(ENVIRONMENT_PREFIX)
    }
