"""Signals."""

from __future__ import annotations

from typing import ClassVar

from kiang.gateway.rest.body import Answer, Request, Variables, document
from kiang.gateway.rest.call import Call
from kiang.gateway.rest.operation import Resource
from kiang.gateway.rest.shapes import KeyText, key_text
from kiang.gateway.rest.validation import Violations
from kiang.protocol.answers import Published
from kiang.protocol.commands import BroadcastSignal

SIGNALS = Resource("Signal")


class SignalBroadcastRequest(Request, frozen=True):
    """A signal."""

    REQUIRED: ClassVar[tuple[str, ...]] = ("signalName",)

    signal_name: str | None = None
    variables: Variables | None = None
    tenant_id: str | None = None


class SignalBroadcastResult(Answer, frozen=True):
    """The signal."""

    tenant_id: str
    signal_key: KeyText


@SIGNALS.post("/signals/broadcast", "broadcastSignal", body=SignalBroadcastRequest, answer=SignalBroadcastResult)
async def broadcast_signal(call: Call) -> SignalBroadcastResult:
    """Broadcast a signal to everything that waits for it."""
    body: SignalBroadcastRequest = call.body
    violations = Violations()
    name = violations.text(body.signal_name, "signalName")
    tenant_id = violations.tenant(body.tenant_id, "Broadcast Signal")
    violations.check()
    signal: Published = await call.execute(
        BroadcastSignal(name, variables=document(body.variables), tenant_id=tenant_id)
    )
    return SignalBroadcastResult(tenant_id=signal.tenant_id, signal_key=key_text(signal.key))
