"""What was deployed, whatever it is."""

from __future__ import annotations

from kiang.gateway.rest.body import Answer, Int64, Request
from kiang.gateway.rest.call import Call
from kiang.gateway.rest.forms import FormResult, form_of
from kiang.gateway.rest.operation import Resource
from kiang.gateway.rest.searching import JsonBody
from kiang.gateway.rest.shapes import KeyText, key_text
from kiang.gateway.rest.validation import Violations
from kiang.protocol.commands import DeleteResource

RESOURCES = Resource("Resource")


class DeleteResourceRequest(Request, frozen=True):
    """Whether what it has left behind goes, too."""

    operation_reference: Int64 | None = None
    delete_history: bool | None = None


class BatchOperationCreated(Answer, frozen=True):
    """A batch operation that was started."""

    batch_operation_key: KeyText
    batch_operation_type: str


class DeleteResourceResponse(Answer, frozen=True):
    """What was deleted."""

    resource_key: KeyText
    batch_operation: BatchOperationCreated | None


@RESOURCES.get("/forms/{formKey}", "getFormByKey", since="8.10", answer=FormResult)
async def get_form_by_key(call: Call) -> JsonBody:
    """Get a form."""
    return await form_of(call, call.key("formKey"))


@RESOURCES.post(
    "/resources/{resourceKey}/deletion",
    "deleteResource",
    body=DeleteResourceRequest,
    body_required=False,
    answer=DeleteResourceResponse,
)
async def delete_resource(call: Call) -> DeleteResourceResponse:
    """Delete a process, a decision requirements graph or a form."""
    body: DeleteResourceRequest = call.body
    violations = Violations()
    violations.operation_reference(body.operation_reference)
    if body.delete_history:
        violations.add("The value for deleteHistory is 'true' but must be 'false': this server keeps history by age")
    violations.check()
    key = call.key("resourceKey")
    await call.execute(DeleteResource(key))
    return DeleteResourceResponse(resource_key=key_text(key), batch_operation=None)
