"""The broker for callers who may not do everything: what the rpcs ask of it is checked on the way.

An rpc asks within the call that it serves, so `ACCESS` says who asks.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import msgspec

from kiang.broker.health import Health
from kiang.broker.job_stream import JobStream
from kiang.broker.long_polling import Poll
from kiang.errors import ClientError
from kiang.gateway.auth.access import ACCESS, AccessControl, IdentityRows, job_process_ids
from kiang.gateway.auth.authenticator import Identity
from kiang.gateway.auth.commands import guard
from kiang.gateway.grpc.broker_port import BrokerPort
from kiang.protocol.answers import ActivatedJobs, Answer, Rejection
from kiang.protocol.commands import ActivateJobs, Command, YieldJob

IDENTITY: ContextVar[Identity | None] = ContextVar("identity", default=None)
"""Who asks."""


class LimitedBroker:
    """See `BrokerPort`.

    Args:
        broker: Carries out what is allowed.
        rows: Where things are found that commands name.
        access_control: Told of streams, whose owners may be allowed less while they are open.
    """

    def __init__(self, broker: BrokerPort, rows: IdentityRows, access_control: AccessControl) -> None:
        self._broker = broker
        self._rows = rows
        self._access_control = access_control
        self.partition_id = broker.partition_id
        self.health: Health = broker.health

    def __getattr__(self, name: str) -> Any:
        return getattr(self._broker, name)

    def submit(
        self,
        command: Command,
        settle: Callable[[Answer | Rejection | ClientError], Any],
        *,
        timeout_ms: int | None = None,
    ) -> None:
        """Jobs are given back by the gateway itself; everything else is the caller's wish."""
        if not isinstance(command, YieldJob):
            try:
                command = guard(command, ACCESS.get(), self._rows)
            except ClientError as error:
                settle(error)
                return
        self._broker.submit(command, settle, timeout_ms=timeout_ms)

    def poll(
        self,
        command: ActivateJobs,
        answer: Callable[[ActivatedJobs | Rejection | ClientError], None],
        *,
        request_timeout_ms: int = 0,
    ) -> Poll:
        """Only jobs that the caller may have."""
        process_ids = job_process_ids(ACCESS.get())
        if process_ids is not None:
            command = msgspec.structs.replace(command, process_ids=process_ids)
        return self._broker.poll(command, answer, request_timeout_ms=request_timeout_ms)

    def cancel_poll(self, poll: Poll) -> None:
        """As the broker."""
        self._broker.cancel_poll(poll)

    def add_stream(self, stream: JobStream) -> None:
        """Only jobs that the caller may have, now and later."""
        stream.process_ids = job_process_ids(ACCESS.get())
        self._broker.add_stream(stream)
        identity = IDENTITY.get()
        if identity is not None:
            self._access_control.watch(stream, identity, self._reopen)

    def remove_stream(self, stream: JobStream) -> None:
        """As the broker."""
        self._access_control.forget(stream)
        self._broker.remove_stream(stream)

    def _reopen(self, stream: JobStream) -> None:
        """Jobs that it could not see before are backlog for it now."""
        self._broker.remove_stream(stream)
        self._broker.add_stream(stream)

    def stream_ready(self, stream: JobStream) -> None:
        """As the broker."""
        self._broker.stream_ready(stream)
