"""Deployment of processes, decisions, forms and other files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kiang.gateway.rest.body import Answer
from kiang.gateway.rest.call import Call
from kiang.gateway.rest.operation import FormPart, Resource
from kiang.gateway.rest.problem import invalid
from kiang.gateway.rest.shapes import KeyText, key_text
from kiang.gateway.rest.validation import Violations
from kiang.protocol.answers import (
    Deployed,
    DeployedDecision,
    DeployedDecisionRequirements,
    DeployedForm,
    DeployedProcess,
    DeployedResource,
)
from kiang.protocol.commands import Deploy

DEPLOYMENTS = Resource("Resource")

NO_FILE_NAMES = {"", "blob"}
"""What HTTP clients send for content that has no file name."""


class DeploymentProcessResult(Answer, frozen=True):
    """A process of a deployment."""

    process_definition_id: str
    process_definition_version: int
    resource_name: str
    tenant_id: str
    process_definition_key: KeyText


class DeploymentDecisionResult(Answer, frozen=True):
    """A decision of a deployment."""

    decision_definition_id: str
    version: int
    name: str
    tenant_id: str
    decision_requirements_id: str
    decision_definition_key: KeyText
    decision_requirements_key: KeyText


class DeploymentDecisionRequirementsResult(Answer, frozen=True):
    """A decision requirements graph of a deployment."""

    decision_requirements_id: str
    decision_requirements_name: str
    version: int
    resource_name: str
    tenant_id: str
    decision_requirements_key: KeyText


class DeploymentFormResult(Answer, frozen=True):
    """A form of a deployment."""

    form_id: str
    version: int
    resource_name: str
    tenant_id: str
    form_key: KeyText


class DeploymentResourceResult(Answer, frozen=True):
    """A file of another kind."""

    resource_id: str
    resource_name: str
    version: int
    tenant_id: str
    resource_key: KeyText


class DeploymentMetadataResult(Answer, frozen=True):
    """One thing that was deployed: one of the five, the others are null."""

    process_definition: DeploymentProcessResult | None
    decision_definition: DeploymentDecisionResult | None
    decision_requirements: DeploymentDecisionRequirementsResult | None
    form: DeploymentFormResult | None
    resource: DeploymentResourceResult | None


class DeploymentResult(Answer, frozen=True):
    """A deployment."""

    deployment_key: KeyText
    tenant_id: str
    deployments: list[DeploymentMetadataResult]


@DEPLOYMENTS.post(
    "/deployments",
    "createDeployment",
    form=(FormPart("resources", is_file=True, required=True, repeated=True), FormPart("tenantId", is_file=False)),
    answer=DeploymentResult,
)
async def create_deployment(call: Call) -> DeploymentResult:
    """Deploy files, all or none."""
    violations = Violations()
    parts = call.form.all("resources")
    if not parts:
        raise invalid("Required part 'resources' is not present.")
    for part in parts:
        if part.file_name is None or part.file_name in NO_FILE_NAMES:
            violations.add("No file name provided for a part 'resources'")
    tenant_id = violations.tenant(call.form.text("tenantId"), "Deploy Resources")
    violations.check()
    resources = tuple((part.file_name or "", part.content) for part in parts)
    deployed: Deployed = await call.execute(Deploy(resources, tenant_id=tenant_id, takes_any_kind=True))
    return DeploymentResult(
        deployment_key=key_text(deployed.key),
        tenant_id=deployed.tenant_id,
        deployments=[_ITEMS[type(item)](item) for item in deployed.items],
    )


def _of_process(process: DeployedProcess) -> DeploymentMetadataResult:
    return _item(
        process_definition=DeploymentProcessResult(
            process_definition_id=process.process_id,
            process_definition_version=process.version,
            resource_name=process.resource_name,
            tenant_id=process.tenant_id,
            process_definition_key=key_text(process.key),
        )
    )


def _item(
    process_definition: DeploymentProcessResult | None = None,
    decision_definition: DeploymentDecisionResult | None = None,
    decision_requirements: DeploymentDecisionRequirementsResult | None = None,
    form: DeploymentFormResult | None = None,
    resource: DeploymentResourceResult | None = None,
) -> DeploymentMetadataResult:
    return DeploymentMetadataResult(
        process_definition=process_definition,
        decision_definition=decision_definition,
        decision_requirements=decision_requirements,
        form=form,
        resource=resource,
    )


def _of_decision(decision: DeployedDecision) -> DeploymentMetadataResult:
    return _item(
        decision_definition=DeploymentDecisionResult(
            decision_definition_id=decision.decision_id,
            version=decision.version,
            name=decision.name,
            tenant_id=decision.tenant_id,
            decision_requirements_id=decision.requirements_id,
            decision_definition_key=key_text(decision.key),
            decision_requirements_key=key_text(decision.requirements_key),
        )
    )


def _of_requirements(requirements: DeployedDecisionRequirements) -> DeploymentMetadataResult:
    return _item(
        decision_requirements=DeploymentDecisionRequirementsResult(
            decision_requirements_id=requirements.requirements_id,
            decision_requirements_name=requirements.name,
            version=requirements.version,
            resource_name=requirements.resource_name,
            tenant_id=requirements.tenant_id,
            decision_requirements_key=key_text(requirements.key),
        )
    )


def _of_form(form: DeployedForm) -> DeploymentMetadataResult:
    return _item(
        form=DeploymentFormResult(
            form_id=form.form_id,
            version=form.version,
            resource_name=form.resource_name,
            tenant_id=form.tenant_id,
            form_key=key_text(form.key),
        )
    )


def _of_resource(resource: DeployedResource) -> DeploymentMetadataResult:
    return _item(
        resource=DeploymentResourceResult(
            resource_id=resource.resource_id,
            resource_name=resource.resource_name,
            version=resource.version,
            tenant_id=resource.tenant_id,
            resource_key=key_text(resource.key),
        )
    )


_ITEMS: dict[type, Callable[[Any], DeploymentMetadataResult]] = {
    DeployedProcess: _of_process,
    DeployedDecision: _of_decision,
    DeployedDecisionRequirements: _of_requirements,
    DeployedForm: _of_form,
    DeployedResource: _of_resource,
}
