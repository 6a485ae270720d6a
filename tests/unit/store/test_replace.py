"""A backup takes the place of what is in a data folder, wherever the process is killed meanwhile."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from pathlib import Path

import pytest

from kiang.broker.broker import Broker
from kiang.errors import StoreError
from kiang.protocol.commands import Deploy
from kiang.store.backup import ASIDE, STAGING, back_up, finish_replacement, replace
from kiang.store.sqlite import SqliteStore


def deploy(data: Path, *names: str) -> None:
    async def run() -> None:
        store = SqliteStore(data)
        broker = Broker(store)
        await broker.start()
        for name in names:
            await broker.execute(Deploy(((name, b'{"id": "a"}'),)))
        await broker.stop()
        store.close()

    asyncio.run(run())


def deployed(data: Path) -> list[str]:
    db = sqlite3.connect(f"file:{data}/partition-1.db?mode=ro", uri=True)
    try:
        return [name for (name,) in db.execute("SELECT name FROM resource ORDER BY key")]
    finally:
        db.close()


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A backup, and the data folder after more has happened."""
    folder: Path = tmp_path_factory.mktemp("made")
    deploy(folder / "data", "before.rpa")
    (folder / "data" / "documents").mkdir()
    (folder / "data" / "documents" / "old").write_text("old")
    back_up(folder / "data", folder / "backup")
    deploy(folder / "data", "after.rpa")
    (folder / "data" / "documents" / "new").write_text("new")
    return folder


@pytest.fixture
def data(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made / "data", tmp_path / "data")
    return tmp_path / "data"


def test_the_backup_is_there_and_what_was_there_is_beside_it(made: Path, data: Path) -> None:
    aside = replace(made / "backup", data)

    assert deployed(data) == ["before.rpa"]
    assert [path.name for path in (data / "documents").iterdir()] == ["old"]
    assert deployed(aside) == ["before.rpa", "after.rpa"]
    assert sorted(path.name for path in (aside / "documents").iterdir()) == ["new", "old"]
    assert not (data / STAGING).exists()
    second = replace(made / "backup", data)
    assert {aside, second} == set(data.glob(f"{ASIDE}*"))


def test_a_damaged_backup_changes_nothing(made: Path, data: Path, tmp_path: Path) -> None:
    shutil.copytree(made / "backup", tmp_path / "damaged")
    (tmp_path / "damaged" / "partition-1.db").write_bytes(b"nothing")

    with pytest.raises(StoreError, match="missing or damaged"):
        replace(tmp_path / "damaged", data)

    assert deployed(data) == ["before.rpa", "after.rpa"]
    assert not list(data.glob(f"{ASIDE}*"))


class Killed(BaseException):
    """The process ends here."""


def test_killed_at_any_moment_it_is_all_old_or_all_new(
    made: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename
    seen = set()
    for survived in range(20):
        folder = tmp_path / f"data-{survived}"
        shutil.copytree(data, folder)
        left = [survived]

        def rename_or_die(self: Path, target: Path, left: list[int] = left) -> Path:
            if left[0] == 0:
                raise Killed
            left[0] -= 1
            return rename(self, target)

        with monkeypatch.context() as patch:
            patch.setattr(Path, "rename", rename_or_die)
            try:
                replace(made / "backup", folder)
            except Killed:
                pass
            else:
                break
        finish_replacement(folder)
        found = deployed(folder)
        seen.add(tuple(found))
        assert found in (["before.rpa"], ["before.rpa", "after.rpa"])
        assert not (folder / STAGING).exists()
    assert seen == {("before.rpa",), ("before.rpa", "after.rpa")}
