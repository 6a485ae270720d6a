"""Inbound connectors: what happens outside starts process instances or correlates messages.

A subscription or a poller is one coroutine that runs until it is cancelled:

    class Inbox(ConnectorInput):
        queue: Annotated[str, NotBlank()]

    @inbound_connector(name="Inbox", type="com.example:inbox:1")
    async def listen(inbox: Inbox, context: InboundContext) -> None:
        async with open_queue(inbox.queue) as queue:
            context.report(Health.up())
            async for item in queue:
                await context.finish(handle(item, context))

    async def handle(item: Item, context: InboundContext) -> None:
        result = await context.correlate({"text": item.text}, message_id=item.id)
        await item.acknowledge() if result.is_done else item.give_back(again=result.is_retryable)

Cancelling is how it is stopped: clean up in `finally` or by leaving a context manager; what `finish` handles is handled to its
end first, so that an event that the process has is acknowledged too. An error that it raises ends it and
shows in its health; `ConnectorRetryError` has it started again after a pause.
"""

from __future__ import annotations

import asyncio
import enum
import inspect
import typing
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, Protocol, TypeVar

import pydantic

from kiang.connector_sdk.document import Document, DocumentMetadata, DocumentStore, MemoryDocumentStore
from kiang.connector_sdk.outbound import ATTRIBUTE, Resources
from kiang.connector_sdk.secret import mask

Model = type[pydantic.BaseModel]

ACTIVITIES_MAX = 100
"""Entries of the activity log of one connector that are kept."""
FINISH_SECONDS_MAX = 5.0
"""How long the event at hand may take once the connector is being stopped."""

R = TypeVar("R")


class Severity(enum.Enum):
    """How much an activity matters."""

    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


@dataclass(frozen=True)
class Activity:
    """One entry of the activity log: never with payloads or secrets."""

    severity: Severity
    tag: str
    message: str
    timestamp: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(frozen=True)
class Health:
    """How a connector is.

    Attributes:
        status: UP works, DOWN does not, UNKNOWN has not said.
        error: Why it is down.
        details: For operators.
    """

    status: Literal["UP", "DOWN", "UNKNOWN"]
    error: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def up(cls, **details: Any) -> Health:
        """It works."""
        return cls("UP", "", details)

    @classmethod
    def down(cls, error: str | BaseException, **details: Any) -> Health:
        """It does not work."""
        text = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
        return cls("DOWN", text, details)


class Outcome(enum.Enum):
    """What became of an event."""

    PROCESS_INSTANCE_CREATED = "ProcessInstanceCreated"
    PROCESS_INSTANCE_CREATED_WITH_RESULT = "ProcessInstanceCreatedWithResult"
    MESSAGE_PUBLISHED = "MessagePublished"
    MESSAGE_CORRELATED = "MessageCorrelated"
    MESSAGE_ALREADY_CORRELATED = "MessageAlreadyCorrelated"
    ACTIVATION_CONDITION_NOT_MET = "ActivationConditionNotMet"
    INVALID_INPUT = "InvalidInput"
    ENGINE_ERROR = "ZeebeClientStatus"
    OTHER = "Other"


SUCCESSES = frozenset(
    {
        Outcome.PROCESS_INSTANCE_CREATED,
        Outcome.PROCESS_INSTANCE_CREATED_WITH_RESULT,
        Outcome.MESSAGE_PUBLISHED,
        Outcome.MESSAGE_CORRELATED,
        Outcome.MESSAGE_ALREADY_CORRELATED,
    }
)


@dataclass(frozen=True)
class CorrelationResult:
    """What became of an event; never an exception.

    Attributes:
        key: Of the process instance or message; 0 if there is none.
        variables: Result of a process instance that was waited for.
        status: Of an engine error: its gRPC name.
        consume_unmatched: An event that no element wanted is to be acknowledged and dropped.
    """

    outcome: Outcome
    key: int = 0
    message: str = ""
    variables: Mapping[str, Any] = field(default_factory=dict)
    status: str = ""
    consume_unmatched: bool = False
    element_id: str = ""

    @property
    def is_success(self) -> bool:
        """Whether the process has it."""
        return self.outcome in SUCCESSES

    @property
    def is_done(self) -> bool:
        """Whether the event can be acknowledged: the process has it, or nobody wants it."""
        return self.is_success or (self.outcome is Outcome.ACTIVATION_CONDITION_NOT_MET and self.consume_unmatched)

    @property
    def is_retryable(self) -> bool:
        """Whether the same event may succeed later."""
        return self.outcome in {Outcome.ENGINE_ERROR, Outcome.OTHER}


@dataclass(frozen=True)
class InboundElement:
    """An element that a connector serves."""

    process_definition_id: str
    process_definition_key: int
    version: int
    element_id: str
    element_name: str = ""
    element_type: str = ""
    tenant_id: str = "<default>"


@dataclass(frozen=True)
class InboundDefinition:
    """What a connector serves: elements of one group."""

    type: str
    elements: tuple[InboundElement, ...]
    deduplication_id: str = ""
    tenant_id: str = "<default>"


class Correlator(Protocol):
    """Takes events to the engine. The runtime has one; the testing kit another."""

    async def correlate(self, variables: Mapping[str, Any], message_id: str) -> CorrelationResult:
        """Start or correlate; never raises."""
        ...

    async def can_activate(self, variables: Mapping[str, Any]) -> CorrelationResult | InboundElement:
        """The element that would take the event, without taking it; or why none would."""
        ...

    async def waiting_instances(self) -> Sequence[WaitingInstance]:
        """Where instances wait at the connector's elements now."""
        ...

    async def correlate_to(self, instance: WaitingInstance, variables: Mapping[str, Any]) -> CorrelationResult:
        """Correlate to one of them, at most once."""
        ...


@dataclass(frozen=True)
class WaitingInstance:
    """An element instance that waits for this connector.

    Attributes:
        properties: The connector's properties of instances as this one sees them: expressions are evaluated with its variables.
        fault: Why they cannot be had; "" if they can.
    """

    process_instance_key: int
    element_instance_key: int
    element: InboundElement
    properties: Any = None
    fault: str = ""


class InboundContext:
    """What an inbound connector may use.

    Attributes:
        definition: Which elements it serves.
        health: As it was reported last.
        activities: The newest entries of its log.
    """

    def __init__(
        self,
        definition: InboundDefinition,
        correlator: Correlator,
        *,
        documents: DocumentStore | None = None,
        resources: Resources | None = None,
        secrets: Iterable[str] = (),
    ) -> None:
        self.definition = definition
        self._secrets = tuple(secrets)
        self.documents = documents or MemoryDocumentStore()
        self.resources = resources or Resources()
        self.health = Health("UNKNOWN")
        self.health_changed_at = datetime.now(UTC)
        self.activities: deque[Activity] = deque(maxlen=ACTIVITIES_MAX)
        self._correlator = correlator

    async def correlate(self, variables: Mapping[str, Any], message_id: str = "") -> CorrelationResult:
        """Give an event to the process.

        Args:
            variables: The event, as JSON; conditions, keys and result expressions of the element see its fields.
            message_id: What makes a repeated delivery of the same event harmless, where the element is a message event.
        """
        result = await self._correlator.correlate(variables, message_id)
        severity = Severity.INFO if result.is_done else Severity.WARNING
        self.log(severity, "Correlation", f"{result.outcome.value} {result.message}".strip())
        return result

    async def finish(self, handling: Coroutine[Any, Any, R]) -> R:
        """Handle one event to its end, also when the connector is stopped meanwhile.

        Without it a stop between `correlate` and the acknowledgement of an event has the event delivered once more.

        Raises:
            asyncio.CancelledError: The connector is stopped; the event was finished, or took longer than
                `FINISH_SECONDS_MAX` from then on and was cancelled too.
        """
        task = asyncio.ensure_future(handling)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            try:
                await asyncio.wait({task}, timeout=FINISH_SECONDS_MAX)
            finally:
                task.cancel()  # does nothing to one that has ended
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
            raise

    async def can_activate(self, variables: Mapping[str, Any]) -> CorrelationResult | InboundElement:
        """The element that would take an event; or why none would. Changes nothing."""
        return await self._correlator.can_activate(variables)

    async def waiting_instances(self) -> Sequence[WaitingInstance]:
        """Where instances wait for this connector: for pollers that ask once for each."""
        return await self._correlator.waiting_instances()

    async def correlate_to(self, instance: WaitingInstance, variables: Mapping[str, Any]) -> CorrelationResult:
        """Give an event to one waiting instance, at most once."""
        return await self._correlator.correlate_to(instance, variables)

    def report(self, health: Health) -> None:
        """Say how the connector is; secrets of its properties are masked."""
        health = Health(health.status, mask(health.error, self._secrets), mask(dict(health.details), self._secrets))
        if health != self.health:
            self.health, self.health_changed_at = health, datetime.now(UTC)

    def log(self, severity: Severity, tag: str, message: str) -> None:
        """Add to the activity log. Tags: Message, Consumer, Correlation, Lifecycle, Queueing, Activation, Health."""
        self.activities.append(Activity(severity, tag, mask(message, self._secrets)))

    async def create_document(self, content: bytes, *, file_name: str = "", content_type: str = "") -> Document:
        """Store a file that came with an event."""
        metadata = DocumentMetadata(content_type, file_name, len(content))
        return Document(await self.documents.create(content, metadata), self.documents)


@dataclass(frozen=True)
class WebhookRequest:
    """What called a webhook.

    Attributes:
        headers: Names in lower case.
        parts: Files of a multipart body: field name, file name, content type, content.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    params: Mapping[str, str]
    raw_body: bytes = b""
    parts: Sequence[tuple[str, str, str, bytes]] = ()


@dataclass(frozen=True)
class WebhookResponse:
    """What a webhook answers."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class WebhookEvent:
    """What of a call goes on to the process.

    Attributes:
        request: `body`, `headers`, `params`.
        connector_data: What the connector makes of it.
        respond: Makes the answer of the event's variables and the correlation, once the process has the event; None for an empty 200.
        message_id: What makes a repeated call with the same event harmless, where the element is a message event.
    """

    request: Mapping[str, Any]
    connector_data: Mapping[str, Any] = field(default_factory=dict)
    respond: Callable[[Mapping[str, Any]], WebhookResponse | None] | None = None
    message_id: str = ""


class WebhookError(Exception):
    """Refuses a call with a status; the reason is shown for 4xx only."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class Webhook(Protocol):
    """A webhook connector: made once for its properties, called for each request."""

    async def verify(self, request: WebhookRequest) -> WebhookResponse | None:
        """An answer that ends the call at once (a challenge); None to go on."""
        ...

    async def trigger(self, request: WebhookRequest) -> WebhookEvent:
        """Check who calls and read what they bring.

        Raises:
            WebhookError: The call is refused.
        """
        ...


@dataclass(frozen=True)
class InboundConnector:
    """An inbound connector as runtimes see it.

    Attributes:
        type: Value of the property `inbound.type`.
        target: Coroutine function of a subscription, or class of a webhook.
        kind: How the runtime carries it.
        properties: Model of its properties; None for a connector without.
        deduplicated_by: Names of the properties that tell two elements apart; empty for all of its own.
        instance_properties: Model of the properties that each waiting instance has for itself; None if all are the element's.
    """

    name: str
    type: str
    target: Any
    kind: Literal["subscription", "webhook"]
    properties: Model | None
    version: int = 1
    deduplicated_by: tuple[str, ...] = ()
    template: Any = None
    instance_properties: Model | None = None


T = TypeVar("T", bound=Any)


def inbound_connector(
    *,
    name: str,
    type: str,  # noqa: A002 - the word of the field
    version: int = 1,
    deduplicated_by: tuple[str, ...] = (),
    template: Any = None,
    instance_properties: Model | None = None,
) -> Callable[[T], T]:
    """Make an inbound connector of a coroutine function (subscription, poller) or of a class with `verify` and `trigger` (webhook).

    Args:
        name: For people.
        type: Value of the property `inbound.type`.
        version: Of the connector.
        deduplicated_by: Properties that tell two elements apart.
        template: See `kiang.element_templates`.
        instance_properties: Model of what is evaluated for each instance that waits, with its variables, and found in
            `WaitingInstance.properties`; the model of the function's own parameter then holds only what needs no variables.

    Raises:
        TypeError: It is neither, or a parameter is of no kind that can be filled.
    """

    def decorate(target: T) -> T:
        kind: Literal["subscription", "webhook"]
        if inspect.isclass(target):
            if not hasattr(target, "trigger"):
                raise TypeError(
                    f"Expected webhook class {target.__name__} to have a method `trigger`, but it has none."
                )
            kind, model = "webhook", _model_of(target.__init__)
        elif inspect.iscoroutinefunction(target):
            kind, model = "subscription", _model_of(target)
        else:
            raise TypeError(
                f"Expected `async def` or a webhook class for inbound connector '{name}', but was {target!r}."
            )
        connector = InboundConnector(
            name, type, target, kind, model, version, deduplicated_by, template, instance_properties
        )
        setattr(target, ATTRIBUTE, connector)
        return target

    return decorate


def inbound_connector_of(target: Any) -> InboundConnector:
    """The connector that a decorated function or class is.

    Raises:
        TypeError: It is not decorated.
    """
    connector = target if isinstance(target, InboundConnector) else getattr(target, ATTRIBUTE, None)
    if not isinstance(connector, InboundConnector):
        raise TypeError(f"Expected an inbound connector, made with @inbound_connector, but was {target!r}.")
    return connector


def _model_of(function: Any) -> Model | None:
    hints = typing.get_type_hints(function)
    found = None
    for parameter in inspect.signature(function).parameters.values():
        annotation = hints.get(parameter.name)
        if parameter.name == "self" or (isinstance(annotation, type) and issubclass(annotation, InboundContext)):
            continue
        if not (isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel)):
            raise TypeError(
                f"Expected parameter '{parameter.name}' of {function.__qualname__} to be a pydantic model or InboundContext, "
                f"but was {annotation!r}."
            )
        found = annotation
    return found


def call_arguments(function: Any, properties: Any, context: InboundContext) -> dict[str, Any]:
    """Arguments of a subscription or of a webhook's class, by the annotations of its parameters."""
    hints = typing.get_type_hints(function)
    arguments: dict[str, Any] = {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name != "self":
            annotation = hints.get(parameter.name)
            is_context = isinstance(annotation, type) and issubclass(annotation, InboundContext)
            arguments[parameter.name] = context if is_context else properties
    return arguments
