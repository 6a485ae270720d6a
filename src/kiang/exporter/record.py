"""How a record looks outside: one JSON object per event.

    {"position": 7, "index": 0, "partitionId": 1, "timestamp": 1764000000000, "event": "JobCreated", "value": {"key": 9}}

`position` is that of the commit and `index` counts the events in it: the two together name a record and sort all of them.
`value` has the attributes of the event (`kiang.protocol.events`) in camel case; keys are numbers, variables JSON texts,
contents of files Base64.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from kiang.protocol.events import Event, decode_log
from kiang.store.port import LogEntry

_encode = msgspec.json.Encoder().encode


def records(entry: LogEntry, partition: int) -> Iterator[bytes]:
    """The records of one commit, each as a JSON text without line breaks."""
    index = 0
    for time_ms, events in decode_log(entry.records):
        for event in events:
            yield _encode(
                {
                    "position": entry.position,
                    "index": index,
                    "partitionId": partition,
                    "timestamp": time_ms,
                    "event": event.__class__.__name__,
                    "value": _value(event),
                }
            )
            index += 1


def _value(event: Event) -> dict[str, Any]:
    return {_camel(name): _plain(getattr(event, name)) for name in event.__struct_fields__}


def _plain(value: Any) -> Any:
    if isinstance(value, msgspec.Struct):
        return {_camel(name): _plain(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


_CAMEL: dict[str, str] = {}


def _camel(name: str) -> str:
    known = _CAMEL.get(name)
    if known is None:
        head, *rest = name.split("_")
        known = _CAMEL[name] = head + "".join(part.title() for part in rest)
    return known
