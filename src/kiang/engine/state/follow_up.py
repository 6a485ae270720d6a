"""Follow-up commands that did not fit into their batch and wait for the next one."""

from __future__ import annotations

from kiang.engine.state.table import Row, Table


class FollowUp(Row):
    """One internal command.

    Attributes:
        key: Its place in the order of execution.
        command: The command, encoded with `protocol.commands.encode_internal`.
    """

    key: int
    command: bytes


FOLLOW_UPS = Table("follow_up", FollowUp)
