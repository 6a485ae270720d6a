"""What is known about a backup."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class BackupKind(StrEnum):
    """What the API takes backups of. Here either holds everything: state and history are rows of the same database."""

    RUNTIME = "runtime"
    HISTORY = "history"


class BackupState(StrEnum):
    """What has become of a backup."""

    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


class Backup(msgspec.Struct, frozen=True):
    """A backup, whatever has become of it.

    Attributes:
        started_at: Epoch ms.
        updated_at: Epoch ms at which it got its state.
        failure: Why it has failed; None if it has not.
        first_position: Number of the first commit in the record log; None while that is not known.
        position: Number of the last commit in it; None while that is not known.
    """

    kind: BackupKind
    id: int
    state: BackupState
    started_at: int
    updated_at: int
    failure: str | None = None
    first_position: int | None = None
    position: int | None = None


class Checkpoint(msgspec.Struct, frozen=True):
    """The moment that a finished backup shows."""

    id: int
    position: int
    first_position: int
    made_at: int


class RuntimeState(msgspec.Struct, frozen=True):
    """What the engine remembers about its runtime backups, until somebody has it forget that.

    Attributes:
        latest: The newest one; None if none is remembered.
        all: Every one of them, oldest first.
    """

    latest: Checkpoint | None = None
    all: tuple[Checkpoint, ...] = ()
