"""The REST operations on user tasks, carried out on a partition without a server: what they refuse themselves belongs to a case, too."""

from __future__ import annotations

from typing import Any

import msgspec

from kiang.gateway.rest.body import decode
from kiang.gateway.rest.problem import Problem
from kiang.gateway.rest.resources import user_tasks

OPERATIONS = {
    "assign": (user_tasks.assign_user_task, user_tasks.UserTaskAssignmentRequest),
    "unassign": (user_tasks.unassign_user_task, None),
    "update": (user_tasks.update_user_task, user_tasks.UserTaskUpdateRequest),
    "complete": (user_tasks.complete_user_task, user_tasks.UserTaskCompletionRequest),
}


class RestCall:
    """What a handler asks of its call."""

    def __init__(self, partition: Any, key: int, body: Any) -> None:
        self.partition = partition
        self.user_task_key = key
        self.body = body

    def key(self, name: str) -> int:
        return self.user_task_key

    async def execute(self, command: Any) -> Any:
        return self.partition.execute(command)


def call(partition: Any, operation: str, key: int, body: dict[str, Any] | None) -> None:
    """Carry out an operation; `Problem` or the refusal of the engine comes out as it is."""
    handler, body_type = OPERATIONS[operation]
    decoded = None if body_type is None else decode(msgspec.json.encode(body), msgspec.json.Decoder(body_type))
    work = handler(RestCall(partition, key, decoded))
    try:
        work.send(None)
    except StopIteration:
        return
    raise AssertionError("the handler waits for something")


__all__ = ["Problem", "call"]
