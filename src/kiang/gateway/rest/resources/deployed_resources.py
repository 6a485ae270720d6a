"""What was deployed, whatever it is."""

from __future__ import annotations

import msgspec

from kiang.gateway.rest.body import Answer, Int64, Request
from kiang.gateway.rest.call import Call
from kiang.gateway.rest.files import NO_SNIFFING, disposition, read_resource
from kiang.gateway.rest.forms import FormResult, form_of
from kiang.gateway.rest.operation import Raw, Resource
from kiang.gateway.rest.problem import Problem
from kiang.gateway.rest.searching import JsonBody, add_get, add_search, existing
from kiang.gateway.rest.shapes import KeyText, key_text
from kiang.gateway.rest.validation import Violations
from kiang.protocol.commands import DeleteResource
from kiang.search.resources.generic_resource import GENERIC_RESOURCES

RESOURCES = Resource("Resource")

add_search(RESOURCES, "/resources/search", "searchResources", GENERIC_RESOURCES, since="8.10")
add_get(RESOURCES, "/resources/{resourceKey}", "getResource", GENERIC_RESOURCES, since="8.8")


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


@RESOURCES.get("/resources/{resourceKey}/content", "getResourceContent", since="8.8", answer={"type": "object"})
async def get_resource_content(call: Call) -> Raw:
    """Get the content of a file that is JSON, such as `.rpa` files."""
    item, content = await _file(call)
    try:
        value = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise Problem(
            406,
            "NOT_ACCEPTABLE",
            f"Expected the content of resource '{item['resourceId'][:200]}' to be a JSON object, but it is not. Get it from"
            f" /v2/resources/{item['resourceKey']}/content/binary",
        )
    return Raw(content)


@RESOURCES.get(
    "/resources/{resourceKey}/content/binary",
    "getResourceContentBinary",
    since="8.10",
    answer={"type": "string", "format": "binary"},
    answer_type="application/octet-stream",
)
async def get_resource_content_binary(call: Call) -> Raw:
    """Get the content of a file of any kind."""
    item, content = await _file(call)
    return Raw(content, "application/octet-stream", headers=(disposition(item["resourceName"]), NO_SNIFFING))


async def _file(call: Call) -> tuple[JsonBody, bytes]:
    item = await existing(call, GENERIC_RESOURCES, "resourceKey")
    return item, await read_resource(call, int(item["resourceKey"]))


@RESOURCES.post(
    "/resources/{resourceKey}/deletion",
    "deleteResource",
    body=DeleteResourceRequest,
    body_required=False,
    answer=DeleteResourceResponse,
)
async def delete_resource(call: Call) -> DeleteResourceResponse:
    """Delete a process, a decision requirements graph, a form or another file."""
    body: DeleteResourceRequest = call.body
    violations = Violations()
    violations.operation_reference(body.operation_reference)
    if body.delete_history:
        violations.add("The value for deleteHistory is 'true' but must be 'false': this server keeps history by age")
    violations.check()
    key = call.key("resourceKey")
    await call.execute(DeleteResource(key))
    return DeleteResourceResponse(resource_key=key_text(key), batch_operation=None)
