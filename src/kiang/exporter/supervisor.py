"""Keeps a process running for every exporter while the engine runs."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from pathlib import Path

from kiang.exporter.position import Exporting
from kiang.exporter.sink import kind_of

LOG = logging.getLogger(__name__)

RESTART_MIN_S = 1.0
RESTART_MAX_S = 30.0
STOP_S = 10.0
"""For the portion that is being written when the engine stops."""


class ExporterSupervisor:
    """Exporters of one data folder.

    Args:
        data: The data folder.
        targets: Where to export to, see `sink.TARGETS`.

    Raises:
        ConfigError: A target is wrong.
    """

    def __init__(self, data: Path, targets: tuple[str, ...]) -> None:
        for target in targets:
            kind_of(target)
        self.exporting = Exporting(data, targets)
        self._data = data
        self._stopping = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Start a process for each."""
        self._tasks = [
            asyncio.create_task(self._keep_running(target), name=f"kiang-export {target}")
            for target in self.exporting.targets
        ]

    async def stop(self) -> None:
        """Have them finish what they are writing, and wait for that."""
        self._stopping.set()
        await asyncio.gather(*self._tasks)
        self._tasks = []

    async def _keep_running(self, target: str) -> None:
        delay_s = RESTART_MIN_S
        loop = asyncio.get_running_loop()
        while not self._stopping.is_set():
            started_at = loop.time()
            await self._run(target)
            if self._stopping.is_set():
                return
            if loop.time() - started_at > RESTART_MAX_S:
                delay_s = RESTART_MIN_S
            LOG.warning("exporter_ended target=%s starting again in %.0f s", target, delay_s)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), delay_s)
            delay_s = min(delay_s * 2, RESTART_MAX_S)

    async def _run(self, target: str) -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "kiang.exporter.process",
            str(self._data),
            target,
            stdin=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        ended = asyncio.create_task(process.wait())
        stopping = asyncio.create_task(self._stopping.wait())
        await asyncio.wait([ended, stopping], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        assert process.stdin is not None
        process.stdin.close()
        done, _ = await asyncio.wait([ended], timeout=STOP_S)
        if not done:
            process.kill()
            await ended
