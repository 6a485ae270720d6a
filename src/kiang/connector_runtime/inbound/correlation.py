"""From an event to the engine: conditions, result mapping, keys, and what became of it (never an exception)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from kiang.connector_runtime import expression
from kiang.connector_runtime.duration import parse_duration
from kiang.connector_runtime.inbound.elements import ServedElement
from kiang.connector_runtime.inbound.engine import DeployedProcess, InboundEngine, Waiting
from kiang.connector_runtime.inbound.grouping import Group
from kiang.connector_sdk.inbound import CorrelationResult, InboundElement, Outcome, WaitingInstance
from kiang.errors import (
    AlreadyExists,
    ClientError,
    ConnectorError,
    DeadlineExceeded,
    InternalError,
    InvalidArgument,
    InvalidState,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    Unavailable,
    Unimplemented,
)

MESSAGE_TTL = timedelta(hours=1)

STATUSES: Mapping[type[ClientError], str] = {
    InvalidArgument: "INVALID_ARGUMENT",
    NotFound: "NOT_FOUND",
    AlreadyExists: "ALREADY_EXISTS",
    InvalidState: "FAILED_PRECONDITION",
    PermissionDenied: "PERMISSION_DENIED",
    ResourceExhausted: "RESOURCE_EXHAUSTED",
    DeadlineExceeded: "DEADLINE_EXCEEDED",
    Unavailable: "UNAVAILABLE",
    Unimplemented: "UNIMPLEMENTED",
    InternalError: "INTERNAL",
}
"""The gRPC name of what the engine refused with."""

SAME_IN_ALL = ("resultExpression", "resultVariable", "correlationKeyExpression", "messageIdExpression", "messageTtl")


class GroupCorrelator:
    """Takes events of one connector to the engine."""

    def __init__(
        self,
        engine: InboundEngine,
        group: Group,
        message_ttl: timedelta = MESSAGE_TTL,
        bind: Callable[[Mapping[str, Any]], Awaitable[Any]] | None = None,
    ) -> None:
        self.group = group
        self._bind = bind
        self._engine = engine
        self._ttl = message_ttl

    async def can_activate(self, variables: Mapping[str, Any]) -> CorrelationResult | InboundElement:
        """See `Correlator`."""
        chosen = self._choose(variables)
        return chosen if isinstance(chosen, CorrelationResult) else chosen.element

    async def correlate(self, variables: Mapping[str, Any], message_id: str) -> CorrelationResult:
        """See `Correlator`."""
        chosen = self._choose(variables)
        if isinstance(chosen, CorrelationResult):
            return chosen
        return await self._to(chosen, variables, message_id)

    async def waiting_instances(self) -> Sequence[WaitingInstance]:
        """See `Correlator`."""
        found = []
        for served in self.group.elements:
            element = served.element
            for waiting in await self._engine.waiting(element.process_definition_key, element.element_id):
                properties, fault = None, ""
                if self._bind is not None:
                    try:
                        properties = await self._bind(await self._engine.variables(waiting))
                    except ConnectorError as error:
                        fault = str(error)
                keys = (waiting.process_instance_key, waiting.element_instance_key)
                found.append(WaitingInstance(*keys, element, properties, fault))
        return found

    async def correlate_to(self, instance: WaitingInstance, variables: Mapping[str, Any]) -> CorrelationResult:
        """See `Correlator`: the message id is made of element and instance, so it reaches it once."""
        served = next(s for s in self.group.elements if s.element == instance.element)
        checked = self._fits(served, variables)
        if checked is not None:
            return checked
        names = await self._engine.variables(Waiting(instance.process_instance_key, instance.element_instance_key))
        message_id = f"{instance.element.element_id}{instance.element_instance_key}"
        return await self._to(served, variables, message_id, names)

    def _choose(self, variables: Mapping[str, Any]) -> ServedElement | CorrelationResult:
        matching = []
        for served in self.group.elements:
            checked = self._fits(served, variables)
            if checked is None:
                matching.append(served)
            elif checked.outcome is Outcome.INVALID_INPUT:
                return checked
        if not matching:
            consumes = any(s.get("consumeUnmatchedEvents").lower() == "true" for s in self.group.elements)
            return CorrelationResult(
                Outcome.ACTIVATION_CONDITION_NOT_MET, message="Activation condition not met", consume_unmatched=consumes
            )
        first = matching[0]
        for other in matching[1:]:
            same = other.point.message_name == first.point.message_name is not None and all(
                other.get(name) == first.get(name) for name in SAME_IN_ALL
            )
            if not same:
                ids = ", ".join(served.element.element_id for served in matching)
                return _invalid(f"Multiple connectors are activated for the same input: {ids}")
        return first

    def _fits(self, served: ServedElement, variables: Mapping[str, Any]) -> CorrelationResult | None:
        """None if the element takes the event."""
        condition = served.get("activationCondition") or served.get("inbound.activationCondition")
        if not condition:
            return None
        try:
            holds = expression.evaluate(condition, dict(variables))
        except ConnectorError as error:
            return _invalid(f"Activation condition could not be evaluated: {error}")
        if holds is None or holds is True:
            return None
        return CorrelationResult(Outcome.ACTIVATION_CONDITION_NOT_MET, message="Activation condition not met")

    async def _to(
        self,
        served: ServedElement,
        variables: Mapping[str, Any],
        message_id: str,
        instance_names: Mapping[str, Any] | None = None,
    ) -> CorrelationResult:
        try:
            output = mapped(served, variables)
            key = self._correlation_key(served, {**(instance_names or {}), **variables})
            known_id = self._message_id(served, variables) or message_id
        except ConnectorError as error:
            return _invalid(str(error))
        element, waits = served.element, served.get("synchronousResponse").lower() == "true"
        try:
            if served.point.message_name is None:
                process = DeployedProcess(
                    element.process_definition_key, element.process_definition_id, element.version, element.tenant_id
                )
                instance_key, result = await self._engine.start(process, output, waits=waits)
                outcome = Outcome.PROCESS_INSTANCE_CREATED_WITH_RESULT if waits else Outcome.PROCESS_INSTANCE_CREATED
                return CorrelationResult(outcome, instance_key, variables=result, element_id=element.element_id)
            if waits:
                _, instance_key = await self._engine.correlate(
                    served.point.message_name, key, output, tenant_id=element.tenant_id
                )
                return CorrelationResult(Outcome.MESSAGE_CORRELATED, instance_key, element_id=element.element_id)
            message_key = await self._engine.publish(
                served.point.message_name,
                key,
                output,
                message_id=known_id,
                ttl=parse_duration(served.get("messageTtl")) or self._ttl,
                tenant_id=element.tenant_id,
            )
        except AlreadyExists:
            return CorrelationResult(Outcome.MESSAGE_ALREADY_CORRELATED, element_id=element.element_id)
        except ClientError as error:
            status = STATUSES.get(type(error), "UNKNOWN")
            return CorrelationResult(Outcome.ENGINE_ERROR, message=str(error), status=status)
        return CorrelationResult(Outcome.MESSAGE_PUBLISHED, message_key, element_id=element.element_id)

    def _correlation_key(self, served: ServedElement, names: Mapping[str, Any]) -> str:
        source = served.get("correlationKeyExpression")
        if served.point.message_name is None or not source:
            return ""
        value = expression.evaluate(source, dict(names))
        if value is None or isinstance(value, dict | list | bool):
            if value is None and served.point.is_start:
                return ""
            raise ConnectorError("", f"Wasn't able to obtain correlation key for expression: {source}")
        return str(value)

    def _message_id(self, served: ServedElement, variables: Mapping[str, Any]) -> str:
        source = served.get("messageIdExpression")
        if not source:
            return ""
        try:
            value = expression.evaluate(source, dict(variables))
        except ConnectorError as error:
            raise ConnectorError("", f"Message expression could not be evaluated: {error}") from None
        return "" if value is None else str(value)


def mapped(served: ServedElement, variables: Mapping[str, Any]) -> dict[str, Any]:
    """What of an event becomes variables: nothing, unless the element says so.

    Raises:
        ConnectorError: The result expression cannot be evaluated, or gives no object.
    """
    output: dict[str, Any] = {}
    name = served.get("resultVariable")
    if name:
        output[name] = dict(variables)
    source = served.get("resultExpression")
    if source:
        value = expression.evaluate(source, {**variables, "response": dict(variables)})
        if value is not None:
            if not isinstance(value, dict):
                raise expression.ResultTypeError("Result expression", source, value)
            output.update(value)
    return output


def _invalid(message: str) -> CorrelationResult:
    return CorrelationResult(Outcome.INVALID_INPUT, message=message)
