"""`kiang backup` and `kiang restore`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from kiang.store.backup import Manifest


def backup(
    target: Annotated[Path, typer.Argument(help="Where the backup goes; must not be there yet.")],
    data: Annotated[Path, typer.Option("--data", envvar="KIANG_DATA", help="The data folder of the engine.")] = Path(
        "kiang-data"
    ),
) -> None:
    """Back up a data folder, while the engine runs or not.

    The backup is a folder with everything as it was at one moment, and a manifest with checksums.

    Example: kiang backup --data /var/lib/kiang /backups/kiang-2026-11-25
    """
    from kiang.store.backup import back_up  # noqa: PLC0415 - `--help` does without

    _say("Backed up", target, back_up(data, target))


def restore(
    source: Annotated[Path, typer.Argument(metavar="BACKUP", help="What `kiang backup` has made.")],
    data: Annotated[
        Path, typer.Option("--data", envvar="KIANG_DATA", help="The new data folder; must be empty.")
    ] = Path("kiang-data"),
) -> None:
    """Make a data folder of a backup, after checking that it is whole.

    Example: kiang restore /backups/kiang-2026-11-25 --data /var/lib/kiang-restored
    """
    from kiang.store.backup import restore as restore_folder  # noqa: PLC0415 - as above

    _say("Restored", data, restore_folder(source, data))


def _say(what: str, folder: Path, manifest: Manifest) -> None:
    size = sum(file.size_bytes for file in manifest.files)
    positions = ", ".join(f"{name} at commit {position}" for name, position in manifest.positions.items())
    typer.echo(f"{what} {len(manifest.files)} files, {size / 1e6:.1f} MB: {folder} ({positions})")
