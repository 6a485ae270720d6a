"""Process definitions and the files they came from."""

from __future__ import annotations

from typing import ClassVar

from kiang.engine.state.table import Index, Row, Table


class Resource(Row):
    """One deployed file.

    Attributes:
        key: Resource key.
        name: As given at deployment; its suffix tells the type.
        checksum: MD5 of the content, hexadecimal: what makes a deployment a duplicate.
    """

    key: int
    name: str
    content: bytes
    checksum: str
    deployment_key: int
    deployed_at: int
    tenant_id: str = "<default>"


class ProcessDefinition(Row):
    """One version of one process.

    Attributes:
        key: Process definition key.
        process_id: BPMN process id.
        resource_key: The file that it is in.
        is_deleted: 1 when it was deleted; instances and searches still find it by key.
    """

    key: int
    process_id: str
    version: int
    name: str
    version_tag: str
    resource_key: int
    resource_name: str
    checksum: str
    deployment_key: int
    is_deleted: int = 0
    tenant_id: str = "<default>"

    MUTABLE: ClassVar[tuple[str, ...]] = ("is_deleted",)


RESOURCES = Table("resource", Resource)
PROCESS_DEFINITIONS = Table(
    "process_definition", ProcessDefinition, (Index(("tenant_id", "process_id", "version")), Index(("deployment_key",)))
)
