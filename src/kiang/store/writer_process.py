"""The engine's side of a writer that lives in a process of its own."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path

import msgspec

from kiang.store.writer import (
    COMMIT,
    DONE,
    EXECUTE,
    OPEN,
    Execution,
    Failure,
    Opening,
    WriteError,
    read_message,
    write_message,
)

_STOP_S = 10.0


class WriterGone(Exception):
    """The process has ended without an answer: what was asked of it may have happened or not."""


class WriterProcess:
    """As `writer.Writer`, in another process.

    The process is started at once and answers when it is ready; nothing waits for it before the first commit.
    """

    def __init__(self, opening: Opening, inherited_fd: int) -> None:
        """Start it.

        Args:
            opening: What it has to know.
            inherited_fd: Kept open by it until it ends: the lock of the data folder.
        """
        script = Path(__file__).with_name("writer.py")
        self._process = subprocess.Popen(  # noqa: S603 - our own script
            [sys.executable, "-I", str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=(inherited_fd,),
            start_new_session=True,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._sink = self._process.stdin.fileno()
        self._source = self._process.stdout.fileno()
        self._is_open = False
        self._send(OPEN, msgspec.msgpack.encode(opening))

    @property
    def pid(self) -> int:
        """Id of the process."""
        return self._process.pid

    def commit(self, encoded: bytes) -> None:
        """Make a batch durable.

        Raises:
            WriteError: Nothing of it was written.
            WriterGone: Not known.
        """
        self._ask(COMMIT, encoded)

    def execute(self, execution: Execution) -> int:
        """Run one statement; raises as `commit`."""
        return self._ask(EXECUTE, msgspec.msgpack.encode(execution))

    def close(self) -> None:
        """End the process and wait for that."""
        with contextlib.suppress(OSError):
            assert self._process.stdin is not None
            self._process.stdin.close()
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _ask(self, kind: int, body: bytes) -> int:
        if not self._is_open:
            self._receive()
            self._is_open = True
        self._send(kind, body)
        return self._receive()

    def _send(self, kind: int, body: bytes) -> None:
        try:
            write_message(self._sink, kind, body)
        except BrokenPipeError:
            raise WriterGone from None

    def _receive(self) -> int:
        message = read_message(self._source)
        if message is None:
            raise WriterGone
        kind, answer = message
        if kind == DONE:
            return msgspec.msgpack.decode(answer, type=int)
        failure = msgspec.msgpack.decode(answer, type=Failure)
        raise WriteError(failure.kind, failure.message)
