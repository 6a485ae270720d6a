"""How a request says who sends it: the models of the input `authentication`."""

from __future__ import annotations

import enum
from typing import Annotated, Literal

from pydantic import Field

from kiang.connector_sdk.binding import ConnectorInput
from kiang.connector_sdk.constraints import NotEmpty, NotNull, Pattern
from kiang.connector_sdk.http.url import NO_URL, URL_PATTERN
from kiang.connector_sdk.template import Choice, TemplateField

EMPTY_PASSWORD = "SPEC_PASSWORD_EMPTY_PATTERN"  # noqa: S105 - the word that stands for an empty password
"""Modelers that cannot leave a field empty write this for an empty password."""


class ApiKeyLocation(enum.Enum):
    """Where an API key goes."""

    QUERY = "query"
    HEADERS = "headers"


class NoAuthentication(ConnectorInput):
    """Nobody in particular."""

    type: Annotated[Literal["noAuth"], TemplateField(label="None")]


class BasicAuthentication(ConnectorInput):
    """User name and password (RFC 7617)."""

    type: Annotated[Literal["basic"], TemplateField(label="Basic")]
    username: Annotated[str, NotEmpty()]
    password: Annotated[str | None, TemplateField(secret=True)] = None


class BearerAuthentication(ConnectorInput):
    """A token that the process has (RFC 6750)."""

    type: Annotated[Literal["bearer"], TemplateField(label="Bearer token")]
    token: Annotated[str, NotEmpty(), TemplateField(label="Bearer token", secret=True)]


class ApiKeyAuthentication(ConnectorInput):
    """A key in a header or in the query."""

    type: Annotated[Literal["apiKey"], TemplateField(label="API key")]
    api_key_location: Annotated[ApiKeyLocation, NotNull(), TemplateField(label="API key location", default="headers")]
    name: Annotated[str, NotEmpty()]
    value: Annotated[str, NotEmpty(), TemplateField(secret=True)]


class OAuthClientCredentials(ConnectorInput):
    """A token from an OAuth server, for the connector itself (RFC 6749 section 4.4)."""

    type: Annotated[Literal["oauth-client-credentials-flow"], TemplateField(label="OAuth 2.0")]
    oauth_token_endpoint: Annotated[
        str, NotEmpty(), Pattern(URL_PATTERN, NO_URL), TemplateField(label="OAuth 2.0 token endpoint")
    ]
    client_id: Annotated[str, NotEmpty()]
    client_secret: Annotated[str, NotEmpty(), TemplateField(secret=True)]
    audience: str | None = None
    client_authentication: Annotated[
        str,
        NotEmpty(),
        TemplateField(
            choices=(
                Choice("credentialsBody", "Send client credentials in body"),
                Choice("basicAuthHeader", "Send as Basic Auth header"),
            )
        ),
    ]
    scopes: str | None = None


class OAuthRefreshToken(ConnectorInput):
    """A token from an OAuth server, for a user who has agreed once (RFC 6749 section 6)."""

    type: Annotated[Literal["oauth-refresh-token"], TemplateField(label="OAuth 2.0 refresh token")]
    oauth_token_endpoint: Annotated[
        str, NotEmpty(), Pattern(URL_PATTERN, NO_URL), TemplateField(label="OAuth 2.0 token endpoint")
    ]
    client_id: Annotated[str, NotEmpty()]
    client_secret: Annotated[str | None, TemplateField(secret=True)] = None
    refresh_token: Annotated[str, NotEmpty(), TemplateField(secret=True)]
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
