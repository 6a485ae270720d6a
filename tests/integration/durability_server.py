"""The real engine as a process that tests start, kill and start again."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from kiang.client import NO_RETRIES, AsyncClient
from kiang.errors import ClientError

KIANG = Path(sys.executable).with_name("kiang")
START_S = 20.0


class Server:
    """`kiang serve` on a folder; always on the same ports, so that clients find it again."""

    def __init__(self, data: Path, *options: str, limit_files_to_bytes: int = 0) -> None:
        self.data = data
        self.ports = free_ports(3)
        self._options = options
        self._file_limit = limit_files_to_bytes
        self._process: subprocess.Popen[bytes] | None = None
        self._log = data.parent / "server.log"

    def start(self) -> None:
        """Start it; it is not ready when this returns."""
        names = ("--grpc-port", "--rest-port", "--management-port")
        ports = [part for name, port in zip(names, self.ports, strict=True) for part in (name, str(port))]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [str(KIANG), "serve", "--data", str(self.data), *ports, *self._options],
                stdout=log, stderr=log, env={**os.environ, "COLUMNS": "200"},
            )  # fmt: skip

    def kill(self) -> None:
        """Kill it without warning."""
        self._end(signal.SIGKILL)

    def terminate(self) -> int:
        """Ask it to end; its exit status."""
        return self._end(signal.SIGTERM)

    def _end(self, number: int) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(number)
        return process.wait(30)

    @property
    def log(self) -> str:
        """What it has said."""
        return self._log.read_text()

    def client(self) -> AsyncClient:
        """A new client that repeats nothing by itself."""
        return AsyncClient(f"127.0.0.1:{self.ports[0]}", retries=NO_RETRIES)

    async def ready(self) -> None:
        """Wait until it answers."""
        end = asyncio.get_running_loop().time() + START_S
        async with self.client() as client:
            while True:
                try:
                    await client.topology()
                except ClientError:
                    if asyncio.get_running_loop().time() > end:
                        raise AssertionError(f"The server has not started:\n{self.log}") from None
                    await asyncio.sleep(0.02)
                else:
                    return


def free_ports(count: int) -> Sequence[int]:
    """Ports that nobody uses at the moment."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports
