"""Documents in the store of the cluster: what one connector stores, other connectors, the engine's users and a later run can read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp

from kiang.client.settings import ClientSettings
from kiang.client.tls import ssl_context
from kiang.connector_sdk.document import DOCUMENT_SIZE_MAX_BYTES, DocumentMetadata
from kiang.errors import ConnectorError, ConnectorInputError

TIMEOUT_SECONDS = 120
"""Of one transfer."""

CONNECT_TIMEOUT_SECONDS = 10
STORE_ERROR = "DOCUMENT_STORE_ERROR"
"""Error code where the store does not do what it is asked; it may be asked again."""


class ClusterDocuments:
    """The store behind `/v2/documents` of the cluster that a client talks to. See `kiang.connector_sdk.document.DocumentStore`."""

    def __init__(self, settings: ClientSettings) -> None:
        self._settings = settings
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def create(self, content: bytes, metadata: DocumentMetadata) -> dict[str, Any]:
        """Store a document; gives its reference."""
        known = {name: value for name, value in metadata.to_json().items() if value not in (None, "", {})}
        form = aiohttp.FormData()
        content_type = metadata.content_type or "application/octet-stream"
        form.add_field("file", content, filename=metadata.file_name or "document", content_type=content_type)
        form.add_field("metadata", json.dumps(known), content_type="application/json")
        return dict(json.loads(await self._ask("POST", "/documents", data=form)))

    async def read(self, reference: Mapping[str, Any]) -> bytes:
        """The content of a document."""
        return await self._ask("GET", _path(reference))

    async def link(self, reference: Mapping[str, Any], time_to_live_ms: int | None = None) -> str:
        """A URL under which anybody can read the document for a while."""
        wanted = {"timeToLive": time_to_live_ms} if time_to_live_ms is not None else {}
        return str(json.loads(await self._ask("POST", _path(reference, "/links"), json=wanted))["url"])

    async def close(self) -> None:
        """Close the connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _open(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        if self._session is None or self._loop is not loop:
            is_secure = self._settings.rest_url.startswith("https")
            connector = aiohttp.TCPConnector(ssl=ssl_context(self._settings.tls) if is_secure else True)
            timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS, sock_connect=CONNECT_TIMEOUT_SECONDS)
            self._session = aiohttp.ClientSession(connector=connector, timeout=timeout, trust_env=True)
            self._loop = loop
        return self._session

    async def _ask(self, method: str, path: str, **body: Any) -> bytes:
        headers = dict(await self._settings.credentials.headers())
        try:
            async with self._open().request(method, self._settings.rest_url + path, headers=headers, **body) as answer:
                content = await _content(answer)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise ConnectorError(STORE_ERROR, f"The document store does not answer: {type(error).__name__}") from None
        if answer.status < 400:
            return content
        if answer.status == 401:
            self._settings.credentials.invalidate()
        text = f"The document store answers {answer.status}: {_detail(content)}"
        if answer.status in {400, 404, 413}:
            raise ConnectorInputError(text)
        raise ConnectorError(STORE_ERROR, text)


def _path(reference: Mapping[str, Any], below: str = "") -> str:
    named = {"storeId": reference.get("storeId"), "contentHash": reference.get("contentHash")}
    query = urlencode({name: value for name, value in named.items() if value})
    return f"/documents/{quote(str(reference.get('documentId')), safe='')}{below}{'?' if query else ''}{query}"


async def _content(answer: aiohttp.ClientResponse) -> bytes:
    parts, size = [], 0
    async for part in answer.content.iter_any():
        size += len(part)
        if size > DOCUMENT_SIZE_MAX_BYTES:
            raise ConnectorInputError(
                f"Expected a document of at most {DOCUMENT_SIZE_MAX_BYTES} bytes, but it is larger."
            )
        parts.append(part)
    return b"".join(parts)


def _detail(content: bytes) -> str:
    try:
        problem = json.loads(content)
    except ValueError:
        return "no reason"
    return str(problem.get("detail") or problem.get("title")) if isinstance(problem, dict) else "no reason"
