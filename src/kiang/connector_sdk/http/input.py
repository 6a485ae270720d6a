"""The input that every connector over HTTP shares."""

from __future__ import annotations

import enum
from typing import Annotated, Any, Literal

from kiang.connector_sdk.binding import ConnectorInput
from kiang.connector_sdk.constraints import NotBlank, NotNull, Pattern, Range
from kiang.connector_sdk.http.authentication import Authentication
from kiang.connector_sdk.http.url import NO_URL, URL_PATTERN
from kiang.connector_sdk.template import Choice, Condition, TemplateField

TIMEOUT_SECONDS = 20
"""For connecting and for waiting, when the input says nothing."""

TIMEOUT_MAX_SECONDS = 2**31 - 1


class HttpMethod(enum.Enum):
    """The methods that connectors offer."""

    POST = "POST"
    GET = "GET"
    DELETE = "DELETE"
    PATCH = "PATCH"
    PUT = "PUT"


class ClientTls(ConnectorInput):
    """Certificates of one's own, as PEM text."""

    client_certificate: str | None = None
    client_private_key: str | None = None
    private_key_password: str | None = None
    trusted_certificate: str | None = None


class ReturnFormat(ConnectorInput):
    """What the body of an answer becomes.

    Attributes:
        encoding: Of TEXT; without it the one that the answer names.
    """

    choice: Annotated[
        Literal["JSON", "TEXT", "DOCUMENT"] | None,
        TemplateField(
            label="Return the body as",
            default="JSON",
            choices=(
                Choice("JSON", "JSON, or text if it is none"),
                Choice("TEXT", "Text"),
                Choice("DOCUMENT", "Document"),
            ),
        ),
    ] = None
    encoding: Annotated[
        str | None, TemplateField(condition=Condition("documentReturnFormat.choice", equals="TEXT"))
    ] = None


class HttpRequestInput(ConnectorInput):
    """One request.

    Attributes:
        skip_encoding: Send the URL as it is.
        ignore_null_values: Leave out entries of the body that are null.
        follow_redirects: Go on to where a 3xx answer points.
    """

    authentication: Annotated[Authentication | None, TemplateField(group="authentication", default="noAuth")] = None
    method: Annotated[HttpMethod, NotNull(), TemplateField(group="endpoint", default="GET")]
    url: Annotated[
        str,
        NotBlank(),
        Pattern(URL_PATTERN, NO_URL),
        TemplateField(label="URL", group="endpoint", feel="optional"),
    ]
    headers: Annotated[
        dict[str, str | None] | None, TemplateField(group="endpoint", description="Map of HTTP headers")
    ] = None
    query_parameters: Annotated[
        dict[str, str | None] | None, TemplateField(group="endpoint", description="Map of query parameters")
    ] = None
    body: Annotated[
        Any,
        TemplateField(
            label="Request body",
            group="payload",
            type="Text",
            feel="optional",
            condition=Condition("method", one_of=("POST", "PUT", "PATCH")),
        ),
    ] = None
    skip_encoding: Annotated[str | None, TemplateField(type="Hidden", group="endpoint")] = None
    follow_redirects: Annotated[bool, TemplateField(group="endpoint")] = False
    document_return_format: Annotated[ReturnFormat | None, TemplateField(group="endpoint")] = None
    connection_timeout_in_seconds: Annotated[
        int | None, Range(minimum=0, maximum=TIMEOUT_MAX_SECONDS), TemplateField(group="timeout")
    ] = TIMEOUT_SECONDS
    read_timeout_in_seconds: Annotated[
        int | None,
        Range(minimum=0, maximum=TIMEOUT_MAX_SECONDS),
        TemplateField(group="timeout", default=TIMEOUT_SECONDS),
    ] = None
    store_response: Annotated[bool, TemplateField(ignore=True)] = False
    group_set_cookie_headers: Annotated[Any, TemplateField(ignore=True)] = None
    ignore_null_values: Annotated[
        bool, TemplateField(group="payload", condition=Condition("method", one_of=("POST", "PUT", "PATCH")))
    ] = False
    client_tls: Annotated[ClientTls | None, TemplateField(group="tls")] = None

    @property
    def sends_url_as_is(self) -> bool:
        """Whether the URL is encoded already, down to the last character."""
        return self.skip_encoding == "true"

    @property
    def wants_document(self) -> bool:
        """Whether the body is to be stored, as new templates or old ones say it."""
        chosen = self.document_return_format.choice if self.document_return_format is not None else None
        return chosen == "DOCUMENT" or (chosen is None and self.store_response)
