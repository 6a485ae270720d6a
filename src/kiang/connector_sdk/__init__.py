"""What a connector author imports. A connector is business logic only: no engine, no job, no secret handling."""

from kiang.connector_sdk.binding import ConnectorInput
from kiang.connector_sdk.constraints import Constraint, NotBlank, NotEmpty, NotNull, Pattern, Range
from kiang.connector_sdk.document import Document, DocumentMetadata, DocumentStore, MemoryDocumentStore
from kiang.connector_sdk.outbound import (
    Header,
    JobInfo,
    Messages,
    Operation,
    OutboundConnector,
    OutboundContext,
    Resources,
    Variable,
    connector_of,
    operation,
    outbound_connector,
)
from kiang.connector_sdk.secret import SecretChain, SecretContext, SecretProvider, StaticSecrets
from kiang.errors import ConnectorError, ConnectorInputError, ConnectorRetryError

__all__ = [
    "ConnectorError",
    "ConnectorInput",
    "ConnectorInputError",
    "ConnectorRetryError",
    "Constraint",
    "Document",
    "DocumentMetadata",
    "DocumentStore",
    "Header",
    "JobInfo",
    "MemoryDocumentStore",
    "Messages",
    "NotBlank",
    "NotEmpty",
    "NotNull",
    "Operation",
    "OutboundConnector",
    "OutboundContext",
    "Pattern",
    "Range",
    "Resources",
    "SecretChain",
    "SecretContext",
    "SecretProvider",
    "StaticSecrets",
    "Variable",
    "connector_of",
    "operation",
    "outbound_connector",
]
