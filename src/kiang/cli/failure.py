"""How a command ends that could not do its work: one clear sentence, the way out, and an exit status that programs can tell apart."""

from __future__ import annotations

from enum import IntEnum

from kiang.errors import (
    ClientError,
    ConfigError,
    CorruptStoreError,
    DeadlineExceeded,
    KiangError,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    StoreError,
    StoreFullError,
    StoreLockedError,
    StoreVersionError,
    Unavailable,
)


class ExitStatus(IntEnum):
    """Exit statuses of the command line; 2 is a wrong call, as everywhere."""

    OK = 0
    REFUSED = 1
    USAGE = 2
    UNREACHABLE = 3
    CONFIGURATION = 4
    STORE = 5
    NOT_FOUND = 6
    INTERRUPTED = 130


class CommandError(KiangError):
    """A command cannot go on.

    Args:
        message: What was expected and what was found.
        hint: The way out, "" if there is none to name.
    """

    def __init__(self, message: str, *, hint: str = "", status: ExitStatus = ExitStatus.REFUSED) -> None:
        super().__init__(message)
        self.hint = hint
        self.status = status


_STATUSES: tuple[tuple[type[KiangError], ExitStatus], ...] = (
    (Unavailable, ExitStatus.UNREACHABLE),
    (DeadlineExceeded, ExitStatus.UNREACHABLE),
    (NotFound, ExitStatus.NOT_FOUND),
    (ClientError, ExitStatus.REFUSED),
    (ConfigError, ExitStatus.CONFIGURATION),
    (StoreError, ExitStatus.STORE),
)
"""The first class that fits decides."""

_HINTS: tuple[tuple[type[KiangError], str], ...] = (
    (
        Unavailable,
        "Is the engine running? Start one with `kiang serve`, or say where it is: --address HOST:PORT or --rest-address URL.",
    ),
    (
        DeadlineExceeded,
        "The request may have been carried out. Look with `kiang instances`, or give it more time: --timeout.",
    ),
    (ResourceExhausted, "The engine has more to do than it can take on. Wait a moment and try again."),
    (
        PermissionDenied,
        "Say who you are: CAMUNDA_AUTH_STRATEGY=BASIC or OAUTH, with the variables that belong to it.",
    ),
    (StoreLockedError, "Another `kiang serve` uses this data folder. Stop it, or name another folder: --data FOLDER."),
    (StoreVersionError, "A newer Kiang has written it. Install that version, or name another folder: --data FOLDER."),
    (CorruptStoreError, "Restore it from a backup, or begin anew in another folder: --data FOLDER."),
    (StoreFullError, "Make room on the disk, or name a folder on another one: --data FOLDER."),
)


def status_of(error: KiangError) -> ExitStatus:
    """The exit status for an error."""
    if isinstance(error, CommandError):
        return error.status
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), ExitStatus.REFUSED)


def hint_for(error: KiangError) -> str:
    """The way out, "" if none is known."""
    if isinstance(error, CommandError):
        return error.hint
    return next((hint for kind, hint in _HINTS if isinstance(error, kind)), "")
