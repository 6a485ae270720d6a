"""Elements of a process that an inbound connector serves: those with the property `inbound.type`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kiang.bpmn.document import Element, parse
from kiang.connector_sdk.inbound import InboundElement

TYPE = "inbound.type"

RUNTIME_PROPERTIES = frozenset(
    {
        TYPE,
        "activationCondition",
        "inbound.activationCondition",
        "consumeUnmatchedEvents",
        "correlationRequired",
        "correlationKeyExpression",
        "messageIdExpression",
        "messageTtl",
        "resultVariable",
        "resultExpression",
        "deduplicationModeManualFlag",
        "deduplicationMode",
        "deduplicationId",
        "synchronousResponse",
    }
)
"""Properties that the runtime itself reads; all others belong to the connector."""

SERVED = frozenset({"startEvent", "intermediateCatchEvent", "boundaryEvent", "receiveTask"})


@dataclass(frozen=True)
class CorrelationPoint:
    """How an event reaches the element.

    Attributes:
        message_name: None for a start event without message: an instance is created.
        is_start: A message start event of the process: its correlation key is optional.
    """

    message_name: str | None = None
    is_start: bool = False


@dataclass(frozen=True)
class ServedElement:
    """One element and what its properties say."""

    element: InboundElement
    type: str
    properties: Mapping[str, str]
    point: CorrelationPoint

    @property
    def connector_properties(self) -> dict[str, str]:
        """The properties that belong to the connector."""
        return {name: value for name, value in self.properties.items() if name not in RUNTIME_PROPERTIES}

    def get(self, name: str, default: str = "") -> str:
        """A property that the runtime reads; blank counts as absent."""
        value = self.properties.get(name, "")
        return value if value.strip() else default


def served_elements(
    xml: bytes, process_definition_id: str, process_definition_key: int, version: int, tenant_id: str
) -> list[ServedElement]:
    """The elements of one process of a BPMN file that an inbound connector serves.

    Raises:
        InvalidBpmnError: It is no BPMN file.
    """
    root = parse(xml)
    messages = {message.id: message.get("name") for message in root.children if message.kind == "message"}
    found = []
    for process in root.children:
        if process.kind == "process" and process.id == process_definition_id:
            for tag in process.walk():
                served = _served(tag, messages)
                if served is not None:
                    kind, properties, point = served
                    element = InboundElement(
                        process_definition_id,
                        process_definition_key,
                        version,
                        tag.id,
                        tag.get("name"),
                        tag.kind,
                        tenant_id,
                    )
                    found.append(ServedElement(element, kind, properties, point))
    return found


def _served(tag: Element, messages: Mapping[str, str]) -> tuple[str, dict[str, str], CorrelationPoint] | None:
    if tag.kind not in SERVED:
        return None
    properties = dict(_properties(tag))
    kind = properties.get(TYPE, "")
    if not kind:
        return None
    definition = tag if tag.kind == "receiveTask" else tag.child("messageEventDefinition")
    if definition is None:
        return (kind, properties, CorrelationPoint()) if tag.kind == "startEvent" else None
    name = messages.get(definition.get("messageRef"), "")
    if not name:
        return None
    in_event_sub_process = tag.parent is not None and tag.parent.kind == "subProcess"
    is_start = tag.kind == "startEvent" and not in_event_sub_process
    if not is_start and not properties.get("correlationKeyExpression", "").strip():
        return None
    return kind, properties, CorrelationPoint(name, is_start)


def _properties(tag: Element) -> Iterator[tuple[str, str]]:
    """Names and values; of a name that stands twice the first wins."""
    seen = set()
    for holder in tag.extensions("zeebe:properties"):
        for entry in holder.children:
            name = entry.get("name")
            if name and name not in seen:
                seen.add(name)
                yield name, entry.get("value")
