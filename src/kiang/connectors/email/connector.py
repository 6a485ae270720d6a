"""Email connector: sends over SMTP; lists, searches, reads, deletes and moves over IMAP and POP3."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from kiang.connector_sdk import ConnectorError, ConnectorInputError, OutboundContext, outbound_connector
from kiang.connector_sdk.binding import INVALID_INPUT
from kiang.connector_sdk.mail.imap import ImapSession
from kiang.connector_sdk.mail.message import Mail
from kiang.connector_sdk.mail.server import credentials_of, server_of
from kiang.connector_sdk.mail.sessions import with_session
from kiang.connector_sdk.template import Group, Template
from kiang.connectors.email.criteria import Combination, Comparison, Criterion, criteria_of, met
from kiang.connectors.email.input import EmailInput, ImapAction, Pop3Action, SortField, SortOrder
from kiang.connectors.email.pop3 import Pop3Session
from kiang.connectors.email.smtp import SmtpSession, envelope_of

FOUND_MAX = 1_000
"""Mails that a search may find: the result has to fit a process variable."""

TEMPLATE = Template(
    id="io.kiang.connectors.Email.v1",
    name="Email Connector",
    description="Send mails over SMTP; list, search, read, delete and move them over IMAP and POP3",
    keywords=("email", "mail", "smtp", "imap", "pop3", "send an email", "read emails"),
    groups=(
        Group("operation", "Operation"),
        Group("server", "Server"),
        Group("authentication", "Authentication"),
        Group("mail", "Mail"),
        Group("action", "Mails"),
    ),
    example={"subject": "Your order", "sent": True, "messageId": "<1@example.com>"},
)


@outbound_connector(name="Email", type="io.camunda:email:1", template=TEMPLATE)
async def email(data: EmailInput, context: OutboundContext) -> Any:
    """What the action gives: see the README."""
    action = {"smtp": _smtp, "imap": _imap, "pop3": _pop3}[data.protocol]
    return await action(data, context)


async def _smtp(data: EmailInput, context: OutboundContext) -> dict[str, Any]:
    config = _given(data.data.smtp_config, "data.smtpConfig")
    action = _given(data.data.smtp_action, "data.smtpAction")
    signed_in = await credentials_of(data.authentication, context)
    server = server_of("smtp", config.smtp_host, config.smtp_port, config.smtp_cryptographic_protocol, signed_in)
    envelope = await envelope_of(action, context.job)
    await with_session(context.resources, server, SmtpSession, lambda session: session.send(envelope))
    return {"subject": action.subject, "sent": True, "messageId": envelope.message_id}


async def _imap(data: EmailInput, context: OutboundContext) -> Any:
    config = _given(data.data.imap_config, "data.imapConfig")
    action = data.data.imap_action or ImapAction()
    signed_in = await credentials_of(data.authentication, context)
    server = server_of("imap", config.imap_host, config.imap_port, config.imap_cryptographic_protocol, signed_in)
    prepared = IMAP_ACTIONS[data.data.imap_action_discriminator](action)
    result = await with_session(context.resources, server, ImapSession, prepared)
    return await result.result(context.create_document) if isinstance(result, Mail) else result


async def _pop3(data: EmailInput, context: OutboundContext) -> Any:
    config = _given(data.data.pop3_config, "data.pop3Config")
    action = data.data.pop3_action or Pop3Action()
    signed_in = await credentials_of(data.authentication, context)
    server = server_of("pop3", config.pop3_host, config.pop3_port, config.pop3_cryptographic_protocol, signed_in)
    prepared = POP3_ACTIONS[data.data.pop3_action_discriminator](action)

    def use(session: Pop3Session) -> Any:
        result = prepared(session)
        session.commit()
        return result

    result = await with_session(context.resources, server, Pop3Session, use, is_kept=False)
    return await result.result(context.create_document) if isinstance(result, Mail) else result


def _imap_list(action: ImapAction) -> Callable[[ImapSession], Any]:
    def use(session: ImapSession) -> Any:
        session.select(action.list_emails_folder, readonly=True)
        mails = (listed.mail for listed in session.listed(session.search("ALL")))
        return _list(mails, action.sort_field, action.sort_order, action.max_to_be_read)

    return use


def _imap_search(action: ImapAction) -> Callable[[ImapSession], Any]:
    criterion = criteria_of(action.criteria)

    def use(session: ImapSession) -> Any:
        session.select(action.search_email_folder, readonly=True)
        uids = session.search("ALL") if criterion is None else sorted(_uids(session, criterion))
        if len(uids) > FOUND_MAX:
            raise _too_many_found(len(uids))
        found = sorted(session.listed(uids), key=lambda listed: listed.uid)
        return _found(listed.mail for listed in found)

    return use


def _uids(session: ImapSession, criterion: Criterion) -> set[int]:
    """What meets it: one question for each comparison, combined here, since texts outside of ASCII go one by one."""
    if isinstance(criterion, Comparison):
        return set(session.search(criterion.field, text=criterion.value))
    sets = [_uids(session, part) for part in criterion.criteria]
    return set.intersection(*sets) if criterion.operator == "AND" else set.union(*sets)


def _imap_read(action: ImapAction) -> Callable[[ImapSession], Any]:
    message_id = _named(action.message_id, "data.imapAction.messageId")

    def use(session: ImapSession) -> Mail:
        session.select(action.read_email_folder, readonly=True)
        return session.read(_uid(session, message_id))

    return use


def _imap_delete(action: ImapAction) -> Callable[[ImapSession], Any]:
    message_id = _named(action.message_id, "data.imapAction.messageId")

    def use(session: ImapSession) -> Any:
        session.select(action.delete_email_folder, readonly=False)
        session.delete(_uid(session, message_id))
        return {"messageId": message_id, "deleted": True}

    return use


def _imap_move(action: ImapAction) -> Callable[[ImapSession], Any]:
    message_id = _named(action.message_id, "data.imapAction.messageId")
    source = _named(action.from_folder, "data.imapAction.fromFolder")
    target = _named(action.to_folder, "data.imapAction.toFolder")

    def use(session: ImapSession) -> Any:
        session.select(source, readonly=False)
        session.move(_uid(session, message_id), target)
        return {"messageId": message_id, "from": source, "to": target}

    return use


def _pop3_list(action: Pop3Action) -> Callable[[Pop3Session], Any]:
    def use(session: Pop3Session) -> Any:
        if action.sort_field is SortField.SIZE:  # known without asking for each mail
            sizes = sorted(
                session.sizes().items(), key=lambda item: item[1], reverse=action.sort_order is SortOrder.DESC
            )
            return [_row(session.headers(number, size)) for number, size in sizes[: action.max_to_be_read]]
        mails = (mail for _, mail in session.all())
        return _list(mails, SortField.SENT_DATE, action.sort_order, action.max_to_be_read)

    return use


def _pop3_search(action: Pop3Action) -> Callable[[Pop3Session], Any]:
    criterion = criteria_of(action.criteria)

    def use(session: Pop3Session) -> Any:
        found = [
            mail for number, mail in session.all() if criterion is None or _meets(session, number, mail, criterion)
        ]
        if len(found) > FOUND_MAX:
            raise _too_many_found(len(found))
        return _found(found)

    return use


def _meets(session: Pop3Session, number: int, mail: Mail, criterion: Criterion | Combination) -> bool:
    """A POP3 server cannot search: headers and, where a body is asked for, mails are read here."""
    bodies: list[str] = []

    def holds(comparison: Comparison) -> bool:
        if comparison.field == "FROM":
            text = {name.lower(): value for name, value in mail.headers}.get("from", "")
        elif comparison.field == "SUBJECT":
            text = mail.subject
        else:
            if not bodies:
                whole = session.read(number, mail.size)
                bodies.append(f"{whole.plain_text or ''}\n{whole.html or ''}")
            text = bodies[0]
        return comparison.value.casefold() in text.casefold()

    return met(criterion, holds)


def _pop3_read(action: Pop3Action) -> Callable[[Pop3Session], Any]:
    message_id = _named(action.message_id, "data.pop3Action.messageId")
    return lambda session: session.read(*_number(session, message_id))


def _pop3_delete(action: Pop3Action) -> Callable[[Pop3Session], Any]:
    message_id = _named(action.message_id, "data.pop3Action.messageId")

    def use(session: Pop3Session) -> Any:
        session.delete(_number(session, message_id)[0])
        return {"messageId": message_id, "deleted": True}

    return use


IMAP_ACTIONS: Mapping[str, Callable[[ImapAction], Callable[[ImapSession], Any]]] = {
    "listEmailsImap": _imap_list,
    "searchEmailsImap": _imap_search,
    "readEmailImap": _imap_read,
    "deleteEmailImap": _imap_delete,
    "moveEmailImap": _imap_move,
}
POP3_ACTIONS: Mapping[str, Callable[[Pop3Action], Callable[[Pop3Session], Any]]] = {
    "listEmailsPop3": _pop3_list,
    "searchEmailsPop3": _pop3_search,
    "readEmailPop3": _pop3_read,
    "deleteEmailPop3": _pop3_delete,
}

_LONG_AGO = datetime(1, 1, 2, tzinfo=UTC)

_SORTED_BY: Mapping[SortField, Callable[[Mail], Any]] = {
    SortField.RECEIVED_DATE: lambda mail: mail.received_at or _LONG_AGO,
    SortField.SENT_DATE: lambda mail: mail.sent_at or _LONG_AGO,
    SortField.SIZE: lambda mail: mail.size,
}


def _list(mails: Iterable[Mail], field: SortField, order: SortOrder, maximum: int) -> list[dict[str, Any]]:
    """The first of them; no more are held in memory."""
    chosen = heapq.nlargest if order is SortOrder.DESC else heapq.nsmallest
    return [_row(mail) for mail in chosen(maximum, mails, key=_SORTED_BY[field])]


def _row(mail: Mail) -> dict[str, Any]:
    return {
        "messageId": mail.message_id,
        "fromAddress": mail.from_address,
        "subject": mail.subject,
        "size": mail.size,
    }


def _found(mails: Iterable[Mail]) -> list[dict[str, Any]]:
    return [{"messageId": mail.message_id, "subject": mail.subject} for mail in mails]


def _uid(session: ImapSession, message_id: str) -> int:
    uid = session.find(message_id)
    if uid is None:
        raise _not_found()
    return uid


def _number(session: Pop3Session, message_id: str) -> tuple[int, int]:
    found = session.find(message_id)
    if found is None:
        raise _not_found()
    return found


def _not_found() -> ConnectorError:
    return ConnectorError("MESSAGE_NOT_FOUND", "No emails have been found with this ID")


def _too_many_found(count: int) -> ConnectorError:
    return ConnectorError("TOO_MANY_MESSAGES", f"Expected at most {FOUND_MAX} mails, but the search found {count}.")


def _given(value: Any, name: str) -> Any:
    if value is None:
        raise ConnectorInputError(
            f"{INVALID_INPUT}\n - Property: {name}: Validation failed. Original message: must not be null"
        )
    return value


def _named(value: str | None, name: str) -> str:
    if not value or not value.strip():
        raise ConnectorInputError(
            f"{INVALID_INPUT}\n - Property: {name}: Validation failed. Original message: must not be blank"
        )
    return value
