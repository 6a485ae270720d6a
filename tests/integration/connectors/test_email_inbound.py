"""Email inbound connector against Dovecot."""

from __future__ import annotations

import asyncio
import email.policy
from collections.abc import Awaitable, Callable, Iterator
from email.message import EmailMessage
from typing import Any

import pytest
from tests.integration.connectors.correlator import Answering, context_for, while_running
from tests.integration.connectors.examples import example_of
from tests.integration.mail_servers import PASSWORD, USER, MailServers, mail_servers
from tests.integration.running_engine import RunningEngine

from kiang.connector_sdk import ConnectorInputError
from kiang.connector_sdk.binding import bind
from kiang.connector_sdk.inbound import CorrelationResult, Outcome
from kiang.connectors.email_inbound import connector as module
from kiang.connectors.email_inbound import email_inbound
from kiang.connectors.email_inbound.connector import EmailInboundProperties

TYPE = "io.camunda:connector-email-inbound:1"
USERS = (
    "read",
    "delete",
    "move",
    "all",
    "poison",
    "stuck",
    "busy",
    "unwanted",
    "broken",
    "restart",
    "large",
    "example",
)


@pytest.fixture(scope="module")
def servers() -> Iterator[MailServers]:
    with mail_servers(*(f"{name}@example.com" for name in USERS)) as running:
        yield running


@pytest.fixture(autouse=True)
def _quick_and_trusting(servers: MailServers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", servers.authority)
    monkeypatch.setattr(module, "WAIT_MIN_SECONDS", 0.05)
    monkeypatch.setattr(module, "RECONNECT_SECONDS_MIN", 0.1)


def mail(message_id: str, subject: str, attachment: bytes = b"") -> EmailMessage:
    message = EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"], message["Subject"] = "Bob <bob@example.com>", USER, subject
    if message_id:
        message["Message-ID"] = message_id
    message.set_content(f"text of {subject}")
    if attachment:
        message.add_attachment(attachment, maintype="text", subtype="csv", filename="orders.csv")
    return message


async def properties(servers: MailServers, name: str, **polling: Any) -> EmailInboundProperties:
    given = {
        "authentication": {"type": "simple", "username": f"{name}@example.com", "password": PASSWORD},
        "data": {
            "imapConfig": {"imapHost": "127.0.0.1", "imapPort": str(servers.imaps), "imapCryptographicProtocol": "TLS"},
            "pollingWaitTime": "PT0.05S",
            "pollingConfigDiscriminator": polling.pop("mails", "unseenPollingConfig"),
            "pollingConfig": {"handlingStrategy": "READ", **polling},
        },
    }
    bound: EmailInboundProperties = await bind(given, EmailInboundProperties)
    return bound


async def flags_until(servers: MailServers, name: str, is_so: Callable[[str], bool], folder: str = "INBOX") -> str:
    """The flags of the mails in a folder, once they are so."""

    def look() -> str:
        with servers.inbox(f"{name}@example.com") as client:
            if client.select(f'"{folder}"')[0] != "OK":
                return "no folder"
            found = client.uid("FETCH", "1:*", "(FLAGS)")[1]
            return " ".join(item.decode() for item in found if isinstance(item, bytes))

    flags = ""
    for _ in range(400):
        try:
            flags = await asyncio.to_thread(look)
        except TimeoutError:
            flags = "no answer"  # of the server, to this session: the next one asks again
        if is_so(flags):
            return flags
        await asyncio.sleep(0.05)
    raise AssertionError(flags)


async def listening(given: EmailInboundProperties, correlator: Answering, body: Callable[[], Awaitable[Any]]) -> Any:
    context = context_for(TYPE, correlator)
    await while_running(email_inbound(given, context), _run(body))
    return context


async def _run(body: Callable[[], Awaitable[Any]]) -> Any:
    return await body()


async def test_a_mail_becomes_an_event_and_is_marked_as_read(servers: MailServers) -> None:
    servers.put(mail("<1@x>", "one", b"a,b\r\n"), "read@example.com")
    servers.put(mail("<2@x>", "seen"), "read@example.com", flags="(\\Seen)")
    servers.put(mail("", "without id"), "read@example.com")
    correlator = Answering(Outcome.MESSAGE_PUBLISHED)

    async def body() -> None:
        await correlator.until(2)
        await flags_until(servers, "read", lambda flags: flags.count("\\Seen") == 3)

    context = await listening(await properties(servers, "read"), correlator, body)

    assert [message_id for _, message_id in correlator.events][0] == "<1@x>"
    assert correlator.events[1][1] != ""
    event = correlator.events[0][0]
    assert event["plainTextBody"].strip() == "text of one"
    assert event["fromAddress"] == "bob@example.com"
    assert await context.documents.read(event["attachments"][0]) == b"a,b\r\n"
    assert context.health.status == "UP"


async def test_mails_are_deleted_or_moved(servers: MailServers) -> None:
    for name in ("delete", "move"):
        servers.put(mail("<1@x>", "one"), f"{name}@example.com")
    correlator = Answering(Outcome.MESSAGE_PUBLISHED)

    await listening(
        await properties(servers, "delete", handlingStrategy="DELETE"),
        correlator,
        lambda: flags_until(servers, "delete", lambda flags: flags == ""),
    )
    await listening(
        await properties(servers, "move", handlingStrategy="MOVE", targetFolder="Done.Now"),
        correlator,
        lambda: flags_until(servers, "move", lambda flags: flags == ""),
    )

    assert len(correlator.events) == 2
    assert "\\Seen" in await flags_until(servers, "move", lambda flags: "FLAGS" in flags, "Done.Now")


async def test_a_mail_that_cannot_be_moved_is_not_given_to_the_process_again(servers: MailServers) -> None:
    servers.put(mail("<1@x>", "one"), "stuck@example.com")
    correlator = Answering(Outcome.MESSAGE_PUBLISHED)
    given = await properties(servers, "stuck", handlingStrategy="MOVE", targetFolder="x" * 1_000)
    context = context_for(TYPE, correlator)

    async def body() -> None:
        for _ in range(200):
            failures = [activity for activity in context.activities if activity.tag == "Consumer"]
            if len(failures) >= 3:
                return
            await asyncio.sleep(0.05)
        raise AssertionError(context.activities)

    await while_running(email_inbound(given, context), body())

    assert len(correlator.events) == 1
    assert context.health.status == "DOWN"


async def test_all_mails_are_taken_also_those_that_somebody_has_read(servers: MailServers) -> None:
    servers.put(mail("<1@x>", "one"), "all@example.com", flags="(\\Seen)")
    correlator = Answering(Outcome.MESSAGE_PUBLISHED)

    await listening(
        await properties(servers, "all", mails="allPollingConfig", handlingStrategy="DELETE"),
        correlator,
        lambda: flags_until(servers, "all", lambda flags: flags == ""),
    )

    assert len(correlator.events) == 1


async def test_a_poisonous_mail_is_tried_five_times_and_set_aside_and_others_go_on(servers: MailServers) -> None:
    class Choosy(Answering):
        async def correlate(self, variables: Any, message_id: str) -> CorrelationResult:
            await super().correlate(variables, message_id)
            outcome = Outcome.OTHER if message_id == "<bad@x>" else Outcome.MESSAGE_PUBLISHED
            return CorrelationResult(outcome)

    servers.put(mail("<bad@x>", "bad"), "poison@example.com")
    servers.put(mail("<good@x>", "good"), "poison@example.com")
    correlator = Choosy(Outcome.MESSAGE_PUBLISHED)

    context = await listening(
        await properties(servers, "poison"),
        correlator,
        lambda: flags_until(servers, "poison", lambda flags: "KiangSetAside" in flags),
    )

    tries = [message_id for _, message_id in correlator.events]
    assert tries.count("<bad@x>") == 5
    assert tries.count("<good@x>") == 1
    assert any("set aside" in activity.message for activity in context.activities)
    later = Answering(Outcome.MESSAGE_PUBLISHED)
    servers.put(mail("<next@x>", "next"), "poison@example.com")
    await listening(await properties(servers, "poison"), later, lambda: later.until(1))
    assert [message_id for _, message_id in later.events] == ["<next@x>"]


async def test_an_engine_that_is_away_costs_no_mail_its_tries(servers: MailServers) -> None:
    class Away(Answering):
        async def correlate(self, variables: Any, message_id: str) -> CorrelationResult:
            await super().correlate(variables, message_id)
            if len(self.events) < 9:
                return CorrelationResult(Outcome.ENGINE_ERROR, status="UNAVAILABLE")
            return CorrelationResult(Outcome.MESSAGE_PUBLISHED)

    servers.put(mail("<1@x>", "one"), "busy@example.com")
    correlator = Away(Outcome.MESSAGE_PUBLISHED)

    await listening(
        await properties(servers, "busy"),
        correlator,
        lambda: flags_until(servers, "busy", lambda flags: "\\Seen" in flags),
    )

    assert len(correlator.events) == 9


async def test_a_mail_that_nobody_wants_stays_for_others(servers: MailServers) -> None:
    class Unwanted(Answering):
        asked = 0

        async def can_activate(self, variables: Any) -> CorrelationResult:
            self.asked += 1
            assert "subject" in variables
            return CorrelationResult(Outcome.ACTIVATION_CONDITION_NOT_MET)

    servers.put(mail("<1@x>", "one", b"attached"), "unwanted@example.com")
    correlator = Unwanted(Outcome.MESSAGE_PUBLISHED)

    context = await listening(await properties(servers, "unwanted"), correlator, lambda: asyncio.sleep(1))

    assert correlator.asked == 1
    assert correlator.events == []
    assert "\\Seen" not in await flags_until(servers, "unwanted", lambda flags: "FLAGS" in flags)
    assert context.documents._contents == {}


async def test_broken_mails_are_events_too(servers: MailServers) -> None:
    servers.put(b"no header at all, \xff\xfe\r\n", "broken@example.com")
    servers.put(
        b"Message-ID: <2@x>\r\nSubject: =?unknown-8bit?q?=ff?=\r\nDate: never\r\nFrom: <<>>\r\n"
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=none\r\n\r\nx\r\n",
        "broken@example.com",
    )
    servers.put(b"Message-ID: <3@x>\r\nContent-Type: application/pdf\r\n\r\n%PDF", "broken@example.com")
    correlator = Answering(Outcome.MESSAGE_PUBLISHED)

    await listening(await properties(servers, "broken"), correlator, lambda: correlator.until(3))

    events = {message_id: event for event, message_id in correlator.events}
    assert events["<2@x>"]["errors"] == ["A text is in an unknown character set"]
    assert len(events["<3@x>"]["attachments"]) == 1


async def test_a_mail_over_the_limit_is_set_aside_without_being_read(
    servers: MailServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MESSAGE_SIZE_MAX_BYTES", 100_000)
    servers.put(mail("<1@x>", "large", b"x" * 200_000), "large@example.com")
    servers.put(mail("<2@x>", "small"), "large@example.com")
    correlator = Answering(Outcome.MESSAGE_PUBLISHED)

    await listening(
        await properties(servers, "large"),
        correlator,
        lambda: flags_until(servers, "large", lambda flags: "KiangSetAside" in flags and "\\Seen" in flags),
    )

    assert [message_id for _, message_id in correlator.events] == ["<2@x>"]


async def test_it_connects_again_after_the_server_was_away(servers: MailServers) -> None:
    correlator = Answering(Outcome.MESSAGE_PUBLISHED)
    servers.put(mail("<1@x>", "one"), "restart@example.com")

    async def body() -> None:
        await correlator.until(1)
        await flags_until(servers, "restart", lambda flags: "\\Seen" in flags)
        await asyncio.to_thread(servers.restart)
        await asyncio.to_thread(servers.put, mail("<2@x>", "two"), "restart@example.com")
        await correlator.until(2)

    context = await listening(await properties(servers, "restart"), correlator, body)

    assert [message_id for _, message_id in correlator.events] == ["<1@x>", "<2@x>"]
    assert context.health.status == "UP"


async def test_a_wrong_password_ends_it_and_is_not_told(servers: MailServers) -> None:
    given = await properties(servers, "read")
    given.authentication.password = "wrong-password-1"
    context = context_for(TYPE, Answering(Outcome.MESSAGE_PUBLISHED))

    with pytest.raises(ConnectorInputError) as raised:
        await email_inbound(given, context)

    assert "wrong-password-1" not in str(raised.value)


@pytest.mark.parametrize(
    "polling", [{"mails": "allPollingConfig", "handlingStrategy": "READ"}, {"handlingStrategy": "MOVE"}]
)
async def test_a_strategy_that_cannot_work_is_refused(servers: MailServers, polling: dict[str, Any]) -> None:
    with pytest.raises(ConnectorInputError):
        await email_inbound(await properties(servers, "read", **polling), context_for(TYPE, Answering(Outcome.OTHER)))


async def test_the_example_goes_on_with_the_answer(servers: MailServers, engine: RunningEngine) -> None:
    secrets = {
        "MAIL_USER": "example@example.com",
        "MAIL_PASSWORD": PASSWORD,
        "IMAP_HOST": "127.0.0.1",
        "IMAP_PORT": str(servers.imaps),
    }
    async with example_of("email_inbound", engine, email_inbound, secrets=secrets) as example:
        await example.is_listening()
        for order in ("A-1", "A-2"):
            await example.start(orderId=order)
        for order in ("A-2", "A-1"):
            await asyncio.to_thread(servers.put, mail(f"<{order}@x>", f"Re: order {order}"), "example@example.com")
        ended = await example.ended(2)

    assert {v["orderId"]: v["answer"].strip() for v in ended} == {
        order: f"text of Re: order {order}" for order in ("A-1", "A-2")
    }
