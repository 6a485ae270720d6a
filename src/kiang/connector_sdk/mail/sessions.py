"""Sessions with mail servers: kept between calls, used by one call at a time, in threads, with a deadline."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Protocol, TypeVar

from kiang.connector_sdk.mail.server import MailServer, Wire, failure
from kiang.connector_sdk.outbound import Resources
from kiang.connector_sdk.reach import check_host
from kiang.errors import ConnectorError

CALL_SECONDS_MAX = 120
"""Of one call, whatever the server does."""

THREADS_MAX = 16
"""Calls under way at once; more wait for their turn."""

IDLE_MAX = 8
"""Sessions that one server keeps for one user while nobody uses them."""

IDLE_SECONDS_MAX = 120
"""A session that rested longer is not used again."""

HARMLESS = frozenset(
    {"MESSAGE_NOT_FOUND", "FOLDER_NOT_FOUND", "MESSAGE_TOO_LARGE", "TOO_MANY_MESSAGES", "RECIPIENTS_REFUSED"}
)
"""Codes of errors after which a session can still be used."""


class Session(Protocol):
    """One connection on which somebody is signed in."""

    wire: Wire

    def is_alive(self) -> bool:
        """Whether it still works; asks the server."""
        ...

    def close(self) -> None:
        """End it; never raises."""
        ...


S = TypeVar("S", bound=Session)
R = TypeVar("R")


class Call:
    """What a deadline cuts."""

    def __init__(self) -> None:
        self._wire: Wire | None = None
        self._is_over = False

    def watch(self, wire: Wire) -> None:
        """This is the connection that the call waits for now."""
        self._wire = wire
        if self._is_over:
            raise TimeoutError

    def end(self) -> None:
        """Cut it."""
        self._is_over = True
        if self._wire is not None:
            self._wire.cut()


class _Pool:
    """Idle sessions of one server and user."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[tuple[Session, float]] = []
        self._is_closed = False

    def take(self) -> tuple[Session, float] | None:
        with self._lock:
            return self._idle.pop() if self._idle else None

    def give(self, session: Session) -> None:
        with self._lock:
            if not self._is_closed and len(self._idle) < IDLE_MAX:
                self._idle.append((session, time.monotonic()))
                return
        session.close()

    def close(self) -> None:
        with self._lock:
            self._is_closed, idle, self._idle = True, self._idle, []
        for session, _ in idle:
            session.wire.cut()  # without a farewell, which could take its time
            session.close()


async def with_session(
    resources: Resources,
    server: MailServer,
    open_session: Callable[[MailServer, Wire], S],
    use: Callable[[S], R],
    *,
    is_kept: bool = True,
) -> R:
    """What `use` makes of a session, in a thread. The session is kept for the next call, unless it broke.

    Args:
        resources: Where sessions and threads are kept.
        server: Whose session.
        open_session: Makes a new one.
        use: Blocks as it likes.
        is_kept: Whether the protocol allows a session to be used again.

    Raises:
        ConnectorError: With a code of `failure`.
    """
    pool = resources.get(("mail", server), _Pool, _Pool.close)
    call = Call()

    def run() -> R:
        session = _opened(pool, server, open_session, call)
        is_well = False
        try:
            result = use(session)
            is_well = is_kept
        except ConnectorError as error:
            is_well = is_kept and error.code in HARMLESS
            raise
        finally:
            if is_well:
                pool.give(session)
            else:
                session.close()
        return result

    return await in_thread(resources, server, run, call)


async def in_thread(resources: Resources, server: MailServer, run: Callable[[], R], call: Call) -> R:
    """Run something that blocks; at the deadline, or when the caller is cancelled, its connection is cut.

    Raises:
        ConnectorError: With a code of `failure`.
    """
    await check_host(server.host, resources)
    threads = resources.get(("mail", "threads"), lambda: ThreadPoolExecutor(THREADS_MAX, "kiang-mail"), _end)
    work = asyncio.get_running_loop().run_in_executor(threads, run)
    try:
        done, _ = await asyncio.wait({work}, timeout=CALL_SECONDS_MAX)
    except asyncio.CancelledError:
        _abandon(work, call)
        raise
    if not done:
        _abandon(work, call)
        raise failure(TimeoutError(), server)
    try:
        return work.result()
    except Exception as error:  # noqa: BLE001 - `failure` gives back what it does not know
        raise failure(error, server) from None


def _abandon(work: asyncio.Future[R], call: Call) -> None:
    call.end()
    if not work.cancel():
        return
    work.add_done_callback(lambda done: done.cancelled() or done.exception())


def _opened(pool: _Pool, server: MailServer, open_session: Callable[[MailServer, Wire], S], call: Call) -> S:
    while (found := pool.take()) is not None:
        session, since = found
        call.watch(session.wire)
        if time.monotonic() - since < IDLE_SECONDS_MAX and session.is_alive():
            return session  # type: ignore[return-value]  # a server has sessions of one kind
        session.close()
    wire = Wire()
    call.watch(wire)
    try:
        return open_session(server, wire)
    except BaseException:
        wire.release()
        raise


def _end(threads: ThreadPoolExecutor) -> None:
    with suppress(RuntimeError):
        threads.shutdown(wait=False, cancel_futures=True)
