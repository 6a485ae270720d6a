"""Element instances."""

from __future__ import annotations

from typing import ClassVar

from kiang.gateway.rest.body import Int64, Request, Variables, document
from kiang.gateway.rest.call import Call
from kiang.gateway.rest.operation import Resource
from kiang.gateway.rest.searching import add_get, add_search, existing
from kiang.gateway.rest.validation import Violations
from kiang.protocol.commands import ActivateAdHocElements, ActivateInstruction, SetVariables
from kiang.search.resources.element_instance import ELEMENT_INSTANCES as SEARCHED
from kiang.search.resources.incident import INCIDENTS
from kiang.search.resources.wait_state import WAIT_STATES
from kiang.search.statement import Clause

ELEMENT_INSTANCES = Resource("Element instance")


async def _incidents_within(call: Call) -> list[Clause]:
    """Incidents of an element instance and of everything inside it."""
    key = call.key("elementInstanceKey")
    await existing(call, SEARCHED, "elementInstanceKey")
    return [
        Clause(
            "t.element_instance_key IN (WITH RECURSIVE inside(key) AS (SELECT ? UNION ALL "
            "SELECT e.key FROM inside JOIN element_instance e ON e.scope_key = inside.key "
            "AND e.process_instance_key = (SELECT o.process_instance_key FROM element_instance o WHERE o.key = ?)) "
            "SELECT key FROM inside)",
            [key, key],
        )
    ]


add_search(
    ELEMENT_INSTANCES,
    "/element-instances/search",
    "searchElementInstances",
    SEARCHED,
    since="8.8",
)
add_search(
    ELEMENT_INSTANCES,
    "/element-instances/wait-states/search",
    "searchElementInstanceWaitStates",
    WAIT_STATES,
    since="8.10",
)
add_get(
    ELEMENT_INSTANCES,
    "/element-instances/{elementInstanceKey}",
    "getElementInstance",
    SEARCHED,
    since="8.8",
)
add_search(
    ELEMENT_INSTANCES,
    "/element-instances/{elementInstanceKey}/incidents/search",
    "searchElementInstanceIncidents",
    INCIDENTS,
    since="8.9",
    scope=_incidents_within,
)


class AdHocElement(Request, frozen=True):
    """An element to begin."""

    REQUIRED: ClassVar[tuple[str, ...]] = ("elementId",)

    element_id: str | None = None
    variables: Variables | None = None


class AdHocActivationRequest(Request, frozen=True):
    """Elements to begin."""

    REQUIRED: ClassVar[tuple[str, ...]] = ("elements",)

    elements: list[AdHocElement] | None = None
    cancel_remaining_instances: bool | None = None


class SetVariableRequest(Request, frozen=True):
    """Variables, for this scope alone or propagated outwards."""

    REQUIRED: ClassVar[tuple[str, ...]] = ("variables",)

    variables: Variables | None = None
    local: bool | None = None
    operation_reference: Int64 | None = None


@ELEMENT_INSTANCES.post(
    "/element-instances/ad-hoc-activities/{adHocSubProcessInstanceKey}/activation",
    "activateAdHocSubProcessActivities",
    since="8.8",
    body=AdHocActivationRequest,
)
async def activate_ad_hoc_sub_process_activities(call: Call) -> None:
    """Begin elements of an ad-hoc sub-process."""
    body: AdHocActivationRequest = call.body
    violations = Violations()
    if not body.elements:
        violations.add("No elements provided")
    ids = [violations.text(element.element_id, "elementId") for element in body.elements or ()]
    violations.check()
    elements = tuple(
        ActivateInstruction(id_, document(element.variables))
        for id_, element in zip(ids, body.elements or (), strict=True)
    )
    key = call.key("adHocSubProcessInstanceKey")
    await call.execute(ActivateAdHocElements(key, elements, bool(body.cancel_remaining_instances)))


@ELEMENT_INSTANCES.put(
    "/element-instances/{elementInstanceKey}/variables",
    "createElementInstanceVariables",
    since="8.8",
    body=SetVariableRequest,
    aliases=("POST /v2/element-instances/{elementInstanceKey}/variables",),
)
async def create_element_instance_variables(call: Call) -> None:
    """Set variables of an element instance or process instance."""
    body: SetVariableRequest = call.body
    violations = Violations()
    violations.required(body.variables, "variables")
    violations.operation_reference(body.operation_reference)
    violations.check()
    key = call.key("elementInstanceKey")
    await call.execute(SetVariables(key, document(body.variables), local=bool(body.local)))
