"""A small Camunda 7: one service task per process, spoken to as the REST API of external tasks is documented.

What it keeps to:

* `fetchAndLock` needs `workerId`, `maxTasks` and `topics` with `topicName` and `lockDuration`; `asyncResponseTimeout` (at most 30 minutes)
  keeps the request open until there is a task. A request with a property that the API does not know is refused (400).
* A task is handed out while nobody holds its lock and its retries are not 0; `retries` is null until a failure has set them.
* `complete`, `failure`, `bpmnError` and `extendLock` answer 204; 404 for a task that there is not (any more), 400 for one that another
  worker has locked. `unlock` takes the lock away. `failure` with no retries left makes an incident; `retryTimeout` keeps the lock.
* A poll goes on when its client has gone, and locks tasks for it, as the original does.
* Variables are typed values; those of type Json and Object hold JSON text, and `localVariables: true` leaves out those of the process.
"""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from aiohttp import web

POLL_MAX_MS = 1_800_000
FETCH = {"workerId", "maxTasks", "usePriority", "asyncResponseTimeout", "topics", "sorting"}
TOPIC = {
    "topicName", "lockDuration", "variables", "localVariables", "businessKey", "processDefinitionId", "processDefinitionIdIn",
    "processDefinitionKey", "processDefinitionKeyIn", "processDefinitionVersionTag", "withoutTenantId", "tenantIdIn",
    "processVariables", "deserializeValues", "includeExtensionProperties",
}  # fmt: skip
BODIES = {
    "complete": {"workerId", "variables", "localVariables"},
    "failure": {"workerId", "errorMessage", "errorDetails", "retries", "retryTimeout", "variables", "localVariables"},
    "bpmnError": {"workerId", "errorCode", "errorMessage", "variables"},
    "extendLock": {"workerId", "newDuration"},
}
TYPES = {
    "String": str, "Boolean": bool, "Integer": int, "Long": int, "Double": (int, float), "Null": type(None), "Json": str,
}  # fmt: skip


@dataclass
class Definition:
    """A process of one task."""

    id: str
    key: str
    topic: str
    inputs: dict[str, dict[str, Any]]
    extension_properties: dict[str, str]
    xml: str


@dataclass
class Task:
    """An external task and the instance around it."""

    id: str
    definition: Definition
    instance: Instance
    worker: str = ""
    locked_until: float = 0.0
    retries: int | None = None
    error_message: str | None = None
    error_details: str | None = None


@dataclass
class Instance:
    """A process instance."""

    id: str
    variables: dict[str, dict[str, Any]]
    local: dict[str, dict[str, Any]] = field(default_factory=dict)
    end: str = ""
    error_code: str = ""
    incident: str | None = None


class Refused(Exception):
    """Answered with a status and the API's own kind of exception."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind


class Camunda7Twin:
    """See the module."""

    def __init__(self) -> None:
        self.definitions: dict[str, Definition] = {}
        self.tasks: dict[str, Task] = {}
        self.requests: list[str] = []
        self._changed = asyncio.Condition()

    # What a test does with it

    def deploy(self, key: str, topic: str, inputs: dict[str, Any], properties: dict[str, str]) -> str:
        """Deploy a process; gives its id."""
        version = sum(known.key == key for known in self.definitions.values()) + 1
        parameters = "".join(
            f"<camunda:inputParameter name={quoteattr(name)}>{escape(text_of(value))}</camunda:inputParameter>"
            for name, value in inputs.items()
        )
        xml = (
            '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" '
            f'targetNamespace="t"><process id="{key}" isExecutable="true"><serviceTask id="task" camunda:type="external" '
            f'camunda:topic="{topic}"><extensionElements><camunda:inputOutput>{parameters}</camunda:inputOutput>'
            "</extensionElements></serviceTask></process></definitions>"
        )
        typed = {name: written(value) for name, value in inputs.items()}
        definition = Definition(f"{key}:{version}:{uuid.uuid4()}", key, topic, typed, properties, xml)
        self.definitions[definition.id] = definition
        return definition.id

    async def start(self, definition_id: str, variables: dict[str, Any]) -> Instance:
        """Start an instance: its task waits at once."""
        definition = self.definitions[definition_id]
        instance = Instance(str(uuid.uuid4()), {name: written(value) for name, value in variables.items()})
        task = Task(str(uuid.uuid4()), definition, instance)
        async with self._changed:
            self.tasks[task.id] = task
            self._changed.notify_all()
        return instance

    def application(self) -> web.Application:
        """The REST API."""
        application = web.Application()
        application.router.add_post("/engine-rest/external-task/fetchAndLock", self._answering(self._fetch))
        application.router.add_post("/engine-rest/external-task/{id}/unlock", self._answering(self._unlock))
        application.router.add_post("/engine-rest/external-task/{id}/{action}", self._answering(self._act))
        application.router.add_get("/engine-rest/process-definition/{id}/xml", self._answering(self._xml))
        return application

    # What the API does

    def _answering(self, handler: Any) -> Any:
        async def answer(request: web.Request) -> web.Response:
            self.requests.append(request.path.rpartition("/")[2])
            try:
                body = await handler(request)
            except Refused as refused:
                return web.json_response({"type": refused.kind, "message": str(refused)}, status=refused.status)
            return web.Response(status=204) if body is None else web.json_response(body)

        return answer

    async def _fetch(self, request: web.Request) -> list[dict[str, Any]]:
        body = known(await request.json(), FETCH)
        for topic in body.get("topics") or ():
            known(topic, TOPIC)
        if not body.get("workerId") or not isinstance(body.get("maxTasks"), int):
            raise Refused(400, "InvalidRequestException", "workerId and maxTasks are required")
        waits_ms = body.get("asyncResponseTimeout") or 0
        if waits_ms > POLL_MAX_MS:
            raise Refused(
                400, "InvalidRequestException", f"The asynchronous response timeout cannot exceed {POLL_MAX_MS}"
            )
        deadline = time.time() + waits_ms / 1000
        async with self._changed:
            while True:
                found = [locked for topic in body["topics"] for locked in self._take(topic, body)]
                left = deadline - time.time()
                if found or left <= 0:
                    return found
                rests = [t.locked_until - time.time() for t in self.tasks.values() if t.locked_until > time.time()]
                try:
                    async with asyncio.timeout(min([left, *rests]) + 0.001):
                        await self._changed.wait()
                except TimeoutError:
                    continue

    def _take(self, topic: dict[str, Any], body: dict[str, Any]) -> list[dict[str, Any]]:
        if not isinstance(topic.get("lockDuration"), int) or topic["lockDuration"] <= 0:
            raise Refused(400, "InvalidRequestException", "lockDuration has to be positive")
        now, found = time.time(), []
        for task in self.tasks.values():
            free = task.definition.topic == topic["topicName"] and task.locked_until <= now and task.retries != 0
            if free and len(found) < body["maxTasks"]:
                task.worker, task.locked_until = body["workerId"], now + topic["lockDuration"] / 1000
                found.append(described(task, topic))
        return found

    async def _act(self, request: web.Request) -> None:
        action = request.match_info["action"]
        body = known(await request.json(), BODIES[action])
        async with self._changed:
            task = self.tasks.get(request.match_info["id"])
            if task is None:
                raise Refused(404, "RestException", f"External task with id {request.match_info['id']} does not exist")
            if task.worker != body.get("workerId"):
                raise Refused(
                    400, "RestException", f"Task is not locked by worker '{body.get('workerId')}', but '{task.worker}'"
                )
            for kind in ("variables", "localVariables"):
                checked(body.get(kind) or {})
            getattr(self, f"_{action}")(task, body)
            self._changed.notify_all()

    def _complete(self, task: Task, body: dict[str, Any]) -> None:
        task.instance.variables.update(body.get("variables") or {})
        task.instance.end = "end"
        del self.tasks[task.id]

    def _bpmnError(self, task: Task, body: dict[str, Any]) -> None:
        task.instance.variables.update(body.get("variables") or {})
        task.instance.end, task.instance.error_code = "caught", body["errorCode"]
        del self.tasks[task.id]

    def _failure(self, task: Task, body: dict[str, Any]) -> None:
        if len(body.get("errorMessage") or "") > 666:
            raise Refused(500, "ProcessEngineException", "value too long for the column ERROR_MSG_")
        task.error_message, task.error_details = body.get("errorMessage"), body.get("errorDetails")
        task.retries = body["retries"]
        task.instance.variables.update(body.get("variables") or {})
        task.instance.local.update(body.get("localVariables") or {})
        task.locked_until = time.time() + (body.get("retryTimeout") or 0) / 1000
        if task.retries == 0:
            task.instance.incident = task.error_message or ""

    def _extendLock(self, task: Task, body: dict[str, Any]) -> None:
        task.locked_until = time.time() + body["newDuration"] / 1000

    async def _unlock(self, request: web.Request) -> None:
        async with self._changed:
            task = self.tasks.get(request.match_info["id"])
            if task is None:
                raise Refused(404, "RestException", "External task does not exist")
            task.worker, task.locked_until = "", 0.0
            self._changed.notify_all()

    async def _xml(self, request: web.Request) -> dict[str, str]:
        definition = self.definitions.get(request.match_info["id"])
        if definition is None:
            raise Refused(404, "InvalidRequestException", "No matching definition")
        return {"id": definition.id, "bpmn20Xml": definition.xml}


def text_of(value: Any) -> str:
    """An input parameter as it stands in the file."""
    return value if isinstance(value, str) else json.dumps(value)


def written(value: Any) -> dict[str, Any]:
    """A typed value as the engine stores what an input parameter or a start variable gave."""
    for name, python in TYPES.items():
        if name not in {"Json", "Long"} and type(value) is python:
            return {"type": name, "value": value, "valueInfo": {}}
    return {"type": "Json", "value": json.dumps(value), "valueInfo": {}}


def described(task: Task, topic: dict[str, Any]) -> dict[str, Any]:
    """As `fetchAndLock` answers."""
    variables = task.definition.inputs
    if not topic.get("localVariables"):
        variables = {**task.instance.variables, **variables}
    until = datetime.fromtimestamp(task.locked_until, UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    answer = {
        "id": task.id,
        "activityId": "task",
        "activityInstanceId": f"task:{task.instance.id}",
        "errorMessage": task.error_message,
        "errorDetails": task.error_details,
        "executionId": task.instance.id,
        "lockExpirationTime": until,
        "processDefinitionId": task.definition.id,
        "processDefinitionKey": task.definition.key,
        "processDefinitionVersionTag": None,
        "processInstanceId": task.instance.id,
        "tenantId": None,
        "retries": task.retries,
        "suspended": False,
        "workerId": task.worker,
        "priority": 0,
        "topicName": task.definition.topic,
        "businessKey": None,
        "variables": variables,
    }
    if topic.get("includeExtensionProperties"):
        answer["extensionProperties"] = task.definition.extension_properties
    return answer


def known(body: dict[str, Any], names: set[str]) -> dict[str, Any]:
    """The body, if it has no property that the API does not have."""
    unknown = set(body) - names
    if unknown:
        raise Refused(400, "InvalidRequestException", f"Unrecognized fields {sorted(unknown)}")
    return body


def checked(variables: dict[str, Any]) -> None:
    """Every value has its type."""
    for name, variable in variables.items():
        kind = variable.get("type")
        if kind not in TYPES or not isinstance(variable["value"], TYPES[kind]):
            raise Refused(400, "InvalidRequestException", f"Cannot convert value of variable {name} to type {kind}")
        if kind == "String" and len(variable["value"]) > 4000:
            raise Refused(500, "ProcessEngineException", "value too long for the column TEXT_")
        if kind == "Json":
            json.loads(variable["value"])


def read(variables: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Plain values."""
    return {
        name: json.loads(variable["value"]) if variable["type"] == "Json" else variable["value"]
        for name, variable in variables.items()
    }
