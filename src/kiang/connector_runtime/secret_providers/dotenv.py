"""Secrets from a file of lines `NAME=value`, as developers keep them beside a project; KIANG_SECRETS_FILE names it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from kiang.connector_sdk.secret import StaticSecrets
from kiang.errors import ConfigError

FILE_SIZE_MAX_BYTES = 1_000_000


def from_environment(environ: Mapping[str, str]) -> StaticSecrets | None:
    """The secrets of the file, read once.

    Raises:
        ConfigError: It cannot be read.
    """
    name = environ.get("KIANG_SECRETS_FILE")
    if not name:
        return None
    path = Path(name)
    if not path.is_file() or path.stat().st_size > FILE_SIZE_MAX_BYTES:
        raise ConfigError("KIANG_SECRETS_FILE", name, f"a file of at most {FILE_SIZE_MAX_BYTES} bytes")
    return StaticSecrets(parse(path.read_text("utf-8")))


def parse(text: str) -> dict[str, str]:
    r"""The pairs of a dotenv file: blank lines, `#` comments and `export` allowed, values plain, in `'` or in `"` with `\n`, `\"`, `\\`."""
    pairs = {}
    for line in text.splitlines():
        name, separator, value = line.strip().removeprefix("export ").partition("=")
        if not separator or name.lstrip().startswith("#"):
            continue
        value = value.strip()
        if len(value) > 1 and value[0] == value[-1] == "'":
            value = value[1:-1]
        elif len(value) > 1 and value[0] == value[-1] == '"':
            value = value[1:-1].replace("\\\\", "\0").replace("\\n", "\n").replace('\\"', '"').replace("\0", "\\")
        pairs[name.strip()] = value
    return pairs
