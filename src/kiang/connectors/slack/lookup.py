"""From names and e-mail addresses to the ids that Slack's methods want."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from kiang.connector_sdk import ConnectorError
from kiang.connectors.slack.api import SlackApi

USERS_MAX = 1_000
"""Of one invitation, which is Slack's limit too."""

UNKNOWN = "SLACK_NOT_FOUND"
AMBIGUOUS = "SLACK_NAME_AMBIGUOUS"

_ID = re.compile(r"[CGDUW][A-Z0-9]{7,}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


def is_email(text: str) -> bool:
    """Whether a text looks like an e-mail address."""
    return _EMAIL.fullmatch(text) is not None


async def receiver(channel: str, api: SlackApi) -> str:
    """Where a message goes: the id of a user that is named; a channel's id or name as it is, since Slack takes both."""
    if channel.startswith("@"):
        return (await user_ids([channel], api))[0]
    return await _user_of_email(channel, api) if is_email(channel) else channel


async def channel_id(channel: str, api: SlackApi) -> str:
    """The id of a channel that is given by id or name, or of the conversation with a user."""
    if channel.startswith("@") or is_email(channel):
        user = await receiver(channel, api)
        opened = (await api.call("conversations.open", {"users": user})).get("channel")
        return str(opened.get("id")) if isinstance(opened, dict) else ""
    return channel if _ID.fullmatch(channel) else await channel_of_name(channel, api)


async def channel_of_name(name: str, api: SlackApi) -> str:
    """The id of a channel.

    Raises:
        ConnectorError: SLACK_NOT_FOUND.
    """
    wanted = name.removeprefix("#")
    fields = {"types": "public_channel,private_channel", "exclude_archived": "true"}
    async for channels in api.pages("conversations.list", fields, "channels"):
        for channel in channels:
            if channel.get("name") == wanted and isinstance(channel.get("id"), str):
                return str(channel["id"])
    raise ConnectorError(UNKNOWN, f"Unable to find conversation with name: {name}")


async def user_ids(users: Sequence[str], api: SlackApi) -> list[str]:
    """The ids of users, in the order in which they are given: ids, `@` and names, e-mail addresses.

    Raises:
        ConnectorError: SLACK_NOT_FOUND, SLACK_NAME_AMBIGUOUS.
    """
    named = await _users_of_names({user[1:] for user in users if user.startswith("@")}, api)
    return [
        named[user[1:]] if user.startswith("@") else await _user_of_email(user, api) if is_email(user) else user
        for user in users
    ]


async def _user_of_email(email: str, api: SlackApi) -> str:
    try:
        user = (await api.call("users.lookupByEmail", {"email": email}, as_form=True)).get("user")
    except ConnectorError as error:
        if error.code != "users_not_found":
            raise
        user = None
    if not isinstance(user, dict) or not isinstance(user.get("id"), str):
        raise ConnectorError(UNKNOWN, f"Unable to find user with name or email : {email}")
    return str(user["id"])


async def _users_of_names(names: set[str], api: SlackApi) -> dict[str, str]:
    """The one user of each name: their user name, which is unique, else their real or display name."""
    if not names:
        return {}
    unique: dict[str, str] = {}
    others: dict[str, set[str]] = {name: set() for name in names}
    async for members in api.pages("users.list", {}, "members"):
        for member in members:
            user_id = member.get("id")
            if member.get("deleted") or not isinstance(user_id, str):
                continue
            if member.get("name") in names:
                unique[member["name"]] = user_id
            for name in _other_names(member) & names:
                others[name].add(user_id)
    found = {}
    for name in sorted(names):
        known = {unique[name]} if name in unique else others[name]
        if not known:
            raise ConnectorError(UNKNOWN, f"Unable to find users by name: @{name}")
        if len(known) > 1:
            raise ConnectorError(AMBIGUOUS, f"There are several users with the name: @{name}")
        found[name] = next(iter(known))
    return found


def _other_names(member: dict[str, Any]) -> set[str]:
    profile = member.get("profile")
    given = [member.get("real_name")]
    if isinstance(profile, dict):
        given += [profile.get("display_name"), profile.get("real_name")]
    return {name for name in given if isinstance(name, str)}
