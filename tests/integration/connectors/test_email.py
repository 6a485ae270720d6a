"""Email connector against real servers: Dovecot, and an SMTP server that delivers to it."""

from __future__ import annotations

import email.policy
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest
from tests.integration.connectors.examples import example_of
from tests.integration.mail_servers import PASSWORD, SIZE_MAX_BYTES, USER, MailServers, mail_servers
from tests.integration.running_engine import RunningEngine

from kiang.connector_sdk import JobInfo, MemoryDocumentStore, Resources
from kiang.connector_sdk.document import DocumentMetadata
from kiang.connector_sdk.testing import ConnectorRun, run_connector
from kiang.connectors.email import email as connector

SECRETS = {"PASSWORD": PASSWORD}
SIGNED_IN = {"type": "simple", "username": USER, "password": "{{secrets.PASSWORD}}"}


@pytest.fixture(scope="module")
def servers() -> Iterator[MailServers]:
    with mail_servers("list@example.com", "pop@example.com", "move@example.com") as running:
        yield running


@pytest.fixture(autouse=True)
def _trust(servers: MailServers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", servers.authority)


async def run(
    data: Any, protocol: str, *, user: str = USER, authentication: Any = None, **options: Any
) -> ConnectorRun:
    made = await run_connector(
        connector,
        {"protocol": protocol, "authentication": authentication or {**SIGNED_IN, "username": user}, "data": data},
        secrets=SECRETS,
        **options,
    )
    made.assert_no_secret()
    return made


def smtp(servers: MailServers, security: str = "TLS", port: int = 0, **action: Any) -> dict[str, Any]:
    given = {"from": "Ada <ada@example.com>", "to": USER, "subject": "Order", "contentType": "PLAIN", "body": "Hello"}
    return {
        "smtpActionDiscriminator": "sendEmailSmtp",
        "smtpAction": {**given, **action},
        "smtpConfig": {
            "smtpHost": "127.0.0.1",
            "smtpPort": port or servers.smtp,
            "smtpCryptographicProtocol": security,
        },
    }


def imap(servers: MailServers, name: str, security: str = "TLS", port: int = 0, **action: Any) -> dict[str, Any]:
    return {
        "imapActionDiscriminator": f"{name}Imap",
        "imapAction": action,
        "imapConfig": {
            "imapHost": "127.0.0.1",
            "imapPort": port or servers.imaps,
            "imapCryptographicProtocol": security,
        },
    }


def pop3(servers: MailServers, name: str, security: str = "TLS", port: int = 0, **action: Any) -> dict[str, Any]:
    return {
        "pop3ActionDiscriminator": f"{name}Pop3",
        "pop3Action": action,
        "pop3Config": {
            "pop3Host": "127.0.0.1",
            "pop3Port": port or servers.pop3s,
            "pop3CryptographicProtocol": security,
        },
    }


def mail(
    message_id: str, subject: str, body: str = "text", sender: str = "Bob <bob@example.com>", date: str = ""
) -> EmailMessage:
    message = EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"], message["Subject"] = sender, USER, subject
    message["Message-ID"] = message_id
    message["Date"] = date or "Mon, 02 Mar 2026 10:00:00 +0100"
    message.set_content(body)
    return message


async def test_a_mail_with_everything_is_sent_and_read(servers: MailServers) -> None:
    documents = MemoryDocumentStore()
    metadata = DocumentMetadata("application/pdf", "Rechnung März.pdf")
    attached = await documents.create(b"%PDF-1.7 content", metadata)
    job = JobInfo(key=5, element_instance_key=77, process_instance_key=7)

    sent = await run(
        smtp(
            servers,
            to=["Ada Lovelace <ada@example.com>"],
            cc="cc@example.com, Grace <grace@example.com>",
            bcc="hidden@example.com",
            subject="Bestellung für Ämter",
            contentType="MULTIPART",
            body="Grüße\n.\nEnde",
            htmlBody="<b>Grüße</b>",
            headers={"X-Order": "A-1", "Reply-To": "shop@example.com", "X-Count": 3},
            attachments=[attached],
        ),
        "smtp",
        documents=documents,
        job=job,
    )
    assert sent.error is None
    assert sent.result == {"subject": "Bestellung für Ämter", "sent": True, "messageId": "<kiang.77.7@example.com>"}
    sender, recipients, content = servers.envelopes[-1]
    assert sender == "ada@example.com"
    assert recipients == ("ada@example.com", "cc@example.com", "grace@example.com", "hidden@example.com")
    assert b"hidden" not in content

    read = await run(imap(servers, "readEmail", messageId=sent.result["messageId"]), "imap", documents=documents)

    assert read.error is None
    found = read.result
    assert found["messageId"] == "<kiang.77.7@example.com>"
    assert found["fromAddress"] == "ada@example.com"
    assert found["subject"] == "Bestellung für Ämter"
    assert found["plainTextBody"].replace("\r\n", "\n") == "Grüße\n.\nEnde\n"
    assert found["htmlBody"].strip() == "<b>Grüße</b>"
    assert found["errors"] == []
    assert {"key": "X-Order", "value": "A-1"} in found["headers"]
    assert {"key": "X-Count", "value": "3"} in found["headers"]
    assert found["receivedDateTime"].endswith("Z")
    [reference] = found["attachments"]
    assert reference["metadata"]["fileName"] == "Rechnung März.pdf"
    assert reference["metadata"]["contentType"] == "application/pdf"
    assert await documents.read(reference) == b"%PDF-1.7 content"


@pytest.mark.parametrize(("security", "port"), [("NONE", "smtp"), ("TLS", "smtp"), ("SSL", "smtps")])
async def test_smtp_with_each_kind_of_security(servers: MailServers, security: str, port: str) -> None:
    sent = await run(smtp(servers, security, getattr(servers, port), contentType="HTML", htmlBody="<p>x</p>"), "smtp")

    assert sent.error is None
    assert sent.result["sent"] is True
    assert b"text/html" in servers.envelopes[-1][2]


async def test_nobody_signs_in_where_the_relay_wants_nobody(servers: MailServers) -> None:
    sent = await run(smtp(servers), "smtp", authentication={"type": "noAuth"})

    assert sent.result["sent"] is True


async def test_one_connection_serves_many_mails(servers: MailServers) -> None:
    resources = Resources()
    before = len(servers.connections)
    try:
        for _ in range(5):
            assert (await run(smtp(servers), "smtp", resources=resources)).error is None
    finally:
        await resources.close()

    assert len(servers.connections) - before == 1


async def test_a_refused_recipient_means_that_nothing_is_sent(servers: MailServers) -> None:
    before = len(servers.envelopes)

    refused = await run(smtp(servers, to="ada@example.com, nobody@example.com"), "smtp")

    assert refused.error.code == "RECIPIENTS_REFUSED"
    assert "550" in str(refused.error)
    assert len(servers.envelopes) == before


async def test_a_mail_larger_than_the_server_takes_is_not_sent(servers: MailServers) -> None:
    refused = await run(smtp(servers, body="x" * (SIZE_MAX_BYTES + 1)), "smtp")

    assert refused.error.code == "MESSAGE_TOO_LARGE"


@pytest.mark.parametrize("protocol", ["smtp", "imap", "pop3"])
async def test_a_wrong_password_is_told_without_it(servers: MailServers, protocol: str) -> None:
    made = {"smtp": smtp(servers), "imap": imap(servers, "listEmails"), "pop3": pop3(servers, "listEmails")}[protocol]
    refused = await run_connector(
        connector,
        {"protocol": protocol, "authentication": {**SIGNED_IN, "password": "{{secrets.WRONG}}"}, "data": made},
        secrets={"WRONG": "wrong-password-1"},
    )

    assert refused.error.code == "AUTHENTICATION_FAILED"
    refused.assert_no_secret()


@pytest.mark.parametrize("protocol", ["smtp", "imap", "pop3"])
async def test_a_certificate_of_an_unknown_authority_is_refused(
    servers: MailServers, protocol: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    made = {"smtp": smtp(servers), "imap": imap(servers, "listEmails"), "pop3": pop3(servers, "listEmails")}[protocol]

    assert (await run(made, protocol)).error.code == "SSL_HANDSHAKE_FAILED"


@pytest.mark.parametrize("protocol", ["imap", "pop3"])
@pytest.mark.parametrize(("security", "is_secure"), [("NONE", False), ("TLS", False), ("TLS", True), ("SSL", True)])
async def test_mailboxes_with_each_kind_of_security(
    servers: MailServers, protocol: str, security: str, is_secure: bool
) -> None:
    port = getattr(servers, protocol + ("s" if is_secure else ""))
    made = {"imap": imap, "pop3": pop3}[protocol](servers, "listEmails", security, port)

    listed = await run(made, protocol)

    assert listed.error is None
    assert isinstance(listed.result, list)


async def test_imap_lists_and_searches(servers: MailServers) -> None:
    user = "list@example.com"
    servers.put(mail("<1@x>", "Order one", "small"), user, date='"01-Mar-2026 10:00:00 +0000"')
    servers.put(
        mail("<2@x>", "Größe", "x" * 5_000, date="Sun, 01 Mar 2026 09:00:00 +0000"),
        user,
        date='"03-Mar-2026 10:00:00 +0000"',
    )
    servers.put(
        mail("<3@x>", "Order two", "mit Ümlaut", "carol@example.org"), user, date='"02-Mar-2026 10:00:00 +0000"'
    )

    async def ids(name: str, **action: Any) -> list[str]:
        made = await run(imap(servers, name, **action), "imap", user=user)
        assert made.error is None
        return [row["messageId"] for row in made.result]

    assert await ids("listEmails") == ["<1@x>", "<3@x>", "<2@x>"]
    assert await ids("listEmails", sortField="SIZE", sortOrder="DESC", maxToBeRead=1) == ["<2@x>"]
    assert (await ids("listEmails", sortField="SENT_DATE"))[0] == "<2@x>"
    assert await ids("searchEmails", criteria={"field": "SUBJECT", "value": "order"}) == ["<1@x>", "<3@x>"]
    assert await ids("searchEmails", criteria={"field": "SUBJECT", "value": "größe"}) == ["<2@x>"]
    assert await ids("searchEmails", criteria={"field": "from", "value": "carol"}) == ["<3@x>"]
    both = [{"field": "SUBJECT", "value": "Order"}, {"field": "BODY", "value": "Ümlaut"}]
    assert await ids("searchEmails", criteria={"operator": "AND", "criteria": both}) == ["<3@x>"]
    assert await ids("searchEmails", criteria={"operator": "or", "criteria": both}) == ["<1@x>", "<3@x>"]
    assert await ids("searchEmails", criteria={"field": "SUBJECT", "value": 'a"b\\'}) == []
    listed = await run(imap(servers, "listEmails", maxToBeRead=1), "imap", user=user)
    assert listed.result[0] == {
        "messageId": "<1@x>",
        "fromAddress": "bob@example.com",
        "subject": "Order one",
        "size": listed.result[0]["size"],
    }
    with servers.inbox(user) as client:
        assert client.search(None, "SEEN")[1] == [b""], "looking at mails does not mark them"


async def test_imap_moves_and_deletes(servers: MailServers) -> None:
    user = "move@example.com"
    servers.put(mail("<a@x>", "one"), user)
    servers.put(mail("<aa@x>", "two"), user)
    resources = Resources()
    try:
        moved = await run(
            imap(servers, "moveEmail", messageId="<a@x>", fromFolder="INBOX", toFolder="Archiv/Jänner & Co"),
            "imap",
            user=user,
            resources=resources,
        )
        assert moved.error is None
        assert moved.result == {"messageId": "<a@x>", "from": "INBOX", "to": "Archiv/Jänner & Co"}
        servers.restart()  # the session that was kept is of no use any more
        there = await run(
            imap(servers, "listEmails", listEmailsFolder="Archiv.Jänner & Co"), "imap", user=user, resources=resources
        )
        assert [row["messageId"] for row in there.result] == ["<a@x>"]
        deleted = await run(imap(servers, "deleteEmail", messageId="aa@x"), "imap", user=user, resources=resources)
        assert deleted.result == {"messageId": "aa@x", "deleted": True}
        again = await run(imap(servers, "deleteEmail", messageId="<aa@x>"), "imap", user=user, resources=resources)
        assert again.error.code == "MESSAGE_NOT_FOUND"
        missing = await run(
            imap(servers, "listEmails", listEmailsFolder="None"), "imap", user=user, resources=resources
        )
        assert missing.error.code == "FOLDER_NOT_FOUND"
    finally:
        await resources.close()


async def test_pop3_lists_searches_reads_and_deletes(servers: MailServers) -> None:
    user = "pop@example.com"
    servers.put(mail("<1@x>", "Order one", "short", date="Tue, 03 Mar 2026 10:00:00 +0000"), user)
    servers.put(mail("<2@x>", "Größe", "long ünd " * 2_000 + "\n.\n..dots"), user)

    async def pop(name: str, **action: Any) -> Any:
        made = await run(pop3(servers, name, **action), "pop3", user=user)
        assert made.error is None
        return made.result

    assert [row["messageId"] for row in await pop("listEmails")] == ["<2@x>", "<1@x>"]
    assert [row["messageId"] for row in await pop("listEmails", sortField="SIZE")] == ["<1@x>", "<2@x>"]
    assert await pop("searchEmails", criteria={"field": "SUBJECT", "value": "GRÖSSE"}) == [
        {"messageId": "<2@x>", "subject": "Größe"}
    ]
    assert [row["messageId"] for row in await pop("searchEmails", criteria={"field": "BODY", "value": "short"})] == [
        "<1@x>"
    ]
    read = await pop("readEmail", messageId="<2@x>")
    assert read["plainTextBody"].replace("\r\n", "\n").endswith("\n.\n..dots\n")
    assert read["receivedDateTime"] is None
    assert await pop("deleteEmail", messageId="<1@x>") == {"messageId": "<1@x>", "deleted": True}
    assert [row["messageId"] for row in await pop("listEmails")] == ["<2@x>"]
    missing = await run(pop3(servers, "readEmail", messageId="<1@x>"), "pop3", user=user)
    assert missing.error.code == "MESSAGE_NOT_FOUND"


async def test_the_example_sends_reads_and_files_a_mail(servers: MailServers, engine: RunningEngine) -> None:
    secrets = {
        "MAIL_USER": USER,
        "MAIL_PASSWORD": PASSWORD,
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(servers.smtp),
        "IMAP_HOST": "localhost",
        "IMAP_PORT": str(servers.imaps),
    }
    async with example_of("email", engine, connector, secrets=secrets) as example:
        variables = await example.run(orderId="A-1", customer=USER)

    assert variables["sent"] is True
    assert variables["messageId"].startswith("<kiang.")
    assert (variables["subject"], variables["order"]) == ("Your order A-1", "A-1")
    assert variables["text"].strip() == "Thank you for your order A-1"
    assert variables["folder"] == "Orders/Confirmed"
    with servers.inbox() as client:
        assert client.select('"Orders/Confirmed"')[0] == "OK" or client.select('"Orders.Confirmed"')[0] == "OK"
