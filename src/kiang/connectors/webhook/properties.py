"""Properties of the webhook connector, as Camunda's templates name them (`inbound.…`)."""

from __future__ import annotations

import enum
from typing import Annotated, Literal

from pydantic import Field

from kiang.connector_sdk import ConnectorInput, NotBlank, NotEmpty
from kiang.connector_sdk.feel import FeelFunction

API_KEY_LOCATOR = '=split(request.headers.authorization, " ")[2]'


class Method(enum.Enum):
    """HTTP methods that are let in."""

    ANY = "any"
    GET = "get"
    POST = "post"
    PUT = "put"
    DELETE = "delete"


class HmacAlgorithm(enum.Enum):
    """How a body is signed."""

    SHA_1 = "sha_1"
    SHA_256 = "sha_256"
    SHA_512 = "sha_512"


class HmacScope(enum.Enum):
    """What is signed."""

    URL = "url"
    BODY = "body"
    PARAMETERS = "parameters"


class NoAuthentication(ConnectorInput):
    """Anybody may call."""

    type: Literal["NONE"] = "NONE"


class BasicAuthentication(ConnectorInput):
    """User name and password."""

    type: Literal["BASIC"]
    username: Annotated[str, NotEmpty()]
    password: Annotated[str, NotEmpty()]


class ApiKeyAuthentication(ConnectorInput):
    """A key, found in the request by an expression."""

    type: Literal["APIKEY"]
    api_key: Annotated[str, NotEmpty()]
    api_key_locator: FeelFunction = FeelFunction(API_KEY_LOCATOR)


class Jwt(ConnectorInput):
    """What a token has to hold."""

    jwk_url: Annotated[str, NotEmpty()]
    permissions_expression: FeelFunction | None = None
    required_permissions: list[str] | None = None


class JwtAuthentication(ConnectorInput):
    """A token signed by a key of a JWK set."""

    type: Literal["JWT"]
    jwt: Jwt


Authentication = Annotated[
    NoAuthentication | BasicAuthentication | ApiKeyAuthentication | JwtAuthentication, Field(discriminator="type")
]


class Inbound(ConnectorInput):
    """Everything below `inbound.`."""

    context: Annotated[str, NotBlank()]
    method: Method = Method.ANY
    should_validate_hmac: str = "disabled"
    hmac_secret: str | None = None
    hmac_header: str | None = None
    hmac_algorithm: HmacAlgorithm | None = None
    hmac_scopes: list[HmacScope] | None = None
    auth: Authentication | None = None
    response_expression: FeelFunction | None = None
    verification_expression: FeelFunction | None = None


class WebhookProperties(ConnectorInput):
    """The properties of one webhook element."""

    inbound: Inbound
