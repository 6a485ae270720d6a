"""Forms as answers."""

from __future__ import annotations

from kiang.gateway.rest.body import Answer
from kiang.gateway.rest.call import Call
from kiang.gateway.rest.files import read_file
from kiang.gateway.rest.problem import not_found
from kiang.gateway.rest.searching import JsonBody
from kiang.gateway.rest.shapes import KeyText
from kiang.search.statement import Run


class FormResult(Answer, frozen=True):
    """A form; `schema` is its JSON text."""

    tenant_id: str
    form_id: str
    schema: str
    version: int
    form_key: KeyText


async def form_of(call: Call, key: int) -> JsonBody:
    """The form with a key.

    Raises:
        Problem: There is none.
    """

    def read(run: Run) -> list[tuple[object, ...]]:
        return run("SELECT f.tenant_id, f.form_id, f.version FROM form f WHERE f.key = ?", [key])

    rows = await call.search.read(read)
    tenants = call.access.tenant_ids
    if not rows or (tenants is not None and rows[0][0] not in tenants):
        raise not_found(f"Form with key '{key}' not found")
    [(tenant_id, form_id, version)] = rows
    content = await read_file(call, "form", key)
    return {
        "tenantId": tenant_id,
        "formId": form_id,
        "schema": content.decode("utf-8", "replace"),
        "version": version,
        "formKey": str(key),
    }
