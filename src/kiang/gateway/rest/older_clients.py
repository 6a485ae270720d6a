"""Requests and answers of clients that do not speak today's API.

The Java client of 8.8 takes some fields for present that the API has since made nullable, and breaks at a body where its
API had none. It says its version in `User-Agent`; everybody else gets the answer of today's API.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec

_OLDER = re.compile(rb"camunda-client-java/8\.[0-8](?![0-9])")
_NO_KEY = "-1"
"""What 8.8 says for a key that there is not."""

_PROCESS_KEYS = ("processDefinitionKey", "processInstanceKey", "elementInstanceKey")


def _without_body(answer: Any) -> None:  # noqa: ARG001 - the signature of adaptations
    return None


def _decision_instance(answer: dict[str, Any]) -> dict[str, Any]:
    return answer | {name: _NO_KEY for name in _PROCESS_KEYS if answer[name] is None}


def _decision_instances(answer: msgspec.Raw) -> dict[str, Any]:
    page: dict[str, Any] = msgspec.json.decode(answer)
    return page | {"items": [_decision_instance(item) for item in page["items"]]}


ADAPTATIONS: dict[str, Callable[[Any], Any]] = {
    "deleteResource": _without_body,
    "getDecisionInstance": _decision_instance,
    "searchDecisionInstances": _decision_instances,
}
"""By operation: from the answer to that for older clients; None for no body."""


def is_older(user_agent: bytes) -> bool:
    """Whether a client needs the adaptations."""
    return _OLDER.match(user_agent) is not None


def _bare_changeset(path: str, body: bytes) -> bytes:
    """The REST client of @camunda8/sdk sends the changes without a name around them, to a path of its own."""
    return b'{"changeset":%b}' % body if path.endswith("/update") else body


BODIES: dict[str, Callable[[str, bytes], bytes]] = {"updateUserTask": _bare_changeset}
"""By operation: from path and body to the body of today's API."""
