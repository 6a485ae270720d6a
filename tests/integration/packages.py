"""Servers of Debian's packages that tests start themselves: installed when they are missing and may be."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

SEARCHED = (
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/rabbitmq/bin:/usr/lib/postgresql/15/bin"
)


def need_package(package: str, program: str) -> None:
    """Have `program` of a Debian package; skip the test, with the reason, where that is not possible."""
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
