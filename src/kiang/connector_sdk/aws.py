"""What connectors to AWS share: credentials, region, pooled clients, errors. Needs the extra `kiang[aws]`."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field

from kiang.connector_sdk.binding import ConnectorInput
from kiang.connector_sdk.constraints import NotEmpty
from kiang.connector_sdk.outbound import Resources
from kiang.connector_sdk.reach import check_host_in_thread
from kiang.connector_sdk.template import Group, TemplateField
from kiang.errors import ConfigError, ConnectorError

CONNECT_TIMEOUT_SECONDS = 10
READ_TIMEOUT_SECONDS = 60
CONNECTIONS_MAX = 50

GROUPS = (Group("authentication", "Authentication"), Group("configuration", "Configuration"))


class Credentials(ConnectorInput):
    """An access key of AWS."""

    type: Annotated[Literal["credentials"], TemplateField(label="Credentials")]
    access_key: Annotated[str, NotEmpty(), TemplateField(secret=True)]
    secret_key: Annotated[str, NotEmpty(), TemplateField(secret=True)]


class DefaultChain(ConnectorInput):
    """Where the AWS SDK looks by itself: environment, profile, the machine's role."""

    type: Annotated[Literal["defaultCredentialsChain"], TemplateField(label="Default credentials chain (hybrid)")] = (
        "defaultCredentialsChain"
    )


class Configuration(ConnectorInput):
    """Where the service is."""

    region: str | None = None
    endpoint: Annotated[str | None, TemplateField(type="Hidden")] = None


class AwsInput(ConnectorInput):
    """Base of the inputs of AWS connectors."""

    authentication: Annotated[
        Annotated[Credentials | DefaultChain, Field(discriminator="type")],
        TemplateField(group="authentication", default="credentials"),
    ] = DefaultChain()
    configuration: Annotated[Configuration, TemplateField(group="configuration")] = Configuration()


def client(service: str, data: AwsInput, resources: Resources, region: str | None = None) -> Any:
    """The client of a service for these credentials; made once, safe for threads.

    Raises:
        ConfigError: boto3 is not installed.
        ConnectorInputError: The operator does not allow the host of the service.
    """
    chosen = region or data.configuration.region
    key = ("aws", service, chosen, data.configuration.endpoint, data.authentication.model_dump_json())
    made = resources.get(key, lambda: _new_client(service, data, chosen))
    check_host_in_thread(urlsplit(made.meta.endpoint_url).hostname or "", resources)
    return made


def _new_client(service: str, data: AwsInput, region: str | None) -> Any:
    try:
        import boto3  # noqa: PLC0415 - an extra
        from botocore.config import Config  # noqa: PLC0415 - an extra
    except ImportError:
        raise ConfigError("kiang", "without boto3", "installed with it: pip install 'kiang[aws]'") from None
    keys: dict[str, str] = {}
    if isinstance(data.authentication, Credentials):
        keys = {
            "aws_access_key_id": data.authentication.access_key,
            "aws_secret_access_key": data.authentication.secret_key,
        }
    config = Config(
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        read_timeout=READ_TIMEOUT_SECONDS,
        max_pool_connections=CONNECTIONS_MAX,
        retries={"total_max_attempts": 1},
    )
    session = boto3.session.Session()
    return session.client(service, region_name=region, endpoint_url=data.configuration.endpoint, config=config, **keys)


def failure(error: Exception) -> ConnectorError:
    """What an exception of boto3 means for the process: AWS's own code, for example NoSuchBucket."""
    if isinstance(error, ConnectorError):
        return error
    response = getattr(error, "response", None)
    described = response.get("Error", {}) if isinstance(response, dict) else {}
    code = str(described.get("Code") or type(error).__name__)
    return ConnectorError(code, str(described.get("Message") or error))
