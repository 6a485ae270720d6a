"""How a request says who sends it: the models of the input `authentication`."""

from __future__ import annotations

import enum
from typing import Annotated, Literal

from pydantic import Field

from kiang.connector_sdk.binding import ConnectorInput
from kiang.connector_sdk.constraints import NotEmpty

EMPTY_PASSWORD = "SPEC_PASSWORD_EMPTY_PATTERN"  # noqa: S105 - the word that stands for an empty password
"""Modelers that cannot leave a field empty write this for an empty password."""


class ApiKeyLocation(enum.Enum):
    """Where an API key goes."""

    QUERY = "query"
    HEADERS = "headers"


class NoAuthentication(ConnectorInput):
    """Nobody in particular."""

    type: Literal["noAuth"] = "noAuth"


class BasicAuthentication(ConnectorInput):
    """User name and password (RFC 7617)."""

    type: Literal["basic"]
    username: Annotated[str, NotEmpty()]
    password: str | None = None


class BearerAuthentication(ConnectorInput):
    """A token that the process has (RFC 6750)."""

    type: Literal["bearer"]
    token: Annotated[str, NotEmpty()]


class ApiKeyAuthentication(ConnectorInput):
    """A key in a header or in the query."""

    type: Literal["apiKey"]
    api_key_location: Annotated[ApiKeyLocation, NotEmpty()]
    name: Annotated[str, NotEmpty()]
    value: Annotated[str, NotEmpty()]


class OAuthClientCredentials(ConnectorInput):
    """A token from an OAuth server, for the connector itself (RFC 6749 section 4.4)."""

    type: Literal["oauth-client-credentials-flow"]
    oauth_token_endpoint: Annotated[str, NotEmpty()]
    client_id: Annotated[str, NotEmpty()]
    client_secret: Annotated[str, NotEmpty()]
    audience: str | None = None
    client_authentication: Annotated[str, NotEmpty()]
    scopes: str | None = None


class OAuthRefreshToken(ConnectorInput):
    """A token from an OAuth server, for a user who has agreed once (RFC 6749 section 6)."""

    type: Literal["oauth-refresh-token"]
    oauth_token_endpoint: Annotated[str, NotEmpty()]
    client_id: Annotated[str, NotEmpty()]
    client_secret: str | None = None
    refresh_token: Annotated[str, NotEmpty()]
    scopes: str | None = None


Authentication = Annotated[
    NoAuthentication
    | BasicAuthentication
    | BearerAuthentication
    | ApiKeyAuthentication
    | OAuthClientCredentials
    | OAuthRefreshToken,
    Field(discriminator="type"),
]
