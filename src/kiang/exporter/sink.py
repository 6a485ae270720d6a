"""What every exporter writes to, and how sinks are named on the command line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from kiang.errors import ConfigError
from kiang.exporter.json_lines import JsonLines
from kiang.exporter.kafka import Kafka


class Sink(Protocol):
    """Somewhere records go.

    Contract: after `write` has returned, the records are where nobody loses them; after it has raised `OSError`, some of them may be, and
    the same call is made again on a sink that was opened anew. Order is kept.
    """

    def write(self, records: Sequence[bytes]) -> None:
        """Deliver records, each a JSON text."""
        ...

    def close(self) -> None:
        """Release what was opened; may be called twice."""
        ...


SINKS: dict[str, Callable[[str], Sink]] = {"jsonl": JsonLines, "kafka": Kafka}
"""By the part of a target before its first colon; each takes the part behind it."""

TARGETS = "jsonl:FILE, or kafka://HOST:PORT[,HOST:PORT…]/TOPIC"


def kind_of(target: str) -> str:
    """Which sink a target names.

    Raises:
        ConfigError: None.
    """
    kind, colon, rest = target.partition(":")
    if not colon or not rest or kind not in SINKS:
        raise ConfigError("--export", target, TARGETS)
    return kind


def open_sink(target: str) -> Sink:
    """Open the sink that a target names.

    Raises:
        ConfigError: The target is wrong, or a library is missing.
        OSError: It cannot be reached or written.
    """
    return SINKS[kind_of(target)](target.partition(":")[2])
