"""The input that every connector over HTTP shares."""

from __future__ import annotations

import enum
from typing import Annotated, Any

from kiang.connector_sdk.binding import ConnectorInput
from kiang.connector_sdk.constraints import NotBlank, NotNull, Pattern, Range
from kiang.connector_sdk.http.authentication import Authentication

TIMEOUT_SECONDS = 20
"""For connecting and for waiting, when the input says nothing."""

URL_PATTERN = r"^(http://|https://|secrets|\{\{).*$"


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


class HttpRequestInput(ConnectorInput):
    """One request.

    Attributes:
        skip_encoding: Send the URL as it is.
        ignore_null_values: Leave out entries of the body that are null.
        follow_redirects: Go on to where a 3xx answer points.
    """

    url: Annotated[str, NotBlank(), Pattern(URL_PATTERN, "Must be a http(s) URL")]
    method: Annotated[HttpMethod, NotNull()]
    authentication: Authentication | None = None
    headers: dict[str, str | None] | None = None
    query_parameters: dict[str, str | None] | None = None
    body: Any = None
    skip_encoding: str | None = None
    connection_timeout_in_seconds: Annotated[int, Range(minimum=0)] | None = TIMEOUT_SECONDS
    read_timeout_in_seconds: Annotated[int, Range(minimum=0)] | None = None
    store_response: bool = False
    group_set_cookie_headers: bool = False
    ignore_null_values: bool = False
    follow_redirects: bool = False
    client_tls: ClientTls | None = None

    @property
    def sends_url_as_is(self) -> bool:
        """Whether the URL is encoded already, down to the last character."""
        return (self.skip_encoding or "").strip().lower() == "true"
