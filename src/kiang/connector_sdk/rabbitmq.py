"""What the RabbitMQ connectors share: where the broker is and who connects. Needs the extra `kiang[rabbitmq]`."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import quote, urlsplit

from pydantic import Field

from kiang.connector_sdk.binding import ConnectorInput
from kiang.connector_sdk.constraints import NotBlank, NotEmpty
from kiang.connector_sdk.outbound import Resources
from kiang.connector_sdk.reach import check_host
from kiang.connector_sdk.template import TemplateField
from kiang.errors import ConfigError, ConnectorInputError

CONNECT_TIMEOUT_SECONDS = 20


class UriAuthentication(ConnectorInput):
    """Everything in one URI: `amqp://user:password@host:5672/vhost`."""

    auth_type: Annotated[Literal["uri"], TemplateField(label="URI")] = "uri"
    uri: Annotated[str, NotBlank(), TemplateField(label="URI", group="authentication", secret=True)]


class CredentialsAuthentication(ConnectorInput):
    """User and password; host and the rest are part of the routing."""

    auth_type: Annotated[Literal["credentials"], TemplateField(label="Username and password")]
    user_name: Annotated[str, NotEmpty(), TemplateField(group="authentication")]
    password: Annotated[str, NotEmpty(), TemplateField(group="authentication", secret=True)]


RabbitAuthentication = Annotated[UriAuthentication | CredentialsAuthentication, Field(discriminator="auth_type")]


class BrokerAddress(ConnectorInput):
    """Where the broker is, with credentials."""

    virtual_host: str | None = None
    host_name: str | None = None
    port: str | None = None


async def checked_url_of(
    authentication: UriAuthentication | CredentialsAuthentication, address: BrokerAddress, resources: Resources
) -> str:
    """The URI of a broker that may be reached.

    Raises:
        ConnectorInputError: Parts are missing, or the operator does not allow the host.
    """
    url = url_of(authentication, address)
    await check_host(urlsplit(url).hostname or "", resources)
    return url


def url_of(authentication: UriAuthentication | CredentialsAuthentication, address: BrokerAddress) -> str:
    """The URI of the broker.

    Raises:
        ConnectorInputError: Parts are missing.
    """
    if isinstance(authentication, UriAuthentication):
        if not authentication.uri.startswith(("amqp://", "amqps://")):
            raise ConnectorInputError("Expected authentication.uri to begin with amqp:// or amqps://.")
        return authentication.uri
    if not address.host_name or not (address.port or "").isdigit():
        raise ConnectorInputError("Expected routing.hostName and routing.port to say where the broker is.")
    user, password = quote(authentication.user_name, safe=""), quote(authentication.password, safe="")
    return f"amqp://{user}:{password}@{address.host_name}:{address.port}/{quote(address.virtual_host or '/', safe='')}"


def library() -> Any:
    """The client library.

    Raises:
        ConfigError: It is not installed.
    """
    try:
        import aio_pika  # noqa: PLC0415 - an extra
    except ImportError:
        raise ConfigError("kiang", "without aio-pika", "installed with it: pip install 'kiang[rabbitmq]'") from None
    return aio_pika
