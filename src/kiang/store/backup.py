"""Backups of a data folder, made while the engine runs.

A backup is a folder: each database as it was at one commit (the engine goes on writing meanwhile), the documents, and a manifest with the
checksum of every file. It appears under its name when it is whole. What can be made anew (the index of variables) is left out.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import time
from pathlib import Path

import msgspec

from kiang.errors import StoreError
from kiang.store.schema import APPLICATION_ID

MANIFEST = "manifest.json"
DOCUMENTS = "documents"
STAGING = ".restoring"
NEW = "new"
PLAN = "plan.json"
ASIDE = "before-restore-"
"""Begins the name of the folder with what was there before a backup took its place."""

UNFINISHED = ".unfinished"
"""End of the name of a backup that is being made."""

READ_BYTES = 1024 * 1024


class BackedUpFile(msgspec.Struct, frozen=True):
    """One file of a backup.

    Attributes:
        name: Relative to the folder.
        sha256: Of its content, hexadecimal.
    """

    name: str
    size_bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """What a backup holds.

    Attributes:
        made_at: Epoch ms at which it was whole.
        positions: Number of the last commit by database of a partition.
        started_at: Epoch ms at which it was begun.
        first_positions: Number of the first entry in the record log, by database.
    """

    made_at: int
    positions: dict[str, int]
    files: list[BackedUpFile]
    started_at: int = 0
    first_positions: dict[str, int] = {}


_decode = msgspec.json.Decoder(Manifest).decode


def back_up(data: Path, target: Path) -> Manifest:
    """Make a backup of a data folder, whether an engine runs on it or not.

    Args:
        data: The folder that `kiang serve --data` names.
        target: Where the backup goes; must not be there.

    Raises:
        StoreError: There is nothing to back up, the target is there, or something cannot be read or written.
    """
    databases = [path for path in sorted(data.glob("*.db")) if not path.stem.endswith("-search")]
    if not any(path.stem.startswith("partition-") for path in databases):
        raise StoreError(f"Expected {data} to be a data folder, but there is no store in it.")
    if target.exists():
        raise StoreError(f"Expected {target} not to be there, but it is. Choose another name for the backup.")
    unfinished = target.with_name(f".{target.name}{UNFINISHED}")
    started_at = _now_ms()
    try:
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        positions, first_positions = {}, {}
        for path in databases:
            found = _copy_database(path, unfinished / path.name)
            if found is not None:
                first_positions[path.name], positions[path.name] = found
        if (data / DOCUMENTS).is_dir():
            shutil.copytree(data / DOCUMENTS, unfinished / DOCUMENTS, ignore=shutil.ignore_patterns("new-*"))
        files = [_described(path, unfinished) for path in sorted(unfinished.rglob("*")) if path.is_file()]
        manifest = Manifest(_now_ms(), positions, files, started_at, first_positions)
        (unfinished / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))
        _sync(unfinished)
        unfinished.rename(target)
    except (OSError, sqlite3.Error) as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise StoreError(f"Expected to make a backup of {data}, but it failed: {error}") from error
    return manifest


def restore(backup: Path, data: Path) -> Manifest:
    """Make a data folder of a backup.

    Args:
        backup: What `back_up` has made.
        data: The new data folder; must be empty or not there.

    Raises:
        StoreError: The backup is damaged or none, the data folder holds something, or something cannot be written.
    """
    manifest = check(backup)
    if data.exists() and any(data.iterdir()):
        raise StoreError(f"Expected {data} to be empty, but it is not. Restore into a new folder.")
    try:
        data.mkdir(parents=True, exist_ok=True)
        for file in manifest.files:
            path = data / file.name
            path.parent.mkdir(parents=True, exist_ok=True)
            _make(path, (backup / file.name).stat().st_mode & 0o777)
            shutil.copy2(backup / file.name, path)
        _sync(data)
    except OSError as error:
        raise StoreError(f"Expected to restore {backup}, but it failed: {error}") from error
    return manifest


def replace(backup: Path, data: Path) -> Path:
    """Put a backup in the place of what is in a data folder, which nobody may use meanwhile.

    Killed at any moment, it leaves the folder as it was, or `finish_replacement` has it as it should be.

    Args:
        backup: What `back_up` has made.
        data: The data folder.

    Returns:
        Where what was there is now: a folder in the data folder.

    Raises:
        StoreError: The backup is damaged or none, or something cannot be written; then all is as it was.
    """
    staging = data / STAGING
    try:
        finish_replacement(data)
        restore(backup, staging / NEW)
        old = sorted(path.name for path in data.iterdir() if not _stays(path))
        plan = _Plan(f"{ASIDE}{_now_ms()}", old)
        unfinished = staging / f"{PLAN}.new"
        unfinished.write_bytes(msgspec.json.encode(plan))
        _sync(staging)
        unfinished.rename(staging / PLAN)
        finish_replacement(data)
    except OSError as error:
        raise StoreError(f"Expected to put {backup} in the place of {data}, but it failed: {error}") from error
    return data / plan.aside


def finish_replacement(data: Path) -> None:
    """Finish what a `replace` has begun that was killed; nothing to do for most folders.

    Raises:
        StoreError: A file cannot be moved.
    """
    staging = data / STAGING
    if not staging.is_dir():
        return
    try:
        if (staging / PLAN).exists():
            plan = _decode_plan((staging / PLAN).read_bytes())
            aside = data / plan.aside
            aside.mkdir(exist_ok=True)
            for name in plan.old:
                # what is there under both names is new already
                if (data / name).exists() and not (aside / name).exists():
                    (data / name).rename(aside / name)
            for path in sorted((staging / NEW).iterdir()):
                path.rename(data / path.name)
            _sync_one(aside)
            _sync_one(data)
        shutil.rmtree(staging)
    except (OSError, msgspec.MsgspecError) as error:
        raise StoreError(f"Expected to finish the restoring of {data}, but it failed: {error}") from error


class _Plan(msgspec.Struct, frozen=True):
    """What a replacement is about to do.

    Attributes:
        aside: Name of the folder for what was there.
        old: Names of what was there.
    """

    aside: str
    old: list[str]


_decode_plan = msgspec.json.Decoder(_Plan).decode


def _stays(path: Path) -> bool:
    return path.name == STAGING or path.name.startswith(ASIDE) or path.suffix == ".lock"


def check(backup: Path) -> Manifest:
    """Whether a backup is whole.

    Raises:
        StoreError: It is damaged, or none.
    """
    manifest = read_manifest(backup)
    if manifest is None:
        raise StoreError(f"Expected {backup} to be a backup, but it has no manifest that can be read.")
    try:
        _check_files(backup, manifest)
    except OSError as error:
        raise StoreError(f"Expected to read the backup {backup}, but it failed: {error}") from error
    return manifest


def _check_files(backup: Path, manifest: Manifest) -> None:
    for file in manifest.files:
        path = backup / file.name
        if not path.resolve().is_relative_to(backup.resolve()):
            raise StoreError(f"Expected every file of the backup to lie in {backup}, but {file.name} does not.")
        if not path.is_file() or _described(path, backup) != file:
            raise StoreError(
                f"Expected {path} as the manifest of the backup describes it, but it is missing or damaged."
            )


def read_manifest(backup: Path) -> Manifest | None:
    """What a backup holds, as its manifest says; None if there is no manifest that can be read."""
    try:
        return _decode((backup / MANIFEST).read_bytes())
    except (OSError, msgspec.MsgspecError):
        return None


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _make(path: Path, mode: int) -> None:
    """An empty file that from its first moment only those may read who may read the original: one holds hashes of passwords."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode))


def _copy_database(source: Path, target: Path) -> tuple[int, int] | None:
    """Copy the last commit; returns the numbers of the first commit in the record log and of the last one if it is a store."""
    mode = source.stat().st_mode & 0o777
    _make(target, mode)
    db = sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
    try:
        db.execute("VACUUM INTO ?", (str(target),))
    finally:
        db.close()
    target.chmod(mode)
    copy = sqlite3.connect(target, isolation_level=None)
    try:
        (damage,) = copy.execute("PRAGMA quick_check(1)").fetchone()
        if damage != "ok":
            raise sqlite3.DatabaseError(f"{source.name}: {damage}")
        if copy.execute("PRAGMA application_id").fetchone() != (APPLICATION_ID,):
            return None
        (position,) = copy.execute("SELECT position FROM meta").fetchone()
        (first,) = copy.execute("SELECT MIN(position) FROM record_log").fetchone()
        return int(position if first is None else first), int(position)
    finally:
        copy.close()


def _described(path: Path, folder: Path) -> BackedUpFile:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(READ_BYTES):
            digest.update(chunk)
    return BackedUpFile(path.relative_to(folder).as_posix(), path.stat().st_size, digest.hexdigest())


def _sync(folder: Path) -> None:
    for path in [*folder.rglob("*"), folder]:
        _sync_one(path)


def _sync_one(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
