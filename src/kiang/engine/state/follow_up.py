"""Follow-up commands that did not fit into their batch and wait for the next one."""

from __future__ import annotations

from kiang.engine.state.table import Index, Row, Table


class FollowUp(Row):
    """One internal command.

    Attributes:
        key: Its place in the order of execution.
        parked_for: The suspended process instance that it is for; 0 if it waits for the next batch.
        command: The command, encoded with `protocol.commands.encode_follow_up`.
    """

    key: int
    command: bytes
    parked_for: int = 0


FOLLOW_UPS = Table("follow_up", FollowUp, (Index(("parked_for", "key")),))
