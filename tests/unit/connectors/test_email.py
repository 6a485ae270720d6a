"""Email connector without a server: binding, what mails are made of, criteria, what is refused."""

from __future__ import annotations

import email.policy
from email import message_from_bytes
from typing import Any

import pytest

from kiang.connector_sdk import ConnectorError, ConnectorInputError, Document, JobInfo, MemoryDocumentStore
from kiang.connector_sdk.binding import bind
from kiang.connector_sdk.document import DocumentMetadata
from kiang.connector_sdk.mail.imap import encoded_folder, quoted
from kiang.connector_sdk.mail.message import headers_of, mail_of
from kiang.connector_sdk.mail.server import CryptographicProtocol, MailServer, failure
from kiang.connector_sdk.testing import run_connector
from kiang.connectors.email import email as connector
from kiang.connectors.email import smtp
from kiang.connectors.email.criteria import Combination, Comparison, criteria_of, met
from kiang.connectors.email.input import SmtpAction

GIVEN = {"from": "ada@example.com", "to": "bob@example.com", "subject": "s", "contentType": "plain", "body": "text"}


async def made(**action: Any) -> smtp.Envelope:
    bound: SmtpAction = await bind({**GIVEN, **action}, SmtpAction, MemoryDocumentStore())
    return await smtp.envelope_of(bound, JobInfo())


@pytest.mark.parametrize(
    "action",
    [
        {"subject": "a\r\nBcc: eve@example.com"},
        {"subject": "a\nb"},
        {"from": "ada@example.com\r\nX-Evil: 1"},
        {"from": "ada@example.com, eve@example.com"},
        {"to": "bob@example.com\nBcc: eve@example.com"},
        {"to": ["bob@example.com\r\nDATA"]},
        {"to": "<bob@example.com> SIZE=1"},
        {"to": "bob"},
        {"to": "bob@exa mple.com"},
        {"to": ",;"},
        {"cc": "\0@example.com"},
        {"headers": {"X-A": "1\r\nBcc: eve@example.com"}},
        {"headers": {"X-A: 1\r\nX-B": "2"}},
        {"headers": {"X A": "1"}},
        {"headers": {"bcc": "eve@example.com"}},
        {"headers": {"Content-Type": "text/html"}},
        {"headers": {"X-A": {"an": "object"}}},
        {"headers": {"": "x"}},
        {"contentType": "HTML"},
        {"to": "(" * 9_000},
        {"subject": "x" * 100_000},
        {"headers": {"Reply-To": "(" * 9_000}},
        {"headers": {"X-A": "x" * 100_000}},
        {"contentType": "MULTIPART", "htmlBody": "<p>", "body": None},
        {"to": [f"user{i}@example.com" for i in range(smtp.RECIPIENTS_MAX + 1)]},
    ],
    ids=lambda action: str(action)[:60],
)
async def test_what_cannot_stand_in_a_mail_is_refused(action: dict[str, Any]) -> None:
    with pytest.raises(ConnectorInputError):
        await made(**action)


async def test_addresses_in_all_their_forms() -> None:
    envelope = await made(
        to="Ada Lovelace <ada@example.com>, bob@example.com; carol@example.com",
        cc=["dave@example.com", '"Grünwald, Eva" <eva@bücher.example>'],
        bcc="ada@example.com",
    )

    assert envelope.recipients == (
        "ada@example.com",
        "bob@example.com",
        "carol@example.com",
        "dave@example.com",
        "eva@xn--bcher-kva.example",
    )
    assert "Bcc" not in envelope.message
    assert envelope.is_ascii


async def test_the_message_id_is_the_same_for_every_try_of_a_job() -> None:
    bound = await bind(GIVEN, SmtpAction)
    tries = [
        (await smtp.envelope_of(bound, JobInfo(key=key, element_instance_key=9, process_instance_key=8))).message_id
        for key in (1, 2)
    ]

    assert tries[0] == tries[1] == "<kiang.9.8@example.com>"
    assert (await made()).message_id != (await made()).message_id


async def test_own_headers_may_name_the_mail_and_its_date() -> None:
    headers = {
        "Message-ID": "<own@example.com>",
        "Date": "Mon, 02 Mar 2026 10:00:00 +0100",
        "X-Flag": True,
        "X-None": None,
    }

    envelope = await made(headers=headers)

    assert envelope.message_id == "<own@example.com>"
    assert str(envelope.message["Date"]) == "Mon, 02 Mar 2026 10:00:00 +0100"
    assert str(envelope.message["X-Flag"]) == "true"
    assert "X-None" not in envelope.message


async def test_too_much_is_refused_before_it_is_read() -> None:
    store = MemoryDocumentStore()
    reference = await store.create(b"x", DocumentMetadata("text/plain", "a.txt"))
    reference["metadata"]["size"] = smtp.MESSAGE_SIZE_MAX_BYTES + 1
    bound = await bind({**GIVEN, "attachments": [reference]}, SmtpAction, store)

    with pytest.raises(ConnectorError) as raised:
        await smtp.envelope_of(bound, JobInfo())

    assert raised.value.code == "MESSAGE_TOO_LARGE"


async def test_a_single_document_and_names_with_line_breaks() -> None:
    store = MemoryDocumentStore()
    reference = await store.create(b"x", DocumentMetadata("nonsense", "a.bin"))
    bound = await bind({**GIVEN, "attachments": reference}, SmtpAction, store)
    envelope = await smtp.envelope_of(bound, JobInfo())
    bad = await bind(GIVEN, SmtpAction, store)
    bad.attachments = [Document({**reference, "metadata": {"fileName": "a\r\nX: 1"}}, store)]

    assert [part.get_content_type() for part in envelope.message.iter_attachments()] == ["application/octet-stream"]
    with pytest.raises(ConnectorInputError):
        await smtp.envelope_of(bad, JobInfo())


@pytest.mark.parametrize(
    "given",
    [
        {"field": "TO", "value": "x"},
        {"field": "FROM", "value": {"a": 1}},
        {"field": "FROM", "value": ""},
        {"field": "FROM"},
        {"operator": "NOT", "criteria": [{"field": "FROM", "value": "x"}]},
        {"operator": "AND", "criteria": []},
        {"operator": "AND", "criteria": {"field": "FROM", "value": "x"}},
        {"operator": "AND", "criteria": [{"field": "FROM", "value": "x"}] * 60},
        ["x"],
        "no JSON",
        5,
    ],
    ids=str,
)
def test_criteria_that_are_none_are_refused(given: Any) -> None:
    with pytest.raises(ConnectorInputError):
        criteria_of(given)


def test_criteria_that_never_end_are_refused() -> None:
    given: Any = {"field": "FROM", "value": "x"}
    for _ in range(1_000):
        given = {"operator": "AND", "criteria": [given]}

    with pytest.raises(ConnectorInputError):
        criteria_of(given)


def test_criteria_combine() -> None:
    found = criteria_of(
        '{"operator": "or", "criteria": [{"field": "from", "value": "a"}, {"field": "BODY", "value": 7}]}'
    )

    assert found == Combination("OR", (Comparison("FROM", "a"), Comparison("BODY", "7")))
    assert met(found, lambda comparison: comparison.field == "BODY")
    assert not met(found, lambda comparison: False)
    assert criteria_of(None) is None


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"protocol": "ftp"}, "protocol"),
        ({"protocol": "smtp", "data": {}}, "data.smtpConfig: Validation failed. Original message: must not be null"),
        (
            {"protocol": "imap", "data": {"imapConfig": {"imapHost": "x"}, "imapActionDiscriminator": "readEmailImap"}},
            "data.imapAction.messageId: Validation failed. Original message: must not be blank",
        ),
        ({"protocol": "imap", "data": {"imapConfig": {"imapHost": " ", "imapPort": 0}}}, "data.imapConfig.imapHost"),
        ({"protocol": "imap", "data": {"imapConfig": {"imapHost": "x", "imapPort": "many"}}}, "imapPort"),
        (
            {"protocol": "imap", "data": {"imapConfig": {"imapHost": "x"}}, "authentication": {"type": "noAuth"}},
            "known users",
        ),
        ({"protocol": "pop3", "data": {"pop3Config": {"pop3Host": "x\r\ny"}}}, "control characters"),
        (
            {"protocol": "smtp", "authentication": {"type": "simple", "username": "x"}, "data": {}},
            "authentication.password",
        ),
        ({"protocol": "smtp", "authentication": {"type": "simple", "username": "{{secrets.NONE}}"}}, "NONE"),
        (
            {"protocol": "imap", "data": {"imapConfig": {"imapHost": "x"}, "imapAction": {"maxToBeRead": 0}}},
            "maxToBeRead",
        ),
        ({"protocol": "imap", "data": "text"}, "data"),
    ],
    ids=str,
)
async def test_faults_of_the_input_name_their_place(data: dict[str, Any], message: str) -> None:
    authentication = {"type": "simple", "username": "ada", "password": "{{secrets.PASSWORD}}"}

    run = await run_connector(
        connector, {"authentication": authentication, **data}, secrets={"PASSWORD": "secret-of-a-test"}
    )

    assert isinstance(run.error, ConnectorInputError), run.error
    assert message in str(run.error)
    run.assert_no_secret()


def test_folders_and_texts_as_imap_writes_them() -> None:
    assert encoded_folder("Entwürfe & Mehr/日本語") == "Entw&APw-rfe &- Mehr/&ZeVnLIqe-"
    assert quoted('a"b\\c') == '"a\\"b\\\\c"'


def test_a_server_does_not_show_its_password() -> None:
    server = MailServer("imap", "host", 1, CryptographicProtocol.TLS, "ada", "secret-of-a-test")

    assert "secret-of-a-test" not in repr(server)
    assert "secret-of-a-test" not in str(failure(OSError(1, "no secret-of-a-test"), server))


def test_a_mail_in_a_mail_inline_images_and_unnamed_parts_are_attachments() -> None:
    content = (
        b"Message-ID: <1@x>\r\nSubject: =?utf-8?b?R3LDtsOfZQ==?=\r\nFrom: =?utf-8?q?J=C3=B6rg?= <j@example.com>\r\n"
        b"Content-Type: multipart/mixed; boundary=a\r\n\r\n"
        b"--a\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/plain; charset=latin1\r\n\r\ngr\xfcn\r\n"
        b"--b\r\nContent-Type: text/html\r\n\r\n<p>x</p>\r\n--b--\r\n"
        b"--a\r\nContent-Type: text/plain\r\n\r\nsecond text\r\n"
        b"--a\r\nContent-Type: image/png\r\nContent-Disposition: inline\r\n\r\nPNG\r\n"
        b"--a\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nbody\r\n"
        b"--a\r\nContent-Type: text/csv; name*=utf-8''a%20%C3%BC.csv\r\nContent-Transfer-Encoding: base64\r\n\r\nYSxi\r\n--a--\r\n"
    )

    mail = mail_of(content)

    assert (mail.subject, mail.from_address, mail.plain_text, mail.html) == (
        "Größe",
        "j@example.com",
        "grün",
        "<p>x</p>",
    )
    kinds = [(attachment.content_type, attachment.name) for attachment in mail.attachments]
    assert kinds == [("image/png", ""), ("message/rfc822", ""), ("text/csv", "a ü.csv")]
    assert b"inner" in mail.attachments[1].content
    assert mail.attachments[2].content == b"a,b"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 100,
        b"Subject: =?utf-8?b?broken?=\r\n\r\nx",
        b"Subject: =?no-such-charset?q?x?=\r\n\r\nx",
        b"From: a@b@c <<\r\nDate: 99 99 99\r\n\r\n",
        b"Date: Mon, 02 Mar 99999 10:00:00 +9999\r\n\r\n",
        b"Content-Type: multipart/mixed\r\n\r\nno boundary",
        b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n--a",
        b"Content-Type: text/plain; charset=\xff\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!",
        b"Content-Type: text/plain; name==?utf-8?q?=FF?=\r\n\r\nx",
        b"Content-Transfer-Encoding: uuencode\r\n\r\nbegin 644 x\r\n\xff",
        b"Message-ID: \xff\xfe\r\nX\r\n\r\n",
        b"From: " + b"(" * 100_000 + b"\r\n\r\n",
        b"Subject: " + b"=?utf-8?q?=C3?= " * 100_000 + b"\r\n\r\n",
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i) for i in range(3_000)),
        b"Content-Type: message/rfc822\r\n\r\n" * 3_000,
        b"Content-Type: application/x; " + b"; ".join(b"name*%d*=%%FF" % i for i in range(5_000)) + b"\r\n\r\nx",
    ],
    ids=lambda content: repr(content[:40]),
)
async def test_no_mail_is_so_broken_that_it_cannot_be_a_result(content: bytes) -> None:
    store = MemoryDocumentStore()

    async def create(body: bytes, *, file_name: str, content_type: str) -> Any:
        return await store.create(body, DocumentMetadata(content_type, file_name))

    result = await mail_of(content).result(create)

    assert set(result) >= {"messageId", "fromAddress", "subject", "headers", "attachments"}
    str(result).encode()
    headers_of(content, 1)


def test_many_parts_are_cut_off_and_said() -> None:
    part = b"--a\r\nContent-Type: application/pdf\r\n\r\nx\r\n"
    content = b"Content-Type: multipart/mixed; boundary=a\r\n\r\n" + part * 500 + b"--a--"

    mail = mail_of(content)

    assert len(mail.attachments) == 100
    assert mail.errors == ("The mail has more than 100 attachments; the rest was left out",)


async def test_what_is_sent_can_be_read_again() -> None:
    envelope = await made(subject="Größe", contentType="MULTIPART", body="ä\n.\nö", htmlBody="<p>ü</p>")

    read = message_from_bytes(envelope.message.as_bytes(policy=email.policy.SMTP), policy=email.policy.default)

    assert read["Subject"] == "Größe"
    assert read.get_body(("plain",)).get_content().splitlines() == ["ä", ".", "ö"]  # type: ignore[union-attr]
