"""The composition root of the engine's process: store, broker, gateways, and their life."""

from __future__ import annotations

import asyncio
import errno
import gc
import importlib
import logging
import signal
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from kiang.broker.broker import Broker
from kiang.broker.clock import Clock, ControlledClock, SystemClock
from kiang.broker.housekeeping import KEEP, Housekeeping, Retention
from kiang.broker.limits import Limits
from kiang.cli.failure import CommandError, ExitStatus
from kiang.cli.identity import first_administrators, open_identity
from kiang.errors import StoreError
from kiang.exporter.position import Exporting
from kiang.gateway.auth.audit import DEFAULT_AUDIT, AuditSettings
from kiang.gateway.grpc.server import GrpcServer
from kiang.store.backup import finish_replacement
from kiang.store.backup import replace as replace_data
from kiang.store.port import Store

logger = logging.getLogger("kiang.serve")

PAGE_BYTES = 4096
MB_BYTES = 1024 * 1024
GC_THRESHOLD = 50_000
"""New objects between two looks for cycles: the state is large and has none, so looking often only costs time."""


LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """See `kiang serve --help`.

    Attributes:
        data: None to keep everything in memory.
        tls: Paths of certificate chain and key.
        exports: Where the record log is exported to.
        documents: Stores besides the built-in one; the first is the default.
        audit: Whose operations are noted in the audit log.
        backups: Where backups go that clients ask for; None for none.
        secrets: Clients may ask for the secrets that the environment configures.
    """

    data: Path | None
    host: str = "127.0.0.1"
    grpc_port: int = 26500
    rest_port: int = 8080
    management_port: int = 9600
    tls: tuple[str, str] | None = None
    controlled_clock: bool = False
    auth: str = "none"
    authorizations: bool = True
    multi_tenancy: bool = False
    oidc_issuer: str = ""
    oidc_audience: str = ""
    oidc_jwks_url: str = ""
    queue_limit: int = 2_000
    long_poll_limit: int = 10_000
    stream_limit: int = 10_000
    data_limit_mb: int = 0
    grace_s: float = 5.0
    retention: Retention = KEEP
    exports: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    audit: AuditSettings = DEFAULT_AUDIT
    backups: Path | None = None
    secrets: bool = False


class EngineProcess:
    """Store, broker and gateways together: `async with EngineProcess(settings) as engine`.

    Attributes:
        ports: Real ones after the start, by their option.
        replacement: Done with the backup that the engine is to be started on anew, when somebody asks for that.
    """

    def __init__(self, settings: EngineSettings) -> None:
        self.settings = settings
        self.replacement: asyncio.Future[Path] = asyncio.get_running_loop().create_future()
        self.ports: dict[str, int] = {}
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._stack.aclose()

    async def _start(self) -> None:
        settings = self.settings
        store = _open_store(settings)
        self._stack.callback(store.close)
        clock: Clock = ControlledClock() if settings.controlled_clock else SystemClock()
        limits = Limits(
            queue_commands_max=settings.queue_limit,
            long_polls_max=settings.long_poll_limit,
            streams_max=settings.stream_limit,
        )
        broker = Broker(store, clock=clock, limits=limits)
        await broker.start()
        # Closed in the opposite order: first nobody can ask any more, then what was taken is answered, then the store closes.
        self._stack.push_async_callback(broker.stop)
        users, authenticator = open_identity(settings)
        if users is not None:
            self._stack.callback(users.close)
        await broker.execute(first_administrators(settings))
        access_control = None
        if authenticator is not None:
            from kiang.gateway.auth.access import AccessControl  # noqa: PLC0415 - needed where callers have a name

            access_control = AccessControl(
                store, authorizations=settings.authorizations, multi_tenancy=settings.multi_tenancy
            )
        grpc = GrpcServer(
            broker,
            host=settings.host,
            port=settings.grpc_port,
            tls=settings.tls,
            authenticator=authenticator,
            access_control=access_control,
            rows=store,
            audit=settings.audit,
        )
        await self._listen(grpc, "--grpc-port", settings.grpc_port)
        # Imported when clients of gRPC are served already, and beside them: whoever waits for the engine waits for them.
        await asyncio.to_thread(importlib.import_module, "kiang.gateway.rest.server")
        from kiang.gateway.management.server import ManagementServer  # noqa: PLC0415
        from kiang.gateway.rest.server import RestServer  # noqa: PLC0415

        exporting = await self._start_exporters(broker)
        from kiang.gateway.documents.stores import open_stores  # noqa: PLC0415 - as above

        built_in = None if settings.data is None else settings.data / "documents"
        documents = await asyncio.to_thread(open_stores, settings.documents, built_in)
        rest = RestServer(
            broker,
            host=settings.host,
            port=settings.rest_port,
            tls=settings.tls,
            documents=documents,
            users=users,
            authenticator=authenticator,
            exporting=exporting,
            access_control=access_control,
            audit=settings.audit,
            searches_apart=True,
            backups=await self._start_backups(broker),
            secrets=_secrets(settings),
            replace=None if settings.data is None else self.replacement.set_result,
        )
        await self._listen(rest, "--rest-port", settings.rest_port)
        management = ManagementServer(broker, settings.host, settings.management_port)
        await self._listen(management, "--management-port", settings.management_port)
        housekeeping = Housekeeping(
            broker,
            settings.retention,
            exported_position=_nothing_exported if exporting is None else exporting.exported_position,
        )
        await housekeeping.start()
        self._stack.push_async_callback(housekeeping.stop)

    async def _start_exporters(self, broker: Broker) -> Exporting | None:
        settings = self.settings
        if not settings.exports:
            return None
        if settings.data is None:
            raise CommandError(
                "Expected a data folder to export from, but the state is kept in memory.",
                hint="Leave out --in-memory, or --export.",
                status=ExitStatus.USAGE,
            )
        from kiang.exporter.supervisor import ExporterSupervisor  # noqa: PLC0415 - most engines have no exporters

        supervisor = ExporterSupervisor(settings.data, settings.exports)
        exporting = supervisor.exporting
        broker.metrics.gauges["kiang_exporter_lag_commits"] = (
            "Commits that the slowest exporter has not exported yet",
            lambda: broker.store.header.position - (exporting.exported_position() or 0),
        )
        await supervisor.start()
        self._stack.push_async_callback(supervisor.stop)
        return exporting

    async def _start_backups(self, broker: Broker) -> Any:
        settings = self.settings
        if settings.backups is None:
            return None
        if settings.data is None:
            raise CommandError(
                "Expected a data folder to back up, but the state is kept in memory.",
                hint="Leave out --in-memory, or --backups.",
                status=ExitStatus.USAGE,
            )
        from kiang.gateway.backups.backups import Backups  # noqa: PLC0415 - many engines have none

        backups = Backups(settings.data, settings.backups, broker.partition_id)
        await backups.start()
        self._stack.push_async_callback(backups.stop)
        return backups

    async def _listen(self, server: Any, option: str, port: int) -> None:
        try:
            await server.start()
        except OSError as error:
            raise _cannot_listen(error, self.settings.host, port, option) from error
        self._stack.push_async_callback(server.stop, self.settings.grace_s)
        self.ports[option] = server.port


def run_engine(settings: EngineSettings) -> None:
    """Run until SIGTERM or Ctrl-C.

    Raises:
        CommandError: A port is taken.
        StoreError: The data folder cannot be used.
    """
    factory: Callable[[], asyncio.AbstractEventLoop] | None = None
    with suppress(ImportError):
        import uvloop  # noqa: PLC0415 - optional speed

        factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(_serve(settings))


async def _serve(settings: EngineSettings) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    stopped = asyncio.ensure_future(stop.wait())
    while (replacement := await _serve_once(settings, stopped)) is not None:
        settings, backup = replacement
        assert settings.data is not None
        try:
            aside = await asyncio.to_thread(replace_data, backup, settings.data)
            logger.info("backup restored backup=%s data_before=%s", backup, aside)
        except StoreError as error:
            logger.error("restore failed, going on with the data as it was reason=%s", error)  # noqa: TRY400 - no trace needed
    logger.info("engine stopped")


async def _serve_once(settings: EngineSettings, stopped: asyncio.Future[Any]) -> tuple[EngineSettings, Path] | None:
    """Serve until somebody ends it: for good, or to start again on a backup, at the same ports."""
    async with EngineProcess(settings) as engine:
        gc.collect()
        gc.freeze()
        gc.set_threshold(GC_THRESHOLD, 20, 50)
        ports = engine.ports
        logger.info(
            "engine started host=%s grpc_port=%d rest_port=%d management_port=%d data=%s",
            settings.host,
            ports["--grpc-port"],
            ports["--rest-port"],
            ports["--management-port"],
            "memory" if settings.data is None else settings.data.resolve(),
        )
        if settings.auth == "none" and settings.host not in LOOPBACK:
            logger.warning("everybody who reaches %s may do everything: see --auth", settings.host)
        await asyncio.wait({stopped, engine.replacement}, return_when=asyncio.FIRST_COMPLETED)
        logger.info("engine stopping")
    if stopped.done():
        return None
    again = replace(
        settings,
        grpc_port=ports["--grpc-port"],
        rest_port=ports["--rest-port"],
        management_port=ports["--management-port"],
    )
    return again, engine.replacement.result()


def _nothing_exported() -> None:
    """Nobody reads the record log."""


def _secrets(settings: EngineSettings) -> Any:
    if not settings.secrets:
        return None
    if settings.auth == "none":
        raise CommandError(
            "Expected to know who asks for secrets, but nobody has to say who they are.",
            hint="Add --auth basic or --auth oidc, or leave out --secrets.",
            status=ExitStatus.USAGE,
        )
    from kiang.connector_runtime.secret_providers import configured  # noqa: PLC0415 - few engines give secrets away

    return configured()


def _open_store(settings: EngineSettings) -> Store:
    if settings.data is None:
        from kiang.store.memory import MemoryStore  # noqa: PLC0415 - one of the two is enough

        return MemoryStore()
    from kiang.store.sqlite import SqliteStore  # noqa: PLC0415 - as above

    finish_replacement(settings.data)
    return SqliteStore(settings.data, pages_max=settings.data_limit_mb * MB_BYTES // PAGE_BYTES)


def _cannot_listen(error: OSError, host: str, port: int, option: str) -> CommandError:
    if error.errno == errno.EADDRINUSE:
        reason = "somebody else listens there"
        hint = f"Stop it (is it another `kiang serve`?), or choose another port: {option} PORT."
    elif error.errno == errno.EACCES:
        reason = "that is not permitted"
        hint = f"Ports below 1024 belong to the administrator. Choose another: {option} PORT."
    else:
        reason = error.strerror or str(error)
        hint = "Choose an address of this machine: --host ADDRESS."
    return CommandError(
        f"Expected to listen at {host}:{port}, but {reason}.", hint=hint, status=ExitStatus.CONFIGURATION
    )
