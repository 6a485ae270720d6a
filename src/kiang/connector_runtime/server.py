"""The runtime's own HTTP side: webhooks, what runs and how it is, health, metrics."""

from __future__ import annotations

import asyncio
import hmac
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from kiang.connector_runtime.inbound.registry import Executable
from kiang.connector_runtime.inbound.webhook_call import answer, body_bytes
from kiang.connector_sdk.inbound import WebhookRequest
from kiang.wire.http1 import Http1Protocol

if TYPE_CHECKING:
    from kiang.connector_runtime.runtime import ConnectorRuntime

BODY_SIZE_MAX_BYTES = 10 * 1024 * 1024
"""Of a webhook's request; more is answered with 413."""

RATE_MAX_PER_SECOND = 200
"""Calls of one webhook path; more are answered with 429."""

BUCKETS_MAX = 1_000
WEBHOOK_METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE"]


class RateLimit:
    """Calls a second, by path; a short burst of as many is allowed."""

    def __init__(self, per_second: float) -> None:
        self._rate = per_second
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def allows(self, path: str) -> bool:
        """Count one call."""
        now = time.monotonic()
        level, at = self._buckets.pop(path, (self._rate, now))
        level = min(self._rate, level + (now - at) * self._rate)
        allowed = level >= 1
        self._buckets[path] = (level - 1 if allowed else level, now)
        if len(self._buckets) > BUCKETS_MAX:
            self._buckets.popitem(last=False)
        return allowed


class RuntimeServer:
    """Serves a runtime over HTTP.

    Attributes:
        port: The real one, once started.
    """

    def __init__(
        self,
        runtime: ConnectorRuntime,
        *,
        host: str = "127.0.0.1",
        port: int = 8086,
        admin_token: str = "",
        templates: Callable[[], Sequence[Mapping[str, Any]]] = tuple,
        body_size_max_bytes: int = BODY_SIZE_MAX_BYTES,
        rate_max_per_second: float = RATE_MAX_PER_SECOND,
    ) -> None:
        self.port = port
        self._runtime = runtime
        self._host = host
        self._token = admin_token
        self._templates = templates
        self._body_max = body_size_max_bytes
        self._limit = RateLimit(rate_max_per_second)
        self._server: uvicorn.Server | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: The port is in use.
        """
        config = uvicorn.Config(
            self.application(),
            self._host,
            self.port,
            http=Http1Protocol,
            ws="none",
            log_config=None,
            access_log=False,
            lifespan="off",
        )
        self._server = uvicorn.Server(config)
        self._server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
        config.load()
        self._server.lifespan = config.lifespan_class(config)
        await self._server.startup()
        if self._server.servers:
            self.port = self._server.servers[0].sockets[0].getsockname()[1]
        self._task = asyncio.create_task(self._server.main_loop())

    async def stop(self) -> None:
        """Stop listening; calls under way are finished."""
        if self._server is None:
            return
        self._server.should_exit = True
        if self._task is not None:
            await self._task
        with suppress(Exception):
            await self._server.shutdown()

    def application(self) -> Starlette:
        """The ASGI application."""
        return Starlette(
            routes=[
                Route("/inbound/{path:path}", self._webhook, methods=WEBHOOK_METHODS),
                Route("/inbound", self._guarded(self._inbound)),
                Route("/inbound-instances", self._guarded(self._instances)),
                Route("/inbound-instances/metrics", self._guarded(self._inbound_metrics)),
                Route("/inbound-instances/executables/{id}", self._guarded(self._executable)),
                Route("/inbound-instances/executables/{id}/health", self._guarded(self._executable_health)),
                Route("/inbound-instances/executables/{id}/logs", self._guarded(self._executable_logs)),
                Route("/inbound-instances/executables/{id}/reset", self._guarded(self._reset), methods=["POST"]),
                Route("/outbound", self._guarded(self._outbound)),
                Route("/outbound/metrics", self._guarded(self._outbound_metrics)),
                Route("/element-templates", self._element_templates),
                Route("/actuator/health", self._health),
                Route("/actuator/health/readiness", self._health),
                Route("/actuator/health/liveness", self._alive),
                Route("/actuator/health/startup", self._health),
                Route("/actuator/prometheus", self._prometheus),
            ]
        )

    def _guarded(self, handler: Any) -> Any:
        """What shows the inside asks for the token, if one is set."""

        async def guarded(request: Request) -> Response:
            given = request.headers.get("authorization", "").removeprefix("Bearer ")
            if self._token and not hmac.compare_digest(given.encode(), self._token.encode()):
                return JSONResponse({"reason": "Expected the runtime's admin token as bearer token"}, 401)
            response: Response = await handler(request)
            return response

        return guarded

    # Webhooks

    async def _webhook(self, request: Request) -> Response:
        path = request.path_params["path"]
        executable = self._runtime.registry.webhook(path) if self._runtime.registry is not None else None
        if executable is None:
            return JSONResponse({"reason": f"No webhook is registered under {path}"}, 404)
        if not self._limit.allows(path):
            return JSONResponse({"reason": "Too many calls"}, 429, {"Retry-After": "1"})
        if int(request.headers.get("content-length") or 0) > self._body_max:
            return JSONResponse({"reason": f"Expected a body of at most {self._body_max} bytes"}, 413)
        body = await _limited(request.stream(), self._body_max)
        if body is None:
            return JSONResponse({"reason": f"Expected a body of at most {self._body_max} bytes"}, 413)
        call = WebhookRequest(
            request.method,
            str(request.url),
            {name.lower(): value for name, value in request.headers.items()},
            {name: request.query_params[name] for name in request.query_params},
            body,
            await _parts(request, body),
        )
        response = await answer(executable, call)
        content, kind = body_bytes(response)
        headers = {name: str(value) for name, value in response.headers.items()}
        if kind and not any(name.lower() == "content-type" for name in headers):
            headers["Content-Type"] = kind
        return Response(content, response.status, headers)

    # What runs

    async def _inbound(self, request: Request) -> Response:
        found = [
            described(executable)
            for executable in self._executables()
            if request.query_params.get("type") in {None, executable.group.type}
            and request.query_params.get("bpmnProcessId") in {None, *_processes(executable)}
        ]
        return JSONResponse(found)

    async def _instances(self, _request: Request) -> Response:
        by_type: dict[str, dict[str, Any]] = {}
        for executable in self._executables():
            kind = executable.group.type
            name = executable.connector.name if executable.connector is not None else kind
            entry = by_type.setdefault(kind, {"connectorId": kind, "connectorName": name, "instances": []})
            entry["instances"].append(described(executable))
        return JSONResponse(list(by_type.values()))

    async def _executable(self, request: Request) -> Response:
        return self._one(request, described)

    async def _executable_health(self, request: Request) -> Response:
        return self._one(request, health_json)

    async def _executable_logs(self, request: Request) -> Response:
        return self._one(request, logs_json)

    def _one(self, request: Request, describe: Any) -> Response:
        registry = self._runtime.registry
        executable = registry.executables.get(request.path_params["id"]) if registry is not None else None
        if executable is None:
            reason = f"Data of type 'InboundExecutable' with id '{request.path_params['id']}' not found"
            return JSONResponse({"reason": reason}, 404)
        return JSONResponse(describe(executable))

    async def _reset(self, request: Request) -> Response:
        registry = self._runtime.registry
        executable_id = request.path_params["id"]
        if registry is None or executable_id not in registry.executables:
            return self._one(request, described)
        await registry.reset(executable_id)
        return self._one(request, described)

    async def _inbound_metrics(self, _request: Request) -> Response:
        counts = self._runtime.registry.counts if self._runtime.registry is not None else {}
        activation = {
            "activated": counts.get("activated", 0),
            "deactivated": counts.get("deactivated", 0),
            "activationFailed": counts.get("activation-failed", 0),
        }
        return JSONResponse({"runtime": {"uptimeSeconds": self._runtime.uptime_seconds}, "activation": activation})

    async def _element_templates(self, _request: Request) -> Response:
        return JSONResponse(await asyncio.to_thread(self._templates))

    async def _outbound(self, _request: Request) -> Response:
        entries = [
            {
                "name": connector.name,
                "type": connector.type,
                "inputVariables": list(connector.input_variables),
                "timeout": None if connector.timeout is None else int(connector.timeout.total_seconds() * 1000),
                "enabled": True,
                "runtimeId": self._runtime.name,
            }
            for connector in self._runtime.outbound
        ]
        return JSONResponse(entries)

    async def _outbound_metrics(self, _request: Request) -> Response:
        return JSONResponse(
            {"runtime": {"uptimeSeconds": self._runtime.uptime_seconds}, "job": self._runtime.metrics.summary()}
        )

    # Health

    async def _health(self, _request: Request) -> Response:
        ready = self._runtime.is_ready
        return JSONResponse({"status": "UP" if ready else "DOWN"}, 200 if ready else 503)

    async def _alive(self, _request: Request) -> Response:
        return JSONResponse({"status": "UP"})

    async def _prometheus(self, _request: Request) -> Response:
        return Response(generate_latest(self._runtime.metrics.registry), media_type=CONTENT_TYPE_LATEST)

    def _executables(self) -> list[Executable]:
        return list(self._runtime.registry.executables.values()) if self._runtime.registry is not None else []


def described(executable: Executable) -> dict[str, Any]:
    """An executable as JSON: never its properties' values, which may hold passwords."""
    elements = [
        {
            "bpmnProcessId": served.element.process_definition_id,
            "version": served.element.version,
            "processDefinitionKey": str(served.element.process_definition_key),
            "elementId": served.element.element_id,
            "elementName": served.element.element_name,
            "type": served.element.element_type,
            "tenantId": served.element.tenant_id,
        }
        for served in executable.group.elements
    ]
    data = {"path": executable.path} if executable.path else {}
    return {
        "executableId": executable.group.id,
        "type": executable.group.type,
        "tenantId": executable.group.elements[0].element.tenant_id,
        "state": executable.state,
        "elements": elements,
        "data": data,
        "health": health_json(executable),
        "activationTimestamp": executable.activated_at.isoformat(),
        "logs": logs_json(executable),
    }


def health_json(executable: Executable) -> dict[str, Any]:
    """How an executable is."""
    health = executable.health
    changed = executable.context.health_changed_at if executable.context is not None else executable.activated_at
    return {
        "status": health.status,
        "error": {"code": executable.state, "message": health.error} if health.error else None,
        "details": dict(health.details),
        "lastUpdatedAt": changed.isoformat(),
    }


def logs_json(executable: Executable) -> list[dict[str, Any]]:
    """Its activity log, oldest first."""
    if executable.context is None:
        return []
    return [
        {
            "severity": activity.severity.value,
            "tag": activity.tag,
            "timestamp": activity.timestamp.isoformat(),
            "message": activity.message,
        }
        for activity in executable.context.activities
    ]


def _processes(executable: Executable) -> set[str]:
    return {served.element.process_definition_id for served in executable.group.elements}


async def _limited(stream: AsyncIterator[bytes], maximum: int) -> bytes | None:
    chunks, size = [], 0
    async for chunk in stream:
        size += len(chunk)
        if size > maximum:
            return None
        chunks.append(chunk)
    return b"".join(chunks)


async def _parts(request: Request, body: bytes) -> list[tuple[str, str, str, bytes]]:
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return []

    async def receive() -> Mapping[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    parts = []
    try:
        form = await Request(request.scope, receive).form()  # type: ignore[arg-type]
    except Exception:  # noqa: BLE001 - a body that is no multipart after all has no parts
        return []
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            parts.append((name, value.filename or "", value.content_type or "", await value.read()))
    return parts
