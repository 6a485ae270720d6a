"""Real database servers for tests, from Debian's packages, on free ports, with their data in a folder of the test."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.integration.packages import need_package
from tests.integration.running_engine import free_port

START_SECONDS_MAX = 60
POSTGRESQL_BIN = "/usr/lib/postgresql/15/bin:/usr/lib/postgresql/14/bin:/usr/lib/postgresql/16/bin:/usr/bin"
MARIADB_BIN = "/usr/sbin:/usr/bin"


@contextmanager
def _folder_of(user: str) -> Iterator[tuple[list[str], Path]]:
    """How to run a server that refuses to run as root, and a folder of its own (pytest closes its folders to other users)."""
    with tempfile.TemporaryDirectory(prefix=f"kiang-{user}-", ignore_cleanup_errors=True) as name:
        data = Path(name) / "data"
        data.mkdir()
        if os.geteuid() != 0:
            yield [], data
            return
        Path(name).chmod(0o755)
        shutil.chown(data, user)
        yield ["runuser", "-u", user, "--"], data


@contextmanager
def postgresql() -> Iterator[int]:
    """A PostgreSQL server that trusts everybody on loopback; gives its port."""
    need_package("postgresql", "initdb")
    port = free_port()
    tool = {name: shutil.which(name, path=POSTGRESQL_BIN) or name for name in ("initdb", "postgres", "pg_isready")}
    with _folder_of("postgres") as (as_user, data):
        _run([*as_user, tool["initdb"], "-D", str(data), "-U", "kiang", "-A", "trust", "-E", "UTF8", "--no-sync"])
        process = subprocess.Popen(
            [*as_user, tool["postgres"], "-D", str(data), "-p", str(port), "-h", "127.0.0.1", "-k", str(data), "-F"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
        )
        try:
            _until_up([tool["pg_isready"], "-h", "127.0.0.1", "-p", str(port), "-U", "kiang"], process)
            yield port
        finally:
            _stop(process)


@contextmanager
def mariadb(folder: Path) -> Iterator[int]:
    """A MariaDB server whose user `kiang` has the password `secret-of-kiang`; gives its port."""
    need_package("mariadb-server", "mariadbd")
    port = free_port()
    data = folder / "data"
    data.mkdir()
    as_root = ["--user=root"] if os.geteuid() == 0 else []
    start = folder / "start.sql"
    hosts = ("127.0.0.1", "localhost")
    statements = [
        "CREATE DATABASE shop;",
        *(f"CREATE USER 'kiang'@'{host}' IDENTIFIED BY 'secret-of-kiang';" for host in hosts),
        *(f"GRANT ALL ON shop.* TO 'kiang'@'{host}';" for host in hosts),
    ]
    start.write_text("\n".join(statements) + "\n")
    start.chmod(0o644)
    install = shutil.which("mariadb-install-db", path=MARIADB_BIN) or "mariadb-install-db"
    _run([install, "--no-defaults", *as_root, f"--datadir={data}", "--auth-root-authentication-method=normal"])
    server = shutil.which("mariadbd", path=MARIADB_BIN) or "mariadbd"
    process = subprocess.Popen(
        [
            server,
            "--no-defaults",
            *as_root,
            f"--datadir={data}",
            f"--port={port}",
            "--bind-address=127.0.0.1",
            f"--socket={data}/socket",
            f"--init-file={start}",
            f"--pid-file={data}/pid",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
    )
    admin = shutil.which("mariadb-admin", path=MARIADB_BIN) or "mariadb-admin"
    try:
        ping = [
            admin,
            "--no-defaults",
            "-h",
            "127.0.0.1",
            "-P",
            str(port),
            "-u",
            "kiang",
            "-psecret-of-kiang",
            "status",
        ]
        _until_up(ping, process)
        yield port
    finally:
        _stop(process)


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    assert done.returncode == 0, f"{command}: {done.stdout[-1_000:]} {done.stderr[-1_000:]}"


def _until_up(check: list[str], process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    while subprocess.run(check, capture_output=True, check=False).returncode != 0:
        assert process.poll() is None, "the database server has ended"
        assert time.monotonic() < deadline, "the database server does not come up"
        time.sleep(0.2)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
