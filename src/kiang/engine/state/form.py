"""Deployed forms (engine-semantics §20, §23)."""

from __future__ import annotations

from typing import ClassVar

from kiang.engine.state.source import Rows
from kiang.engine.state.table import Condition, Index, Row, Table


class Form(Row):
    """One version of one form.

    Attributes:
        key: Form key.
        form_id: From its JSON.
        resource_key: The file that it is in.
        is_deleted: 1 when it was deleted.
    """

    key: int
    form_id: str
    version: int
    version_tag: str
    resource_key: int
    resource_name: str
    checksum: str
    deployment_key: int
    is_deleted: int = 0
    tenant_id: str = "<default>"

    MUTABLE: ClassVar[tuple[str, ...]] = ("is_deleted",)


FORMS = Table(
    "form",
    Form,
    (Index(("tenant_id", "form_id", "version")), Index(("deployment_key",))),
    lookup=("tenant_id", "form_id"),
)


def forms_of(rows: Rows, form_id: str, tenant_id: str) -> list[Form]:
    """Versions of a form that are not deleted, oldest first."""
    where: list[Condition] = [("tenant_id", "=", tenant_id), ("form_id", "=", form_id), ("is_deleted", "=", 0)]
    return rows.current(FORMS, where, ("version",))


def last_version(rows: Rows, form_id: str, tenant_id: str) -> int:
    """The highest version that a form has ever had; 0 for none."""
    where: list[Condition] = [("tenant_id", "=", tenant_id), ("form_id", "=", form_id)]
    return max((form.version for form in rows.current(FORMS, where)), default=0)


def form_by_key(rows: Rows, key: int) -> Form | None:
    """A form, deleted or not."""
    found = rows.current(FORMS, [("key", "=", key)])
    return found[0] if found else None
