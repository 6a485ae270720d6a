"""AWS Lambda connector: calls a function and waits for its answer."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from kiang.connector_sdk import ConnectorError, ConnectorInput, NotBlank, NotNull, OutboundContext, outbound_connector
from kiang.connector_sdk.aws import GROUPS, AwsInput, client, failure
from kiang.connector_sdk.template import Group, Template, TemplateField

TEMPLATE = Template(
    id="io.kiang.connectors.AwsLambda.v1",
    name="AWS Lambda Connector",
    description="Invoke a function",
    keywords=("aws", "lambda", "function"),
    groups=(*GROUPS, Group("function", "Function")),
    example={"statusCode": 200, "executedVersion": "$LATEST", "payload": {"total": 30}},
)


class Function(ConnectorInput):
    """Which function, and what it gets."""

    operation_type: Annotated[Literal["sync"], TemplateField(label="Operation", group="function")] = "sync"
    function_name: Annotated[str, NotBlank(), TemplateField(group="function")]
    payload: Annotated[Any, NotNull(), TemplateField(group="function", type="Text", feel="optional")]
    region: Annotated[str | None, TemplateField(ignore=True)] = None


class LambdaInput(AwsInput):
    """Input of the connector."""

    aws_function: Function


@outbound_connector(name="AWS Lambda", type="io.camunda:aws-lambda:1", template=TEMPLATE)
def aws_lambda(data: LambdaInput, context: OutboundContext) -> dict[str, Any]:
    """`{statusCode, executedVersion, payload}`; an error inside the function fails with FUNCTION_ERROR."""
    function = data.aws_function
    payload = function.payload if isinstance(function.payload, str) else json.dumps(function.payload)
    try:
        answer = client("lambda", data, context.resources, function.region).invoke(
            FunctionName=function.function_name, InvocationType="RequestResponse", Payload=payload.encode()
        )
        content = answer["Payload"].read().decode("utf-8", "replace")
    except Exception as error:  # noqa: BLE001 - botocore makes its error classes at run time
        raise failure(error) from None
    result = _parsed(content)
    if answer.get("FunctionError"):
        message = result.get("errorMessage") if isinstance(result, dict) else None
        raise ConnectorError("FUNCTION_ERROR", str(message or answer["FunctionError"]), {"response": result})
    return {"statusCode": answer["StatusCode"], "executedVersion": answer.get("ExecutedVersion"), "payload": result}


def _parsed(text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text
