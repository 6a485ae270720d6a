"""The OpenAPI document, and a page to read it and try the operations."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from kiang.gateway.rest import openapi
from kiang.gateway.rest.call import Call
from kiang.gateway.rest.operation import Raw, Resource

OPENAPI = Resource("OpenAPI")

_POLICY = (
    b"content-security-policy",
    (
        b"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; "
        b"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
)


@OPENAPI.get("/openapi.json", "getOpenApi", since="", answer={"type": "object"})
async def get_openapi(call: Call) -> Raw:
    """Get this document."""
    return Raw(openapi.encoded(call.services.operations))


@OPENAPI.get(
    "/docs",
    "getOpenApiPage",
    since="",
    answer={"type": "string"},
    answer_type="text/html",
    aliases=("GET /swagger-ui",),
)
async def get_openapi_page(call: Call) -> Raw:  # noqa: ARG001 - handlers take a call
    """Get a page to read this document and try its operations."""
    return Raw(_page(), "text/html; charset=utf-8", headers=(_POLICY,))


@cache
def _page() -> bytes:
    return files("kiang.gateway.rest").joinpath("openapi.html").read_bytes()
