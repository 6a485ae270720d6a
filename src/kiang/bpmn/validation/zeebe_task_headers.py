"""ZeebeTaskHeadersValidator."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from kiang.bpmn.definitions import Definitions
from kiang.bpmn.document import Element

NAME = "ZeebeTaskHeadersValidator"
KINDS = frozenset({"zeebe:taskHeaders"})

RESERVED_PREFIX = "io.camunda.zeebe:"


def check(_file: Definitions, element: Element) -> Iterator[str]:
    """Keys that are reserved, and keys that occur twice."""
    keys = [header.get("key", "null") for header in element.all("zeebe:header")]
    for key in keys:
        if key.startswith(RESERVED_PREFIX):
            yield (
                f"Attribute 'key' contains '{key}', but header keys starting with '{RESERVED_PREFIX}' "
                "are reserved for internal use."
            )
    for key, count in Counter(keys).items():
        if count > 1:
            yield f"Headers contain duplicate entries for key '{key}'"
