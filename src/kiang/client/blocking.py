"""The client for programs without an event loop: the asynchronous one, run in a thread of its own."""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import CancelledError
from datetime import timedelta
from typing import Any, Concatenate, ParamSpec, Self, TypeVar, cast

from kiang.client.asynchronous import AsyncClient
from kiang.client.credentials import Credentials
from kiang.client.job import Job
from kiang.client.retry import RetryPolicy
from kiang.client.settings import ClientSettings, TlsSettings, Wire
from kiang.client.transport import JobStream

P = ParamSpec("P")
R = TypeVar("R")


def _blocking(
    method: Callable[Concatenate[AsyncClient, P], Awaitable[R]],
) -> Callable[Concatenate[Client, P], R]:
    """The same method, waiting for its result."""

    @functools.wraps(method)
    def call(self: Client, /, *args: P.args, **kwargs: P.kwargs) -> R:
        coroutine = cast("Coroutine[Any, Any, R]", method(self.asynchronous, *args, **kwargs))
        return self._loop.run(coroutine)

    return cast("Callable[Concatenate[Client, P], R]", call)


def _blocking_stream(
    method: Callable[Concatenate[AsyncClient, P], JobStream],
) -> Callable[Concatenate[Client, P], BlockingJobStream]:
    """The same method, giving an ordinary iterator."""

    @functools.wraps(method)
    def call(self: Client, /, *args: P.args, **kwargs: P.kwargs) -> BlockingJobStream:
        return BlockingJobStream(self._loop, method(self.asynchronous, *args, **kwargs))

    return cast("Callable[Concatenate[Client, P], BlockingJobStream]", call)


class Client:
    """Asks an engine, from any thread. Arguments, methods and errors are those of `AsyncClient`.

    Close it with `close()` or use it in `with`.
    """

    def __init__(
        self,
        grpc_address: str | None = None,
        *,
        rest_address: str | None = None,
        wire: Wire | str | None = None,
        credentials: Credentials | None = None,
        tls: TlsSettings | None = None,
        tenant_id: str | None = None,
        timeout: timedelta | None = None,
        retries: RetryPolicy | None = None,
        settings: ClientSettings | None = None,
    ) -> None:
        self.asynchronous = AsyncClient(
            grpc_address,
            rest_address=rest_address,
            wire=wire,
            credentials=credentials,
            tls=tls,
            tenant_id=tenant_id,
            timeout=timeout,
            retries=retries,
            settings=settings,
        )
        self._loop = _LoopThread()

    @property
    def settings(self) -> ClientSettings:
        """Where the engine is and who asks."""
        return self.asynchronous.settings

    topology = _blocking(AsyncClient.topology)
    deploy = _blocking(AsyncClient.deploy)
    deploy_resources = _blocking(AsyncClient.deploy_resources)
    delete_resource = _blocking(AsyncClient.delete_resource)
    process_definition_xml = _blocking(AsyncClient.process_definition_xml)
    create_process_instance = _blocking(AsyncClient.create_process_instance)
    create_process_instance_with_result = _blocking(AsyncClient.create_process_instance_with_result)
    cancel_process_instance = _blocking(AsyncClient.cancel_process_instance)
    modify_process_instance = _blocking(AsyncClient.modify_process_instance)
    migrate_process_instance = _blocking(AsyncClient.migrate_process_instance)
    set_variables = _blocking(AsyncClient.set_variables)
    resolve_incident = _blocking(AsyncClient.resolve_incident)
    publish_message = _blocking(AsyncClient.publish_message)
    correlate_message = _blocking(AsyncClient.correlate_message)
    broadcast_signal = _blocking(AsyncClient.broadcast_signal)
    evaluate_decision = _blocking(AsyncClient.evaluate_decision)
    activate_jobs = _blocking(AsyncClient.activate_jobs)
    stream_jobs = _blocking_stream(AsyncClient.stream_jobs)
    complete_job = _blocking(AsyncClient.complete_job)
    fail_job = _blocking(AsyncClient.fail_job)
    throw_error = _blocking(AsyncClient.throw_error)
    update_job_retries = _blocking(AsyncClient.update_job_retries)
    update_job_timeout = _blocking(AsyncClient.update_job_timeout)
    complete_user_task = _blocking(AsyncClient.complete_user_task)
    assign_user_task = _blocking(AsyncClient.assign_user_task)
    update_user_task = _blocking(AsyncClient.update_user_task)
    pin_clock = _blocking(AsyncClient.pin_clock)
    reset_clock = _blocking(AsyncClient.reset_clock)

    # `search` and `call` are generic in an argument, which a parameter specification cannot carry to another method.
    search = _blocking(AsyncClient.search)
    call = _blocking(AsyncClient.call)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections and end the thread. May be called twice."""
        self._loop.close(self.asynchronous.aclose)

    def __repr__(self) -> str:
        return repr(self.asynchronous).removeprefix("Async")


class BlockingJobStream:
    """Jobs of a stream, one by one; waits for each."""

    def __init__(self, loop: _LoopThread, stream: JobStream) -> None:
        self._loop = loop
        self._stream = stream

    def __iter__(self) -> Iterator[Job]:
        iterator = aiter(self._stream)
        while True:
            try:
                yield self._loop.run(_next(iterator))
            except StopAsyncIteration:
                return

    def close(self) -> None:
        """Tell the engine that nobody listens any more."""
        self._loop.run(self._stream.aclose())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


async def _next(iterator: Any) -> Job:
    return cast("Job", await anext(iterator))


class _LoopThread:
    """An event loop in a daemon thread, started by the first call."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def run(self, coroutine: Coroutine[Any, Any, R]) -> R:
        """Run to its end in the loop; an interruption of the waiting thread (Ctrl-C) cancels it."""
        if threading.current_thread() is self._thread:
            coroutine.close()
            raise RuntimeError("A Client cannot wait inside its own event loop. Use AsyncClient there.")
        future = asyncio.run_coroutine_threadsafe(coroutine, self._started())
        try:
            return future.result()
        except CancelledError:
            raise RuntimeError("The client was closed while a request was under way.") from None
        except BaseException:
            future.cancel()
            raise

    def _started(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, name="kiang-client", daemon=True)
                self._thread.start()
            return self._loop

    def close(self, cleanup: Callable[[], Coroutine[Any, Any, None]]) -> None:
        with self._lock:
            loop, thread = self._loop, self._thread
            self._loop = self._thread = None
        if loop is None or thread is None:
            return

        async def finish() -> None:
            await cleanup()
            rest = asyncio.all_tasks(loop) - {asyncio.current_task(loop)}
            for task in rest:
                task.cancel()
            await asyncio.gather(*rest, return_exceptions=True)
            await loop.shutdown_asyncgens()

        asyncio.run_coroutine_threadsafe(finish(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
