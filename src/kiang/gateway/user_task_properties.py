"""The user task behind a task listener's job, as the engine puts it into the job's reserved headers."""

from __future__ import annotations

from typing import Any

import msgspec

from kiang.protocol.answers import ActivatedJob
from kiang.protocol.enums import JobKind

RESERVED = "io.camunda.zeebe:"
LISTS = frozenset({"candidateGroups", "candidateUsers", "changedAttributes"})
NUMBERS = frozenset({"formKey", "priority", "userTaskKey"})
TEXTS = frozenset({"action", "assignee", "dueDate", "followUpDate"})

_parse = msgspec.json.Decoder(dict[str, str]).decode
_parse_list = msgspec.json.Decoder(list[str]).decode


def user_task_properties(job: ActivatedJob) -> dict[str, Any] | None:
    """Its properties by their names in the gateway protocol, those that are set; None for any other job."""
    if job.kind is not JobKind.TASK_LISTENER:
        return None
    properties: dict[str, Any] = {}
    for header, value in _parse(job.headers).items():
        if not header.startswith(RESERVED):
            continue
        name = header[len(RESERVED) :]
        if name in TEXTS:
            properties[name] = value
        elif name in LISTS:
            properties[name] = _parse_list(value)
        elif name in NUMBERS:
            properties[name] = int(value)
    return properties
