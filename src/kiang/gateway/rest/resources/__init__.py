"""Every operation that this server offers, resource by resource."""

from kiang.gateway.rest.operation import Operation, Resource
from kiang.gateway.rest.resources.agents import AGENTS
from kiang.gateway.rest.resources.audit_logs import AUDIT_LOGS
from kiang.gateway.rest.resources.authorizations import AUTHORIZATIONS
from kiang.gateway.rest.resources.backups import BACKUPS
from kiang.gateway.rest.resources.batch_operations import BATCH_OPERATIONS
from kiang.gateway.rest.resources.clock import CLOCK
from kiang.gateway.rest.resources.cluster import CLUSTER
from kiang.gateway.rest.resources.cluster_administration import CLUSTER_ADMINISTRATION
from kiang.gateway.rest.resources.cluster_variables import RESOURCE as CLUSTER_VARIABLES
from kiang.gateway.rest.resources.conditionals import CONDITIONALS
from kiang.gateway.rest.resources.decision_definitions import DECISION_DEFINITIONS
from kiang.gateway.rest.resources.decision_instances import DECISION_INSTANCES
from kiang.gateway.rest.resources.decision_requirements import DECISION_REQUIREMENTS
from kiang.gateway.rest.resources.deployed_resources import RESOURCES as DEPLOYED_RESOURCES
from kiang.gateway.rest.resources.deployments import DEPLOYMENTS
from kiang.gateway.rest.resources.documents import DOCUMENTS
from kiang.gateway.rest.resources.element_instances import ELEMENT_INSTANCES
from kiang.gateway.rest.resources.exporting import EXPORTING
from kiang.gateway.rest.resources.expressions import EXPRESSIONS
from kiang.gateway.rest.resources.global_task_listeners import GLOBAL_TASK_LISTENERS
from kiang.gateway.rest.resources.groups_roles_tenants import GROUPS, ROLES, TENANTS
from kiang.gateway.rest.resources.incidents import INCIDENTS
from kiang.gateway.rest.resources.job_statistics import JOB_STATISTICS
from kiang.gateway.rest.resources.jobs import JOBS
from kiang.gateway.rest.resources.mapping_rules import MAPPING_RULES
from kiang.gateway.rest.resources.messages import MESSAGES
from kiang.gateway.rest.resources.openapi import OPENAPI
from kiang.gateway.rest.resources.process_definitions import PROCESS_DEFINITIONS
from kiang.gateway.rest.resources.process_instances import PROCESS_INSTANCES
from kiang.gateway.rest.resources.recovery import RECOVERY
from kiang.gateway.rest.resources.secrets import SECRETS
from kiang.gateway.rest.resources.signals import SIGNALS
from kiang.gateway.rest.resources.system import SYSTEM
from kiang.gateway.rest.resources.user_tasks import USER_TASKS
from kiang.gateway.rest.resources.users import USERS
from kiang.gateway.rest.resources.variables import VARIABLES

RESOURCES: tuple[Resource, ...] = (
    CLUSTER,
    DEPLOYMENTS,
    DEPLOYED_RESOURCES,
    PROCESS_DEFINITIONS,
    DECISION_DEFINITIONS,
    DECISION_REQUIREMENTS,
    DECISION_INSTANCES,
    PROCESS_INSTANCES,
    ELEMENT_INSTANCES,
    VARIABLES,
    CLUSTER_VARIABLES,
    JOBS,
    JOB_STATISTICS,
    INCIDENTS,
    AGENTS,
    USER_TASKS,
    GLOBAL_TASK_LISTENERS,
    MESSAGES,
    SIGNALS,
    CONDITIONALS,
    EXPRESSIONS,
    BATCH_OPERATIONS,
    USERS,
    GROUPS,
    ROLES,
    TENANTS,
    MAPPING_RULES,
    AUTHORIZATIONS,
    AUDIT_LOGS,
    DOCUMENTS,
    CLOCK,
    EXPORTING,
    SECRETS,
    BACKUPS,
    RECOVERY,
    CLUSTER_ADMINISTRATION,
    SYSTEM,
    OPENAPI,
)
OPERATIONS: tuple[Operation, ...] = tuple(operation for resource in RESOURCES for operation in resource.operations)
