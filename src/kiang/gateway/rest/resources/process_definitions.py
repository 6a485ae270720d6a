"""Process definitions."""

from __future__ import annotations

from kiang.engine.state.process_definition import PROCESS_DEFINITIONS as TABLE
from kiang.engine.state.process_definition import RESOURCES
from kiang.gateway.rest.call import Call
from kiang.gateway.rest.operation import Raw, Resource
from kiang.gateway.rest.searching import add_get, add_search, existing
from kiang.search.resources.process_definition import PROCESS_DEFINITIONS as SEARCHED
from kiang.search.statement import Run

PROCESS_DEFINITIONS = Resource("Process definition")

add_search(PROCESS_DEFINITIONS, "/process-definitions/search", "searchProcessDefinitions", SEARCHED, since="8.8")
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
async def get_process_definition_xml(call: Call) -> Raw | None:
    """Get the BPMN file of a process definition."""
    await existing(call, SEARCHED, "processDefinitionKey")
    key = call.key("processDefinitionKey")

    def read(run: Run) -> bytes | None:
        rows = run(
            f"SELECT r.content FROM {TABLE.name} t JOIN {RESOURCES.name} r ON r.key = t.resource_key WHERE t.key = ?",  # noqa: S608
            [key],
        )
        return bytes(rows[0][0]) if rows else None

    content = await call.search.read(read)
    return Raw(content, "text/xml") if content else None
