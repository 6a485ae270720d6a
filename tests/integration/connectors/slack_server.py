"""Slack's Web API as its documentation describes it: the methods that the connector calls, with pages, limits and refusals."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from tests.integration.connectors.http_peer import http_peer

TOKEN = "xoxb-very-secret-token"
PAGE_SIZE = 2
"""Slack may return fewer than asked for; so does this."""

USERS = [
    {"id": "U0000001", "name": "ada", "real_name": "Ada Lovelace", "profile": {"display_name": "countess"}},
    {"id": "U0000002", "name": "bob", "real_name": "Bob", "profile": {"email": "bob@example.com"}},
    {"id": "U0000003", "name": "twin1", "real_name": "Twin", "profile": {}},
    {"id": "U0000004", "name": "gone", "real_name": "Eve", "deleted": True, "profile": {}},
    {"id": "U0000005", "name": "twin2", "real_name": "Twin", "profile": {}},
    {"id": "U0000006", "name": "eve", "real_name": "Eve", "profile": {}},
]
CHANNELS = [{"id": f"C000000{i}", "name": name} for i, name in enumerate(["general", "orders", "random", "secret"])]
READING = frozenset({"users.list", "users.lookupByEmail", "conversations.list", "files.getUploadURLExternal"})
"""Methods that take no JSON."""


class SlackServer:
    """What it has been given, and what it is to do next."""

    def __init__(self) -> None:
        self.url = ""
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.files: dict[str, bytes] = {}
        self.limits: list[str] = []
        """Values of Retry-After with which the next calls are refused."""

        self.endless = False

    async def __call__(self, request: web.Request, body: Any) -> web.Response:
        name = request.path.rpartition("/")[2]
        if request.path.startswith("/upload/"):
            self.files[name] = await request.read()
            return web.Response(text=f"OK - {len(self.files[name])}")
        if self.limits:
            return web.json_response(
                {"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": self.limits.pop(0)}
            )
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self._refused("invalid_auth")
        if name in READING and request.content_type != "application/x-www-form-urlencoded":
            return self._refused("invalid_arguments")
        arguments = body if isinstance(body, dict) else dict(await request.post())
        self.calls.append((name, arguments))
        handler = getattr(self, name.replace(".", "_"), None)
        return handler(arguments) if handler is not None else self._refused("unknown_method")

    def _refused(self, error: str) -> web.Response:
        return web.json_response({"ok": False, "error": error})

    def _page(self, items: list[dict[str, Any]], name: str, arguments: dict[str, Any]) -> web.Response:
        start = int(base64.b64decode(arguments.get("cursor", "")) or 0)
        end = start + PAGE_SIZE
        more = self.endless or end < len(items)
        cursor = base64.b64encode(str(end).encode()).decode() if more else ""
        return web.json_response({"ok": True, name: items[start:end], "response_metadata": {"next_cursor": cursor}})

    def chat_postMessage(self, arguments: dict[str, Any]) -> web.Response:  # noqa: N802 - Slack's word
        if arguments["channel"] == "nowhere":
            return self._refused("channel_not_found")
        message = {"type": "message", "team": "T1", "user": "U9", "text": arguments.get("text", ""), "ts": "1.5"}
        message |= {"app_id": "A1", "bot_id": "B1", "blocks": arguments.get("blocks")}
        return web.json_response({"ok": True, "channel": arguments["channel"], "ts": "1.5", "message": message})

    def conversations_create(self, arguments: dict[str, Any]) -> web.Response:
        if arguments["name"] in {channel["name"] for channel in CHANNELS}:
            return self._refused("name_taken")
        return web.json_response({"ok": True, "channel": {"id": "C0000009", "name": arguments["name"], "topic": {}}})

    def conversations_invite(self, arguments: dict[str, Any]) -> web.Response:
        channel = next((c for c in CHANNELS if c["id"] == arguments["channel"]), None)
        return web.json_response({"ok": True, "channel": channel}) if channel else self._refused("channel_not_found")

    def conversations_list(self, arguments: dict[str, Any]) -> web.Response:
        return self._page(CHANNELS, "channels", arguments)

    def conversations_open(self, arguments: dict[str, Any]) -> web.Response:
        return web.json_response({"ok": True, "channel": {"id": f"D{arguments['users'][1:]}"}})

    def users_list(self, arguments: dict[str, Any]) -> web.Response:
        return self._page(USERS, "members", arguments)

    def users_lookupByEmail(self, arguments: dict[str, Any]) -> web.Response:  # noqa: N802 - Slack's word
        for user in USERS:
            if user["profile"].get("email") == arguments["email"]:
                return web.json_response({"ok": True, "user": user})
        return self._refused("users_not_found")

    def reactions_add(self, arguments: dict[str, Any]) -> web.Response:
        return web.json_response({"ok": True})

    pins_add = pins_remove = reactions_add

    def files_getUploadURLExternal(self, arguments: dict[str, Any]) -> web.Response:  # noqa: N802 - Slack's word
        file_id = f"F{len(self.files)}"
        return web.json_response({"ok": True, "file_id": file_id, "upload_url": f"{self.url}/upload/{file_id}"})

    def files_completeUploadExternal(self, arguments: dict[str, Any]) -> web.Response:  # noqa: N802 - Slack's word
        known = [file for file in arguments["files"] if file["id"] in self.files]
        return web.json_response({"ok": True, "files": known}) if known else self._refused("file_not_found")


@asynccontextmanager
async def slack_server() -> AsyncIterator[SlackServer]:
    """Up when entered, down when left."""
    server = SlackServer()
    async with http_peer(server) as peer:
        server.url = peer.url
        yield server
