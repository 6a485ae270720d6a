"""An engine in a process of its own, for commands that need one for a while."""

from __future__ import annotations

import asyncio
import re
import sys
from collections import deque
from pathlib import Path
from typing import Self

from kiang.cli.failure import CommandError

START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 15.0
LOG_LINES_KEPT = 50
_STARTED = re.compile(rb"engine started .*grpc_port=(\d+) rest_port=(\d+) management_port=(\d+)")


class EngineChild:
    """`kiang serve` on free ports: `async with EngineChild(data) as engine`.

    Attributes:
        grpc_address: Of the engine, once it has started.
        rest_address: As above.
        log: Its last lines.
    """

    def __init__(self, data: Path) -> None:
        self._data = data
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._started: asyncio.Future[tuple[int, int]] | None = None
        self.log: deque[str] = deque(maxlen=LOG_LINES_KEPT)
        self.grpc_address = ""
        self.rest_address = ""

    async def __aenter__(self) -> Self:
        ports = ("--grpc-port", "0", "--rest-port", "0", "--management-port", "0")
        self._started = asyncio.get_running_loop().create_future()
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "kiang", "serve", "--data", str(self._data), *ports, stderr=asyncio.subprocess.PIPE
        )
        self._reader = asyncio.create_task(self._read())
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                grpc_port, rest_port = await self._started
        except TimeoutError:
            await self.__aexit__()
            raise CommandError(f"Expected the engine to start within {START_TIMEOUT_S:g} s, but it has not.") from None
        except BaseException:
            await self.__aexit__()
            raise
        self.grpc_address = f"127.0.0.1:{grpc_port}"
        self.rest_address = f"http://127.0.0.1:{rest_port}"
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        process, reader = self._process, self._reader
        if process is None or reader is None:
            return
        if process.returncode is None:
            process.terminate()
            try:
                async with asyncio.timeout(STOP_TIMEOUT_S):
                    await process.wait()
            except TimeoutError:
                process.kill()
        await process.wait()
        await reader

    @property
    def exit_status(self) -> int | None:
        """None while it runs."""
        return None if self._process is None else self._process.returncode

    async def _read(self) -> None:
        assert self._process is not None
        assert self._process.stderr is not None
        assert self._started is not None
        async for line in self._process.stderr:
            self.log.append(line.decode(errors="replace").rstrip())
            found = _STARTED.search(line)
            if found and not self._started.done():
                self._started.set_result((int(found[1]), int(found[2])))
        if not self._started.done():
            last = "\n".join(self.log)
            self._started.set_exception(CommandError(f"Expected the engine to start, but it ended:\n{last}"))
