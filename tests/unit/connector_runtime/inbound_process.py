"""Elements that inbound connectors serve, read from BPMN files as the runtime reads them."""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

from kiang.connector_runtime.inbound.elements import ServedElement, served_elements

TYPE = "com.example:inbox:1"


def served(
    *elements: dict[str, str], process: str = "orders", key: int = 1, version: int = 1, tenant: str = "<default>"
) -> list[ServedElement]:
    """Start events `start0`, `start1` … of one process with these properties; their type is `TYPE` unless they say."""
    events = []
    for number, given in enumerate(elements):
        entries = "".join(
            f"<zeebe:property name={quoteattr(name)} value={quoteattr(value)}/>"
            for name, value in {"inbound.type": TYPE, **given}.items()
        )
        events.append(
            f'<bpmn:startEvent id="start{number}"><bpmn:extensionElements><zeebe:properties>{entries}'
            "</zeebe:properties></bpmn:extensionElements></bpmn:startEvent>"
        )
    xml = (
        '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
        'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">'
        f'<bpmn:process id="{process}" isExecutable="true">{"".join(events)}</bpmn:process></bpmn:definitions>'
    )
    return served_elements(xml.encode(), process, key, version, tenant)
