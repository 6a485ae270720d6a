"""The input of the SOAP connector: names as in Camunda's template."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from kiang.connector_sdk import ConnectorInput, NotBlank, NotNull, Pattern, Range
from kiang.connector_sdk.http.input import TIMEOUT_SECONDS
from kiang.connector_sdk.http.url import NO_URL, URL_PATTERN
from kiang.connector_sdk.template import Choice, TemplateField


class NoAuthentication(ConnectorInput):
    """Nobody in particular."""

    authentication: Annotated[Literal["none"], TemplateField(label="None")] = "none"


class UsernameToken(ConnectorInput):
    """User name and password in a header of WS-Security.

    Attributes:
        encoded: The password travels as a digest with a nonce and the time.
    """

    authentication: Annotated[Literal["usernameToken"], TemplateField(label="WSS username token")]
    username: Annotated[str, NotNull(), TemplateField(feel="optional")]
    password: Annotated[str | None, TemplateField(feel="optional", secret=True)] = None
    encoded: Annotated[
        Literal["Yes", "No"],
        NotNull(),
        TemplateField(
            description="Whether the password is sent as a digest", choices=(Choice("Yes", "Yes"), Choice("No", "No"))
        ),
    ]


class Version11(ConnectorInput):
    """SOAP 1.1."""

    version: Annotated[Literal["1.1"], TemplateField(label="1.1")]
    soap_action: Annotated[
        str | None,
        TemplateField(
            label="SOAPAction HTTP header",
            description="Names the operation, where the service wants it",
            feel="optional",
        ),
    ] = None


class Version12(ConnectorInput):
    """SOAP 1.2."""

    version: Annotated[Literal["1.2"], TemplateField(label="1.2")]


class TemplatePart(ConnectorInput):
    """XML with gaps, as Mustache writes them."""

    type: Annotated[Literal["template"], TemplateField(label="Template")]
    template: Annotated[
        str | None,
        TemplateField(label="XML template", type="Text", feel="optional", description="XML with gaps: {{name}}"),
    ] = None
    context: Annotated[
        dict[str, Any] | None,
        TemplateField(label="XML template context", feel="required", description="What fills the gaps"),
    ] = None


class JsonPart(ConnectorInput):
    """XML written as JSON."""

    type: Annotated[Literal["json"], TemplateField(label="XML compatible JSON")]
    definition: Annotated[
        dict[str, Any] | None,
        Field(alias="json"),
        TemplateField(
            label="JSON definition",
            feel="required",
            description="Elements by name; attributes as @name, text beside them as $content",
        ),
    ] = None


class NoPart(ConnectorInput):
    """Nothing."""

    type: Annotated[Literal["none"], TemplateField(label="No SOAP header required")]


Authentication = Annotated[NoAuthentication | UsernameToken, Field(discriminator="authentication")]
Version = Annotated[Version11 | Version12, Field(discriminator="version")]
Header = Annotated[TemplatePart | JsonPart | NoPart, Field(discriminator="type")]
Body = Annotated[TemplatePart | JsonPart, Field(discriminator="type")]


class SoapInput(ConnectorInput):
    """One call."""

    service_url: Annotated[
        str,
        NotBlank(),
        Pattern(URL_PATTERN, NO_URL),
        TemplateField(label="Service URL", group="connection", feel="optional"),
    ]
    authentication: Annotated[Authentication | None, TemplateField(group="authentication", default="none")] = None
    soap_version: Annotated[
        Version | None, TemplateField(label="SOAP version", group="soap-message", default="1.1")
    ] = None
    header: Annotated[Header | None, TemplateField(label="SOAP header", group="soap-message", default="none")] = None
    body: Annotated[Body, TemplateField(label="SOAP body", group="soap-message", default="json")]
    namespaces: Annotated[
        dict[str, str] | None,
        TemplateField(
            group="soap-message",
            feel="required",
            optional=True,
            description="Prefixes that the envelope declares: {prefix: URI}",
        ),
    ] = None
    connection_timeout_in_seconds: Annotated[
        int | None, Range(minimum=0), TemplateField(group="timeout", description="For connecting and for each wait")
    ] = TIMEOUT_SECONDS
