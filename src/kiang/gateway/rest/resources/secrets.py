"""Secrets: their names for whoever may read them, their values for whoever may have them revealed.

They come from where the connector runtime's secrets come from. Nothing here writes a value anywhere but into the answer.
"""

from __future__ import annotations

import asyncio
import logging
import re
from typing import Annotated

import msgspec

from kiang.gateway.rest.body import Answer, Request
from kiang.gateway.rest.call import Call
from kiang.gateway.rest.operation import Raw, Resource
from kiang.gateway.rest.problem import Problem, invalid

logger = logging.getLogger("kiang.gateway.rest.secrets")

SECRETS = Resource("Secret")

PREFIX = "camunda.secrets."
REFERENCES_MAX = 20
REFERENCE_CHARACTERS_MAX = 512

_REFERENCE = re.compile(r"camunda\.secrets\.([A-Za-z0-9_-]+)")
_NOT_STORED = (b"cache-control", b"no-store")
_encode = msgspec.json.Encoder().encode


class SecretListRequest(Request, frozen=True):
    """Nothing yet."""


class SecretListResult(Answer, frozen=True):
    """The secrets that the caller may read, by name."""

    references: list[str]


class SecretResolveRequest(Request, frozen=True):
    """The secrets that the caller wants."""

    REQUIRED = ("references",)
    references: Annotated[list[str] | None, msgspec.Meta(description=f"At most {REFERENCES_MAX}")] = None


class ResolvedSecret(Answer, frozen=True):
    """A secret."""

    reference: str
    value: str


class SecretResolutionError(Answer, frozen=True):
    """Why a secret is not given."""

    reference: str
    code: str
    message: str


class SecretResolveResult(Answer, frozen=True):
    """What was found, and what was not."""

    resolved: list[ResolvedSecret]
    errors: list[SecretResolutionError]


@SECRETS.post(
    "/secrets/list",
    "listSecrets",
    since="8.10",
    body=SecretListRequest,
    body_required=False,
    answer=SecretListResult,
)
async def list_secrets(call: Call) -> SecretListResult:
    """List the names of the secrets that the caller may read."""
    from kiang.connector_sdk.secret import ListedSecrets, SecretContext  # noqa: PLC0415 - few engines give secrets away

    provider = call.services.secrets
    if not isinstance(provider, ListedSecrets):
        return SecretListResult(references=[])
    try:
        names = await provider.names(SecretContext())
    except Exception as error:  # noqa: BLE001 - whatever a store of somebody else's raises; its text may hold a secret
        logger.warning("secrets cannot be listed error=%s", type(error).__name__)
        raise Problem(503, "UNAVAILABLE", "Expected the secret store to answer, but it does not") from None
    references = (PREFIX + name for name in sorted(names) if call.access.has("SECRET", "READ", name))
    return SecretListResult(references=[one for one in references if _REFERENCE.fullmatch(one)])


@SECRETS.post(
    "/secrets/resolve",
    "resolveSecrets",
    since="8.10",
    body=SecretResolveRequest,
    answer=SecretResolveResult,
)
async def resolve_secrets(call: Call) -> Raw:
    """Get secrets; each that cannot be given has its reason."""
    references = call.body.references
    if references is None:
        raise invalid("No references provided.")
    if len(references) > REFERENCES_MAX:
        raise invalid(f"Expected at most {REFERENCES_MAX} references, but got {len(references)}.")
    found = await asyncio.gather(*(_resolve(call, reference) for reference in dict.fromkeys(references)))
    result = SecretResolveResult(
        resolved=[one for one in found if isinstance(one, ResolvedSecret)],
        errors=[one for one in found if isinstance(one, SecretResolutionError)],
    )
    return Raw(_encode(result), headers=(_NOT_STORED,))


async def _resolve(call: Call, reference: str) -> ResolvedSecret | SecretResolutionError:
    named = _REFERENCE.fullmatch(reference) if len(reference) <= REFERENCE_CHARACTERS_MAX else None
    if named is None:
        shown = reference[:REFERENCE_CHARACTERS_MAX]
        return _error(shown, "INVALID_REFERENCE", f"Expected a reference of the form '{PREFIX}<name>'")
    name, provider = named[1], call.services.secrets
    if not call.access.has("SECRET", "REVEAL", name):
        return _error(
            reference, "ACCESS_DENIED", "Insufficient permissions to perform operation 'REVEAL' on resource 'SECRET'"
        )
    if provider is None:
        return _error(
            reference, "NOT_FOUND", "No secret store is configured. Start the engine with --secrets to have one."
        )
    from kiang.connector_sdk.secret import SecretContext  # noqa: PLC0415 - as above

    try:
        value = await provider.secret(name, SecretContext())
    except Exception as error:  # noqa: BLE001 - as above
        logger.warning("secret cannot be read error=%s", type(error).__name__)
        return _error(reference, "UNREADABLE", "The secret store does not answer, or refuses")
    if value is None:
        return _error(reference, "NOT_FOUND", "No secret exists for the reference")
    return ResolvedSecret(reference=reference, value=value)


def _error(reference: str, code: str, message: str) -> SecretResolutionError:
    return SecretResolutionError(reference=reference, code=code, message=message)
