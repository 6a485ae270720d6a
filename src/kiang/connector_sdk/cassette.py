r"""HTTP exchanges of a connector, recorded once and replayed in tests.

async def test_asks():
    tape = Cassette("tests/asks.json", mode="auto")
    run = await run_connector(ask, {"token": "{{secrets.TOKEN}}"}, secrets={"TOKEN": "t0p"}, http=tape)

    assert run.result == {"answer": 42}
    tape.assert_all_used()

A cassette is a JSON file, a list of exchanges in the order in which they took place:

    [{"request": {"method": "POST", "url": "https://example.com/ask?key={{secrets.TOKEN}}", "body": "{\"q\":1}"},
      "response": {"status": 200, "reason": "OK", "headers": {"Content-Type": "application/json"}, "body": "{\"answer\":42}"}}]

A body is a text, null if there is none, or `{"base64": "..."}` if it is not UTF-8. Of a response only `status` must be there.
A request gets the first answer not used yet whose method, URL and body are its own: equal requests get their answers in order.

Secrets are written as `{{secrets.NAME}}`, tokens that an OAuth server gives out as `***`. Headers of requests are not written,
nor are cookies and credentials among those of answers. When replaying, the secrets of the test are put in again.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Literal

import msgspec

from kiang.connector_sdk.http.client import RawAnswer
from kiang.connector_sdk.secret import MASK, SecretRules, replace, with_placeholders

CASSETTE_SIZE_MAX_BYTES = 100 * 1024 * 1024
"""Largest file that is read."""

NEVER_RECORDED = frozenset(
    {"authorization", "proxy-authorization", "cookie", "set-cookie", "set-cookie2", "authentication-info"}
)
"""Headers that hold credentials."""

BINARY_ENCODINGS = ("utf-8", "latin-1", "utf-16-le", "utf-16-be")
"""How a secret may be written in a body that is not UTF-8."""

_TOKENS = re.compile(r'("(?:access|refresh|id)_token"\s*:\s*")(?:[^"\\]|\\.)*"')
_BOUNDARY = re.compile(r'multipart/.*?boundary="?([^";]+)', re.IGNORECASE)
_RULES = SecretRules(bare=False)

Mode = Literal["replay", "record", "auto"]


class CassetteError(AssertionError):
    """A request is not in the cassette, or the cassette cannot be read."""


class Binary(msgspec.Struct, frozen=True):
    """A body that is not text."""

    base64: str


class RecordedRequest(msgspec.Struct, frozen=True):
    """What a request is known by."""

    method: str
    url: str
    body: str | Binary | None = None


class RecordedResponse(msgspec.Struct, frozen=True):
    """An answer; of headers of one name the first."""

    status: int
    reason: str = ""
    headers: dict[str, str] = {}
    body: str | Binary | None = None


class RecordedExchange(msgspec.Struct, frozen=True):
    """One entry of the file."""

    request: RecordedRequest
    response: RecordedResponse


class Cassette:
    """Answers requests from a file, or sends them and writes the file. See the module for the format.

    Args:
        mode: "replay" never sends; "record" sends everything and writes the file anew; "auto" records if there is no file yet.
        secrets: Values by name, besides those that `run_connector` is given.

    Raises:
        CassetteError: The file to replay is absent, too large or not a cassette.
    """

    def __init__(
        self, path: str | os.PathLike[str], mode: Mode = "replay", *, secrets: Mapping[str, str] | None = None
    ) -> None:
        self.path = Path(path)
        self.is_recording = mode == "record" or (mode == "auto" and not self.path.exists())
        self._secrets = dict(secrets or {})
        self._exchanges: list[RecordedExchange] = [] if self.is_recording else self._load()
        self._unused = [] if self.is_recording else list(self._exchanges)

    def add_secrets(self, secrets: Mapping[str, str]) -> None:
        """More values that are never written."""
        self._secrets.update(secrets)

    def assert_all_used(self) -> None:
        """Every exchange of the file was asked for.

        Raises:
            AssertionError: Some were not; the message names them.
        """
        left = [f"{exchange.request.method} {exchange.request.url}" for exchange in self._unused]
        assert not left, f"not asked for, but in {self.path.name}: {', '.join(left)}"

    async def __call__(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        content: bytes | None,
        send: Callable[[], Awaitable[RawAnswer]],
    ) -> RawAnswer:
        """Stands between the SDK's HTTP client and the network.

        Raises:
            CassetteError: The request is not in the cassette, or not so often.
        """
        asked = RecordedRequest(method, self._hidden(url), self._body(_without_boundary(content, headers)))
        if self.is_recording:
            answer = await send()
            self._exchanges.append(RecordedExchange(asked, self._recorded(answer)))
            self._save()
            return answer
        for index, exchange in enumerate(self._unused):
            if exchange.request == asked:
                del self._unused[index]
                return self._replayed(exchange.response)
        raise CassetteError(self._refusal(asked))

    def _refusal(self, asked: RecordedRequest) -> str:
        what = f"{asked.method} {asked.url}"
        known = [exchange.request for exchange in self._exchanges]
        if asked in known:
            why = f"is {known.count(asked)} time(s) in {self.path.name}, but was sent once more"
        elif any((request.method, request.url) == (asked.method, asked.url) for request in known):
            why = f"is in {self.path.name} with another body only; sent was {msgspec.json.encode(asked.body).decode()}"
        else:
            why = f"is not in {self.path.name}"
        return f'{what} {why}. Record it: Cassette(path, mode="record"), or delete the file and use mode="auto".'

    def _load(self) -> list[RecordedExchange]:
        try:
            if self.path.stat().st_size > CASSETTE_SIZE_MAX_BYTES:
                raise CassetteError(f"Expected at most {CASSETTE_SIZE_MAX_BYTES} bytes, but {self.path} is larger.")
            return msgspec.json.decode(self.path.read_bytes(), type=list[RecordedExchange])
        except FileNotFoundError:
            raise CassetteError(f'There is no {self.path}. Record it: Cassette(path, mode="record").') from None
        except msgspec.DecodeError as error:
            raise CassetteError(f"Expected a cassette, but {self.path} is none: {error}") from None

    def _save(self) -> None:
        written = msgspec.json.format(msgspec.json.encode(self._exchanges), indent=2)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_bytes(written + b"\n")

    def _recorded(self, answer: RawAnswer) -> RecordedResponse:
        headers: dict[str, str] = {}
        for raw_name, raw_value in answer.headers:
            name = raw_name.decode("latin-1")
            if name.lower() not in NEVER_RECORDED:
                headers.setdefault(name, self._hidden(_text(raw_value) or raw_value.decode("latin-1")))
        body = self._body(answer.content)
        if isinstance(body, str):
            body = _TOKENS.sub(rf'\1{MASK}"', body)
        return RecordedResponse(answer.status, self._hidden(answer.reason), headers, body)

    def _replayed(self, response: RecordedResponse) -> RawAnswer:
        headers = tuple(
            (name.encode("latin-1"), self._shown(value).encode()) for name, value in response.headers.items()
        )
        return RawAnswer(response.status, self._shown(response.reason), headers, self._content(response.body))

    def _hidden(self, text: str) -> str:
        return with_placeholders(text, {value: name for name, value in self._secrets.items()})

    def _shown(self, text: str) -> str:
        shown: str = replace(text, self._secrets, _RULES)
        return shown

    def _body(self, content: bytes | None) -> str | Binary | None:
        if content is None:
            return None
        text = _text(content)
        if text is not None:
            return self._hidden(text)
        names = {}
        for name, value in self._secrets.items():
            for encoding in BINARY_ENCODINGS:
                names[value.encode(encoding, "replace").decode("latin-1")] = name
        hidden = with_placeholders(content.decode("latin-1"), names)
        # A name may hold any character, and only bytes fit here.
        return Binary(base64.b64encode(hidden.encode("latin-1", "replace")).decode())

    def _content(self, body: str | Binary | None) -> bytes:
        if body is None:
            return b""
        if isinstance(body, str):
            is_json = body.lstrip()[:1] in {"{", "["} and not body.startswith("{{secrets.")
            values = {name: json.dumps(value)[1:-1] if is_json else value for name, value in self._secrets.items()}
            return str(replace(body, values, _RULES)).encode()
        try:
            content = base64.b64decode(body.base64, validate=True)
        except (binascii.Error, ValueError):
            raise CassetteError(f"Expected base64 in {self.path.name}, but a body is none.") from None
        values = {name: value.encode().decode("latin-1") for name, value in self._secrets.items()}
        return str(replace(content.decode("latin-1"), values, _RULES)).encode("latin-1")


def _text(content: bytes) -> str | None:
    """The content as text; None if it is binary. A zero byte is in no text, but in ASCII written as UTF-16."""
    if b"\0" in content:
        return None
    try:
        return content.decode()
    except UnicodeDecodeError:
        return None


def _without_boundary(content: bytes | None, headers: Mapping[str, str]) -> bytes | None:
    """The body with a fixed boundary between its parts, which is another one in each request."""
    match = _BOUNDARY.match(headers.get("Content-Type", ""))
    if content is None or match is None:
        return content
    return content.replace(match[1].encode(), b"boundary")
