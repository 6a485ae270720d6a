"""The properties of an inbound element as the typed input of its connector: nested, secrets put in, expressions evaluated."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Union, get_args, get_origin

import pydantic

from kiang.connector_runtime import expression
from kiang.connector_runtime.inbound.grouping import Group
from kiang.connector_sdk import secret
from kiang.connector_sdk.binding import bind
from kiang.connector_sdk.document import DocumentStore
from kiang.connector_sdk.feel import FeelFunction
from kiang.connector_sdk.inbound import InboundConnector


async def bound_properties(
    connector: InboundConnector,
    group: Group,
    provider: secret.SecretProvider,
    documents: DocumentStore,
    variables: Mapping[str, Any] | None = None,
) -> tuple[Any, tuple[str, ...]]:
    """The connector's model of the group's properties, None for a connector without one; and the secrets put into it.

    Args:
        variables: Of a waiting instance, for which the properties of instances are bound; None before there is one.

    Raises:
        ConnectorInputError: A secret is missing, or the properties do not fit the model; all faults at once.
        ConnectorError: An expression cannot be evaluated.
    """
    model = connector.properties if variables is None else connector.instance_properties
    if model is None:
        return None, ()
    properties: dict[str, Any] = dict(group.properties)
    if variables is None and connector.instance_properties is not None:  # the others need variables of an instance
        roots = {field.alias or name for name, field in model.model_fields.items()}
        properties = {name: value for name, value in properties.items() if name.partition(".")[0] in roots}
    rules = secret.SecretRules()
    names = secret.names_in(properties, rules)
    values: dict[str, str] = {}
    if names:
        element = group.elements[0].element
        context = secret.SecretContext(element.tenant_id, element.process_definition_id)
        values = await secret.fetch(names, provider, context)
        properties = secret.replace(properties, values, rules)
    kept = set(feel_paths(model))
    for name, value in properties.items():
        if name not in kept and value.startswith("=") and len(value) > 1:
            properties[name] = expression.evaluate(value, dict(variables or {}))
    return await bind(nested(properties), model, documents), tuple(values.values())


def nested(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Dotted names as objects within objects; an empty text counts as absent."""
    root: dict[str, Any] = {}
    for name, value in properties.items():
        if value == "":
            continue
        holder = root
        *path, last = name.split(".")
        for part in path:
            below = holder.get(part)
            if not isinstance(below, dict):
                below = holder[part] = {}
            holder = below
        holder[last] = value
    return root


def feel_paths(model: type[pydantic.BaseModel], prefix: str = "") -> Iterator[str]:
    """Names of the properties that stay expressions."""
    for name, field in model.model_fields.items():
        path = f"{prefix}{field.alias or name}"
        for option in _options(field.annotation):
            if option is FeelFunction:
                yield path
            elif isinstance(option, type) and issubclass(option, pydantic.BaseModel):
                yield from feel_paths(option, f"{path}.")


def _options(annotation: Any) -> Iterator[Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _options(get_args(annotation)[0])
    elif origin in {Union, types.UnionType}:
        for option in get_args(annotation):
            yield from _options(option)
    else:
        yield annotation
