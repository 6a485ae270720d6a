"""External tasks of a Camunda 7 as jobs."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import aiohttp

from kiang.bpmn.document import parse
from kiang.client.job import Job
from kiang.client.request import ActivateJobs, CompleteJob, FailJob, StreamJobs, ThrowError, UpdateJobTimeout
from kiang.client.status import NotReached, Unauthenticated
from kiang.client.tls import ssl_context
from kiang.client.transport import JobStream
from kiang.connector_runtime.camunda7.settings import Camunda7Settings
from kiang.connector_runtime.camunda7.variables import plain, typed
from kiang.connector_sdk.secret import SecretRules, names_in
from kiang.errors import (
    ClientError,
    DeadlineExceeded,
    InternalError,
    InvalidArgument,
    InvalidBpmnError,
    InvalidState,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    Unavailable,
    Unimplemented,
)
from kiang.worker.job_worker import FULL_TEXT, STOPS_TEXT

NAMESPACE = "http://camunda.org/schema/1.0/bpmn"
ERROR_MESSAGE_LENGTH_MAX = 666
"""Characters of the column; the whole message goes into the error details."""
REQUEST_TIMEOUT_S = 10.0
POLL_GRACE_S = 10.0
CONNECTIONS_MAX = 64
ANSWER_SIZE_MAX_BYTES = 64 * 1024 * 1024
TASKS_REMEMBERED_MAX = 100_000
DEFINITIONS_MAX = 1_000

_ERRORS: dict[int, type[ClientError]] = {
    400: InvalidState,  # "not locked by", besides requests that cannot be right
    401: Unauthenticated,
    403: PermissionDenied,
    404: NotFound,
    429: ResourceExhausted,
    501: Unimplemented,
    502: Unavailable,
    503: Unavailable,
    504: DeadlineExceeded,
}
_LOST_RACE = "OptimisticLockingException"
"""Somebody else changed the same instance at the same moment; the same request again can succeed."""


@dataclass(frozen=True, slots=True)
class _Task:
    """What the engine has to be told of a task besides its outcome."""

    id: str
    worker: str
    definition: str


class ExternalTaskPort:
    """See `kiang.worker.JobPort`; for `Worker(port)` and `ConnectorRuntime(port)`.

    Ids of Camunda 7 are texts; the keys of a job are numbers made of them, always the same ones, so that they serve for idempotency.
    """

    def __init__(self, settings: Camunda7Settings) -> None:
        self._settings = settings
        self._ssl = ssl_context(settings.tls) if settings.url.startswith("https") else None
        self._session: aiohttp.ClientSession | None = None
        self._tasks: OrderedDict[int, _Task] = OrderedDict()
        self._definitions: OrderedDict[str, dict[str, frozenset[str]]] = OrderedDict()

    async def activate(self, request: ActivateJobs) -> list[Job]:
        """See `JobPort`."""
        topic: dict[str, Any] = {
            "topicName": request.job_type,
            "lockDuration": request.timeout_ms,
            "localVariables": not self._settings.all_variables,
            "deserializeValues": False,
            "includeExtensionProperties": True,
        }
        if self._settings.tenant_ids:
            topic["tenantIdIn"] = list(self._settings.tenant_ids)
        body: dict[str, Any] = {
            "workerId": request.worker,
            "maxTasks": request.max_jobs,
            "usePriority": True,
            "topics": [topic],
        }
        waits_ms = max(0, min(request.request_timeout_ms, round(self._settings.poll_seconds * 1000)))
        if waits_ms:
            body["asyncResponseTimeout"] = waits_ms
        poll = asyncio.ensure_future(self._post("/external-task/fetchAndLock", body, waits_ms / 1000 + POLL_GRACE_S))
        try:
            try:
                tasks = await asyncio.shield(poll)
            except asyncio.CancelledError:
                # The engine goes on with a poll whose client has gone, and would lock tasks for nobody.
                tasks = await poll
        except InvalidState as error:  # here it can only be the request itself
            raise InvalidArgument(str(error)) from None
        return [self._job(task, request) for task in tasks]

    def stream(self, request: StreamJobs) -> JobStream:  # noqa: ARG002 - the port's signature
        """There are none."""
        raise Unimplemented("Camunda 7 has no streams of external tasks.")

    async def complete(self, request: CompleteJob) -> None:
        """See `JobPort`."""
        variables = typed(json.loads(request.variables))
        await self._end(request.job_key, "complete", {"variables": variables})

    async def fail(self, request: FailJob) -> None:
        """See `JobPort`; a task that was never worked on is unlocked, with nothing said of a failure."""
        if request.error_message in {STOPS_TEXT, FULL_TEXT}:
            task = self._task(request.job_key)
            await self._post(f"/external-task/{task.id}/unlock", None)
            self._tasks.pop(request.job_key, None)
            return
        await self._end(
            request.job_key,
            "failure",
            {
                "errorMessage": request.error_message[:ERROR_MESSAGE_LENGTH_MAX],
                "errorDetails": request.error_message,
                "retries": request.retries,
                "retryTimeout": request.retry_backoff_ms,
                "localVariables": typed(json.loads(request.variables)),
            },
        )

    async def throw(self, request: ThrowError) -> None:
        """See `JobPort`."""
        variables = typed(json.loads(request.variables))
        body = {"errorCode": request.error_code, "errorMessage": request.error_message, "variables": variables}
        await self._end(request.job_key, "bpmnError", body)

    async def extend(self, request: UpdateJobTimeout) -> None:
        """See `JobPort`."""
        task = self._task(request.job_key)
        body = {"workerId": task.worker, "newDuration": request.timeout_ms}
        await self._post(f"/external-task/{task.id}/extendLock", body)

    async def aclose(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None
        await self._settings.credentials.aclose()

    async def secret_names(self, job: Job) -> frozenset[str] | None:
        """Names of the secrets that the job's task writes down in its input parameters; None if the process cannot be read."""
        task = self._tasks.get(job.key)
        if task is None:
            return None
        names = self._definitions.get(task.definition)
        if names is None:
            try:
                answer = await self._get(f"/process-definition/{task.definition}/xml")
                names = self._definitions[task.definition] = _secrets_of(str(answer["bpmn20Xml"]).encode())
            except (ClientError, InvalidBpmnError, KeyError, TypeError):
                return None
            if len(self._definitions) > DEFINITIONS_MAX:
                self._definitions.popitem(last=False)
        return names.get(job.element_id, frozenset())

    def _job(self, task: Mapping[str, Any], request: ActivateJobs) -> Job:
        key = key_of(str(task["id"]))
        self._tasks[key] = _Task(str(task["id"]), request.worker, str(task.get("processDefinitionId") or ""))
        self._tasks.move_to_end(key)
        if len(self._tasks) > TASKS_REMEMBERED_MAX:
            self._tasks.popitem(last=False)
        headers = {str(name): str(value) for name, value in (task.get("extensionProperties") or {}).items()}
        retries = task.get("retries")
        if retries is None:
            own = headers.get("retries", "")
            retries = int(own) if own.isdigit() and len(own) < 10 else self._settings.retries
        definition = str(task.get("processDefinitionId") or "")
        version = definition.split(":")[1:2]
        return Job(
            key,
            str(task["topicName"]),
            process_instance_key=key_of(str(task.get("processInstanceId") or "")),
            process_definition_id=str(task.get("processDefinitionKey") or ""),
            process_definition_version=int(version[0]) if version and version[0].isdigit() else 0,
            process_definition_key=key_of(definition),
            element_id=str(task.get("activityId") or ""),
            element_instance_key=key_of(str(task.get("activityInstanceId") or task["id"])),
            headers_json=json.dumps(headers),
            worker=request.worker,
            retries=retries,
            deadline_ms=_epoch_ms(task.get("lockExpirationTime")),
            variables_json=json.dumps(plain(task.get("variables") or {})),
            tenant_id=str(task.get("tenantId") or "<default>"),
        )

    def _task(self, key: int) -> _Task:
        task = self._tasks.get(key)
        if task is None:
            raise NotFound(
                "Expected an external task that this worker has fetched, but it has ended or was never fetched."
            )
        return task

    async def _end(self, key: int, action: str, body: dict[str, Any]) -> None:
        task = self._task(key)
        await self._post(f"/external-task/{task.id}/{action}", {"workerId": task.worker, **body})
        self._tasks.pop(key, None)

    async def _post(self, path: str, body: Mapping[str, Any] | None, timeout_s: float = REQUEST_TIMEOUT_S) -> Any:
        return await self._request("POST", path, body, timeout_s)

    async def _get(self, path: str) -> Any:
        return await self._request("GET", path, None, REQUEST_TIMEOUT_S)

    async def _request(self, method: str, path: str, body: Mapping[str, Any] | None, timeout_s: float) -> Any:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=CONNECTIONS_MAX, ssl=self._ssl or True),
                headers={"accept": "application/json"},
                trust_env=True,
            )
        headers = await self._settings.credentials.headers()
        timeout = aiohttp.ClientTimeout(total=timeout_s)
        try:
            async with self._session.request(
                method, self._settings.url + path, json=body, headers=headers, timeout=timeout
            ) as answer:
                content = await _limited(answer)
        except aiohttp.ClientConnectorError as error:
            raise NotReached(f"Camunda 7 could not be reached: {type(error).__name__}") from None
        except TimeoutError:
            raise DeadlineExceeded(f"Camunda 7 has not answered within {timeout_s:.0f} s") from None
        except aiohttp.ClientError as error:
            raise Unavailable(f"The connection to Camunda 7 broke: {type(error).__name__}") from None
        if answer.status >= 400:
            raise _error(answer.status, content)
        try:
            return json.loads(content) if content else None
        except ValueError:
            raise InternalError("Expected JSON from Camunda 7, but the answer is none. Check the URL.") from None


def key_of(text: str) -> int:
    """A positive number of 63 bits for an id of Camunda 7; 0 for none."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1 if text else 0


async def _limited(answer: aiohttp.ClientResponse) -> bytes:
    chunks, size = [], 0
    async for chunk in answer.content.iter_any():
        size += len(chunk)
        if size > ANSWER_SIZE_MAX_BYTES:
            answer.close()
            raise InternalError(f"Expected an answer of at most {ANSWER_SIZE_MAX_BYTES} bytes from Camunda 7.")
        chunks.append(chunk)
    return b"".join(chunks)


def _error(status: int, content: bytes) -> ClientError:
    try:
        told = json.loads(content)
        kind, message = str(told.get("type", "")), str(told.get("message", ""))
    except (ValueError, AttributeError):
        kind, message = "", ""
    if kind == _LOST_RACE:
        return Unavailable(message or kind)
    return _ERRORS.get(status, InternalError)(message or f"Camunda 7 answered with status {status}")


def _epoch_ms(text: Any) -> int:
    try:
        return round(datetime.fromisoformat(str(text)).timestamp() * 1000)
    except ValueError:
        return 0


def _secrets_of(xml: bytes) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for element in parse(xml).walk():
        inputs = element.extension(f"{{{NAMESPACE}}}inputOutput")
        if inputs is not None:
            texts: list[Any] = [
                tag.text
                for entry in inputs.children
                if entry.kind == f"{{{NAMESPACE}}}inputParameter"
                for tag in entry.walk()
            ]
            found[element.id] = frozenset(names_in(texts, SecretRules()))
    return found
