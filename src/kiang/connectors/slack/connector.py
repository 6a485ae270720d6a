"""Slack connector: one method of its Web API per job."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from kiang.connector_sdk import OutboundContext, outbound_connector
from kiang.connector_sdk.template import Group, Template
from kiang.connectors.slack.api import SlackApi
from kiang.connectors.slack.input import Method, SlackData, SlackInput
from kiang.connectors.slack.lookup import USERS_MAX, channel_id, channel_of_name, receiver, user_ids
from kiang.errors import ConnectorInputError

DOCUMENTS_MAX = 10
"""Of one message."""

BLOCK_TEXT_MAX_CHARACTERS = 3_000
"""Slack's limit for the text of one block."""

MESSAGE_FIELDS = ("type", "team", "user", "text", "ts", "app_id", "bot_id")

TEMPLATE = Template(
    id="io.kiang.connectors.Slack.v1",
    name="Slack Connector",
    description="Post messages, create channels, invite users",
    keywords=("slack", "message", "channel", "chat", "notification"),
    groups=(
        Group("operation", "Operation"),
        Group("authentication", "Authentication"),
        Group("message", "Message"),
        Group("channel", "Channel"),
        Group("invite", "Invitation"),
        Group("reaction", "Message that is meant"),
    ),
    example={"ts": "1503435956.000247", "channel": "C123456", "message": {"text": "Hello"}},
)


@outbound_connector(name="Slack", type="io.camunda:slack:1", template=TEMPLATE)
async def slack(data: SlackInput, context: OutboundContext) -> dict[str, Any]:
    """Call one method; what of its answer matters is the result."""
    data.check()
    return await _METHODS[data.method](data.data, SlackApi(data.token, context))


async def _post_message(data: SlackData, api: SlackApi) -> dict[str, Any]:
    blocks = _blocks(data.block_content)
    documents = data.documents or []
    text = data.text if data.text and data.text.strip() else None
    if text is None and not blocks and not documents:
        raise ConnectorInputError("Text or block content required to post a message")
    if len(documents) > DOCUMENTS_MAX:
        raise ConnectorInputError(f"Expected at most {DOCUMENTS_MAX} documents, but there are {len(documents)}.")
    channel = await receiver((data.channel or "").strip(), api)
    if documents:
        files = [{"type": "file", "file_id": await api.upload(document), "source": "remote"} for document in documents]
        blocks = [*files, *_sections(text or ""), *blocks]
    answer = await api.call(
        "chat.postMessage",
        {
            "channel": channel,
            "text": text,
            "link_names": True if text is not None else None,
            "blocks": blocks or None,
            "thread_ts": data.thread or None,
        },
    )
    message = answer.get("message")
    message = message if isinstance(message, dict) else {}
    return {
        "ts": answer.get("ts"),
        "channel": answer.get("channel"),
        "message": {_camel(name): message.get(name) for name in MESSAGE_FIELDS},
    }


async def _create_channel(data: SlackData, api: SlackApi) -> dict[str, Any]:
    fields = {"name": (data.new_channel_name or "").strip(), "is_private": data.visibility == "PRIVATE"}
    return {"channel": _channel(await api.call("conversations.create", fields))}


async def _invite(data: SlackData, api: SlackApi) -> dict[str, Any]:
    given = data.users.split(",") if isinstance(data.users, str) else data.users or []
    users = [user.strip() for user in given if user.strip()]
    if not 0 < len(users) <= USERS_MAX:
        raise ConnectorInputError(f"Expected 1 to {USERS_MAX} users, but there are {len(users)}.")
    by_name = data.channel_type == "channelName" or not data.channel_id
    channel = await channel_of_name(data.channel_name or "", api) if by_name else data.channel_id
    ids = await user_ids(users, api)
    answer = await api.call("conversations.invite", {"channel": channel, "users": ",".join(ids)})
    return {"channel": _channel(answer), "needed": answer.get("needed"), "provided": answer.get("provided")}


async def _add_reaction(data: SlackData, api: SlackApi) -> dict[str, Any]:
    return await _about_message("reactions.add", data, api, name=(data.emoji or "").strip().strip(":"))


async def _add_pin(data: SlackData, api: SlackApi) -> dict[str, Any]:
    return await _about_message("pins.add", data, api)


async def _remove_pin(data: SlackData, api: SlackApi) -> dict[str, Any]:
    return await _about_message("pins.remove", data, api)


async def _about_message(method: str, data: SlackData, api: SlackApi, **more: str) -> dict[str, Any]:
    channel = await channel_id((data.channel or "").strip(), api)
    await api.call(method, {"channel": channel, "timestamp": data.timestamp, **more})
    return {}


_METHODS: Mapping[Method, Callable[[SlackData, SlackApi], Awaitable[dict[str, Any]]]] = {
    Method.POST_MESSAGE: _post_message,
    Method.CREATE_CHANNEL: _create_channel,
    Method.INVITE: _invite,
    Method.ADD_REACTION: _add_reaction,
    Method.ADD_PIN: _add_pin,
    Method.REMOVE_PIN: _remove_pin,
}


def _blocks(given: Any) -> list[Any]:
    """Blocks, which may come as JSON text.

    Raises:
        ConnectorInputError: They are no list.
    """
    if isinstance(given, str):
        try:
            given = json.loads(given) if given.strip() else None
        except (ValueError, RecursionError):
            raise ConnectorInputError("Block section must be an array") from None
    if given is None:
        return []
    if not isinstance(given, list):
        raise ConnectorInputError("Block section must be an array")
    return given


def _sections(text: str) -> list[dict[str, Any]]:
    """A text as blocks: beside blocks, Slack shows no other text."""
    step = BLOCK_TEXT_MAX_CHARACTERS
    parts = [text[start : start + step] for start in range(0, len(text), step)]
    return [{"type": "section", "text": {"type": "mrkdwn", "text": part}} for part in parts]


def _channel(answer: Mapping[str, Any]) -> dict[str, Any]:
    channel = answer.get("channel")
    return {name: channel.get(name) if isinstance(channel, dict) else None for name in ("id", "name")}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
