"""A small HTTP server for tests: answers by a function, remembers what was asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass
class Peer:
    """Where it listens, and what was asked: method, path, body."""

    url: str
    asked: list[tuple[str, str, Any]] = field(default_factory=list)


Answer = Callable[[web.Request, Any], Awaitable[web.Response]]


@asynccontextmanager
async def http_peer(answer: Answer) -> AsyncIterator[Peer]:
    """Up when entered, down when left."""
    peer = Peer("")

    async def handle(request: web.Request) -> web.Response:
        body = await request.json() if request.can_read_body and request.content_type == "application/json" else None
        peer.asked.append((request.method, request.path_qs, body))
        return await answer(request, body)

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    peer.url = f"http://127.0.0.1:{port}"
    try:
        yield peer
    finally:
        await runner.cleanup()
