"""HTTP for connectors: requests as the REST protocol connectors of Camunda send them, with pooled connections and limits."""

from kiang.connector_sdk.http.authentication import (
    ApiKeyAuthentication,
    Authentication,
    BasicAuthentication,
    BearerAuthentication,
    NoAuthentication,
    OAuthClientCredentials,
    OAuthRefreshToken,
)
from kiang.connector_sdk.http.client import HttpResponse, request
from kiang.connector_sdk.http.input import HttpMethod, HttpRequestInput
from kiang.connector_sdk.reach import HttpSettings

__all__ = [
    "ApiKeyAuthentication",
    "Authentication",
    "BasicAuthentication",
    "BearerAuthentication",
    "HttpMethod",
    "HttpRequestInput",
    "HttpResponse",
    "HttpSettings",
    "NoAuthentication",
    "OAuthClientCredentials",
    "OAuthRefreshToken",
    "request",
]
