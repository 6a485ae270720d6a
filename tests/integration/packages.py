"""What tests need from elsewhere and install themselves when it is missing: Debian's packages, and npm's.

Tests run in several processes at once, so one process installs and the others wait for it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.shared_material import ROOT

SEARCHED = (
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/rabbitmq/bin:/usr/lib/postgresql/15/bin"
)
INSTALL_SECONDS_MAX = 300


@contextmanager
def alone(what: str) -> Iterator[None]:
    """Nobody else in this checkout does the same meanwhile."""
    locks = ROOT / "build" / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    with (locks / what).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def need_package(package: str, program: str) -> None:
    """Have `program` of a Debian package; skip the test, with the reason, where that is not possible."""
    with alone("apt"):
        if shutil.which(program, path=SEARCHED):
            return
        if os.geteuid() != 0 or not shutil.which("apt-get"):
            pytest.skip(f"{program} is missing, and only root with apt can install the package {package}")
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (
            ["apt-get", "update", "-qq"],
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", package],
        ):
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                pytest.skip(f"the package {package} cannot be installed here: {done.stderr.strip()[-300:]}")


def need_node_packages(sources: Path, name: str, files: Iterable[Path]) -> Path:
    """A folder with the packages that `sources/package.json` names, and with `files` beside them.

    Skips the test, with the reason, where npm is missing or installs nothing.

    Args:
        sources: Where the package.json is.
        name: Of the folder below `build`, which outlives the run.
        files: Scripts that need the packages.
    """
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip(f"npm is not installed, so what {sources.name} needs of it cannot be tried")
    folder = ROOT / "build" / name
    with alone(name):
        folder.mkdir(parents=True, exist_ok=True)
        wanted = (sources / "package.json").read_text("utf-8")
        marker = folder / "installed.json"
        if not marker.exists() or marker.read_text("utf-8") != wanted:
            (folder / "package.json").write_text(wanted, "utf-8")
            run_node_tool(folder, [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"])
            marker.write_text(wanted, "utf-8")
        for file in files:
            copy = folder / file.name
            if not copy.exists() or copy.read_bytes() != file.read_bytes():  # another process may be reading it
                shutil.copy(file, copy)
    return folder


def run_node_tool(folder: Path, command: list[str]) -> None:
    """Run what prepares a folder of node packages; skips the test, with the reason, where it fails."""
    try:
        done = subprocess.run(
            command, check=False, cwd=folder, timeout=INSTALL_SECONDS_MAX, capture_output=True, text=True
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"{Path(command[0]).name} did not end within {INSTALL_SECONDS_MAX} s: is there a registry?")
    if done.returncode:
        pytest.skip(f"{Path(command[0]).name} failed: {done.stderr.strip()[-300:]}")
