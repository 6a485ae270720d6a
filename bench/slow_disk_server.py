"""An engine whose disk takes longer: each commit waits so many milliseconds more. `python -m bench.slow_disk_server DATA PORT DELAY_MS`."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from pathlib import Path
from typing import Any

import uvloop

from kiang.broker.broker import Broker
from kiang.gateway.grpc.server import GrpcServer
from kiang.store.sqlite import SqliteStore


class SlowStore:
    """A store that is slower at commits and the same in everything else."""

    def __init__(self, store: SqliteStore, delay_s: float) -> None:
        self._store = store
        self._delay_s = delay_s

    def commit(self, commit: Any) -> None:
        time.sleep(self._delay_s)
        self._store.commit(commit)

    @property
    def reply_fd(self) -> None:
        """It has no process of its own: its commits run in a thread of the broker."""

    def start_commit(self, commit: Any) -> bool:  # noqa: ARG002 - see `reply_fd`
        return False

    def finish_commit(self) -> bool:
        return False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


async def main(data: str, port: str, delay_ms: str) -> None:
    store = SqliteStore(Path(data))
    broker = Broker(SlowStore(store, float(delay_ms) / 1000))  # type: ignore[arg-type]
    await broker.start()
    server = GrpcServer(broker, port=int(port))
    await server.start()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    await server.stop(1)
    await broker.stop()
    store.close()


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:]))
