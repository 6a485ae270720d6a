"""The connector templates of a connector: its own properties, and those that every connector has."""

from __future__ import annotations

import base64
import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo

from kiang.connector_sdk.inbound import InboundConnector
from kiang.connector_sdk.outbound import OPERATION_HEADER, Operation, OutboundConnector
from kiang.connector_sdk.template import INBOUND_ELEMENT_TYPES, SERVICE_TASK, Condition, ElementType, Template
from kiang.element_templates import inbound
from kiang.element_templates.properties import PROPERTY, Place, Property, field_properties, label_of, properties_of

SCHEMA = "https://unpkg.com/@camunda/zeebe-element-templates-json-schema/resources/schema.json"
ICON_SIZE_MAX_BYTES = 100_000
RETRY_BACKOFF = "PT30S"
TYPE_GROUP = "taskDefinitionType"

COMMON_GROUPS = (
    {"id": "connector", "label": "Connector"},
    {"id": "output", "label": "Output mapping"},
    {"id": "error", "label": "Error handling"},
    {"id": "retries", "label": "Retries"},
)


Connector = OutboundConnector | InboundConnector


def templates_of(connector: Connector, folder: Path | None = None, *, hybrid: bool = False) -> list[dict[str, Any]]:
    """One template for each kind of element that the connector can be.

    Args:
        connector: With a `template`.
        folder: Where its icon lies; None for a template without one.
        hybrid: The type becomes a visible field, for a second runtime that serves it under another one.

    Raises:
        TypeError: The connector says nothing of a template.
    """
    template = connector.template
    if not isinstance(template, Template):
        raise TypeError(f"Expected connector '{connector.name}' to have template=Template(…), but it has none.")
    return [template_of(connector, kind, folder, hybrid=hybrid) for kind in element_types_of(connector)]


def element_types_of(connector: Connector) -> tuple[ElementType, ...]:
    """The kinds of element that the connector's template names, or those of its direction."""
    template: Template = connector.template
    ordinary = INBOUND_ELEMENT_TYPES if isinstance(connector, InboundConnector) else (SERVICE_TASK,)
    return template.element_types or ordinary


def template_of(
    connector: Connector, element_type: ElementType, folder: Path | None = None, *, hybrid: bool = False
) -> dict[str, Any]:
    """The template of a connector for one kind of element; see `templates_of`."""
    template: Template = connector.template
    several = len(element_types_of(connector)) > 1
    template_id = element_type.template_id or (_id_for(template.id, element_type) if several else template.id)
    name = element_type.template_name or (_name_for(template.name, element_type) if several else template.name)
    template_id, name = (f"{template_id}-hybrid", f"Hybrid {name}") if hybrid else (template_id, name)
    expression = template.result_expression or _sample_expression(template.example)
    if isinstance(connector, InboundConnector):
        properties = _inbound_properties(connector, element_type, expression)
        common_groups: Sequence[Mapping[str, str]] = inbound.GROUPS
    else:
        properties = _outbound_properties(connector, template_id, expression)
        common_groups = COMMON_GROUPS
    own = [_group(g.id, g.label, g.tooltip, is_open=g.open_by_default) for g in template.groups]
    if isinstance(connector, OutboundConnector) and len(connector.operations) > 1:
        own.insert(0, {"id": "operation", "label": "Operation"})
    if hybrid:
        properties[0] = _visible_type(properties[0])
        own.insert(0, {"id": TYPE_GROUP, "label": "Type"})
    used = {entry["group"] for entry in properties if "group" in entry}
    document = {
        "$schema": SCHEMA,
        "name": name,
        "id": template_id,
        "description": template.description or None,
        "documentationRef": template.documentation_url or None,
        "keywords": list(template.keywords) or None,
        "version": template.version,
        "category": {"id": "connectors", "name": "Connectors"},
        "appliesTo": list(element_type.applies_to),
        "elementType": _element_type(element_type),
        "engines": {"camunda": template.engine},
        "groups": [dict(group) for group in (*own, *common_groups) if group["id"] in used],
        "properties": properties,
        "icon": _icon(folder, template.icon),
    }
    return {key: value for key, value in document.items() if value is not None}


def _outbound_properties(connector: OutboundConnector, template_id: str, expression: str) -> list[Property]:
    template: Template = connector.template
    return [
        {"value": connector.type, "binding": {"property": "type", "type": "zeebe:taskDefinition"}, "type": "Hidden"},
        *_operation_properties(connector),
        *(dict(entry) for entry in template.extra_properties),
        *_common_properties(template, template_id, expression),
    ]


def _inbound_properties(connector: InboundConnector, element_type: ElementType, expression: str) -> list[Property]:
    template: Template = connector.template
    model = connector.instance_properties or connector.properties
    own = properties_of(model, Place(binding=PROPERTY)) if model is not None else ()
    return [
        inbound.type_property(connector.type),
        *own,
        *(dict(entry) for entry in template.extra_properties),
        *inbound.common_properties(template, element_type, expression),
    ]


def _id_for(template_id: str, element_type: ElementType) -> str:
    """`io.acme.Inbox.v1` for a boundary event as `io.acme.Inbox.BoundaryEvent.v1`."""
    matched = re.fullmatch(r"(.+)\.(v\d+)", template_id)
    return f"{matched[1]}.{element_type.kind}.{matched[2]}" if matched else f"{template_id}.{element_type.kind}"


def _name_for(name: str, element_type: ElementType) -> str:
    """`Inbox Connector` for a boundary event as `Inbox Boundary Event Connector`."""
    words = re.sub(r"(?<!^)([A-Z])", r" \1", element_type.kind)
    return f"{name.removesuffix(' Connector')} {words} Connector"


def _visible_type(entry: Property) -> Property:
    is_inbound = entry["binding"]["type"] == PROPERTY
    return {
        "id": "connectorType" if is_inbound else "taskDefinitionType",
        "label": "Connector type" if is_inbound else "Task definition type",
        "description": "As the runtime that is to run it was told",
        "value": entry["value"],
        "constraints": {"notEmpty": True},
        "group": TYPE_GROUP,
        "binding": entry["binding"],
        "type": "String",
    }


def folder_of(connector: Connector) -> Path | None:
    """The folder of the connector's module: its icon lies there."""
    target = getattr(connector, "target", None)
    if isinstance(connector, OutboundConnector):
        target = next(iter(connector.operations.values())).function
    module = sys.modules.get(getattr(target, "__module__", ""))
    return Path(module.__file__).parent if module is not None and module.__file__ else None


def text_of(templates: list[dict[str, Any]]) -> str:
    """A template file: one object, or a list where there are several."""
    content: Any = templates[0] if len(templates) == 1 else templates
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _operation_properties(connector: OutboundConnector) -> list[Property]:
    operations = sorted(connector.operations.values(), key=lambda o: o.name)
    if len(operations) == 1:
        operation = operations[0]
        header = [] if not operation.id else [_operation_header("Hidden", operation.id)]
        return [*header, *_parameters(operation, Place())]
    dropdown = _operation_header("Dropdown", operations[0].id)
    dropdown["choices"] = [{"name": operation.name, "value": operation.id} for operation in operations]
    properties = [dropdown]
    for operation in operations:
        shown = (Condition(OPERATION_HEADER, equals=operation.id).to_json(),)
        properties += _parameters(operation, Place((), None, shown, f"{operation.id}:"))
    return properties


def _operation_header(kind: str, value: str) -> Property:
    return {
        "id": OPERATION_HEADER,
        "label": "Operation",
        "value": value,
        "group": "operation",
        "binding": {"key": OPERATION_HEADER, "type": "zeebe:taskHeader"},
        "type": kind,
    }


def _parameters(operation: Operation, place: Place) -> list[Property]:
    properties: list[Property] = []
    for parameter in operation.parameters:
        if parameter.kind == "input":
            properties += properties_of(parameter.annotation, place)
        elif parameter.kind in {"variable", "header"}:
            field = FieldInfo.from_annotation(parameter.annotation)
            made = list(field_properties(field, parameter.key, place))
            if parameter.kind == "header":
                for entry in made:
                    entry["binding"] = {"key": parameter.key, "type": "zeebe:taskHeader"}
            properties += made
    return properties


def _common_properties(template: Template, template_id: str, expression: str) -> list[Property]:
    return [
        _hidden_header("version", "Version", "elementTemplateVersion", str(template.version)),
        _hidden_header("id", "ID", "elementTemplateId", template_id),
        _cleaned(
            {
                "id": "resultVariable",
                "label": "Result variable",
                "description": "Name of variable to store the response in",
                "value": template.result_variable or None,
                "group": "output",
                "binding": {"key": "resultVariable", "type": "zeebe:taskHeader"},
                "type": "String",
            }
        ),
        _cleaned(
            {
                "id": "resultExpression",
                "label": "Result expression",
                "description": "Expression to map the response into process variables",
                "value": expression or None,
                "feel": "required",
                "group": "output",
                "binding": {"key": "resultExpression", "type": "zeebe:taskHeader"},
                "type": "Text",
            }
        ),
        {
            "id": "errorExpression",
            "label": "Error expression",
            "description": "Expression to handle errors: bpmnError(…), jobError(…) or ignoreError(…)",
            "feel": "required",
            "group": "error",
            "binding": {"key": "errorExpression", "type": "zeebe:taskHeader"},
            "type": "Text",
        },
        {
            "id": "retryCount",
            "label": "Retries",
            "description": "Number of retries",
            "value": "3",
            "feel": "optional",
            "group": "retries",
            "binding": {"property": "retries", "type": "zeebe:taskDefinition"},
            "type": "String",
        },
        {
            "id": "retryBackoff",
            "label": "Retry backoff",
            "description": "ISO-8601 duration to wait between retries",
            "value": RETRY_BACKOFF,
            "group": "retries",
            "binding": {"key": "retryBackoff", "type": "zeebe:taskHeader"},
            "type": "String",
        },
        {
            "id": "jobTimeout",
            "label": "Job timeout",
            "description": "ISO-8601 duration that one attempt may take; that of the runtime if empty",
            "optional": True,
            "group": "retries",
            "binding": {"key": "jobTimeout", "type": "zeebe:taskHeader"},
            "type": "String",
        },
    ]


def _hidden_header(property_id: str, label: str, key: str, value: str) -> Property:
    return {
        "id": property_id,
        "label": label,
        "value": value,
        "group": "connector",
        "binding": {"key": key, "type": "zeebe:taskHeader"},
        "type": "Hidden",
    }


def _sample_expression(example: Any) -> str:
    """A result expression that takes the first entry of an example result, the whole example in a comment."""
    if not isinstance(example, Mapping) or not example:
        return ""
    name = next(iter(example))
    shown = json.dumps(example, ensure_ascii=False)
    return f"={{\n  {_variable_name(name)}: response.{name}\n  // response: {shown}\n}}"


def _variable_name(name: str) -> str:
    words = label_of(name).split()
    return "my" + "".join(word.capitalize() for word in words)


def _element_type(element_type: ElementType) -> dict[str, str]:
    described = {"value": element_type.value}
    if element_type.event_definition:
        described["eventDefinition"] = element_type.event_definition
    return described


def _group(group_id: str, label: str, tooltip: str | None, *, is_open: bool | None) -> Property:
    return _cleaned({"id": group_id, "label": label, "tooltip": tooltip, "openByDefault": is_open})


def _icon(folder: Path | None, name: str) -> dict[str, str] | None:
    if folder is None or not (folder / name).is_file():
        return None
    content = (folder / name).read_bytes()
    if len(content) > ICON_SIZE_MAX_BYTES:
        raise ValueError(
            f"Expected the icon {name} to have at most {ICON_SIZE_MAX_BYTES} bytes, but it has {len(content)}."
        )
    return {"contents": f"data:image/svg+xml;base64,{base64.b64encode(content).decode()}"}


def _cleaned(entry: Property) -> Property:
    return {key: value for key, value in entry.items() if value is not None}
