"""A simulated twin of the gRPC channel: scripted answers, and a diary of what was asked."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

from kiang.client import AsyncClient, ClientSettings, NoCredentials, RetryPolicy
from kiang.client.connection import Connection
from kiang.client.credentials import Credentials
from kiang.client.grpc import GrpcTransport
from kiang.wire.channel import RpcError
from kiang.wire.status import StatusCode


class SimulatedChannel:
    """Answers each call with the next of `answers`: a message, an error, or a list of them for a stream."""

    def __init__(self, *answers: Any) -> None:
        self.answers = deque(answers)
        self.asked: list[tuple[str, Any, dict[str, str]]] = []
        self.timeouts: list[float | None] = []
        self.is_open = False
        self.refuses_connections = False
        self.connections = 0

    async def connect(self, timeout_s: float = 10.0) -> None:
        self.connections += 1
        if self.refuses_connections:
            raise RpcError(StatusCode.UNAVAILABLE, "refused", not_processed=True)
        self.is_open = True

    async def close(self, grace_s: float = 0.0) -> None:
        self.is_open = False

    async def wait_closed(self) -> None:
        return None

    async def unary(self, method, request, response_type, *, timeout_s=None, metadata=()):
        self.asked.append((method.rpartition("/")[2], request, dict(metadata)))
        self.timeouts.append(timeout_s)
        await asyncio.sleep(0)
        answer = self.answers.popleft() if self.answers else response_type()
        if isinstance(answer, RpcError):
            raise answer
        assert isinstance(answer, response_type)
        return answer

    def server_stream(self, method, request, response_type, *, timeout_s=None, metadata=(), window_bytes=65_535):
        self.asked.append((method.rpartition("/")[2], request, dict(metadata)))
        return SimulatedMessages(self.answers.popleft() if self.answers else [])


class SimulatedMessages:
    def __init__(self, items: list[Any]) -> None:
        self._items = deque(items)
        self._cancelled = False

    def cancel(self) -> None:
        self._cancelled = True

    def __aiter__(self):
        return self

    async def __anext__(self):
        await asyncio.sleep(0)
        if not self._items:
            raise StopAsyncIteration
        item = self._items.popleft()
        if item is FOR_EVER:
            if self._cancelled:
                raise StopAsyncIteration
            self._items.append(item)
            await asyncio.Event().wait()
        if isinstance(item, RpcError):
            raise item
        return item

    async def __aenter__(self):
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self.cancel()


FOR_EVER = object()
"""In a stream: nothing comes any more, but it does not end."""

FAST = RetryPolicy(attempts=4, first_delay=RetryPolicy().first_delay / 50, delay_max=RetryPolicy().first_delay / 50)


def client_on(
    channel: SimulatedChannel, credentials: Credentials | None = None, retries: RetryPolicy = FAST
) -> AsyncClient:
    transport = GrpcTransport(Connection(lambda: channel), credentials or NoCredentials())
    return AsyncClient(transport=transport, settings=ClientSettings.read(environ={}), retries=retries)


def status(code: StatusCode, message: str = "text of the engine", *, not_processed: bool = False) -> RpcError:
    return RpcError(code, message, not_processed=not_processed)
