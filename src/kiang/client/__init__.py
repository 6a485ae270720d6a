"""The client of an engine: this one or Camunda 8, over gRPC or REST."""

from kiang.client.asynchronous import AsyncClient, activate_element
from kiang.client.blocking import Client
from kiang.client.credentials import (
    BasicCredentials,
    BearerCredentials,
    Credentials,
    NoCredentials,
    OAuthCredentials,
)
from kiang.client.job import Job, UserTaskProperties
from kiang.client.job_result import AdHocSubProcessResult, Corrections, ElementToActivate, UserTaskResult
from kiang.client.results import (
    BroadcastSignal,
    BrokerInfo,
    CorrelatedMessage,
    DecisionResult,
    Deployment,
    FoundElementInstance,
    FoundIncident,
    FoundJob,
    FoundProcessDefinition,
    FoundProcessInstance,
    FoundUserTask,
    FoundVariable,
    Page,
    Partition,
    ProcessInstance,
    ProcessInstanceResult,
    PublishedMessage,
    Topology,
)
from kiang.client.retry import NO_RETRIES, RetryPolicy
from kiang.client.settings import Address, ClientSettings, TlsSettings, Wire
from kiang.client.status import Cancelled, NotReached, Unauthenticated

__all__ = [
    "NO_RETRIES",
    "AdHocSubProcessResult",
    "Address",
    "AsyncClient",
    "BasicCredentials",
    "BearerCredentials",
    "BroadcastSignal",
    "BrokerInfo",
    "Cancelled",
    "Client",
    "ClientSettings",
    "Corrections",
    "CorrelatedMessage",
    "Credentials",
    "DecisionResult",
    "Deployment",
    "ElementToActivate",
    "FoundElementInstance",
    "FoundIncident",
    "FoundJob",
    "FoundProcessDefinition",
    "FoundProcessInstance",
    "FoundUserTask",
    "FoundVariable",
    "Job",
    "NoCredentials",
    "NotReached",
    "OAuthCredentials",
    "Page",
    "Partition",
    "ProcessInstance",
    "ProcessInstanceResult",
    "PublishedMessage",
    "RetryPolicy",
    "TlsSettings",
    "Topology",
    "Unauthenticated",
    "UserTaskProperties",
    "UserTaskResult",
    "Wire",
    "activate_element",
]
