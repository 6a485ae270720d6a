"""Decision requirements graphs."""

from __future__ import annotations

from kiang.engine.state.decision import DECISION_REQUIREMENTS as TABLE
from kiang.engine.state.process_definition import RESOURCES
from kiang.gateway.rest.call import Call
from kiang.gateway.rest.operation import Raw, Resource
from kiang.gateway.rest.searching import add_get, add_search, existing
from kiang.search.resources.decision_requirements import DECISION_REQUIREMENTS as SEARCHED
from kiang.search.statement import Run

DECISION_REQUIREMENTS = Resource("Decision requirements")

add_search(DECISION_REQUIREMENTS, "/decision-requirements/search", "searchDecisionRequirements", SEARCHED, since="8.6")
add_get(
    DECISION_REQUIREMENTS,
    "/decision-requirements/{decisionRequirementsKey}",
    "getDecisionRequirements",
    SEARCHED,
    since="8.8",
)


@DECISION_REQUIREMENTS.get(
    "/decision-requirements/{decisionRequirementsKey}/xml",
    "getDecisionRequirementsXML",
    since="8.8",
    answer={"type": "string"},
    answer_type="text/xml",
)
async def get_decision_requirements_xml(call: Call) -> Raw | None:
    """Get the DMN file of a decision requirements graph."""
    await existing(call, SEARCHED, "decisionRequirementsKey")
    key = call.key("decisionRequirementsKey")

    def read(run: Run) -> bytes | None:
        rows = run(
            f"SELECT r.content FROM {TABLE.name} t JOIN {RESOURCES.name} r ON r.key = t.resource_key WHERE t.key = ?",  # noqa: S608
            [key],
        )
        return bytes(rows[0][0]) if rows else None

    content = await call.search.read(read)
    return Raw(content, "text/xml") if content else None
