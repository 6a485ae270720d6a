"""Calls of callers that have to say who they are."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from kiang.errors import ClientError
from kiang.gateway.auth.access import ACCESS, AccessControl
from kiang.gateway.auth.authenticator import Authenticator, Identity, Unauthenticated
from kiang.gateway.grpc.limited_broker import IDENTITY
from kiang.gateway.rejection import refusal_of
from kiang.wire.http2.server import Method, ServerCall
from kiang.wire.status import StatusCode

LOG = logging.getLogger(__name__)

_checks: set[asyncio.Task[None]] = set()
"""Checks that are going on; a task that nobody holds may be collected."""


def guarded(method: Method, authenticator: Authenticator, access_control: AccessControl | None = None) -> Method:
    """A method that is only carried out for callers who have proved who they are, as far as they may."""
    handle = method.handle

    def serve(request: Any, call: ServerCall, identity: Identity) -> None:
        if access_control is None:
            handle(request, call)
            return
        access, who = ACCESS.set(access_control.of(identity)), IDENTITY.set(identity)
        try:
            handle(request, call)
        finally:
            ACCESS.reset(access)
            IDENTITY.reset(who)

    def check(request: Any, call: ServerCall) -> None:
        header = call.head.metadata.get("authorization", "")
        known = authenticator.known(header)
        if known is not None:
            serve(request, call, known)
            return
        task = asyncio.get_running_loop().create_task(_check(request, call, header))
        _checks.add(task)
        task.add_done_callback(_checks.discard)

    async def _check(request: Any, call: ServerCall, header: str) -> None:
        try:
            identity = await authenticator.authenticate(header, call.connection.client_address)
        except Unauthenticated as error:
            call.fail(StatusCode.UNAUTHENTICATED, str(error))
        except ClientError as error:
            refusal, text = refusal_of(error)
            call.fail(refusal.grpc_status, text)
        except Exception:
            LOG.exception("authentication failed")
            call.fail(StatusCode.INTERNAL, "Unexpected error occurred during the request processing")
        else:
            if not call.is_done:
                serve(request, call, identity)

    return Method(method.path, method.parse, check)
