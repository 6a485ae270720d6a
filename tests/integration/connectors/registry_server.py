"""A schema registry that speaks the part of Confluent's REST API that clients need: register, look up, get by identifier."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import fastavro
from aiohttp import web
from aiohttp.test_utils import TestServer

CONTENT_TYPE = "application/vnd.schemaregistry.v1+json"
USER, PASSWORD = "reader", "p:w"  # noqa: S105 - of this server


@dataclass
class Registry:
    """What is registered, and what was asked."""

    url: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)
    schemas: list[tuple[str, str]] = field(default_factory=list)
    subjects: dict[str, list[int]] = field(default_factory=dict)
    is_away: bool = False
    was_missed: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append((request.method, request.path))
        if self.is_away:
            self.was_missed.set()
            return self._fault(503, 50302, "Forwarding the request to the primary failed")
        expected = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if request.headers.get("Authorization") != expected:
            return self._fault(401, 401, "Unauthorized")
        match request.method, request.path.strip("/").split("/"):
            case "GET", ["schemas", "ids", number]:
                return self._by_id(int(number))
            case "POST", ["subjects", subject, *rest]:
                assert request.content_type == CONTENT_TYPE
                return self._of_subject(subject, json.loads(await request.text()), registers=bool(rest))
        return self._fault(404, 404, "HTTP 404 Not Found")

    def _by_id(self, number: int) -> web.Response:
        if not 0 < number <= len(self.schemas):
            return self._fault(404, 40403, "Schema not found")
        kind, text = self.schemas[number - 1]
        return self._json({"schema": text} | ({} if kind == "AVRO" else {"schemaType": kind}))

    def _of_subject(self, subject: str, body: dict[str, str], *, registers: bool) -> web.Response:
        schema = (body.get("schemaType", "AVRO"), body["schema"])
        if schema[0] == "AVRO":
            try:
                fastavro.parse_schema(json.loads(schema[1]))
            except (ValueError, fastavro.schema.SchemaParseException):
                return self._fault(422, 42201, "Invalid schema")
        if schema not in self.schemas:
            if not registers:
                return self._fault(404, 40401, f"Subject '{subject}' not found.")
            self.schemas.append(schema)
        number = self.schemas.index(schema) + 1
        self.subjects.setdefault(subject, []).append(number)
        return self._json({"id": number})

    def _json(self, value: dict[str, object], status: int = 200) -> web.Response:
        return web.Response(status=status, text=json.dumps(value), content_type=CONTENT_TYPE)

    def _fault(self, status: int, code: int, message: str) -> web.Response:
        return self._json({"error_code": code, "message": message}, status)


@asynccontextmanager
async def registry_server() -> AsyncIterator[Registry]:
    """A registry that listens, with nothing in it."""
    registry = Registry()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", registry.answer)
    server = TestServer(application)
    await server.start_server()
    registry.url = str(server.make_url("")).rstrip("/")
    try:
        yield registry
    finally:
        await server.close()
