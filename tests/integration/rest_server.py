"""A server as `kiang serve` makes it, inside the test: broker, SQLite, REST gateway, a clock that can be turned."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from tests.bpmn_builder import BpmnFile

from kiang.broker.broker import Broker
from kiang.broker.clock import Clock, ControlledClock
from kiang.connector_sdk.secret import StaticSecrets
from kiang.exporter.position import Exporting
from kiang.gateway.backups.backups import Backups
from kiang.gateway.rest.server import RestServer
from kiang.store.sqlite import SqliteStore


@asynccontextmanager
async def rest_server(
    folder: Path, clock: Clock | None = None, *, record: Callable[[Any], Any] | None = None
) -> AsyncIterator[Any]:
    """Up when entered, down when left; with `record`, an ASGI application around ours, also that."""
    store = SqliteStore(folder)
    broker = Broker(store, clock=clock or ControlledClock())
    await broker.start()
    backups = Backups(folder, folder.with_name(f"{folder.name}-backups"))
    server = RestServer(
        broker,
        port=0,
        exporting=Exporting(folder, ("jsonl:records.jsonl",)),
        backups=backups,
        secrets=StaticSecrets({"TOKEN": "a-secret"}),
        replace=lambda _: None,  # whoever asks for a restore is not restarted
    )
    recorder = None
    if record is not None:
        recorder = server._listener._application = record(server._listener._application)
    await server.start()
    try:
        yield server if recorder is None else (server, recorder)
    finally:
        await server.stop(1)
        await backups.stop()
        await broker.stop()
        store.close()


def client_of(server: RestServer) -> httpx.AsyncClient:
    """A plain HTTP client."""
    return httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}/v2", timeout=20)


def one_task(process_id: str = "order", job_type: str = "pay") -> bytes:
    """Start, one service task, end."""
    b = BpmnFile(process_id)
    b.start("s").service_task("task", job_type=job_type).end("e").chain("s", "task", "e")
    content = b.xml()
    return content.encode() if isinstance(content, str) else content


async def deploy(http: httpx.AsyncClient, *files: tuple[str, bytes]) -> dict:
    """Deploy, and return the answer."""
    answer = await http.post("/deployments", files=[("resources", file) for file in files])
    assert answer.status_code == 200, answer.text
    return answer.json()
