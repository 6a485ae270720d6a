"""GraphQL connector: queries over HTTP; errors in the answer are errors of the job."""

from __future__ import annotations

import enum
import json
from typing import Annotated, Any

from kiang.connector_sdk import (
    ConnectorError,
    ConnectorInput,
    NotBlank,
    OutboundContext,
    Pattern,
    Range,
    outbound_connector,
)
from kiang.connector_sdk.http import Authentication, HttpMethod, HttpRequestInput, HttpResponse, request
from kiang.connector_sdk.http.input import TIMEOUT_SECONDS, ReturnFormat
from kiang.connector_sdk.http.url import NO_URL, URL_PATTERN
from kiang.connector_sdk.template import Group, Template, TemplateField

TEMPLATE = Template(
    id="io.kiang.connectors.GraphQL.v1",
    name="GraphQL Connector",
    description="Send a GraphQL query or mutation",
    keywords=("graphql", "query", "mutation"),
    groups=(
        Group("authentication", "Authentication"),
        Group("endpoint", "HTTP endpoint"),
        Group("graphql", "GraphQL query"),
        Group("timeout", "Timeouts", open_by_default=False),
    ),
    example={"body": {"data": {"order": {"id": "A-1"}}}, "status": 200},
)


class GraphQlMethod(enum.Enum):
    """How the query travels."""

    GET = "get"
    POST = "post"


class Query(ConnectorInput):
    """The query and where it goes."""

    method: Annotated[GraphQlMethod, TemplateField(group="endpoint", default="post")] = GraphQlMethod.GET
    url: Annotated[str, NotBlank(), Pattern(URL_PATTERN, NO_URL), TemplateField(label="URL", group="endpoint")]
    headers: Annotated[dict[str, str | None] | None, TemplateField(group="endpoint")] = None
    query: Annotated[
        str, NotBlank(), TemplateField(label="Query or mutation", group="graphql", type="Text", feel="optional")
    ]
    variables: Annotated[dict[str, Any] | None, TemplateField(group="graphql")] = None
    connection_timeout_in_seconds: Annotated[int | None, Range(minimum=0), TemplateField(group="timeout")] = (
        TIMEOUT_SECONDS
    )
    read_timeout_in_seconds: Annotated[
        int | None, Range(minimum=0), TemplateField(group="timeout", default=TIMEOUT_SECONDS)
    ] = None


class GraphQlInput(ConnectorInput):
    """Input of the connector."""

    authentication: Annotated[Authentication | None, TemplateField(group="authentication", default="noAuth")] = None
    graphql: Query
    document_return_format: Annotated[ReturnFormat | None, TemplateField(group="endpoint")] = None


@outbound_connector(name="GraphQL", type="io.camunda:connector-graphql:1", template=TEMPLATE)
async def graphql(data: GraphQlInput, context: OutboundContext) -> HttpResponse:
    """Send the query; an answer with `errors` fails with GRAPHQL_ERROR and `error.variables.response`."""
    query = data.graphql
    variables = query.variables or {}
    by_get = query.method is GraphQlMethod.GET
    response = await request(
        HttpRequestInput(
            url=query.url,
            method=HttpMethod.GET if by_get else HttpMethod.POST,
            authentication=data.authentication,
            document_return_format=data.document_return_format,
            headers=query.headers,
            query_parameters={"query": query.query, **({"variables": json.dumps(variables)} if variables else {})}
            if by_get
            else None,
            body=None if by_get else {"query": query.query, "variables": variables},
            connection_timeout_in_seconds=query.connection_timeout_in_seconds,
            read_timeout_in_seconds=query.read_timeout_in_seconds,
        ),
        context,
    )
    errors = response.body.get("errors") if isinstance(response.body, dict) else None
    if errors:
        first = errors[0].get("message") if isinstance(errors, list) and isinstance(errors[0], dict) else None
        details = {"headers": response.headers, "body": response.body}
        raise ConnectorError("GRAPHQL_ERROR", str(first or "The answer holds errors"), {"response": details})
    return response
