"""Element instances."""

from __future__ import annotations

from kiang.gateway.rest.body import Request, Variables, document
from kiang.gateway.rest.call import Call
from kiang.gateway.rest.operation import Resource
from kiang.gateway.rest.validation import Violations
from kiang.protocol.commands import SetVariables

ELEMENT_INSTANCES = Resource("Element instance")


class SetVariableRequest(Request, frozen=True):
    """Variables, for this scope alone or propagated outwards."""

    variables: Variables | None = None
    local: bool | None = None
    operation_reference: int | None = None


@ELEMENT_INSTANCES.put(
    "/element-instances/{elementInstanceKey}/variables",
    "createElementInstanceVariables",
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
    key = call.target_key("elementInstanceKey")
    await call.execute(SetVariables(key, document(body.variables), local=bool(body.local)))
