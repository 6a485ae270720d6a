"""Users with passwords, in a SQLite file beside the store. Passwords are kept as scrypt hashes, each with a salt of its own."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from kiang.engine.state.table import Index, Row, Table
from kiang.search.statement import Run
from kiang.store.schema import create_index, create_table

T = TypeVar("T")

SALT_BYTES = 16
COST, BLOCK, PARALLEL = 2**14, 8, 1
"""About 50 ms and 16 MB for one check, as OWASP recommends for scrypt."""

_ABSENT = "00" * SALT_BYTES + "$" + "00" * 64
"""Checked in place of the password of somebody who is not known, so that both take the same time."""


class User(Row):
    """One user.

    Attributes:
        password: Salt and hash, hexadecimal, separated by `$`.
    """

    key: int
    username: str
    name: str
    email: str
    password: str


USERS = Table("identity_user", User, (Index(("username",), unique=True),))


class UserStore:
    """See the module. Methods may block and may be called from any thread.

    Args:
        path: The file; None to keep everything in memory.
    """

    def __init__(self, path: Path | None) -> None:
        self._lock = threading.Lock()
        if path is not None:
            path.touch(mode=0o600)  # before SQLite makes it, and its files beside it with the mode that this one has
            path.chmod(0o600)
        self._db = sqlite3.connect(":memory:" if path is None else path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        if self._db.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (USERS.name,)).fetchone() is None:
            self._db.execute(create_table(USERS))
            for index in USERS.indexes:
                self._db.execute(create_index(USERS, index))

    def create(self, username: str, password: str, name: str, email: str) -> bool:
        """A new user; False if there is one of that name."""
        try:
            with self._lock:
                self._db.execute(
                    "INSERT INTO identity_user (username, name, email, password) VALUES (?, ?, ?, ?)",
                    (username, name, email, _hashed(password)),
                )
        except sqlite3.IntegrityError:
            return False
        return True

    def update(self, username: str, password: str | None, name: str | None, email: str | None) -> bool:
        """Change what is not None; False if there is no such user."""
        hashed = None if password is None else _hashed(password)
        with self._lock:
            changed = self._db.execute(
                "UPDATE identity_user SET password = COALESCE(?, password), name = COALESCE(?, name), "
                "email = COALESCE(?, email) WHERE username = ?",
                (hashed, name, email, username),
            )
        return changed.rowcount == 1

    def delete(self, username: str) -> bool:
        """Forget a user; False if there is none."""
        with self._lock:
            return self._db.execute("DELETE FROM identity_user WHERE username = ?", (username,)).rowcount == 1

    def exists(self, username: str) -> bool:
        """Whether there is such a user."""
        with self._lock:
            found = self._db.execute("SELECT 1 FROM identity_user WHERE username = ?", (username,)).fetchone()
        return found is not None

    def is_empty(self) -> bool:
        """Whether there is no user at all."""
        with self._lock:
            return self._db.execute("SELECT 1 FROM identity_user LIMIT 1").fetchone() is None

    def check(self, username: str, password: str) -> bool:
        """Whether this is the password of this user; takes its time either way."""
        with self._lock:
            found = self._db.execute("SELECT password FROM identity_user WHERE username = ?", (username,)).fetchone()
        salt, _, expected = (found[0] if found else _ABSENT).partition("$")
        return hmac.compare_digest(_hash(password, bytes.fromhex(salt)), bytes.fromhex(expected)) and found is not None

    def read(self, work: Callable[[Run], T]) -> T:
        """Have `work` ask for whatever it needs."""

        def run(statement: str, parameters: list[Any]) -> list[tuple[Any, ...]]:
            return self._db.execute(statement, parameters).fetchall()

        with self._lock:
            return work(run)

    def close(self) -> None:
        """Release the file; may be called twice."""
        with self._lock:
            self._db.close()


def _hashed(password: str) -> str:
    salt = secrets.token_bytes(SALT_BYTES)
    return f"{salt.hex()}${_hash(password, salt).hex()}"


def _hash(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode("utf-8", "surrogatepass"), salt=salt, n=COST, r=BLOCK, p=PARALLEL)
