"""Deployed files that are neither process, decision nor form: scripts, prompts, whatever workers need."""

from __future__ import annotations

from typing import ClassVar

from kiang.engine.state.source import Rows
from kiang.engine.state.table import Condition, Index, Row, Table


class GenericResource(Row):
    """One version of one file.

    Attributes:
        key: Of the version, and of the stored file.
        resource_id: From the JSON of an `.rpa` file; the file's name for all others.
        version_tag: "" for none; only `.rpa` files can have one.
        is_deleted: 1 when it was deleted.
    """

    key: int
    resource_id: str
    version: int
    version_tag: str
    resource_name: str
    checksum: str
    deployment_key: int
    is_deleted: int = 0
    tenant_id: str = "<default>"

    MUTABLE: ClassVar[tuple[str, ...]] = ("is_deleted",)


GENERIC_RESOURCES = Table(
    "generic_resource",
    GenericResource,
    (Index(("tenant_id", "resource_id", "version")), Index(("deployment_key",))),
    lookup=("tenant_id", "resource_id"),
)


def versions_of(rows: Rows, resource_id: str, tenant_id: str) -> list[GenericResource]:
    """Versions of a file that are not deleted, oldest first."""
    where: list[Condition] = [("tenant_id", "=", tenant_id), ("resource_id", "=", resource_id), ("is_deleted", "=", 0)]
    return rows.current(GENERIC_RESOURCES, where, ("version",))


def generic_resource_by_key(rows: Rows, key: int) -> GenericResource | None:
    """A version, deleted or not."""
    found = rows.current(GENERIC_RESOURCES, [("key", "=", key)])
    return found[0] if found else None
