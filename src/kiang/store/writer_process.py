"""The engine's side of a writer that lives in a process of its own."""

from __future__ import annotations

import contextlib
import fcntl
import select
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

PIPE_BYTES = 1024 * 1024
"""What fits into the pipe without waiting: the largest that the system gives without privileges."""


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
        self._replies = select.poll()
        self._replies.register(self._source, select.POLLIN)
        self._is_open = False
        self._room = _widen(self._sink)
        self._send(OPEN, msgspec.msgpack.encode(opening))

    @property
    def pid(self) -> int:
        """Id of the process."""
        return self._process.pid

    @property
    def reply_fd(self) -> int:
        """Becomes readable when there is a reply."""
        return self._source

    def commit(self, encoded: bytes) -> None:
        """Make a batch durable.

        Raises:
            WriteError: Nothing of it was written.
            WriterGone: Not known.
        """
        self._ask(COMMIT, encoded)

    def start_commit(self, encoded: bytes) -> bool:
        """Hand a batch over; False if it does not fit into the pipe."""
        if len(encoded) > self._room:
            return False
        self._send(COMMIT, encoded)
        return True

    def take_reply(self) -> bool:
        """Take a reply; False if there is none, or if it was not that to a commit. Raises as `commit`.

        Never waits: who was told that there is a reply may come when another thread has taken it.
        """
        if not self._replies.poll(0):
            return False
        is_first, self._is_open = not self._is_open, True
        self._receive()
        return not is_first

    def execute(self, execution: Execution) -> int:
        """Run statements in one transaction; raises as `commit`."""
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
        self._wait_until_open()
        self._send(kind, body)
        return self._receive()

    def _wait_until_open(self) -> None:
        if not self._is_open:
            self._receive()
            self._is_open = True

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


def _widen(pipe: int) -> int:
    """Have a pipe hold more; return how much of a message fits into it."""
    with contextlib.suppress(OSError):  # a system that allows less: larger batches are handed over by a thread
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    # Pages are the unit of a pipe, and a message may begin in the middle of one.
    return int(fcntl.fcntl(pipe, fcntl.F_GETPIPE_SZ)) // 2
