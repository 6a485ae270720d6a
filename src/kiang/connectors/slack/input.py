"""The input of the Slack connector: names as in Camunda's template."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from kiang.connector_sdk import ConnectorInput, Document, NotBlank
from kiang.connector_sdk.template import Choice, Condition, TemplateField
from kiang.errors import ConnectorInputError


class Method(enum.Enum):
    """What is asked of Slack."""

    POST_MESSAGE = "chat.postMessage"
    CREATE_CHANNEL = "conversations.create"
    INVITE = "conversations.invite"
    ADD_REACTION = "reactions.add"
    ADD_PIN = "pins.add"
    REMOVE_PIN = "pins.remove"

    @property
    def label(self) -> str:
        """For the form."""
        return _LABELS[self]


_LABELS = {
    Method.POST_MESSAGE: "Post message",
    Method.CREATE_CHANNEL: "Create channel",
    Method.INVITE: "Invite to channel",
    Method.ADD_REACTION: "Add reaction",
    Method.ADD_PIN: "Pin message",
    Method.REMOVE_PIN: "Unpin message",
}

REQUIRED: Mapping[Method, tuple[str, ...]] = {
    Method.POST_MESSAGE: ("channel",),
    Method.CREATE_CHANNEL: ("new_channel_name",),
    Method.INVITE: ("users",),
    Method.ADD_REACTION: ("channel", "emoji", "timestamp"),
    Method.ADD_PIN: ("channel", "timestamp"),
    Method.REMOVE_PIN: ("channel", "timestamp"),
}
"""What each method cannot do without."""


def _with(*methods: Method) -> Condition:
    return Condition("method", one_of=tuple(method.value for method in methods))


_POSTING, _CREATING, _INVITING = (
    _with(method) for method in (Method.POST_MESSAGE, Method.CREATE_CHANNEL, Method.INVITE)
)
_ABOUT_MESSAGES = _with(Method.ADD_REACTION, Method.ADD_PIN, Method.REMOVE_PIN)


class SlackData(ConnectorInput):
    """What the method needs.

    Attributes:
        channel: Id, name, `@` and a user's name, or a user's e-mail address.
        thread: Timestamp of the message that is answered.
        timestamp: Of the message that is meant.
    """

    channel: Annotated[
        str | None,
        TemplateField(
            label="Channel",
            group="message",
            feel="optional",
            description="Id or name of a channel, @name or e-mail address of a user",
            condition=_with(Method.POST_MESSAGE, Method.ADD_REACTION, Method.ADD_PIN, Method.REMOVE_PIN),
        ),
    ] = None
    thread: Annotated[
        str | None,
        TemplateField(
            group="message",
            feel="optional",
            optional=True,
            condition=_POSTING,
            description="Timestamp of the message to answer",
        ),
    ] = None
    message_type: Annotated[
        Literal["plainText", "messageBlock"] | None,
        TemplateField(
            group="message",
            default="plainText",
            choices=(Choice("plainText", "Plain text"), Choice("messageBlock", "Message blocks")),
            condition=_POSTING,
        ),
    ] = None
    text: Annotated[
        str | None,
        TemplateField(
            label="Message",
            group="message",
            type="Text",
            feel="optional",
            condition=Condition("data.messageType", equals="plainText"),
        ),
    ] = None
    block_content: Annotated[
        Any,
        TemplateField(
            label="Message blocks",
            group="message",
            feel="required",
            description="List of blocks, as Slack describes them",
            condition=Condition("data.messageType", equals="messageBlock"),
        ),
    ] = None
    documents: Annotated[
        list[Document] | None,
        TemplateField(label="Attachments", group="message", feel="required", optional=True, condition=_POSTING),
    ] = None
    new_channel_name: Annotated[
        str | None,
        TemplateField(label="Channel name", group="channel", feel="optional", condition=_CREATING),
    ] = None
    visibility: Annotated[
        Literal["PUBLIC", "PRIVATE"] | None,
        TemplateField(
            group="channel",
            default="PUBLIC",
            choices=(Choice("PUBLIC", "Public"), Choice("PRIVATE", "Private")),
            condition=_CREATING,
        ),
    ] = None
    channel_type: Annotated[
        Literal["channelId", "channelName"] | None,
        TemplateField(
            label="Invite by",
            group="invite",
            default="channelId",
            choices=(Choice("channelId", "Channel ID"), Choice("channelName", "Channel name")),
            condition=_INVITING,
        ),
    ] = None
    channel_id: Annotated[
        str | None,
        TemplateField(
            label="Channel ID",
            group="invite",
            feel="optional",
            condition=Condition("data.channelType", equals="channelId"),
        ),
    ] = None
    channel_name: Annotated[
        str | None,
        TemplateField(group="invite", feel="optional", condition=Condition("data.channelType", equals="channelName")),
    ] = None
    users: Annotated[
        str | list[str] | None,
        TemplateField(
            type="String",
            group="invite",
            feel="optional",
            description="Ids, @names or e-mail addresses, with commas between or as a list",
            condition=_INVITING,
        ),
    ] = None
    emoji: Annotated[
        str | None,
        TemplateField(group="reaction", feel="optional", description="Its name", condition=_with(Method.ADD_REACTION)),
    ] = None
    timestamp: Annotated[
        str | None,
        TemplateField(label="Message timestamp", group="reaction", feel="required", condition=_ABOUT_MESSAGES),
    ] = None


class SlackInput(ConnectorInput):
    """One call."""

    method: Annotated[Method, TemplateField(group="operation", default="chat.postMessage")]
    token: Annotated[
        str,
        NotBlank(),
        TemplateField(label="OAuth token", group="authentication", feel="optional", secret=True),
    ]
    data: SlackData

    def check(self) -> None:
        """See that what the method needs is there.

        Raises:
            ConnectorInputError: It is not; all that is missing is named.
        """
        missing = [name for name in REQUIRED[self.method] if _is_blank(getattr(self.data, name))]
        if self.method is Method.INVITE and _is_blank(self.data.channel_id) and _is_blank(self.data.channel_name):
            missing.append("channel_name" if self.data.channel_type == "channelName" else "channel_id")
        if missing:
            names = ", ".join(f"data.{SlackData.model_fields[name].alias or name}" for name in missing)
            raise ConnectorInputError(f"Expected {names} with the method {self.method.value}, but there is none.")


def _is_blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip()) or value == []
