"""Mailboxes that are opened with a token of an OAuth server (XOAUTH2), against real servers."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest
from tests.integration.connectors.correlator import Answering, context_for, while_running
from tests.integration.mail_servers import USER, MailServers, mail_servers

from kiang.connector_sdk import Resources
from kiang.connector_sdk.binding import bind
from kiang.connector_sdk.inbound import Outcome
from kiang.connector_sdk.testing import run_connector
from kiang.connectors.email import email as connector
from kiang.connectors.email_inbound import connector as module
from kiang.connectors.email_inbound import email_inbound
from kiang.connectors.email_inbound.connector import EmailInboundProperties

SECRETS = {"REFRESH": "r3fresh-t0ken", "CLIENT": "cl1ent-s3cret"}


@pytest.fixture(scope="module")
def servers() -> Iterator[MailServers]:
    with mail_servers() as running:
        yield running


@pytest.fixture(autouse=True)
def _trust(servers: MailServers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", servers.authority)
    monkeypatch.setattr(module, "WAIT_MIN_SECONDS", 0.05)


def signed_in(servers: MailServers, **more: str) -> dict[str, str]:
    given = {
        "type": "oauth",
        "username": USER,
        "oauthTokenEndpoint": f"{servers.oauth_url}/token",
        "clientId": "kiang",
        "refreshToken": "{{secrets.REFRESH}}",
    }
    return given | more


def data(servers: MailServers, protocol: str) -> dict[str, Any]:
    ports = {"smtp": servers.smtp, "imap": servers.imaps, "pop3": servers.pop3s}
    config = {
        f"{protocol}Host": "127.0.0.1",
        f"{protocol}Port": ports[protocol],
        f"{protocol}CryptographicProtocol": "TLS",
    }
    action = {"smtp": "sendEmailSmtp", "imap": "listEmailsImap", "pop3": "listEmailsPop3"}[protocol]
    mail = {"from": "ada@example.com", "to": "nowhere@example.org", "subject": "s", "body": "b"}
    return {
        f"{protocol}Config": config,
        f"{protocol}ActionDiscriminator": action,
        **({"smtpAction": mail} if protocol == "smtp" else {}),
    }


async def run(servers: MailServers, protocol: str, resources: Resources | None = None, **more: str) -> Any:
    given = {"protocol": protocol, "authentication": signed_in(servers, **more), "data": data(servers, protocol)}
    made = await run_connector(connector, given, secrets=SECRETS, resources=resources)
    made.assert_no_secret()
    return made


@pytest.mark.parametrize("protocol", ["smtp", "imap", "pop3"])
async def test_a_token_signs_in(servers: MailServers, protocol: str) -> None:
    made = await run(servers, protocol)

    assert made.error is None
    assert servers.forms[-1] == {
        "grant_type": "refresh_token",
        "refresh_token": "r3fresh-t0ken",
        "client_id": "kiang",
    }


@pytest.mark.parametrize("protocol", ["smtp", "imap", "pop3"])
async def test_a_token_that_the_mail_server_does_not_take_is_a_failed_sign_in(
    servers: MailServers, protocol: str
) -> None:
    made = await run(servers, protocol, refreshToken="revoked")

    assert made.error.code == "AUTHENTICATION_FAILED"
    assert "token-" not in str(made.error)


async def test_a_token_is_kept_and_may_be_the_clients_own(servers: MailServers) -> None:
    resources = Resources()
    own = {"refreshToken": "", "clientSecret": "{{secrets.CLIENT}}", "scopes": "mail"}
    asked = len(servers.forms)

    runs = [await run(servers, "imap", resources, **own) for _ in range(3)]
    await resources.close()

    assert [made.error for made in runs] == [None, None, None]
    assert servers.forms[asked:] == [
        {"grant_type": "client_credentials", "scope": "mail", "client_id": "kiang", "client_secret": "cl1ent-s3cret"}
    ]


async def test_mails_of_a_folder_that_a_token_opens_are_events(servers: MailServers) -> None:
    mail = EmailMessage()
    mail["From"], mail["Subject"], mail["Message-ID"] = "bob@example.com", "Order", "<oauth@example.com>"
    mail.set_content("text")
    servers.put(mail)
    given = {
        "authentication": signed_in(servers, refreshToken="r"),
        "data": {
            "imapConfig": data(servers, "imap")["imapConfig"],
            "pollingWaitTime": "PT0.05S",
            "pollingConfigDiscriminator": "unseenPollingConfig",
            "pollingConfig": {"handlingStrategy": "READ"},
        },
    }
    own = await bind(given, EmailInboundProperties)
    correlator = Answering(Outcome.MESSAGE_PUBLISHED)
    context = context_for("io.camunda:connector-email-inbound:1", correlator)

    await while_running(email_inbound(own, context), correlator.until(1))

    assert correlator.events[0][0]["subject"] == "Order"
