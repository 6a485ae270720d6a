"""Process definitions."""

from __future__ import annotations

import asyncio
from typing import Any

from kiang.gateway.rest.body import Request
from kiang.gateway.rest.call import Call
from kiang.gateway.rest.files import read_file
from kiang.gateway.rest.forms import FormResult, form_of
from kiang.gateway.rest.operation import Raw, Resource
from kiang.gateway.rest.problem import not_found
from kiang.gateway.rest.resources.process_instances import ElementStatistics, count_by_element
from kiang.gateway.rest.searching import JsonBody, add_get, add_search, existing
from kiang.search.query import parse_filter
from kiang.search.resources import statistics
from kiang.search.resources.process_definition import PROCESS_DEFINITIONS as SEARCHED
from kiang.search.resources.process_instance import PROCESS_INSTANCES
from kiang.search.statement import Clause, Run, condition_clauses

PROCESS_DEFINITIONS = Resource("Process definition")

add_search(PROCESS_DEFINITIONS, "/process-definitions/search", "searchProcessDefinitions", SEARCHED, since="8.8")
add_search(
    PROCESS_DEFINITIONS,
    "/process-definitions/statistics/process-instances",
    "getProcessDefinitionInstanceStatistics",
    statistics.PROCESSES,
    since="8.9",
)
add_search(
    PROCESS_DEFINITIONS,
    "/process-definitions/statistics/process-instances-by-version",
    "getProcessDefinitionInstanceVersionStatistics",
    statistics.VERSIONS,
    since="8.9",
)
add_search(
    PROCESS_DEFINITIONS,
    "/process-definitions/statistics/message-subscriptions",
    "getProcessDefinitionMessageSubscriptionStatistics",
    statistics.SUBSCRIPTIONS,
    since="8.9",
)


async def _of_definition(call: Call) -> list[Clause]:
    await existing(call, SEARCHED, "processDefinitionKey")
    return [Clause("t.process_definition_key = ?", [call.key("processDefinitionKey")])]


add_search(
    PROCESS_DEFINITIONS,
    "/process-definitions/{processDefinitionKey}/variable-names/search",
    "searchProcessDefinitionVariableNames",
    statistics.VARIABLE_NAMES,
    since="8.10",
    scope=_of_definition,
)
add_get(
    PROCESS_DEFINITIONS,
    "/process-definitions/{processDefinitionKey}",
    "getProcessDefinition",
    SEARCHED,
    since="8.8",
)


@PROCESS_DEFINITIONS.get(
    "/process-definitions/{processDefinitionKey}/xml",
    "getProcessDefinitionXML",
    since="8.8",
    answer={"type": "string"},
    answer_type="text/xml",
)
async def get_process_definition_xml(call: Call) -> Raw:
    """Get the BPMN file of a process definition."""
    await existing(call, SEARCHED, "processDefinitionKey")
    return Raw(await read_file(call, "process_definition", call.key("processDefinitionKey")), "text/xml")


class ElementStatisticsQuery(Request, frozen=True):
    """Which instances count: a filter as in the search of process instances."""

    filter: dict[str, Any] | None = None


@PROCESS_DEFINITIONS.post(
    "/process-definitions/{processDefinitionKey}/statistics/element-instances",
    "getProcessDefinitionStatistics",
    since="8.8",
    body=ElementStatisticsQuery,
    body_required=False,
    answer=ElementStatistics,
)
async def get_process_definition_statistics(call: Call) -> JsonBody:
    """Count the element instances of a process definition by element and state."""
    await existing(call, SEARCHED, "processDefinitionKey")
    key = call.key("processDefinitionKey")
    query = parse_filter(PROCESS_INSTANCES, call.body.filter)

    def read(run: Run) -> list[JsonBody]:
        if not call.body.filter:
            return count_by_element(run, "e.process_definition_key = ?", [key])
        clauses = [*condition_clauses(PROCESS_INSTANCES, query, run), Clause("t.process_definition_key = ?", [key])]
        condition = " AND ".join(f"({clause.sql})" for clause in clauses)
        parameters = [parameter for clause in clauses for parameter in clause.parameters]
        instances = f"e.process_instance_key IN (SELECT t.key FROM process_instance t WHERE {condition})"  # noqa: S608
        return count_by_element(run, instances, parameters)

    return {"items": await call.search.read(read)}


@PROCESS_DEFINITIONS.get(
    "/process-definitions/{processDefinitionKey}/form", "getStartProcessForm", since="8.8", answer=FormResult
)
async def get_start_process_form(call: Call) -> JsonBody | Raw:
    """Get the form that is linked to the start event of a process definition; none for one without."""
    await existing(call, SEARCHED, "processDefinitionKey")
    key = call.key("processDefinitionKey")
    form = (await asyncio.to_thread(call.search.files.facts, key)).start_form
    if form is None:
        return Raw(b"", status=204)
    binding = _BINDINGS.get(form.binding, "1")

    def read(run: Run) -> int | None:
        rows = run(
            "SELECT f.key FROM form f WHERE f.form_id = ?1 AND f.is_deleted = 0 "  # noqa: S608 - conditions of ours
            f"AND (?2 = ?2 AND ?3 = ?3) AND {binding} ORDER BY f.version DESC LIMIT 1",
            [form.form_id, key, form.version_tag],
        )
        return rows[0][0] if rows else None

    form_key = await call.search.read(read)
    if form_key is None:
        raise not_found(f"Form with id '{form.form_id}' not found")
    return await form_of(call, form_key)


_BINDINGS = {
    "deployment": "f.deployment_key = (SELECT d.deployment_key FROM process_definition d WHERE d.key = ?2)",
    "versionTag": "f.version_tag = ?3",
}
