"""What clients ask before they show anything: how the system is set up, and who is asking."""

from __future__ import annotations

from typing import Annotated

import msgspec

from kiang.engine.state.identity import ENTITIES
from kiang.engine.state.statistics import COUNTERS_MAX, NAME_CHARACTERS_MAX
from kiang.gateway.rest.body import Answer, Int64
from kiang.gateway.rest.call import Call
from kiang.gateway.rest.limits import JSON_BODY_BYTES_MAX, TENANT_ID_CHARACTERS_MAX
from kiang.gateway.rest.operation import Parameter, Resource
from kiang.gateway.rest.validation import Violations
from kiang.protocol.commands import DEFAULT_TENANT
from kiang.protocol.identity import EntityKind
from kiang.search.spans import Span
from kiang.search.usage import usage
from kiang.store.history import MINUTES_KEPT_MS

SYSTEM = Resource("System")

ANONYMOUS = "anonymous"
"""Who asks while nobody has to say who they are."""


class JobMetricsConfiguration(Answer, frozen=True):
    """How jobs are counted by type and worker: at once."""

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
            enabled=True,
            export_interval="PT0S",
            max_worker_name_length=NAME_CHARACTERS_MAX,
            max_job_type_length=NAME_CHARACTERS_MAX,
            max_tenant_id_length=TENANT_ID_CHARACTERS_MAX,
            max_unique_keys=COUNTERS_MAX,
        ),
        components=ComponentsConfiguration(active=[]),
        deployment=DeploymentConfiguration(
            is_multi_tenancy_enabled=call.access.tenant_ids is not None, max_request_size=JSON_BODY_BYTES_MAX
        ),
        authentication=AuthenticationConfiguration(can_logout=False, is_login_delegated=False),
        cloud=CloudConfiguration(stage=None),
    )


class UsageMetrics(Answer, frozen=True):
    """Usage of one tenant."""

    process_instances: Int64
    decision_instances: Int64
    assignees: Int64


class UsageMetricsResponse(Answer, frozen=True):
    """Usage of all tenants, and of each if that was asked for."""

    process_instances: Int64
    decision_instances: Int64
    assignees: Int64
    active_tenants: Int64
    tenants: dict[str, UsageMetrics]


@SYSTEM.get(
    "/system/usage-metrics",
    "getUsageMetrics",
    since="8.8",
    parameters=(
        Parameter("startTime", {"type": "string", "format": "date-time"}, required=True),
        Parameter("endTime", {"type": "string", "format": "date-time"}, required=True),
        Parameter("tenantId", {"type": "string"}),
        Parameter("withTenants", {"type": "boolean", "default": False}),
    ),
    answer=UsageMetricsResponse,
)
async def get_usage_metrics(call: Call) -> UsageMetricsResponse:
    """Get what the installation was used for in a span of time."""
    violations = Violations()
    start, end = call.query.get("startTime"), call.query.get("endTime")
    if not (start and end):
        violations.add("The startTime and endTime must both be specified")
    from_ms, to_ms = violations.date(start or None, "startTime"), violations.date(end or None, "endTime")
    if from_ms is not None and to_ms is not None and to_ms <= from_ms:
        violations.add("The endTime must be after startTime")
    violations.check()
    with_tenants = call.flag("withTenants", default=False)
    tenant_ids = call.access.tenant_ids
    if (tenant_id := call.query.get("tenantId")) is not None:
        tenant_ids = frozenset({tenant_id}) & (frozenset({tenant_id}) if tenant_ids is None else tenant_ids)
    minutes_from_ms = call.broker.clock.now_ms() - MINUTES_KEPT_MS
    span = Span(max(from_ms or 0, 0), max(to_ms or 0, 0), minutes_from_ms)
    total, tenants = await call.search.read(lambda run: usage(span, tenant_ids, run))
    return UsageMetricsResponse(
        process_instances=total.instances,
        decision_instances=total.decisions,
        assignees=total.assignees,
        active_tenants=len(tenants),
        tenants={
            id_: UsageMetrics(
                process_instances=one.instances, decision_instances=one.decisions, assignees=one.assignees
            )
            for id_, one in tenants.items()
            if with_tenants
        },
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
