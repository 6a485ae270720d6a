"""Commits that are started and whose reply an event loop takes later."""

import asyncio
import os
import select
import signal
import threading

import pytest
from tests.unit.store.test_sqlite import NOTES, Note

from kiang.broker.committer import Committer
from kiang.engine.state.unit_of_work import Change, Commit
from kiang.errors import StoreError, StoreFullError
from kiang.store.memory import MemoryStore
from kiang.store.port import StoreWithReplies
from kiang.store.sqlite import SqliteStore


def commit_of(store, *rows) -> Commit:
    position = store.header.position + 1
    return Commit(position, 100 + position, [Change(NOTES, list(rows), [], [])], b"r", position)


def finish(store) -> None:
    while True:
        select.select([store.reply_fd], [], [], 10)
        if store.finish_commit():
            return


@pytest.fixture
def store(tmp_path):
    store = SqliteStore(tmp_path / "data", tables=(NOTES,))
    yield store
    store.close()


def test_a_commit_counts_when_its_reply_was_taken(store):
    assert isinstance(store, StoreWithReplies)
    assert store.start_commit(commit_of(store, (1, "a")))
    assert store.header.position == 0

    finish(store)

    assert store.header.position == 1
    assert store.select(NOTES) == [Note(1, "a")]


def test_both_ways_of_committing_take_turns(store):
    for key in range(1, 20, 2):
        store.commit(commit_of(store, (key, "a")))
        assert store.start_commit(commit_of(store, (key + 1, "b")))
        finish(store)

    assert len(store.select(NOTES)) == store.header.position == 20


def test_a_commit_that_fails_raises_with_its_reply(tmp_path):
    store = SqliteStore(tmp_path / "data", tables=(NOTES,), pages_max=30)
    assert store.start_commit(commit_of(store, (1, "x" * 400_000)))

    with pytest.raises(StoreFullError):
        finish(store)

    assert store.header.position == 0
    assert store.start_commit(commit_of(store, (1, "a")))
    finish(store)
    store.close()


def test_a_batch_that_does_not_fit_into_the_pipe_is_left_to_commit(store):
    large = commit_of(store, (1, "x" * 4_000_000))

    assert not store.start_commit(large)
    store.commit(large)

    assert store.header.position == 1


def test_a_writer_that_dies_in_the_middle_is_replaced_with_another_pipe(store):
    assert store.start_commit(commit_of(store, (1, "a")))
    finish(store)
    before = store.reply_fd
    os.kill(store._writer.pid, signal.SIGSTOP)
    assert store.start_commit(commit_of(store, (2, "b")))
    os.kill(store._writer.pid, signal.SIGKILL)

    with pytest.raises(StoreError, match="It was started again"):
        finish(store)

    assert store.reply_fd != before
    os.fstat(before)
    assert store.start_commit(commit_of(store, (2, "b")))
    finish(store)
    assert store.select(NOTES, order=("key",)) == [Note(1, "a"), Note(2, "b")]


def test_a_writer_that_dies_while_nothing_is_asked_is_replaced_at_once(store):
    store.commit(commit_of(store, (1, "a")))
    os.kill(store._writer.pid, signal.SIGKILL)
    select.select([store.reply_fd], [], [], 10)

    assert store.finish_commit() is False

    assert store.start_commit(commit_of(store, (2, "b")))
    finish(store)
    assert store.header.position == 2


def test_a_reply_that_somebody_else_has_taken_is_not_waited_for(store):
    store.commit(commit_of(store, (1, "a")))
    answers = []
    late = threading.Thread(target=lambda: answers.append(store.finish_commit()), daemon=True)

    late.start()  # as an event loop does that was told of the reply before `commit` took it
    late.join(5)

    assert answers == [False]
    assert store.start_commit(commit_of(store, (2, "b")))
    finish(store)
    assert store.header.position == 2


async def test_large_and_small_batches_take_turns_in_an_event_loop(store):
    loop = asyncio.get_running_loop()
    done = asyncio.Queue()
    committer = Committer(store, loop, lambda error, _seconds: done.put_nowait(error))

    async with asyncio.timeout(60):
        for key in range(1, 301):
            size = 1_200_000 if key % 3 == 0 else 10
            committer.commit(commit_of(store, (key, "x" * size)))
            assert await done.get() is None

    committer.stop()
    assert store.header.position == 300


def test_trimming_the_log_on_another_thread_does_not_take_a_reply_away(store):
    for _ in range(50):
        store.commit(commit_of(store))
    stop = threading.Event()
    trimmed = []

    def trim() -> None:
        while not stop.is_set():
            trimmed.append(store.trim_log(store.header.position - 10))

    thread = threading.Thread(target=trim)
    thread.start()
    for _ in range(200):
        commit = commit_of(store)
        if store.start_commit(commit):
            finish(store)
        else:
            store.commit(commit)
    stop.set()
    thread.join()

    assert store.header.position == 250
    assert sum(trimmed) > 0


def test_a_store_without_a_writer_of_its_own_has_no_replies(tmp_path):
    store = SqliteStore(tmp_path / "data", tables=(NOTES,), writes_apart=False)
    assert store.reply_fd is None
    assert not store.start_commit(commit_of(store, (1, "a")))
    assert not isinstance(MemoryStore(), StoreWithReplies)
    store.close()
