"""Violations of a request: every one is found before the request is refused, in the texts that clients know."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kiang.errors import PermissionDenied
from kiang.gateway.auth.access import ACCESS, tenants_of_jobs
from kiang.gateway.auth.tenancy import is_multi_tenant, tenant_fault
from kiang.gateway.rest.limits import (
    BUSINESS_ID_CHARACTERS_MAX,
    IDENTIFIER_CHARACTERS_MAX,
    NAME_CHARACTERS_MAX,
    TAGS_MAX,
    TENANT_ID_CHARACTERS_MAX,
)
from kiang.gateway.rest.problem import Problem, invalid
from kiang.protocol.commands import DEFAULT_TENANT
from kiang.search.value import parse_date, parse_key

_TAG = re.compile(r"[A-Za-z][A-Za-z0-9_\-:.]{0,99}")
_IDENTIFIER = re.compile(r"[a-zA-Z0-9_~@.+-]+")
_TENANT_ID = re.compile(r"<default>|[\w.-]+")
_PROCESS_ID = re.compile(r"[\w][\w\-.]*")

Key = str | int | None
"""A key as clients send it: a string of digits, or a number as before 8.7."""


class Violations:
    """Collects what is wrong with one request."""

    __slots__ = ("found",)

    def __init__(self) -> None:
        self.found: list[str] = []

    def add(self, text: str) -> None:
        """One more fault; `text` has no full stop at its end."""
        self.found.append(text)

    def check(self) -> None:
        """Refuse the request if anything was found."""
        if self.found:
            raise self.problem()

    def problem(self) -> Problem:
        """All faults in one sentence after the other."""
        return invalid(". ".join(self.found) + ".")

    def required(self, value: object, name: str) -> None:
        """Something must be given."""
        if value is None:
            self.add(f"No {name} provided")

    def text(self, value: str | None, name: str, limit: int = NAME_CHARACTERS_MAX) -> str:
        """A text that is not blank."""
        if value is None or not value.strip():
            self.add(f"No {name} provided")
            return ""
        return self.short(value, name, limit)

    def short(self, value: str, name: str, limit: int = NAME_CHARACTERS_MAX) -> str:
        """A text of a bearable length."""
        if len(value) > limit:
            self.add(f"The provided {name} exceeds the limit of {limit} characters")
        return value

    def identifier(self, value: str | None, name: str) -> str:
        """A short id of letters, digits and few other characters that must be given."""
        given = self.text(value, name, IDENTIFIER_CHARACTERS_MAX)
        if given and len(given) <= IDENTIFIER_CHARACTERS_MAX and _IDENTIFIER.fullmatch(given) is None:
            self.add(
                f"The provided {name} contains illegal characters. It must match the pattern '^{_IDENTIFIER.pattern}$'"
            )
        return given

    def tenant_id(self, value: str) -> str:
        """The id of a tenant in a path."""
        given = self.text(value, "tenantId", TENANT_ID_CHARACTERS_MAX)
        if given and len(given) <= TENANT_ID_CHARACTERS_MAX and _TENANT_ID.fullmatch(given) is None:
            self.add(
                f"The provided tenantId contains illegal characters. It must match the pattern '^{_TENANT_ID.pattern}$'"
            )
        return given

    def one_of(self, value: str | None, name: str, known: Sequence[str]) -> str:
        """A name of an enumeration that must be given."""
        if value is None:
            self.add(f"No {name} provided")
            return ""
        if value not in known:
            self.add(
                f"Unexpected value '{value[:100]}' for enum field '{name}'. "
                f"Use any of the following values: [{', '.join(known)}]"
            )
        return value

    def positive(self, value: int | None, name: str) -> int:
        """A number above 0 that must be given."""
        if value is None:
            self.add(f"No {name} provided")
            return 0
        if value < 1:
            self.add(f"The value for {name} is '{value}' but must be greater than 0")
        return value

    def operation_reference(self, value: int | None) -> None:
        """The client's own number of an operation."""
        if value is not None and value < 1:
            self.add(f"The value for operationReference is '{value}' but must be > 0")

    def key(self, value: Key, name: str) -> int:
        """A key that must be given; -1 when it is not one."""
        if value is None or value == "":
            self.add(f"No {name} provided")
            return -1
        return self.optional_key(value, name)

    def optional_key(self, value: Key, name: str) -> int:
        """A key; -1 when it is absent or is not one."""
        if value is None:
            return -1
        found = parse_key(value)
        if found is None:
            self.add(
                f"The provided {name} '{value}' is not a valid key. Expected a numeric value. "
                "Did you pass an entity id instead of an entity key?"
            )
            return -1
        return found

    def date(self, value: str | None, name: str) -> int | None:
        """A date-time as epoch ms."""
        if value is None:
            return None
        found = parse_date(value)
        if found is None:
            self.add(f"The provided {name} '{value}' cannot be parsed as a date according to RFC 3339, section 5.6")
        return found

    def business_id(self, value: str | None) -> str:
        """The client's own id of an instance; "" for none."""
        if value is None:
            return ""
        if not value.strip():
            self.add("No businessId provided")
        return self.short(value, "businessId", BUSINESS_ID_CHARACTERS_MAX)

    def process_id(self, value: str, name: str) -> None:
        """A BPMN process id."""
        if _PROCESS_ID.fullmatch(value) is None:
            self.add(
                f"The provided {name} contains illegal characters. It must match the pattern '^[\\w_][\\w0-9_\\-\\.]*$'"
            )

    def tags(self, values: Sequence[str] | None) -> tuple[str, ...]:
        """Tags of an instance, each once."""
        tags = tuple(dict.fromkeys(values or ()))
        if len(tags) > TAGS_MAX:
            self.add(f"The value for tags is '{len(tags)}' but must be at most {TAGS_MAX}")
        for tag in tags:
            if _TAG.fullmatch(tag) is None:
                self.add(
                    f"The provided tag '{tag[:100]}' is not valid. Tags must start with a letter (a-z, A-Z), followed "
                    "by alphanumerics, underscores, minuses, colons, or periods. It must not be blank and must be "
                    "100 characters or less"
                )
        return tags

    def tenant(self, value: str | None, request: str) -> str:
        """A tenant id; while there is one tenant only, its id or nothing.

        Raises:
            PermissionDenied: It is a tenant that is not the caller's.
        """
        given = value or ""
        fault = tenant_fault(given)
        if fault is None:
            return given or DEFAULT_TENANT
        if not given:
            self.add(
                f"Expected to handle request {request} with multi-tenancy enabled, but no tenant identifier was provided"
            )
            return DEFAULT_TENANT
        text = f"Expected to handle request {request} with tenant identifier '{given[: TENANT_ID_CHARACTERS_MAX + 1]}'"
        if fault.is_forbidden:
            raise PermissionDenied(f"{text}, but {fault.reason}")
        self.add(f"{text}, but {fault.reason}")
        return DEFAULT_TENANT

    @staticmethod
    def assigned_tenants() -> tuple[str, ...]:
        """All tenants of the caller."""
        return tenants_of_jobs(ACCESS.get())

    def tenants(self, values: Sequence[str] | None, request: str) -> tuple[str, ...]:
        """Tenant ids of a request that may name several."""
        if not values:
            if is_multi_tenant():
                self.add(
                    f"Expected to handle request {request} with tenant identifiers '[]', but no tenant identifiers were provided"
                )
            return (DEFAULT_TENANT,)
        return tuple(dict.fromkeys(self.tenant(value, request) for value in values))
