"""DeployResource: deploy files, all or none."""

from collections.abc import Callable
from typing import Any

from kiang.gateway.grpc.rpc import UnaryRpc, tenant
from kiang.protocol.answers import (
    Deployed,
    DeployedDecision,
    DeployedDecisionRequirements,
    DeployedForm,
    DeployedProcess,
)
from kiang.protocol.commands import Deploy
from kiang.wire.gateway_pb2 import (
    DecisionMetadata,
    DecisionRequirementsMetadata,
    Deployment,
    DeployResourceRequest,
    DeployResourceResponse,
    FormMetadata,
    ProcessMetadata,
)

NAME = "DeployResource"


def command(request: DeployResourceRequest) -> Deploy:
    """The command of a request."""
    resources = tuple([(resource.name, resource.content) for resource in request.resources])
    return Deploy(resources, tenant(NAME, request.tenantId))


def response(answer: Deployed) -> bytes:
    """The response of an answer."""
    known = [item for item in answer.items if type(item) in ITEMS]
    return DeployResourceResponse(
        key=answer.key,
        deployments=[ITEMS[type(item)](item) for item in sorted(known, key=_order)],
        tenantId=answer.tenant_id,
    ).SerializeToString()


def process_metadata(process: DeployedProcess) -> ProcessMetadata:
    """What the client is told of a process."""
    return ProcessMetadata(
        bpmnProcessId=process.process_id,
        version=process.version,
        processDefinitionKey=process.key,
        resourceName=process.resource_name,
        tenantId=process.tenant_id,
    )


def _decision(decision: DeployedDecision) -> Deployment:
    return Deployment(
        decision=DecisionMetadata(
            dmnDecisionId=decision.decision_id,
            dmnDecisionName=decision.name,
            version=decision.version,
            decisionKey=decision.key,
            dmnDecisionRequirementsId=decision.requirements_id,
            decisionRequirementsKey=decision.requirements_key,
            tenantId=decision.tenant_id,
        )
    )


def _requirements(requirements: DeployedDecisionRequirements) -> Deployment:
    return Deployment(
        decisionRequirements=DecisionRequirementsMetadata(
            dmnDecisionRequirementsId=requirements.requirements_id,
            dmnDecisionRequirementsName=requirements.name,
            version=requirements.version,
            decisionRequirementsKey=requirements.key,
            resourceName=requirements.resource_name,
            tenantId=requirements.tenant_id,
        )
    )


def _form(form: DeployedForm) -> Deployment:
    return Deployment(
        form=FormMetadata(
            formId=form.form_id,
            version=form.version,
            formKey=form.key,
            resourceName=form.resource_name,
            tenantId=form.tenant_id,
        )
    )


ITEMS: dict[type, Callable[[Any], Deployment]] = {
    DeployedProcess: lambda process: Deployment(process=process_metadata(process)),
    DeployedDecision: _decision,
    DeployedDecisionRequirements: _requirements,
    DeployedForm: _form,
}
"""By the type of what was deployed, in the order in which clients are told; the protocol has no words for other files (`.rpa`)."""
_RANKS = {type_: rank for rank, type_ in enumerate(ITEMS)}


def _order(item: object) -> int:
    return _RANKS[type(item)]


RPC = UnaryRpc(NAME, DeployResourceRequest, command, response)
