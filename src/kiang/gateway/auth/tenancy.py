"""Whether a request may name a tenant (protocol §2.3)."""

from __future__ import annotations

import re
from typing import NamedTuple

from kiang.gateway.auth.access import ACCESS
from kiang.protocol.commands import DEFAULT_TENANT

TENANT_CHARACTERS_MAX = 31
_TENANT = re.compile(r"[\w\.-]{1,31}")

NOT_AUTHORIZED = "tenant is not authorized to perform this request"


class TenantFault(NamedTuple):
    """Why not.

    Attributes:
        reason: The end of the sentence.
        is_forbidden: The caller may not, otherwise nobody could.
    """

    reason: str
    is_forbidden: bool = False


def is_multi_tenant() -> bool:
    """Whether there is more than the default tenant."""
    return ACCESS.get().tenant_ids is not None


def tenant_fault(tenant_id: str) -> TenantFault | None:
    """What is wrong with a tenant id that a request gives; None if nothing is."""
    assigned = ACCESS.get().tenant_ids
    if assigned is None:
        return None if tenant_id in {"", DEFAULT_TENANT} else TenantFault("multi-tenancy is disabled")
    if not tenant_id.strip():
        return TenantFault("no tenant identifier was provided.")
    if len(tenant_id) > TENANT_CHARACTERS_MAX:
        return TenantFault(f"tenant identifier is longer than {TENANT_CHARACTERS_MAX} characters")
    if tenant_id != DEFAULT_TENANT and _TENANT.fullmatch(tenant_id) is None:
        return TenantFault("tenant identifier contains illegal characters")
    return None if tenant_id in assigned else TenantFault(NOT_AUTHORIZED, is_forbidden=True)
