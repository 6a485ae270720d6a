"""One call of a connector: secrets into the input, the input bound, the function called, its result as JSON.

The same code runs in the runtime, in the testing kit and in somebody's own worker.
"""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import datetime as dt
import decimal
import enum
import json
import uuid
from collections.abc import Mapping
from typing import Any

import pydantic

from kiang.connector_sdk import secret
from kiang.connector_sdk.binding import bind
from kiang.connector_sdk.document import Document, is_reference
from kiang.connector_sdk.outbound import Operation, OutboundConnector, OutboundContext, Parameter
from kiang.errors import ConnectorError, ConnectorInputError

FUNCTION_KEY = "camunda.function.type"
FUNCTIONS_MAX = 10
"""Intrinsic functions in one input."""


@dataclasses.dataclass
class Call:
    """One call.

    Attributes:
        variables: The input, as JSON; placeholders of secrets still in it.
        headers: Task headers.
        secrets: Values that were put in: what has to be masked in everything that leaves.
    """

    connector: OutboundConnector
    variables: Mapping[str, Any]
    headers: Mapping[str, str]
    context: OutboundContext
    provider: secret.SecretProvider
    rules: secret.SecretRules = dataclasses.field(default_factory=secret.SecretRules)
    secrets: dict[str, str] = dataclasses.field(default_factory=dict)

    async def run(self) -> Any:
        """The result of the connector, as JSON.

        Raises:
            ConnectorError: As the connector raised it; ConnectorInputError for an input that cannot be bound.
            Exception: Whatever else the connector raised.
        """
        operation = self.connector.operation(self.headers)
        variables: Any = {name: value for name, value in self.variables.items() if value is not None}
        names = secret.names_in(variables, self.rules)
        if names:
            job = self.context.job
            context = secret.SecretContext(job.tenant_id, job.process_definition_id)
            self.secrets.update(await secret.fetch(names, self.provider, context))
            variables = secret.replace(variables, self.secrets, self.rules)
        variables = await _carry_out_functions(variables, self.context)
        arguments = {p.name: await self._argument(p, variables) for p in operation.parameters}
        result = await _call(operation, {k: v for k, v in arguments.items() if v is not _ABSENT})
        return to_json(result)

    def masked(self, value: Any) -> Any:
        """`value` without any secret that this call has used."""
        return secret.mask(value, self.secrets.values())

    async def _argument(self, parameter: Parameter, variables: Mapping[str, Any]) -> Any:
        if parameter.kind == "context":
            return self.context
        if parameter.kind == "input":
            return await bind(variables, parameter.annotation, self.context.documents)
        source = variables if parameter.kind == "variable" else self.headers
        where = "job variables" if parameter.kind == "variable" else "job context custom headers"
        value = source.get(parameter.key)
        if value is None:
            if parameter.required:
                raise ConnectorInputError(f"Required {parameter.kind} '{parameter.key}' is missing in the {where}.")
            return _ABSENT
        return await bind(value, parameter.annotation, self.context.documents)


_ABSENT = object()


async def _call(operation: Operation, arguments: Mapping[str, Any]) -> Any:
    if operation.is_async:
        return await operation.function(**arguments)
    return await asyncio.to_thread(operation.function, **arguments)


def to_json(value: Any) -> Any:
    """A result as JSON: models, dataclasses, dates, numbers of any kind; a document becomes its reference.

    Raises:
        ConnectorError: It holds something that JSON cannot hold.
    """
    if value is None or type(value) in {int, bool}:
        return value
    if type(value) is str:
        return (
            value if value.isascii() else value.encode("utf-8", "replace").decode()
        )  # half a surrogate pair is no text
    if type(value) is float:
        return value if value == value and abs(value) != float("inf") else None  # noqa: PLR0124 - NaN is no JSON
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [to_json(item) for item in value]
    if isinstance(value, Document):
        return value.reference
    if isinstance(value, pydantic.BaseModel):
        return {(f.alias or name): to_json(getattr(value, name)) for name, f in type(value).model_fields.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_json(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, enum.Enum):
        return to_json(value.value)
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, dt.timedelta):
        return pydantic.TypeAdapter(dt.timedelta).dump_python(value, mode="json")
    kind = type(value).__qualname__
    raise ConnectorError("RESULT_NOT_JSON", f"Expected the result of the connector to be JSON, but it holds a {kind}.")


async def _carry_out_functions(value: Any, context: OutboundContext) -> Any:
    """Replace `{"camunda.function.type": NAME, "params": […]}` by what the function gives."""
    if FUNCTION_KEY not in json.dumps(value):
        return value
    budget = [FUNCTIONS_MAX]

    async def walk(item: Any) -> Any:
        if isinstance(item, dict):
            if FUNCTION_KEY in item:
                budget[0] -= 1
                if budget[0] < 0:
                    raise ConnectorInputError("Intrinsic function limit exceeded")
                parameters = [await walk(p) for p in item.get("params") or []]
                return await _carry_out(str(item[FUNCTION_KEY]), parameters, context)
            return {key: await walk(entry) for key, entry in item.items()}
        if isinstance(item, list):
            return [await walk(entry) for entry in item]
        return item

    return await walk(value)


async def _carry_out(name: str, parameters: list[Any], context: OutboundContext) -> Any:
    function = _FUNCTIONS.get(name)
    if function is None:
        raise ConnectorInputError(f"No intrinsic function found with name: {name}")
    if not parameters:
        raise ConnectorInputError("Parameter at index 0 is required but not provided")
    return await function(parameters, context)


async def _content(name: str, value: Any, context: OutboundContext) -> bytes:
    if is_reference(value):
        return await Document(value, context.documents).read()
    raise ConnectorInputError(f"Expected the first parameter of {name} to be a document.")


async def _base64(parameters: list[Any], context: OutboundContext) -> str:
    given = parameters[0]
    if isinstance(given, str):
        return base64.b64encode(given.encode()).decode()
    if given is None or isinstance(given, int | float):
        raise ConnectorInputError(f"Failed to execute intrinsic function: base64 with arguments: [{json.dumps(given)}]")
    return base64.b64encode(await _content("base64", given, context)).decode()


async def _get_text(parameters: list[Any], context: OutboundContext) -> str:
    charset = parameters[1] if len(parameters) > 1 and parameters[1] else "utf-8"
    try:
        return (await _content("getText", parameters[0], context)).decode(charset, errors="replace")
    except LookupError:
        raise ConnectorInputError(f"Expected the name of a character set, but was '{charset}'.") from None


async def _get_json(parameters: list[Any], context: OutboundContext) -> Any:
    from kiang import feel  # noqa: PLC0415 - only for the second parameter

    try:
        content = json.loads(await _content("getJson", parameters[0], context))
    except ValueError:
        raise ConnectorInputError("Expected a document with JSON in it, but its content is none.") from None
    if len(parameters) > 1 and parameters[1]:
        source = str(parameters[1]).removeprefix("=")
        names = content if isinstance(content, dict) else {"content": content}
        variables = {name: feel.from_json(json.dumps(item)) for name, item in names.items()}
        return json.loads(feel.to_json(feel.compile(source, dialect=feel.Dialect.CONNECTORS).evaluate(variables)))
    return content


async def _create_link(parameters: list[Any], context: OutboundContext) -> str:
    if not is_reference(parameters[0]):
        raise ConnectorInputError("Expected the first parameter of createLink to be a document.")
    time_to_live = parameters[1] if len(parameters) > 1 else None
    milliseconds = None
    if isinstance(time_to_live, str):
        milliseconds = int(pydantic.TypeAdapter(dt.timedelta).validate_python(time_to_live).total_seconds() * 1000)
    elif isinstance(time_to_live, int):
        milliseconds = time_to_live
    return await Document(parameters[0], context.documents).link(milliseconds)


_FUNCTIONS = {"base64": _base64, "getText": _get_text, "getJson": _get_json, "createLink": _create_link}
