"""The broker for callers whose operations are noted in the audit log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kiang.errors import ClientError
from kiang.gateway.auth.audit import AuditPolicy
from kiang.gateway.grpc.broker_port import BrokerPort
from kiang.gateway.grpc.limited_broker import IDENTITY
from kiang.protocol.answers import Answer, Rejection
from kiang.protocol.audit import Audited, Channel
from kiang.protocol.commands import Command
from kiang.protocol.identity import Guarded


class AuditingBroker:
    """See `BrokerPort`.

    Args:
        broker: Carries out the commands.
        policy: Says which of them leave entries.
        is_anonymous: Nobody has to say who they are.
    """

    def __init__(self, broker: BrokerPort, policy: AuditPolicy, *, is_anonymous: bool) -> None:
        self._submit = broker.submit
        self._policy = policy
        self._silent = policy.silent(is_anonymous=is_anonymous)
        self.partition_id = broker.partition_id
        self.health = broker.health
        self.refusal = broker.refusal
        self.poll = broker.poll
        self.cancel_poll = broker.cancel_poll
        self.add_stream = broker.add_stream
        self.remove_stream = broker.remove_stream
        self.stream_ready = broker.stream_ready

    def submit(
        self,
        command: Command,
        settle: Callable[[Answer | Rejection | ClientError], Any],
        *,
        timeout_ms: int | None = None,
    ) -> None:
        """As the broker, with who asks if that is noted."""
        kind = command.command.__class__ if isinstance(command, Guarded) else command.__class__
        if kind not in self._silent:
            audit = self._policy.audit(kind, IDENTITY.get(), Channel.GRPC)
            if audit is not None:
                command = Audited(command, audit)
        self._submit(command, settle, timeout_ms=timeout_ms)
