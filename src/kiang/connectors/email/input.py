"""The input of the email connector: names as in Camunda's template."""

from __future__ import annotations

import enum
from typing import Annotated, Any, Literal

from pydantic import Field

from kiang.connector_sdk import ConnectorInput, Document, NotBlank, NotEmpty, Range
from kiang.connector_sdk.mail.server import CryptographicProtocol, ImapConfig, MailAuthentication
from kiang.connector_sdk.template import Choice, Condition, TemplateField

LISTED_MAX = 10_000
"""Mails of one list."""

SMTP, IMAP, POP3 = (Condition("protocol", equals=name) for name in ("smtp", "imap", "pop3"))


def _imap(*actions: str) -> Condition:
    return Condition("data.imapActionDiscriminator", one_of=tuple(f"{action}Imap" for action in actions))


def _pop3(*actions: str) -> Condition:
    return Condition("data.pop3ActionDiscriminator", one_of=tuple(f"{action}Pop3" for action in actions))


class ContentType(enum.Enum):
    """What a mail's body is."""

    PLAIN = "PLAIN"
    HTML = "HTML"
    MULTIPART = "MULTIPART"

    @property
    def label(self) -> str:
        """For the form."""
        return {"PLAIN": "Plain text", "HTML": "HTML", "MULTIPART": "Plain text and HTML"}[self.value]


class SortOrder(enum.Enum):
    """Which comes first."""

    ASC = "ASC"
    DESC = "DESC"

    @property
    def label(self) -> str:
        """For the form."""
        return {"ASC": "Ascending", "DESC": "Descending"}[self.value]


class SortField(enum.Enum):
    """What a list is sorted by."""

    RECEIVED_DATE = "RECEIVED_DATE"
    SENT_DATE = "SENT_DATE"
    SIZE = "SIZE"


_BY = {
    "RECEIVED_DATE": Choice("RECEIVED_DATE", "Received date"),
    "SENT_DATE": Choice("SENT_DATE", "Sent date"),
    "SIZE": Choice("SIZE", "Size"),
}


class SmtpAction(ConnectorInput):
    """A mail to send."""

    from_: Annotated[str, NotBlank(), Field(alias="from"), TemplateField(label="From", group="mail")]
    to: Annotated[
        str | list[str],
        NotEmpty(),
        TemplateField(
            type="String",
            feel="optional",
            group="mail",
            description="One or several with commas between, or a list",
        ),
    ]
    cc: Annotated[str | list[str] | None, TemplateField(type="String", feel="optional", group="mail")] = None
    bcc: Annotated[str | list[str] | None, TemplateField(type="String", feel="optional", group="mail")] = None
    headers: Annotated[
        dict[str, Any] | None,
        TemplateField(group="mail", description="More headers, as a FEEL context"),
    ] = None
    subject: Annotated[str, NotBlank(), TemplateField(group="mail")]
    content_type: Annotated[ContentType, TemplateField(group="mail")] = ContentType.PLAIN
    body: Annotated[
        str | None,
        TemplateField(
            label="Plain text",
            type="Text",
            feel="optional",
            group="mail",
            condition=Condition("data.smtpAction.contentType", one_of=("PLAIN", "MULTIPART")),
        ),
    ] = None
    html_body: Annotated[
        str | None,
        TemplateField(
            label="HTML",
            type="Text",
            feel="optional",
            group="mail",
            language="html",
            condition=Condition("data.smtpAction.contentType", one_of=("HTML", "MULTIPART")),
        ),
    ] = None
    attachments: Annotated[
        list[Document] | None, TemplateField(group="mail", description="Documents, as a FEEL list")
    ] = None


class _Chosen(ConnectorInput):
    """How mails are chosen."""

    criteria: Any = None
    message_id: str | None = None
    max_to_be_read: Annotated[int, Range(minimum=1, maximum=LISTED_MAX)] = 100
    sort_order: SortOrder = SortOrder.ASC


_CRITERIA = 'For example ={field: "SUBJECT", value: "Order"}, or ={operator: "AND", criteria: […]}'


class ImapAction(_Chosen):
    """What is done in an IMAP folder."""

    list_emails_folder: Annotated[
        str | None, TemplateField(label="Folder", group="action", condition=_imap("listEmails"))
    ] = None
    search_email_folder: Annotated[
        str | None, TemplateField(label="Folder", group="action", condition=_imap("searchEmails"))
    ] = None
    read_email_folder: Annotated[
        str | None, TemplateField(label="Folder", group="action", condition=_imap("readEmail"))
    ] = None
    delete_email_folder: Annotated[
        str | None, TemplateField(label="Folder", group="action", condition=_imap("deleteEmail"))
    ] = None
    message_id: Annotated[
        str | None,
        TemplateField(label="Message ID", group="action", condition=_imap("readEmail", "deleteEmail", "moveEmail")),
    ] = None
    criteria: Annotated[
        Any,
        TemplateField(
            type="Text", feel="required", group="action", description=_CRITERIA, condition=_imap("searchEmails")
        ),
    ] = None
    from_folder: Annotated[str | None, TemplateField(group="action", condition=_imap("moveEmail"))] = None
    to_folder: Annotated[str | None, TemplateField(group="action", condition=_imap("moveEmail"))] = None
    max_to_be_read: Annotated[
        int,
        Range(minimum=1, maximum=LISTED_MAX),
        TemplateField(label="Mails at most", group="action", condition=_imap("listEmails")),
    ] = 100
    sort_field: Annotated[
        SortField,
        TemplateField(label="Sort by", group="action", choices=tuple(_BY.values()), condition=_imap("listEmails")),
    ] = SortField.RECEIVED_DATE
    sort_order: Annotated[SortOrder, TemplateField(label="Order", group="action", condition=_imap("listEmails"))] = (
        SortOrder.ASC
    )


class Pop3Action(_Chosen):
    """What is done in a POP3 mailbox."""

    message_id: Annotated[
        str | None, TemplateField(label="Message ID", group="action", condition=_pop3("readEmail", "deleteEmail"))
    ] = None
    criteria: Annotated[
        Any,
        TemplateField(
            type="Text", feel="required", group="action", description=_CRITERIA, condition=_pop3("searchEmails")
        ),
    ] = None
    max_to_be_read: Annotated[
        int,
        Range(minimum=1, maximum=LISTED_MAX),
        TemplateField(label="Mails at most", group="action", condition=_pop3("listEmails")),
    ] = 100
    sort_field: Annotated[
        SortField,
        TemplateField(
            label="Sort by",
            group="action",
            choices=(_BY["SENT_DATE"], _BY["SIZE"]),
            condition=_pop3("listEmails"),
        ),
    ] = SortField.SENT_DATE
    sort_order: Annotated[SortOrder, TemplateField(label="Order", group="action", condition=_pop3("listEmails"))] = (
        SortOrder.ASC
    )


class SmtpConfig(ConnectorInput):
    """The SMTP server."""

    smtp_host: Annotated[str, NotBlank(), TemplateField(label="SMTP host", group="server")]
    smtp_port: Annotated[
        int, Range(1, 65535), TemplateField(label="SMTP port", type="String", feel="optional", group="server")
    ] = 587
    smtp_cryptographic_protocol: Annotated[
        CryptographicProtocol,
        TemplateField(
            label="Encryption", group="server", description="TLS: asked for with STARTTLS; on port 465 at once"
        ),
    ] = CryptographicProtocol.TLS


class Pop3Config(ConnectorInput):
    """The POP3 server."""

    pop3_host: Annotated[str, NotBlank(), TemplateField(label="POP3 host", group="server")]
    pop3_port: Annotated[
        int, Range(1, 65535), TemplateField(label="POP3 port", type="String", feel="optional", group="server")
    ] = 995
    pop3_cryptographic_protocol: Annotated[CryptographicProtocol, TemplateField(label="Encryption", group="server")] = (
        CryptographicProtocol.TLS
    )


class Data(ConnectorInput):
    """Server and action; those of the protocol count."""

    smtp_action_discriminator: Annotated[
        Literal["sendEmailSmtp"],
        TemplateField(
            label="Action", group="operation", choices=(Choice("sendEmailSmtp", "Send a mail"),), condition=SMTP
        ),
    ] = "sendEmailSmtp"
    imap_action_discriminator: Annotated[
        Literal["listEmailsImap", "searchEmailsImap", "readEmailImap", "deleteEmailImap", "moveEmailImap"],
        TemplateField(
            label="Action",
            group="operation",
            condition=IMAP,
            choices=(
                Choice("listEmailsImap", "List mails"),
                Choice("searchEmailsImap", "Search mails"),
                Choice("readEmailImap", "Read a mail"),
                Choice("deleteEmailImap", "Delete a mail"),
                Choice("moveEmailImap", "Move a mail"),
            ),
        ),
    ] = "listEmailsImap"
    pop3_action_discriminator: Annotated[
        Literal["listEmailsPop3", "searchEmailsPop3", "readEmailPop3", "deleteEmailPop3"],
        TemplateField(
            label="Action",
            group="operation",
            condition=POP3,
            choices=(
                Choice("listEmailsPop3", "List mails"),
                Choice("searchEmailsPop3", "Search mails"),
                Choice("readEmailPop3", "Read a mail"),
                Choice("deleteEmailPop3", "Delete a mail"),
            ),
        ),
    ] = "listEmailsPop3"
    smtp_config: Annotated[SmtpConfig | None, TemplateField(condition=SMTP)] = None
    imap_config: Annotated[ImapConfig | None, TemplateField(condition=IMAP)] = None
    pop3_config: Annotated[Pop3Config | None, TemplateField(condition=POP3)] = None
    smtp_action: Annotated[SmtpAction | None, TemplateField(condition=SMTP)] = None
    imap_action: Annotated[ImapAction | None, TemplateField(condition=IMAP)] = None
    pop3_action: Annotated[Pop3Action | None, TemplateField(condition=POP3)] = None


class EmailInput(ConnectorInput):
    """Input of the connector."""

    protocol: Annotated[
        Literal["smtp", "imap", "pop3"],
        TemplateField(
            group="operation",
            default="smtp",
            choices=(Choice("smtp", "SMTP"), Choice("imap", "IMAP"), Choice("pop3", "POP3")),
        ),
    ]
    authentication: Annotated[MailAuthentication, TemplateField(group="authentication", default="simple")]
    data: Data
