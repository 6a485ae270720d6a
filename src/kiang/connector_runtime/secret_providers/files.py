"""Secrets from a mounted folder, one file each, as Kubernetes and Docker mount them; KIANG_SECRETS_DIRECTORY names it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from kiang.connector_sdk.secret import SecretContext
from kiang.errors import ConfigError

SECRET_SIZE_MAX_BYTES = 1_000_000

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")


class FileSecrets:
    """Reads the file anew each time, so that a rotated secret holds at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def secret(self, name: str, context: SecretContext) -> str | None:
        """See `SecretProvider`; a name that is no plain file name is not found."""
        del context
        if not _NAME.fullmatch(name):
            return None
        return await asyncio.to_thread(self._read, self._folder / name)

    async def names(self, context: SecretContext) -> Iterable[str]:
        """See `ListedSecrets`."""
        del context
        return await asyncio.to_thread(self._list)

    def _list(self) -> list[str]:
        try:
            return [path.name for path in self._folder.iterdir() if _NAME.fullmatch(path.name) and path.is_file()]
        except OSError:
            return []

    def _read(self, path: Path) -> str | None:
        try:
            with path.open("rb") as file:
                content = file.read(SECRET_SIZE_MAX_BYTES + 1)
        except OSError:
            return None
        return content.decode("utf-8", "replace").removesuffix("\n") if len(content) <= SECRET_SIZE_MAX_BYTES else None


def from_environment(environ: Mapping[str, str]) -> FileSecrets | None:
    """The folder, if one is named.

    Raises:
        ConfigError: It does not exist.
    """
    name = environ.get("KIANG_SECRETS_DIRECTORY")
    if not name:
        return None
    if not Path(name).is_dir():
        raise ConfigError("KIANG_SECRETS_DIRECTORY", name, "a folder with one file per secret")
    return FileSecrets(Path(name))
