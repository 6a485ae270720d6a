"""Statistics: rows counted by what they have in common, filtered, sorted and paged as everything else."""

from __future__ import annotations

from kiang.engine.state.incident import INCIDENTS
from kiang.engine.state.message_subscription import MESSAGE_SUBSCRIPTIONS
from kiang.engine.state.process_definition import PROCESS_DEFINITIONS
from kiang.engine.state.variable import VARIABLES
from kiang.protocol.enums import ElementState, IncidentState, SubscriptionState
from kiang.search.field import Column, Field, SearchResource, Sql
from kiang.search.value import BOOLEAN, INTEGER, KEY, STRING

_OPEN = ", ".join(str(int(state)) for state in ElementState if state < ElementState.COMPLETED)
_ACTIVE = f"(SELECT COUNT(*) FROM process_instance p WHERE p.process_definition_key = d.key AND p.state IN ({_OPEN}))"  # noqa: S608
_STUCK = (
    "(SELECT COUNT(DISTINCT i.process_instance_key) FROM incident i "  # noqa: S608
    f"WHERE i.state = {int(IncidentState.ACTIVE)} AND i.process_definition_key = d.key)"
)
_VERSIONS = (
    f"SELECT d.key, d.tenant_id, d.process_id, d.version, d.name, {_ACTIVE} AS active, {_STUCK} AS stuck "  # noqa: S608
    "FROM process_definition d"
)
_PROCESSES = (
    "SELECT MIN(v.key) AS key, v.tenant_id, v.process_id, SUM(v.active) AS active, SUM(v.stuck) AS stuck, "  # noqa: S608
    "COUNT(*) > 1 AS has_versions, "
    "(SELECT l.name FROM process_definition l WHERE l.tenant_id = v.tenant_id AND l.process_id = v.process_id "
    f"ORDER BY l.version DESC LIMIT 1) AS name FROM ({_VERSIONS}) v GROUP BY v.tenant_id, v.process_id"
)
_ERRORS = (
    "SELECT MIN(i.key) AS key, i.error_message, java_hash(i.error_message) AS hash, "  # noqa: S608
    "COUNT(DISTINCT i.process_instance_key) AS active FROM incident i "
    f"WHERE i.state = {int(IncidentState.ACTIVE)} GROUP BY i.error_message"
)
_ERRORS_BY_DEFINITION = (
    "SELECT MIN(i.key) AS key, i.process_definition_key, java_hash(i.error_message) AS hash, "  # noqa: S608
    "COUNT(DISTINCT i.process_instance_key) AS active, d.process_id, d.name, d.version, d.tenant_id "
    "FROM incident i JOIN process_definition d ON d.key = i.process_definition_key "
    f"WHERE i.state = {int(IncidentState.ACTIVE)} GROUP BY i.process_definition_key, java_hash(i.error_message)"
)
_SUBSCRIPTIONS = (
    "SELECT s.process_definition_key AS key, s.process_id, s.tenant_id, "  # noqa: S608
    "COUNT(DISTINCT s.process_instance_key) AS instances, COUNT(*) AS active FROM message_subscription s "
    f"WHERE s.state < {int(SubscriptionState.CLOSED)} GROUP BY s.process_definition_key"
)
_NAMES = (
    "SELECT MIN(v.key) AS key, v.name, p.process_definition_key, p.tenant_id FROM process_instance p "
    "JOIN variable v ON v.process_instance_key = p.key GROUP BY p.process_definition_key, v.name"
)

WITHOUT_INCIDENT = Field("activeInstancesWithoutIncidentCount", INTEGER, Sql("t.active - t.stuck"), can_filter=False)
WITH_INCIDENT = Field("activeInstancesWithIncidentCount", INTEGER, Column("stuck"), can_filter=False)

PROCESSES = SearchResource(
    name="Process Definition Instance Statistics",
    table=PROCESS_DEFINITIONS,
    rows=f"({_PROCESSES})",
    key="processDefinitionId",
    fields=(
        Field("processDefinitionId", STRING, Column("process_id"), can_filter=False),
        Field("tenantId", STRING, Column("tenant_id"), can_filter=False, can_sort=False),
        Field(
            "latestProcessDefinitionName",
            STRING,
            Column("name", empty=""),
            nullable=True,
            can_filter=False,
            can_sort=False,
        ),
        Field("hasMultipleVersions", BOOLEAN, Column("has_versions"), can_filter=False, can_sort=False),
        WITHOUT_INCIDENT,
        WITH_INCIDENT,
    ),
)
VERSIONS = SearchResource(
    name="Process Definition Instance Version Statistics",
    table=PROCESS_DEFINITIONS,
    rows=f"({_VERSIONS})",
    key="processDefinitionKey",
    fields=(
        Field("processDefinitionId", STRING, Column("process_id")),
        Field("processDefinitionKey", KEY, Column("key"), can_filter=False),
        Field("processDefinitionName", STRING, Column("name", empty=""), nullable=True, can_filter=False),
        Field("processDefinitionVersion", INTEGER, Column("version"), can_filter=False),
        Field("tenantId", STRING, Column("tenant_id"), can_sort=False),
        WITHOUT_INCIDENT,
        WITH_INCIDENT,
    ),
)
ERRORS = SearchResource(
    name="Incident Process Instance Statistics By Error",
    table=INCIDENTS,
    rows=f"({_ERRORS})",
    key="errorHashCode",
    fields=(
        Field("errorHashCode", INTEGER, Column("hash"), can_filter=False, can_sort=False),
        Field("errorMessage", STRING, Column("error_message"), can_filter=False),
        Field("activeInstancesWithErrorCount", INTEGER, Column("active"), can_filter=False),
    ),
)
ERRORS_BY_DEFINITION = SearchResource(
    name="Incident Process Instance Statistics By Definition",
    table=INCIDENTS,
    rows=f"({_ERRORS_BY_DEFINITION})",
    key="processDefinitionKey",
    fields=(
        Field("errorHashCode", INTEGER, Column("hash"), can_sort=False, is_shown=False),
        Field("processDefinitionId", STRING, Column("process_id"), can_filter=False, can_sort=False),
        Field("processDefinitionKey", KEY, Column("process_definition_key"), can_filter=False),
        Field("processDefinitionName", STRING, Column("name"), can_filter=False, can_sort=False),
        Field("processDefinitionVersion", INTEGER, Column("version"), can_filter=False, can_sort=False),
        Field("tenantId", STRING, Column("tenant_id"), can_filter=False),
        Field("activeInstancesWithErrorCount", INTEGER, Column("active"), can_filter=False),
    ),
)
SUBSCRIPTIONS = SearchResource(
    name="Process Definition Message Subscription Statistics",
    table=MESSAGE_SUBSCRIPTIONS,
    rows=f"({_SUBSCRIPTIONS})",
    key="processDefinitionKey",
    fields=(
        Field("processDefinitionId", STRING, Column("process_id")),
        Field("tenantId", STRING, Column("tenant_id")),
        Field("processDefinitionKey", KEY, Column("key")),
        Field("processInstancesWithActiveSubscriptions", INTEGER, Column("instances"), can_filter=False),
        Field("activeSubscriptions", INTEGER, Column("active"), can_filter=False),
    ),
)


def java_hash(text: str) -> int:
    """The number by which the API names an error: Java's hash of its message."""
    value = 0
    units = text.encode("utf-16-le", "surrogatepass")
    for low, high in zip(units[::2], units[1::2], strict=True):
        value = (value * 31 + low + (high << 8)) & 0xFFFFFFFF
    return value - (1 << 32) if value >= 1 << 31 else value


VARIABLE_NAMES = SearchResource(
    name="Process Definition Variable Name",
    table=VARIABLES,
    rows=f"({_NAMES})",
    key="name",
    fields=(Field("name", STRING, Column("name")),),
)
