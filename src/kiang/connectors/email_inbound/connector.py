"""Email inbound connector: each mail of an IMAP folder is an event."""

from __future__ import annotations

import asyncio
import enum
import random
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Annotated, Literal, TypeVar

from kiang.connector_sdk import ConnectorError, ConnectorInput, ConnectorInputError, NotNull
from kiang.connector_sdk.execution import to_json
from kiang.connector_sdk.inbound import CorrelationResult, Health, InboundContext, Outcome, Severity, inbound_connector
from kiang.connector_sdk.mail.imap import ImapSession, Listed
from kiang.connector_sdk.mail.message import MESSAGE_SIZE_MAX_BYTES
from kiang.connector_sdk.mail.server import (
    ImapConfig,
    MailboxAuthentication,
    MailServer,
    Wire,
    credentials_of,
    server_of,
)
from kiang.connector_sdk.mail.sessions import Call, in_thread
from kiang.connector_sdk.outbound import OutboundContext
from kiang.connector_sdk.poison import PoisonGuard
from kiang.connector_sdk.template import (
    BOUNDARY_EVENT,
    INTERMEDIATE_CATCH_EVENT,
    MESSAGE_START_EVENT,
    RECEIVE_TASK,
    Choice,
    Condition,
    Group,
    Template,
    TemplateField,
)

MAILS_PER_LOOK_MAX = 100
"""Mails that are taken from the folder before it is looked at again."""

WAIT_MIN_SECONDS = 1.0
"""Between two looks, whatever the element says."""

RECONNECT_SECONDS_MIN = 5.0
RECONNECT_SECONDS_MAX = 3_600.0

LEFT_ALONE_MAX = 100_000
"""Mails that this subscription has seen and leaves in the folder."""

SET_ASIDE = "KiangSetAside"
"""Keyword of a mail that was given up. Who removes it has the mail tried again."""

BUSY = frozenset({"UNAVAILABLE", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED", "CANCELLED"})
"""States of the engine in which no mail is to blame."""


class Handling(enum.Enum):
    """What becomes of a mail that the process has."""

    READ = "READ"
    DELETE = "DELETE"
    MOVE = "MOVE"

    @property
    def label(self) -> str:
        """For the form."""
        return {"READ": "Mark as read", "DELETE": "Delete", "MOVE": "Move to another folder"}[self.value]


class PollingConfig(ConnectorInput):
    """What becomes of mails."""

    handling_strategy: Annotated[
        Handling, NotNull(), TemplateField(label="Once the process has a mail", group="listener", default="READ")
    ]
    target_folder: Annotated[
        str | None,
        TemplateField(
            group="listener",
            description="Made if it is missing",
            condition=Condition("data.pollingConfig.handlingStrategy", equals="MOVE"),
        ),
    ] = None


class InboundData(ConnectorInput):
    """Which mails, how often, and what becomes of them."""

    imap_config: ImapConfig
    folder_to_listen: Annotated[str | None, TemplateField(label="Folder", group="listener", placeholder="INBOX")] = None
    polling_wait_time: Annotated[timedelta, TemplateField(label="Look every", group="listener")] = timedelta(seconds=20)
    polling_config_discriminator: Annotated[
        Literal["unseenPollingConfig", "allPollingConfig"],
        TemplateField(
            label="Mails",
            group="listener",
            choices=(Choice("unseenPollingConfig", "Unread"), Choice("allPollingConfig", "All")),
        ),
    ] = "unseenPollingConfig"
    polling_config: PollingConfig


class EmailInboundProperties(ConnectorInput):
    """Properties of the element."""

    authentication: Annotated[MailboxAuthentication, TemplateField(group="authentication", default="simple")]
    data: InboundData


TEMPLATE = Template(
    id="io.kiang.connectors.inbound.Email.v1",
    name="Email Event Connector",
    description="Each mail of an IMAP folder is an event",
    keywords=("email", "mail", "imap", "receive an email", "event"),
    groups=(
        Group("server", "Server"),
        Group("authentication", "Authentication"),
        Group("listener", "Mails"),
    ),
    element_types=(MESSAGE_START_EVENT, INTERMEDIATE_CATCH_EVENT, BOUNDARY_EVENT, RECEIVE_TASK),
    example={"messageId": "<1@example.com>", "fromAddress": "ada@example.com", "subject": "Order A-1"},
)


@inbound_connector(name="Email Event", type="io.camunda:connector-email-inbound:1", template=TEMPLATE)
async def email_inbound(properties: EmailInboundProperties, context: InboundContext) -> None:
    """Look for ever; a connection that broke is made again, after pauses that grow."""
    listener = Listener(properties, context)
    pause = RECONNECT_SECONDS_MIN
    try:
        while True:
            try:
                is_more = await listener.look()
            except ConnectorInputError:
                raise
            except ConnectorError as error:
                if error.code == "AUTHENTICATION_FAILED":
                    raise ConnectorInputError(str(error)) from None
                context.report(Health.down(str(error)))
                context.log(Severity.ERROR, "Consumer", str(error))
                await listener.disconnect()
                await asyncio.sleep(pause * random.uniform(0.9, 1.1))  # noqa: S311 - spreads connections
                pause = min(pause * 2, RECONNECT_SECONDS_MAX)
                continue
            pause = RECONNECT_SECONDS_MIN
            if not is_more:
                await asyncio.sleep(max(properties.data.polling_wait_time.total_seconds(), WAIT_MIN_SECONDS))
    finally:
        await asyncio.shield(listener.disconnect())


R = TypeVar("R")


class Listener:
    """One folder and its session, which lives as long as it works."""

    def __init__(self, properties: EmailInboundProperties, context: InboundContext) -> None:
        self._authentication = properties.authentication
        self._data = properties.data
        self._polling = properties.data.polling_config
        self._is_unseen = properties.data.polling_config_discriminator == "unseenPollingConfig"
        self._context = context
        self._server: MailServer | None = None
        self._session: ImapSession | None = None
        self._guard = PoisonGuard()
        self._correlated: set[tuple[str, int]] = set()  # the process has them; the server has not been told
        self._left_alone: OrderedDict[tuple[str, int], None] = OrderedDict()
        if self._polling.handling_strategy is Handling.MOVE and not (self._polling.target_folder or "").strip():
            raise ConnectorInputError("Expected data.pollingConfig.targetFolder to name the folder to move mails to.")
        if self._polling.handling_strategy is Handling.READ and not self._is_unseen:
            raise ConnectorInputError(
                "Expected data.pollingConfig.handlingStrategy DELETE or MOVE, since a mail that is only marked as read "
                "would be taken again and again."
            )

    async def look(self) -> bool:
        """Take the mails that are there, oldest first; whether there may be more to take at once.

        Raises:
            ConnectorError: The server cannot be reached, or refuses.
        """
        validity, waiting, is_more = await self._in_thread(self._waiting)
        self._context.report(Health.up(folder=self._data.folder_to_listen or "INBOX"))
        for place in [*self._correlated]:
            if place[0] == validity:
                await self._handle(place)
            self._correlated.discard(place)
        for listed in waiting:
            if not await self._context.finish(self._take(validity, listed)):
                return False
        return is_more

    async def disconnect(self) -> None:
        """End the session; the next look opens another."""
        session, self._session = self._session, None
        if session is not None:
            with suppress(ConnectorError, OSError):
                await self._run(session.close, Call())

    def _waiting(self, session: ImapSession) -> tuple[str, list[Listed], bool]:
        session.select(self._data.folder_to_listen, readonly=False)
        validity = session.uid_validity
        criteria = ["UNSEEN"] if self._is_unseen else ["ALL"]
        uids = session.search(*criteria, "UNDELETED", "UNKEYWORD", SET_ASIDE)
        known = (self._left_alone, self._correlated)
        uids = [uid for uid in uids if not any((validity, uid) in places for places in known)]
        taken = uids[:MAILS_PER_LOOK_MAX]
        return validity, sorted(session.listed(taken), key=lambda listed: listed.uid), len(uids) > len(taken)

    async def _take(self, validity: str, listed: Listed) -> bool:
        """Give one mail to the process; False if the engine takes nothing for now."""
        uid, place = listed.uid, (validity, listed.uid)
        name = listed.mail.message_id or f"{validity}-{uid}"
        if listed.mail.size > MESSAGE_SIZE_MAX_BYTES:
            await self._set_aside(place, f"it has more than {MESSAGE_SIZE_MAX_BYTES} bytes")
            return True
        try:
            mail = await self._in_thread(lambda session: session.read(uid))
        except ConnectorError as error:
            if error.code == "MESSAGE_NOT_FOUND":  # somebody else has taken it
                return True
            if error.code in {"MESSAGE_TOO_LARGE", "ANSWER_TOO_LARGE", "PROTOCOL_ERROR"} and self._guard.is_exhausted(
                name
            ):
                await self._set_aside(place, error.code)
                return True
            raise
        outcome = await self._context.can_activate(await mail.result(_no_document))
        if isinstance(outcome, CorrelationResult) and outcome.outcome is Outcome.ACTIVATION_CONDITION_NOT_MET:
            result = outcome  # its attachments need not be stored
        else:
            result = await self._context.correlate(to_json(await mail.result(self._context.create_document)), name)
        if result.is_done:
            self._guard.forget(name)
            self._correlated.add(place)
            await self._handle(place)
        elif result.outcome is Outcome.ACTIVATION_CONDITION_NOT_MET:
            self._leave_alone(place)
        elif result.is_retryable and result.status in BUSY:
            return False
        elif not result.is_retryable or self._guard.is_exhausted(name):
            await self._set_aside(place, result.outcome.value)
        return True

    async def _handle(self, place: tuple[str, int]) -> None:
        """Tell the server that the mail is done; until it has heard, the process is not told of the mail again."""
        strategy, uid = self._polling.handling_strategy, place[1]

        def handle(session: ImapSession) -> None:
            if strategy is Handling.DELETE:
                session.delete(uid)
                return
            session.mark(uid, "\\Seen")
            if strategy is Handling.MOVE:
                session.move(uid, self._polling.target_folder or "")

        await self._in_thread(handle)
        self._correlated.discard(place)

    def _leave_alone(self, place: tuple[str, int]) -> None:
        """Others may want it: it stays as it is, and is not looked at again by this subscription."""
        self._left_alone[place] = None
        if len(self._left_alone) > LEFT_ALONE_MAX:
            self._left_alone.popitem(last=False)

    async def _set_aside(self, place: tuple[str, int], reason: str) -> None:
        """Give a mail up: it stays in the folder, with a star and a keyword, for people to look at."""
        self._context.log(Severity.ERROR, "Message", f"Mail {place[1]} was set aside: {reason}")
        self._leave_alone(place)

        def mark(session: ImapSession) -> None:
            session.mark(place[1], "\\Flagged", *([SET_ASIDE] if session.takes_keywords else []))

        await self._in_thread(mark)

    async def _in_thread(self, use: Callable[[ImapSession], R]) -> R:
        call = Call()
        if self._session is None or self._server is None:
            self._server = await self._signing_in()
        server = self._server

        def run() -> R:
            if self._session is None:
                wire = Wire()
                call.watch(wire)
                try:
                    self._session = ImapSession(server, wire)
                except BaseException:
                    wire.release()
                    raise
            call.watch(self._session.wire)
            return use(self._session)

        return await self._run(run, call)

    async def _signing_in(self) -> MailServer:
        """The server, with the password or with a token that is good now."""
        config = self._data.imap_config
        context = OutboundContext(documents=self._context.documents, resources=self._context.resources)
        return server_of(
            "imap",
            config.imap_host,
            config.imap_port,
            config.imap_cryptographic_protocol,
            await credentials_of(self._authentication, context),
        )

    async def _run(self, run: Callable[[], R], call: Call) -> R:
        return await in_thread(self._context.resources, self._server or await self._signing_in(), run, call)


async def _no_document(content: bytes, *, file_name: str = "", content_type: str = "") -> dict[str, object]:
    """An attachment for conditions that look at it: what it is, without storing it."""
    return {"metadata": {"fileName": file_name, "contentType": content_type, "size": len(content)}}
