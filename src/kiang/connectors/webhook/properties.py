"""Properties of the webhook connector, as Camunda's templates name them (`inbound.…`)."""

from __future__ import annotations

import enum
from typing import Annotated, Literal

from pydantic import Field

from kiang.connector_sdk import ConnectorInput, NotBlank, NotEmpty
from kiang.connector_sdk.feel import FeelFunction
from kiang.connector_sdk.template import Choice, Condition, TemplateField

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

    type: Annotated[Literal["NONE"], TemplateField(label="None")] = "NONE"


class BasicAuthentication(ConnectorInput):
    """User name and password."""

    type: Annotated[Literal["BASIC"], TemplateField(label="Basic")]
    username: Annotated[str, NotEmpty(), TemplateField(feel="optional")]
    password: Annotated[str, NotEmpty(), TemplateField(feel="optional", secret=True)]


class ApiKeyAuthentication(ConnectorInput):
    """A key, found in the request by an expression."""

    type: Annotated[Literal["APIKEY"], TemplateField(label="API key")]
    api_key: Annotated[str, NotEmpty(), TemplateField(label="API key", feel="optional", secret=True)]
    api_key_locator: Annotated[
        FeelFunction, TemplateField(label="API key locator", description="Expression that finds the key in the request")
    ] = FeelFunction(API_KEY_LOCATOR)


class Jwt(ConnectorInput):
    """What a token has to hold."""

    jwk_url: Annotated[str, NotEmpty(), TemplateField(label="JWK URL", feel="optional")]
    permissions_expression: Annotated[
        FeelFunction | None, TemplateField(label="JWT role property expression", description="Finds roles in the token")
    ] = None
    required_permissions: Annotated[
        list[str] | None, TemplateField(label="Required roles", description="FEEL list; the token has to hold them all")
    ] = None


class JwtAuthentication(ConnectorInput):
    """A token signed by a key of a JWK set."""

    type: Annotated[Literal["JWT"], TemplateField(label="JWT")]
    jwt: Jwt


Authentication = Annotated[
    NoAuthentication | BasicAuthentication | ApiKeyAuthentication | JwtAuthentication, Field(discriminator="type")
]


SIGNED = Condition("inbound.shouldValidateHmac", equals="enabled")


class Inbound(ConnectorInput):
    """Everything below `inbound.`."""

    method: Annotated[Method, TemplateField(label="Webhook method", group="endpoint")] = Method.ANY
    context: Annotated[
        str,
        NotBlank(),
        TemplateField(
            label="Webhook ID",
            group="endpoint",
            feel="none",
            description="Last part of the address that is called: /inbound/ID",
        ),
    ]
    should_validate_hmac: Annotated[
        str,
        TemplateField(
            label="HMAC authentication",
            group="authentication",
            choices=(Choice("enabled", "Enabled"), Choice("disabled", "Disabled")),
        ),
    ] = "disabled"
    hmac_secret: Annotated[
        str | None,
        TemplateField(
            label="HMAC secret key",
            group="authentication",
            feel="optional",
            secret=True,
            condition=SIGNED,
            optional=True,
        ),
    ] = None
    hmac_header: Annotated[
        str | None,
        TemplateField(label="HMAC header", group="authentication", feel="optional", condition=SIGNED, optional=True),
    ] = None
    hmac_algorithm: Annotated[
        HmacAlgorithm | None,
        TemplateField(label="HMAC algorithm", group="authentication", default="sha_256", condition=SIGNED),
    ] = None
    hmac_scopes: Annotated[
        list[HmacScope] | None,
        TemplateField(
            label="HMAC scopes",
            group="authentication",
            description="What is signed: FEEL list of url, body, parameters",
            condition=SIGNED,
            optional=True,
        ),
    ] = None
    auth: Annotated[
        Authentication | None, TemplateField(label="Authorization type", group="authorization", default="NONE")
    ] = None
    verification_expression: Annotated[
        FeelFunction | None,
        TemplateField(
            label="One time verification response expression", group="webhookResponse", type="Text", optional=True
        ),
    ] = None
    response_expression: Annotated[
        FeelFunction | None,
        TemplateField(label="Response expression", group="webhookResponse", type="Text", optional=True),
    ] = None


class WebhookProperties(ConnectorInput):
    """The properties of one webhook element."""

    inbound: Inbound
