"""What a caller may read: which permission each searchable thing takes, as conditions of the query itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TypeVar

import msgspec

from kiang.errors import PermissionDenied
from kiang.gateway.auth.access import Access
from kiang.protocol.cluster import NO_TENANT
from kiang.protocol.identity import ANY_RESOURCE
from kiang.search.definition_files import DefinitionFiles
from kiang.search.field import SearchResource
from kiang.search.search import Item, Page, Search
from kiang.search.statement import Clause, Run

T = TypeVar("T")


class Other(NamedTuple):
    """A permission for something else that lets read some rows.

    Attributes:
        resource_type: Type of resource.
        permission: Permission for it.
        id_sql: The id by which permissions name it, in terms of `t`.
        where: Which rows, in terms of `t`.
    """

    resource_type: str
    permission: str
    id_sql: str
    where: str


class Read(NamedTuple):
    """What it takes to read something.

    Attributes:
        resource_type: Type of resource.
        permission: Permission for it.
        id_sql: The id by which permissions name it, in terms of `t`; "" if only those for everything cover it.
        tenant_sql: The tenant, in terms of `t`; "" if it is nobody's.
        user_task_sql: The key of the user task, if it is one.
        others: Other permissions that do as well, for some of the rows.
        is_shared: What is nobody's is everybody's.
    """

    resource_type: str
    permission: str
    id_sql: str = ""
    tenant_sql: str = "t.tenant_id"
    user_task_sql: str = ""
    others: tuple[Other, ...] = ()
    is_shared: bool = False


_BY_DEFINITION = "(SELECT d.process_id FROM process_definition d WHERE d.key = t.process_definition_key)"
_BY_INSTANCE = "(SELECT p.process_id FROM process_instance p WHERE p.key = t.process_instance_key)"
_ROWS_OF_INSTANCE = Read("PROCESS_DEFINITION", "READ_PROCESS_INSTANCE", _BY_DEFINITION)
_DEFINITION = Read("PROCESS_DEFINITION", "READ_PROCESS_DEFINITION", "t.process_id")
_NOBODYS = ""

READS: dict[str, Read] = {
    "Process Definition": _DEFINITION,
    "Process Definition Instance Statistics": _DEFINITION,
    "Process Definition Instance Version Statistics": _DEFINITION,
    "Process Definition Message Subscription Statistics": _DEFINITION,
    "Process Definition Variable Name": _ROWS_OF_INSTANCE,
    "Decision Definition": Read("DECISION_DEFINITION", "READ_DECISION_DEFINITION", "t.decision_id"),
    "Decision Requirements": Read("DECISION_REQUIREMENTS_DEFINITION", "READ", "t.requirements_id"),
    "Decision Instance": Read("DECISION_DEFINITION", "READ_DECISION_INSTANCE", "t.decision_id"),
    "Process Instance": _ROWS_OF_INSTANCE,
    "Element Instance": _ROWS_OF_INSTANCE,
    "Element Instance Wait State": _ROWS_OF_INSTANCE,
    "Variable": Read("PROCESS_DEFINITION", "READ_PROCESS_INSTANCE", _BY_INSTANCE),
    "Job": _ROWS_OF_INSTANCE,
    "Incident": _ROWS_OF_INSTANCE,
    "Incident Process Instance Statistics By Error": Read("PROCESS_DEFINITION", "READ_PROCESS_INSTANCE", "", _NOBODYS),
    "Incident Process Instance Statistics By Definition": Read(
        "PROCESS_DEFINITION", "READ_PROCESS_INSTANCE", "t.process_id"
    ),
    "User Task": Read("PROCESS_DEFINITION", "READ_USER_TASK", _BY_DEFINITION, user_task_sql="t.key"),
    "Message Subscription": Read("PROCESS_DEFINITION", "READ_PROCESS_INSTANCE", "t.process_id"),
    "Correlated Message Subscription": Read("PROCESS_DEFINITION", "READ_PROCESS_INSTANCE", "t.process_id"),
    "Batch Operation": Read("BATCH", "READ", "", _NOBODYS),
    "Batch Operation Item": Read("BATCH", "READ", "", _NOBODYS),
    "User": Read("USER", "READ", "t.username", _NOBODYS),
    "Group": Read("GROUP", "READ", "t.id", _NOBODYS),
    "Role": Read("ROLE", "READ", "t.id", _NOBODYS),
    "Tenant": Read("TENANT", "READ", "t.id", _NOBODYS),
    "Mapping Rule": Read("MAPPING_RULE", "READ", "t.id", _NOBODYS),
    "Authorization": Read("AUTHORIZATION", "READ", "", _NOBODYS),
    "Cluster Variable": Read("CLUSTER_VARIABLE", "READ", "t.name", is_shared=True),
    "Global Task Listener": Read("GLOBAL_LISTENER", "READ_TASK_LISTENER", "", _NOBODYS),
    "Audit Log": Read(
        "AUDIT_LOG",
        "READ",
        "t.category",
        is_shared=True,
        others=(
            Other(
                "PROCESS_DEFINITION",
                "READ_PROCESS_INSTANCE",
                "t.process_definition_id",
                "t.category <> 'ADMIN' AND t.process_definition_id <> ''",
            ),
            Other("PROCESS_DEFINITION", "READ_USER_TASK", "t.process_definition_id", "t.category = 'USER_TASKS'"),
        ),
    ),
    "Agent Definition": Read("PROCESS_DEFINITION", "READ_PROCESS_DEFINITION", _BY_DEFINITION),
    "Agent Instance": _ROWS_OF_INSTANCE,
    "Agent Instance History Item": Read("PROCESS_DEFINITION", "READ_PROCESS_INSTANCE", _BY_INSTANCE),
    "Resource": Read("RESOURCE", "READ", "t.resource_id"),
    "Form": Read("RESOURCE", "READ", "t.form_id"),
}
"""By the name of what is searched."""

UNKNOWN = Read("SYSTEM", "READ", "", _NOBODYS)
"""What is not in the table takes this: nobody sees by mistake what nobody has thought about."""


def reading(access: Access, resource: SearchResource, permission: str = "", resource_type: str = "") -> list[Clause]:
    """Conditions for the rows that the caller may read, or may do something else with.

    Args:
        access: Of the caller.
        resource: What is searched.
        permission: In place of the permission to read.
        resource_type: The type of resource that it is about.
    """
    return tenant_clauses(access, resource) + _permitted(access, resource, permission, resource_type)


def tenant_clauses(access: Access, resource: SearchResource) -> list[Clause]:
    """Conditions for rows of the caller's tenants."""
    read = READS.get(resource.name, UNKNOWN)
    if access.tenant_ids is None:
        return []
    if read.tenant_sql:
        return [_in(read.tenant_sql, access.tenant_ids | {NO_TENANT} if read.is_shared else access.tenant_ids)]
    if resource.name == "Incident Process Instance Statistics By Error":
        return [Clause("0", [])]
    return []


def _permitted(access: Access, resource: SearchResource, permission: str, resource_type: str) -> list[Clause]:
    read = READS.get(resource.name, UNKNOWN)
    type_ = resource_type or read.resource_type
    ids = access.ids(type_, permission or read.permission)
    if ANY_RESOURCE in ids:
        return []
    options: list[Clause] = []
    if ids and read.id_sql:
        options.append(_in(read.id_sql, ids))
    if read.user_task_sql:
        keys = access.ids("USER_TASK", "READ")
        if ANY_RESOURCE in keys:
            return []
        if keys:
            options.append(_in(f"CAST({read.user_task_sql} AS TEXT)", keys))
        options += _own_tasks(access)
    if not permission:
        options += [clause for other in read.others for clause in _other(access, other)]
    if not options:
        return [Clause("0", [])]
    return [Clause(f"({' OR '.join(o.sql for o in options)})", [p for o in options for p in o.parameters])]


def _other(access: Access, other: Other) -> list[Clause]:
    ids = access.ids(other.resource_type, other.permission)
    if ANY_RESOURCE in ids:
        return [Clause(f"({other.where})", [])]
    if not ids:
        return []
    some = _in(other.id_sql, ids)
    return [Clause(f"({other.where} AND {some.sql})", some.parameters)]


def _own_tasks(access: Access) -> list[Clause]:
    properties = access.properties_of("USER_TASK", "READ")
    options: list[Clause] = []
    if "assignee" in properties and access.username:
        options.append(Clause("t.assignee = ?", [access.username]))
    if "candidateUsers" in properties and access.username:
        options.append(Clause("? IN (SELECT value FROM json_each(t.candidate_users))", [access.username]))
    if "candidateGroups" in properties and access.group_ids:
        groups = _in("value", access.group_ids)
        options.append(
            Clause(f"EXISTS (SELECT 1 FROM json_each(t.candidate_groups) WHERE {groups.sql})", groups.parameters)  # noqa: S608
        )
    return options


def _in(sql: str, values: Iterable[str]) -> Clause:
    given = sorted(values)
    return Clause(f"{sql} IN ({', '.join('?' * len(given))})", list(given))


class LimitedSearch:
    """As `Search`, for a caller who may not see everything."""

    def __init__(self, search: Search, access: Access) -> None:
        self._search = search
        self._access = access

    async def find(self, resource: SearchResource, request: Any, also: Iterable[Clause] = ()) -> Page:
        """See `Search.find`; what the caller may not see is not there."""
        return await self._search.find(resource, request, [*also, *reading(self._access, resource)])

    async def find_json(self, resource: SearchResource, request: Any, also: Iterable[Clause] = ()) -> msgspec.Raw:
        """See `Search.find_json`; what the caller may not see is not there."""
        return await self._search.find_json(resource, request, [*also, *reading(self._access, resource)])

    async def get(self, resource: SearchResource, key: int) -> Item | None:
        """See `Search.get`; what is another tenant's is not there.

        Raises:
            PermissionDenied: The caller may not see it.
        """
        return await self.get_for(resource, key)

    async def get_for(
        self, resource: SearchResource, key: int, permission: str = "", resource_type: str = ""
    ) -> Item | None:
        """An item with which the caller may do something besides reading it."""
        tenants = tenant_clauses(self._access, resource)
        permitted = _permitted(self._access, resource, permission, resource_type)

        def look(run: Run) -> tuple[bool, bool]:
            return _holds(resource, key, tenants, run), _holds(resource, key, permitted, run)

        is_there, is_permitted = await self._search.read(look)
        if not is_there:
            return None
        if not is_permitted:
            read = READS.get(resource.name, UNKNOWN)
            raise PermissionDenied(
                f"Unauthorized to perform operation '{permission or read.permission}' on resource"
                f" '{resource_type or read.resource_type}'"
            )
        return await self._search.get(resource, key)

    async def read(self, work: Callable[[Run], T]) -> T:
        """See `Search.read`; `work` is about something that was checked before."""
        return await self._search.read(work)

    @property
    def files(self) -> DefinitionFiles:
        """See `Search.files`."""
        return self._search.files


def _holds(resource: SearchResource, key: int, clauses: list[Clause], run: Run) -> bool:
    where = " AND ".join(["t.key = ?", *(clause.sql for clause in clauses)])
    parameters = [key, *(p for clause in clauses for p in clause.parameters)]
    return bool(run(f"SELECT 1 FROM {resource.from_} WHERE {where}", parameters))  # noqa: S608 - declared, values are bound
