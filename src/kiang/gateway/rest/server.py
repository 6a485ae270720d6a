"""The REST server: uvicorn, started inside the running event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from kiang.exporter.position import Exporting
from kiang.gateway.auth.access import AccessControl
from kiang.gateway.auth.audit import DEFAULT_AUDIT, AuditPolicy, AuditSettings
from kiang.gateway.auth.authenticator import Authenticator
from kiang.gateway.auth.users import UserStore
from kiang.gateway.backups.backups import Backups
from kiang.gateway.backups.recovery import Recovery
from kiang.gateway.batch.runner import BatchRunner
from kiang.gateway.batch.store import BatchStore
from kiang.gateway.documents.stores import DocumentStores, open_stores
from kiang.gateway.http_listener import HttpListener
from kiang.gateway.rest.application import Application
from kiang.gateway.rest.broker_port import BrokerPort
from kiang.gateway.rest.browsers import is_loopback
from kiang.gateway.rest.call import Services
from kiang.gateway.rest.resources import OPERATIONS
from kiang.search.reader import ReadableStore
from kiang.search.search import Search

if TYPE_CHECKING:
    from kiang.connector_sdk.secret import (
        SecretProvider,
    )  # few engines give secrets away, and starting waits for imports


class RestServer:
    """Serves the REST API v2 for a broker.

    Args:
        broker: Carries out the commands.
        host: Address to listen at.
        port: 0 for a free one; `port` is the real one after `start`.
        tls: Paths of certificate chain and private key, both PEM; None for plain HTTP.
        documents: Where documents are kept; None for in memory. Closed with the server.
        users: Users with passwords; the caller closes it. None for none that last.
        authenticator: Checks who is asking; None if nobody has to say.
        exporting: The exporters of the record log; None if there are none.
        backups: Backups that clients ask for; the caller starts and stops it. None for none.
        secrets: Secrets that clients may ask for; None to let nobody.
        replace: Has the engine restarted on a backup that is whole; called once. None if it cannot be.
        access_control: Knows what callers may do; None if everybody may do everything.
        audit: Whose operations are noted in the audit log.
        searches_apart: Search in a process of its own, so that instances need not wait for searches.
    """

    def __init__(
        self,
        broker: BrokerPort,
        *,
        host: str = "127.0.0.1",
        port: int = 8080,
        tls: tuple[str, str] | None = None,
        documents: DocumentStores | None = None,
        users: UserStore | None = None,
        authenticator: Authenticator | None = None,
        exporting: Exporting | None = None,
        access_control: AccessControl | None = None,
        audit: AuditSettings = DEFAULT_AUDIT,
        backups: Backups | None = None,
        replace: Callable[[Path], None] | None = None,
        secrets: SecretProvider | None = None,
        searches_apart: bool = False,
    ) -> None:
        self.host = host
        self.port = port
        self._tls = tls
        path = broker.store.path if isinstance(broker.store, ReadableStore) else None
        batch_store = BatchStore(None if path is None else path.with_name(f"{path.stem}-batch.db"))
        search = Search(broker.store, reads_apart=searches_apart, batches=batch_store.uri)
        self._services = Services(
            broker=broker,
            search=search,
            stopping=asyncio.Event(),
            users=users or UserStore(None),
            authenticator=authenticator,
            batch_store=batch_store,
            batch_runner=BatchRunner(broker, search, batch_store, broker.clock.now_ms),
            documents=documents or open_stores((), None),
            operations=OPERATIONS,
            audit=AuditPolicy(audit),
            exporting=exporting,
            access_control=access_control,
            backups=backups,
            recovery=Recovery(broker, backups, replace),
            secrets=secrets,
        )
        self._listener = HttpListener(Application(self._services, OPERATIONS, is_private=is_loopback(host)), tls)

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: The address is taken or not this machine's.
        """
        self.port = await self._listener.start(self.host, self.port)
        self._services.batch_runner.start()

    async def stop(self, grace_s: float = 5.0) -> None:
        """Take no more requests, end what waits, and give the rest `grace_s` to finish. May be called twice."""
        self._services.stopping.set()
        await self._listener.stop(grace_s)
        await self._services.batch_runner.stop()
        if self._services.recovery is not None:
            await self._services.recovery.stop()
        self._services.batch_store.close()
        self._services.documents.close()
        self._services.search.close()
