"""One request on its way through a handler."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qs

import msgspec

from kiang.exporter.position import Exporting
from kiang.gateway.auth.access import UNLIMITED, Access, AccessControl
from kiang.gateway.auth.audit import AuditPolicy, AuditSettings
from kiang.gateway.auth.authenticator import Authenticator, Identity
from kiang.gateway.auth.commands import guard, require
from kiang.gateway.auth.users import UserStore
from kiang.gateway.backups.backups import Backups
from kiang.gateway.backups.recovery import Recovery
from kiang.gateway.batch.runner import BatchRunner
from kiang.gateway.batch.store import BatchStore
from kiang.gateway.documents.stores import DocumentStores, open_stores
from kiang.gateway.rest.broker_port import BrokerPort
from kiang.gateway.rest.multipart import Form
from kiang.gateway.rest.operation import Operation
from kiang.gateway.rest.problem import invalid, of_rejection, of_status
from kiang.gateway.rest.reading import LimitedSearch
from kiang.protocol.answers import Rejection
from kiang.protocol.audit import Audit, Audited, Channel, NoteOperations
from kiang.protocol.audit import Operation as AuditedOperation
from kiang.protocol.commands import Command
from kiang.protocol.identity import IdentityCommand
from kiang.search.search import Search
from kiang.search.value import parse_key

if TYPE_CHECKING:
    from kiang.connector_sdk.secret import (
        SecretProvider,
    )  # few engines give secrets away, and starting waits for imports


T = TypeVar("T")
Receive = Callable[[], Awaitable[dict[str, Any]]]


class ClientGone(Exception):
    """The client closed the connection before it had an answer."""


@dataclass(slots=True)
class Services:
    """What handlers work with.

    Attributes:
        users: Users with passwords.
        authenticator: Checks who is asking; None if nobody has to say.
        access_control: Knows what callers may do; None if everybody may do everything.
        batch_store: Batch operations.
        batch_runner: Works through them.
        documents: Where documents are kept.
        operations: What the server offers.
        audit: Says whose operations are noted in the audit log.
        exporting: The exporters of the record log; None if there are none.
        secrets: Secrets that clients may ask for; None if the operator lets nobody.
        recovery: The mode of the engine; set by the server.
        backups: Backups that clients ask for; None if the operator has named no folder for them.
        stopping: Set when the server is about to stop: who waits for something to happen gives up.
    """

    broker: BrokerPort
    search: Search
    stopping: asyncio.Event
    users: UserStore
    authenticator: Authenticator | None
    batch_store: BatchStore
    batch_runner: BatchRunner
    documents: DocumentStores = field(default_factory=lambda: open_stores((), None))
    operations: tuple[Operation, ...] = ()
    audit: AuditPolicy = field(default_factory=lambda: AuditPolicy(AuditSettings()))
    exporting: Exporting | None = None
    backups: Backups | None = None
    recovery: Recovery | None = None
    secrets: SecretProvider | None = None
    access_control: AccessControl | None = None


class Call:
    """A request, read and decoded.

    Attributes:
        path: As the client sent it.
        access: What the caller may do.
        scheme: http or https.
        identity: Who is asking; None while nobody has to say.
        host: The server's name and port as the client knows them.
        values: Parameters of the path.
        body: The decoded JSON body; None if the operation has none.
        form: The parts of a multipart body.
    """

    __slots__ = (
        "_query",
        "access",
        "body",
        "form",
        "host",
        "identity",
        "path",
        "query_string",
        "receive",
        "scheme",
        "services",
        "values",
    )

    def __init__(
        self, services: Services, path: str, values: dict[str, str], query_string: bytes, receive: Receive
    ) -> None:
        self.services = services
        self.path = path
        self.values = values
        self.query_string = query_string
        self.receive = receive
        self.scheme = "http"
        self.host = ""
        self.identity: Identity | None = None
        self.access: Access = UNLIMITED
        self.body: Any = None
        self.form = Form()
        self._query: dict[str, str] | None = None

    @property
    def origin(self) -> str:
        """Scheme and host of the server as the client has reached it."""
        return f"{self.scheme}://{self.host}"

    @property
    def broker(self) -> BrokerPort:
        """The broker."""
        return self.services.broker

    @property
    def search(self) -> Search | LimitedSearch:
        """The searches over the broker's store, as far as the caller may see it."""
        search = self.services.search
        return LimitedSearch(search, self.access) if self.access.is_limited else search

    def require(self, resource_type: str, permission: str, intent: str, resource_id: str = "") -> None:
        """Check that the caller has a permission.

        Raises:
            PermissionDenied: It has not.
        """
        require(self.access, resource_type, permission, intent, resource_id)

    def key(self, name: str) -> int:
        """A key in the path.

        Raises:
            Problem: It is no number.
        """
        found = parse_key(self.values[name])
        if found is None:
            raise of_status(400, f"Failed to convert '{name}' with value: '{self.values[name][:100]}'")
        return found

    @property
    def query(self) -> dict[str, str]:
        """The query string, the first value of each name."""
        if self._query is None:
            parsed = parse_qs(self.query_string.decode("latin-1"), keep_blank_values=True)
            self._query = {name: values[0] for name, values in parsed.items()}
        return self._query

    def flag(self, name: str, *, default: bool) -> bool:
        """A boolean of the query string."""
        value = self.query.get(name)
        if value is None:
            return default
        lowered = value.lower()
        if lowered not in {"true", "false"}:
            raise of_status(400, f"Failed to convert '{name}' with value: '{value[:100]}'")
        return lowered == "true"

    async def execute(self, command: Command, *, timeout_ms: int | None = None) -> Any:
        """Have a command carried out; the answer is durable when this returns.

        Raises:
            Problem: The engine refuses it.
            PermissionDenied: The caller may not do it.
        """
        guarded = guard(command, self.access, self.services.broker.store) if self.access.is_limited else command
        audit = self.services.audit.audit(command.__class__, self.identity, Channel.REST)
        if audit is not None:
            guarded = Audited(guarded, audit)
        answer = await self.services.broker.execute(guarded, timeout_ms=timeout_ms)
        if self.services.access_control is not None and isinstance(command, IdentityCommand):
            self.services.access_control.changed()
        if type(answer) is Rejection:
            raise of_rejection(answer)
        return answer

    @property
    def actor(self) -> Audit:
        """Who asks, and what of that is noted in the audit log."""
        return self.services.audit.actor(self.identity, Channel.REST)

    async def note(
        self, *operations: AuditedOperation, batch_operation_key: int = 0, batch_operation_type: str = ""
    ) -> None:
        """Leave entries in the audit log about what was done that is no command of the engine.

        Args:
            operations: What was done.
            batch_operation_key: The batch operation that it is about; 0 for none.
            batch_operation_type: What that does.
        """
        audit = msgspec.structs.replace(
            self.actor, batch_operation_key=batch_operation_key, batch_operation_type=batch_operation_type
        )
        noted = tuple(operation for operation in operations if operation.entity_type in audit.entity_types)
        if noted:
            await self.services.broker.execute(NoteOperations(audit, noted))

    async def wait_for(self, work: Coroutine[Any, Any, T], when_stopping: T) -> T:
        """Wait for something that may take long, as long as the client is there and the server goes on.

        Cancels `work` when the client leaves or the server is about to stop.

        Raises:
            ClientGone: The client has left; `work` may have ended at the same moment, its result is in `args`.
        """
        task = asyncio.ensure_future(work)
        gone = asyncio.ensure_future(self._disconnected())
        stopping = asyncio.ensure_future(self.services.stopping.wait())
        try:
            await asyncio.wait({task, gone, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                task.cancel()
                await asyncio.wait({task})
            if gone.done():
                raise ClientGone(None if task.cancelled() or task.exception() is not None else task.result())
            return when_stopping if task.cancelled() else task.result()
        finally:
            for waiting in (task, gone, stopping):
                waiting.cancel()

    async def _disconnected(self) -> None:
        while (await self.receive())["type"] != "http.disconnect":
            pass


def one_of(values: dict[str, object]) -> None:
    """Exactly one of these must be given.

    Raises:
        Problem: None or several are.
    """
    given = [name for name, value in values.items() if value is not None]
    names = ", ".join(values)
    if not given:
        raise invalid(f"At least one of [{names}] is required.")
    if len(given) > 1:
        raise invalid(f"Only one of [{names}] is allowed.")
