"""Slack's Web API: one call, and calls that go on over pages."""

from __future__ import annotations

import asyncio
import math
import os
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any

from kiang.connector_sdk import ConnectorError, ConnectorRetryError, Document, OutboundContext
from kiang.connector_sdk.http import BearerAuthentication, HttpMethod, HttpRequestInput, request

ADDRESS = "https://slack.com/api"
ADDRESS_VARIABLE = "KIANG_SLACK_API_URL"
"""Environment variable with another address, for GovSlack and for tests; an operator's matter, since tokens go there."""

TIMEOUT_SECONDS = 20
"""For connecting and for each wait of a call."""

PAGE_SIZE = 200
PAGES_MAX = 200
WAIT_MAX_SECONDS = 10.0
"""So long a call waits by itself when Slack says that it was one too many; longer ones are left to the job's retries."""

BACKOFF_MAX_SECONDS = 3600.0
BACKOFF_SECONDS = 30.0
"""When Slack does not say how long to wait."""

UNREADABLE = "SLACK_RESPONSE_INVALID"
FORM = "application/x-www-form-urlencoded"
JSON = "application/json; charset=utf-8"


class SlackApi:
    """Calls methods with one token."""

    def __init__(self, token: str, context: OutboundContext) -> None:
        self._token = token
        self._context = context
        self._address = os.environ.get(ADDRESS_VARIABLE, ADDRESS).rstrip("/")
        self._waited = 0.0

    async def call(self, method: str, fields: Mapping[str, Any], *, as_form: bool = False) -> dict[str, Any]:
        """What a method answers if all is well.

        Args:
            method: For example `chat.postMessage`.
            fields: Its arguments; those that are None are left out.
            as_form: Methods that only read take no JSON.

        Raises:
            ConnectorError: The code and the message are Slack's word for what is wrong; or those of a request that fails.
            ConnectorRetryError: Code 429: the limit of calls is reached for longer than a call waits.
        """
        asked = HttpRequestInput(
            url=f"{self._address}/{method}",
            method=HttpMethod.POST,
            authentication=BearerAuthentication(type="bearer", token=self._token.strip()),
            headers={"Content-Type": FORM if as_form else JSON},
            body={name: value for name, value in fields.items() if value is not None},
            connection_timeout_in_seconds=TIMEOUT_SECONDS,
        )
        while True:
            try:
                response = await request(asked, self._context)
            except ConnectorError as error:
                if error.code != "429":
                    raise
                await self._wait(error)
                continue
            answer = response.body
            if not isinstance(answer, dict) or not isinstance(answer.get("ok"), bool):
                raise ConnectorError(UNREADABLE, f"The answer of Slack to {method} is none of its Web API.")
            if not answer["ok"]:
                fault = str(answer.get("error") or "unknown_error")
                raise ConnectorError(fault, fault, {"response": answer})
            return answer

    async def pages(self, method: str, fields: Mapping[str, Any], items: str) -> AsyncIterator[list[dict[str, Any]]]:
        """The lists under `items` of every page.

        Raises:
            ConnectorError: As `call`, or there are too many pages.
        """
        cursor = None
        for _ in range(PAGES_MAX):
            answer = await self.call(method, {**fields, "limit": PAGE_SIZE, "cursor": cursor}, as_form=True)
            found = answer.get(items)
            yield [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []
            metadata = answer.get("response_metadata")
            cursor = metadata.get("next_cursor") if isinstance(metadata, dict) else None
            if not isinstance(cursor, str) or not cursor:
                return
        raise ConnectorError(UNREADABLE, f"Expected at most {PAGES_MAX} pages of {method}, but there are more.")

    async def upload(self, document: Document) -> str:
        """The id of a file that now lies at Slack, shared with nobody yet."""
        content = await document.read()
        name = document.file_name or "file"
        place = await self.call(
            "files.getUploadURLExternal", {"filename": name, "length": str(len(content))}, as_form=True
        )
        file_id, url = place.get("file_id"), place.get("upload_url")
        if not isinstance(file_id, str) or not isinstance(url, str):
            raise ConnectorError(UNREADABLE, "The answer of Slack holds no address to upload to.")
        await request(
            HttpRequestInput(
                url=url,
                method=HttpMethod.POST,
                headers={"Content-Type": "application/octet-stream"},
                body=document,
            ),
            self._context,
        )
        await self.call("files.completeUploadExternal", {"files": [{"id": file_id, "title": name}]})
        return file_id

    async def _wait(self, error: ConnectorError) -> None:
        """Wait as long as Slack wants, unless that is too long."""
        seconds = _retry_after(error)
        if self._waited + seconds > WAIT_MAX_SECONDS:
            raise ConnectorRetryError(
                "429",
                "The limit of calls of Slack is reached",
                backoff=timedelta(seconds=min(seconds, BACKOFF_MAX_SECONDS)),
                variables=error.variables,
            ) from None
        self._waited += seconds
        await asyncio.sleep(seconds)


def _retry_after(error: ConnectorError) -> float:
    response = error.variables.get("response")
    headers = response.get("headers") if isinstance(response, dict) else None
    value = next((v for k, v in (headers or {}).items() if k.lower() == "retry-after"), "")
    try:
        seconds = float(value)
    except ValueError:
        return BACKOFF_SECONDS
    return max(seconds, 1.0) if math.isfinite(seconds) else BACKOFF_SECONDS
