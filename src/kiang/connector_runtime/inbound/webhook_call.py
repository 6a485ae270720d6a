"""One call of a webhook: from the HTTP request to the answer."""

from __future__ import annotations

import html
import json
import logging
from collections.abc import Mapping
from typing import Any

from kiang.connector_runtime.inbound.registry import Executable
from kiang.connector_sdk.inbound import (
    CorrelationResult,
    Outcome,
    WebhookError,
    WebhookEvent,
    WebhookRequest,
    WebhookResponse,
)
from kiang.errors import ConnectorError

HTTP_STATUSES: Mapping[str, int] = {
    "CANCELLED": 499,
    "UNKNOWN": 500,
    "INTERNAL": 500,
    "DATA_LOSS": 500,
    "INVALID_ARGUMENT": 400,
    "DEADLINE_EXCEEDED": 504,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "ABORTED": 409,
    "PERMISSION_DENIED": 403,
    "RESOURCE_EXHAUSTED": 429,
    "FAILED_PRECONDITION": 412,
    "OUT_OF_RANGE": 416,
    "UNIMPLEMENTED": 501,
    "UNAVAILABLE": 503,
    "UNAUTHENTICATED": 401,
}
"""What a caller gets for an engine's refusal; anything else is 422."""

_log = logging.getLogger(__name__)


async def answer(executable: Executable, request: WebhookRequest) -> WebhookResponse:
    """What the caller gets; never raises."""
    webhook, context = executable.webhook, executable.context
    assert webhook is not None
    assert context is not None
    try:
        early = await webhook.verify(request)
        if early is not None:
            return _shown(early)
        event = await webhook.trigger(request)
        documents = []
        element = await context.can_activate({"request": event.request, "connectorData": event.connector_data})
        if not isinstance(element, CorrelationResult):
            for _, file_name, content_type, content in request.parts:
                document = await context.create_document(content, file_name=file_name, content_type=content_type)
                documents.append(document.reference)
        variables = {
            "request": dict(event.request),
            "connectorData": dict(event.connector_data),
            "documents": documents,
        }
        result = await context.correlate(variables, event.message_id)
        return _shown(_after(event, variables, result))
    except WebhookError as error:
        return WebhookResponse(error.status, {"reason": error.reason} if error.status < 500 else None)
    except ConnectorError as error:
        return WebhookResponse(422, {"code": error.code, "message": str(error)})
    except Exception as error:  # noqa: BLE001 - a connector's own code; the caller gets no detail of it
        _log.error("webhook_failed type=%s error=%s", executable.group.type, type(error).__name__)
        return WebhookResponse(500)


def _after(event: WebhookEvent, variables: dict[str, Any], result: CorrelationResult) -> WebhookResponse:
    if result.outcome is Outcome.ACTIVATION_CONDITION_NOT_MET:
        return WebhookResponse(
            200 if result.consume_unmatched else 422, None if result.consume_unmatched else _fault(result)
        )
    if result.outcome is Outcome.INVALID_INPUT:
        return WebhookResponse(422, _fault(result))
    if result.outcome is Outcome.ENGINE_ERROR:
        return WebhookResponse(HTTP_STATUSES.get(result.status, 422), _fault(result))
    if not result.is_success:
        return WebhookResponse(500)
    if event.respond is None:
        return WebhookResponse(200)
    key = "messageKey" if result.outcome is Outcome.MESSAGE_PUBLISHED else "processInstanceKey"
    correlation = {key: result.key, "type": result.outcome.value, "variables": dict(result.variables)}
    return event.respond({**variables, "correlation": correlation}) or WebhookResponse(200)


def _fault(result: CorrelationResult) -> dict[str, str]:
    return {"reason": result.message}


def _shown(response: WebhookResponse) -> WebhookResponse:
    """Texts are escaped unless they are declared as XML: a webhook must not become a page of somebody else's script."""
    if not isinstance(response.body, str):
        return response
    kind = next((v for k, v in response.headers.items() if k.lower() == "content-type"), "")
    if "xml" in kind or "json" in kind:
        return response
    return WebhookResponse(response.status, html.escape(response.body, quote=False), response.headers)


def body_bytes(response: WebhookResponse) -> tuple[bytes, str]:
    """Body and its content type."""
    if response.body is None:
        return b"", ""
    if isinstance(response.body, str):
        return response.body.encode(), "text/plain; charset=utf-8"
    return json.dumps(response.body, ensure_ascii=False).encode(), "application/json"
