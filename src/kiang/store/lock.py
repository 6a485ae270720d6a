"""One process per data folder."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from kiang.errors import StoreError, StoreLockedError

LOCK_WAIT_S = 2.0
"""A process that was killed a moment ago may still have a writer that finishes its last commit."""

_TRY_S = 0.02


class FolderLock:
    """Held until `release`, and by every process that has inherited `fd`."""

    def __init__(self, path: Path, *, wait_s: float = LOCK_WAIT_S) -> None:
        """Take it.

        Raises:
            StoreLockedError: Another process has it.
            StoreError: The lock file cannot be made.
        """
        try:
            self.fd = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreError(f"Expected to write in data folder {path.parent}, but {error.strerror}.") from error
        end = time.monotonic() + wait_s
        while True:
            try:
                fcntl.flock(self.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() < end:
                    time.sleep(_TRY_S)
                    continue
                owner = os.pread(self.fd, 32, 0).decode(errors="replace").strip() or "unknown"
                os.close(self.fd)
                raise StoreLockedError(
                    f"Expected data folder {path.parent} to be free, but the process with id {owner} uses it."
                    " Stop that process, or choose another data folder."
                ) from None
            break
        try:
            os.ftruncate(self.fd, 0)
            os.pwrite(self.fd, str(os.getpid()).encode(), 0)
        except OSError:
            pass  # a full disk: the lock holds all the same, only the id for the message is missing

    def release(self) -> None:
        """Let others in; may be called twice."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1
