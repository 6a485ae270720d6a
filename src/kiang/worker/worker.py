"""A worker: handlers by job type, and the life of the process that runs them."""

from __future__ import annotations

import asyncio
import inspect
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar, Protocol, Self, TypedDict, TypeVar, Unpack, overload

import msgspec

from kiang.client.asynchronous import JOB_TIMEOUT, AsyncClient
from kiang.client.blocking import Client
from kiang.errors import ConfigError
from kiang.worker.binding import Binding
from kiang.worker.job_worker import JobWorker, JobWorkerSettings
from kiang.worker.observer import LoggingObserver, Middleware, WorkerObserver
from kiang.worker.port import ClientJobPort, JobPort
from kiang.worker.threads import HandlerThreads

MAX_JOBS_ASYNC = 256
"""Of one type at once on the event loop: with a handler that waits 100 ms, 2,560 jobs a second."""
THREADS_DEFAULT = 64
JOBS_PER_THREAD = 2
"""Held at once for each thread, so that none is idle while the engine is asked for more."""
REQUEST_TIMEOUT = timedelta(seconds=10)
GRACE_DEFAULT = timedelta(seconds=30)


class _Dataclass(Protocol):
    __dataclass_fields__: ClassVar[dict[str, Any]]


class _PydanticModel(Protocol):
    @property
    def model_computed_fields(self) -> Any: ...

    def model_dump_json(self) -> str: ...


Document = Mapping[str, Any] | msgspec.Struct | _Dataclass | _PydanticModel
"""What a handler may return: the variables that the job is completed with."""

HandlerT = TypeVar("HandlerT", bound=Callable[..., Awaitable[Document | None] | Document | None])
ValueHandlerT = TypeVar("ValueHandlerT", bound=Callable[..., Any])


class JobOptions(TypedDict, total=False):
    """What can be said of one job type; see `Worker.job`."""

    timeout: timedelta
    max_jobs: int
    fetch_variables: Sequence[str]
    request_timeout: timedelta
    stream: bool
    extend_timeout: bool
    retry_backoff: timedelta
    tenant_ids: Sequence[str]


@dataclass(frozen=True, slots=True)
class Handler:
    """A function that was registered for a job type."""

    job_type: str
    function: Callable[..., Any]
    binding: Binding
    is_async: bool
    options: JobOptions


class Worker:
    """Runs handlers on the jobs of an engine.

        worker = Worker(AsyncClient())

        @worker.job("process-payment")
        async def pay(amount: Decimal, order_id: str) -> dict[str, str]:
            ...

        worker.run()

    What a handler returns completes the job; `JobError` fails it, `BpmnError` throws a BPMN error, any other exception fails
    it with one retry less. `async def` handlers run on the event loop, `def` handlers in threads.

    Args:
        client: The engine, as a client or as any other port; else what the environment says, see `AsyncClient`.
        name: Recorded by the engine with each job; else CAMUNDA_WORKER_NAME, else host and process number.
        timeout: How long a job belongs to this worker; else CAMUNDA_WORKER_TIMEOUT (ms), else 5 minutes.
        max_jobs: Jobs of one type held at once; else CAMUNDA_WORKER_MAX_CONCURRENT_JOBS, else 256 for `async def`,
            two for each thread for `def`.
        threads: For all `def` handlers together.
        stream: Whether jobs are streamed besides being polled; False for polling alone.
        grace: How long `run` lets handlers finish after SIGTERM or Ctrl-C.
        middleware: Around every handler, the first one outermost.
        observer: Is told what happens; by default it is logged.
    """

    def __init__(
        self,
        client: AsyncClient | Client | JobPort | None = None,
        *,
        name: str | None = None,
        timeout: timedelta | None = None,
        max_jobs: int | None = None,
        threads: int = THREADS_DEFAULT,
        stream: bool = True,
        request_timeout: timedelta | None = None,
        grace: timedelta = GRACE_DEFAULT,
        middleware: Sequence[Middleware] = (),
        observer: WorkerObserver | None = None,
    ) -> None:
        self.client = client
        self.name = name or os.environ.get("CAMUNDA_WORKER_NAME") or f"{socket.gethostname()}-{os.getpid()}"
        self._timeout = timeout or _environment_ms("CAMUNDA_WORKER_TIMEOUT") or JOB_TIMEOUT
        self._max_jobs = max_jobs or _environment_number("CAMUNDA_WORKER_MAX_CONCURRENT_JOBS")
        self._request_timeout = request_timeout or _environment_ms("CAMUNDA_WORKER_REQUEST_TIMEOUT") or REQUEST_TIMEOUT
        self._thread_count = _positive("threads", threads)
        self._stream = stream
        self._grace = grace
        self._middleware = tuple(middleware)
        self._observer: WorkerObserver = observer or LoggingObserver()
        self._handlers: dict[str, Handler] = {}
        self._stop_asked: asyncio.Event | None = None
        self._job_workers: list[JobWorker] = []

    # ---- handlers

    @overload
    def job(self, job_type: str, **options: Unpack[JobOptions]) -> Callable[[HandlerT], HandlerT]: ...

    @overload
    def job(
        self, job_type: str, *, result_variable: str, **options: Unpack[JobOptions]
    ) -> Callable[[ValueHandlerT], ValueHandlerT]: ...

    def job(self, job_type: str, *, result_variable: str = "", **options: Unpack[JobOptions]) -> Callable[[Any], Any]:
        """Register the function below for a job type; the function itself stays as it is.

        Args:
            job_type: One handler each.
            result_variable: What the handler returns becomes the value of this variable, whatever it is.
            options: timeout, max_jobs, request_timeout, stream: as for the worker, for this type alone.
                fetch_variables: instead of what the signature says.
                extend_timeout: True keeps a job for as long as its handler runs.
                retry_backoff: rest of a job whose handler raised something unexpected.
                tenant_ids: whose jobs to take.

        Raises:
            TypeError: The signature asks for what no job can give.
            ConfigError: There is a handler for this type already, or an option has no sensible value.
        """
        frame = sys._getframe(1)
        names = {**frame.f_globals, **frame.f_locals}

        def register(function: Callable[..., Any]) -> Callable[..., Any]:
            self._register(job_type, function, names, result_variable, options)
            return function

        return register

    def add(
        self, job_type: str, function: Callable[..., Any], *, result_variable: str = "", **options: Unpack[JobOptions]
    ) -> None:
        """As `job`, for a function that is made elsewhere."""
        self._register(job_type, function, {}, result_variable, options)

    def include(self, other: Worker) -> None:
        """Take over the handlers of another worker, for programs whose handlers stand in several modules."""
        for handler in other._handlers.values():
            self._put(handler)

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """By job type."""
        return self._handlers

    def _register(
        self,
        job_type: str,
        function: Callable[..., Any],
        names: Mapping[str, Any],
        result_variable: str,
        options: JobOptions,
    ) -> None:
        if inspect.isasyncgenfunction(function) or inspect.isgeneratorfunction(function):
            raise TypeError(f"Expected a handler for {job_type!r} that returns, but {function.__qualname__} yields.")
        if not job_type.strip():
            raise ConfigError("job_type", job_type, "a job type")
        if "max_jobs" in options:
            _positive("max_jobs", options["max_jobs"])
        for name in ("timeout", "request_timeout"):
            duration = options.get(name)
            if isinstance(duration, timedelta) and duration <= timedelta(0):
                raise ConfigError(name, str(duration), "a positive duration")
        call = type(function).__call__ if not inspect.isroutine(function) else function
        self._put(
            Handler(
                job_type,
                function,
                Binding(function, names=names, result_variable=result_variable),
                inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(call),
                options,
            )
        )

    def _put(self, handler: Handler) -> None:
        if handler.job_type in self._handlers:
            raise ConfigError("job_type", handler.job_type, "a job type that has no handler yet")
        self._handlers[handler.job_type] = handler

    # ---- life

    def run(self) -> None:
        """Work until SIGTERM or Ctrl-C, then finish what runs (a second Ctrl-C does not wait)."""
        run_workers(self)

    async def run_async(self) -> None:
        """Work until `stop` is called or this task is cancelled; either way it ends gracefully.

        Raises:
            ClientError: The engine refuses to give jobs, and would refuse again (for example an unknown tenant).
        """
        if self._stop_asked is not None:
            raise RuntimeError("This worker runs already.")
        if not self._handlers:
            raise ConfigError("handlers", "none", 'at least one: decorate a function with @worker.job("type")')
        self._stop_asked = asyncio.Event()
        port = self._port()
        threads = (
            None if all(handler.is_async for handler in self._handlers.values()) else HandlerThreads(self._thread_count)
        )
        self._job_workers = [self._job_worker(handler, port, threads) for handler in self._handlers.values()]
        stop_asked = asyncio.ensure_future(self._stop_asked.wait())
        running = [asyncio.ensure_future(worker.run()) for worker in self._job_workers]
        try:
            done, _ = await asyncio.wait([stop_asked, *running], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            stop_asked.cancel()
            grace_s = self._grace.total_seconds()
            await asyncio.gather(*(worker.stop(grace_s) for worker in self._job_workers))
            await asyncio.gather(*running, return_exceptions=True)
            if threads is not None:
                threads.close()
            await port.aclose()
            self._job_workers = []
            self._stop_asked = None

    def stop(self) -> None:
        """Ask the worker to end; `run` returns when it has. Only from its own event loop."""
        if self._stop_asked is not None:
            self._stop_asked.set()

    async def __aenter__(self) -> Self:
        self._background = asyncio.ensure_future(self.run_async())
        await asyncio.sleep(0)  # a worker that cannot begin says so at once
        if self._background.done():
            self._background.result()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self.stop()
        await self._background

    @property
    def held_jobs(self) -> int:
        """Jobs that this worker has and the engine has not heard the end of."""
        return sum(worker.held for worker in self._job_workers)

    def _port(self) -> JobPort:
        client = self.client
        if client is None:
            return ClientJobPort(AsyncClient(), owned=True)
        if isinstance(client, AsyncClient):
            return ClientJobPort(client)
        if isinstance(client, Client):
            # Its connections belong to its own thread; the worker makes others to the same engine.
            return ClientJobPort(AsyncClient(settings=client.settings), owned=True)
        return client

    def _job_worker(self, handler: Handler, port: JobPort, threads: HandlerThreads | None) -> JobWorker:
        options = handler.options
        default = MAX_JOBS_ASYNC if handler.is_async else self._thread_count * JOBS_PER_THREAD
        client = self.client
        tenants = client.settings.worker_tenant_ids if isinstance(client, (AsyncClient, Client)) else ()
        fetched = options.get("fetch_variables")
        settings = JobWorkerSettings(
            job_type=handler.job_type,
            worker=self.name,
            timeout=options.get("timeout", self._timeout),
            max_jobs=options.get("max_jobs") or self._max_jobs or default,
            request_timeout=options.get("request_timeout", self._request_timeout),
            tenant_ids=tuple(options.get("tenant_ids", tenants)),
            fetch_variables=handler.binding.fetch_variables if fetched is None else tuple(fetched),
            streams=options.get("stream", self._stream),
            extends_timeout=options.get("extend_timeout", False),
            retry_backoff=options.get("retry_backoff", timedelta(0)),
        )
        return JobWorker(
            settings,
            handler.function,
            handler.binding,
            port=port,
            observer=self._observer,
            middleware=self._middleware,
            threads=None if handler.is_async else threads,
        )


def run_workers(*workers: Worker) -> None:
    """Run several workers in one process, each with its own client and settings. As `Worker.run`.

    Raises:
        ClientError: An engine refuses to give jobs; the other workers end gracefully before.
    """
    factory: Callable[[], asyncio.AbstractEventLoop] | None = None
    with suppress(ImportError):
        import uvloop  # noqa: PLC0415 - optional speed

        factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(_run_with_signals(workers))


async def _run_with_signals(workers: Sequence[Worker]) -> None:
    loop = asyncio.get_running_loop()
    running = [asyncio.ensure_future(worker.run_async()) for worker in workers]
    caught: list[int] = []

    def stop_all() -> None:
        for worker in workers:
            worker.stop()

    def on_signal(number: int) -> None:
        if caught:
            for task in running:
                task.cancel()
        caught.append(number)
        stop_all()

    with suppress(NotImplementedError):  # an event loop without signals
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, on_signal, number)
    done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_EXCEPTION)
    stop_all()
    await asyncio.wait(running)
    for task in [*done, *running]:
        if not task.cancelled():
            task.result()


def _positive(name: str, value: int) -> int:
    if value < 1:
        raise ConfigError(name, str(value), "at least 1")
    return value


def _environment_number(name: str) -> int | None:
    text = os.environ.get(name, "").strip()
    if not text:
        return None
    try:
        number = int(text)
    except ValueError:
        raise ConfigError(name, text, "a whole number") from None
    return _positive(name, number)


def _environment_ms(name: str) -> timedelta | None:
    number = _environment_number(name)
    return None if number is None else timedelta(milliseconds=number)
