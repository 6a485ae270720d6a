"""Which elements share one running connector (deduplication)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kiang.connector_runtime.inbound.elements import ServedElement
from kiang.connector_sdk.inbound import InboundConnector, InboundDefinition


@dataclass(frozen=True)
class Group:
    """Elements of one process that one connector serves.

    Attributes:
        fault: Why they cannot be served; "" if they can.
    """

    id: str
    type: str
    elements: tuple[ServedElement, ...]
    fault: str = ""

    @property
    def properties(self) -> dict[str, str]:
        """The connector's properties, equal in all elements."""
        return self.elements[0].connector_properties

    @property
    def definition(self) -> InboundDefinition:
        """As the connector sees it."""
        elements = tuple(served.element for served in self.elements)
        return InboundDefinition(self.type, elements, self.id, elements[0].tenant_id)


def grouped(elements: Iterable[ServedElement], connectors: Mapping[str, InboundConnector]) -> dict[str, Group]:
    """Elements by the id of the connector instance that serves them."""
    by_id: dict[str, list[ServedElement]] = {}
    faults: dict[str, str] = {}
    for served in elements:
        group_id, fault = _id_of(served, connectors.get(served.type))
        by_id.setdefault(group_id, []).append(served)
        if fault:
            faults[group_id] = fault
    return {group_id: _group(group_id, members, faults.get(group_id, "")) for group_id, members in by_id.items()}


def _group(group_id: str, members: list[ServedElement], fault: str) -> Group:
    first = members[0]
    if any(member.type != first.type for member in members):
        fault = fault or "All elements in a group must have the same type"
    names = {name for member in members for name in member.connector_properties}
    different = sorted(name for name in names if len({member.connector_properties.get(name) for member in members}) > 1)
    if different and not fault:
        fault = (
            "All elements in a group must have the same properties (excluding runtime-level properties). "
            f"The following properties are different: {', '.join(different)}"
        )
    return Group(group_id, first.type, tuple(members), fault)


def _id_of(served: ServedElement, connector: InboundConnector | None) -> tuple[str, str]:
    element = served.element
    mode = served.get("deduplicationMode").upper()
    tenant, process = element.tenant_id, element.process_definition_id
    if mode == "MANUAL":
        chosen = served.get("deduplicationId")
        if not chosen:
            own = _hash(tenant, str(element.process_definition_key), element.element_id)
            return own, "Missing deduplicationId property, but the deduplication mode is set to MANUAL"
        return _hash(tenant, f"{process}-{chosen}"), ""
    if mode == "AUTO":
        properties = served.connector_properties
        scope = connector.deduplicated_by if connector is not None and connector.deduplicated_by else sorted(properties)
        values = _hash(served.type, *(part for name in scope for part in (name, properties.get(name, ""))))
        return _hash(tenant, f"{process}-{values}"), ""
    return _hash(tenant, str(element.process_definition_key), element.element_id), ""


def _hash(*parts: str) -> str:
    return hashlib.sha256("".join(f"{len(part)}:{part}" for part in parts).encode()).hexdigest()
