"""What clients ask before they show anything: how the system is set up, and who is asking."""

from __future__ import annotations

from typing import Annotated

import msgspec

from kiang.engine.state.identity import ENTITIES
from kiang.gateway.rest.body import Answer
from kiang.gateway.rest.call import Call
from kiang.gateway.rest.limits import JSON_BODY_BYTES_MAX
from kiang.gateway.rest.operation import Resource
from kiang.protocol.commands import DEFAULT_TENANT
from kiang.protocol.identity import EntityKind

SYSTEM = Resource("System")

ANONYMOUS = "anonymous"
"""Who asks while nobody has to say who they are."""


class JobMetricsConfiguration(Answer, frozen=True):
    """How jobs are counted by type and worker."""

    enabled: bool
    export_interval: str
    max_worker_name_length: int
    max_job_type_length: int
    max_tenant_id_length: int
    max_unique_keys: int


class ComponentsConfiguration(Answer, frozen=True):
    """Web applications."""

    active: list[str]


class DeploymentConfiguration(Answer, frozen=True):
    """What the server takes."""

    is_multi_tenancy_enabled: bool
    max_request_size: int


class AuthenticationConfiguration(Answer, frozen=True):
    """How people log in and out."""

    can_logout: bool
    is_login_delegated: bool


class CloudConfiguration(Answer, frozen=True):
    """Nothing: there is no cloud."""

    stage: str | None


class SystemConfigurationResponse(Answer, frozen=True):
    """How the system is set up."""

    job_metrics: JobMetricsConfiguration
    components: ComponentsConfiguration
    deployment: DeploymentConfiguration
    authentication: AuthenticationConfiguration
    cloud: CloudConfiguration


class TenantResult(Answer, frozen=True):
    """A tenant."""

    name: str
    tenant_id: str
    description: str | None


class CamundaUserResult(Answer, frozen=True):
    """Who is asking."""

    username: str
    display_name: str | None
    email: str | None
    authorized_components: list[str]
    tenants: list[TenantResult]
    groups: list[str]
    roles: list[str]
    sales_plan_type: str | None
    c8_links: Annotated[dict[str, str], msgspec.Meta(description="None")] = msgspec.field(name="c8Links")
    can_logout: bool


@SYSTEM.get("/system/configuration", "getSystemConfiguration", since="8.9", answer=SystemConfigurationResponse)
async def get_system_configuration(call: Call) -> SystemConfigurationResponse:
    """Get how the system is set up."""
    return SystemConfigurationResponse(
        job_metrics=JobMetricsConfiguration(
            enabled=False,
            export_interval="PT5M",
            max_worker_name_length=100,
            max_job_type_length=100,
            max_tenant_id_length=30,
            max_unique_keys=9500,
        ),
        components=ComponentsConfiguration(active=[]),
        deployment=DeploymentConfiguration(
            is_multi_tenancy_enabled=call.access.tenant_ids is not None, max_request_size=JSON_BODY_BYTES_MAX
        ),
        authentication=AuthenticationConfiguration(can_logout=False, is_login_delegated=False),
        cloud=CloudConfiguration(stage=None),
    )


@SYSTEM.get("/authentication/me", "getAuthentication", since="8.8", answer=CamundaUserResult)
async def get_authentication(call: Call) -> CamundaUserResult:
    """Get who is asking."""
    return CamundaUserResult(
        username=ANONYMOUS if call.identity is None else call.identity.name,
        display_name=None,
        email=None,
        authorized_components=sorted(call.access.ids("COMPONENT", "ACCESS")),
        tenants=[
            TenantResult(name=row.name, tenant_id=row.id, description=row.description or None)
            for row in call.broker.store.select(ENTITIES, [("kind", "=", str(EntityKind.TENANT))], ("key",))
            if row.id in call.access.tenant_ids
        ]
        if call.access.tenant_ids is not None
        else [TenantResult(name="Default", tenant_id=DEFAULT_TENANT, description=None)],
        groups=sorted(call.access.group_ids),
        roles=sorted(call.access.role_ids),
        sales_plan_type=None,
        c8_links={},
        can_logout=False,
    )
