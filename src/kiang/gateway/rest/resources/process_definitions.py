"""Process definitions."""

from __future__ import annotations

from kiang.gateway.rest.call import Call
from kiang.gateway.rest.files import read_file
from kiang.gateway.rest.operation import Raw, Resource
from kiang.gateway.rest.searching import add_get, add_search, existing
from kiang.search.resources.process_definition import PROCESS_DEFINITIONS as SEARCHED

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
async def get_process_definition_xml(call: Call) -> Raw:
    """Get the BPMN file of a process definition."""
    await existing(call, SEARCHED, "processDefinitionKey")
    return Raw(await read_file(call, "process_definition", call.key("processDefinitionKey")), "text/xml")
