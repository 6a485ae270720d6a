"""Files of any other kind: kept as they are, with versions; `.rpa` files name themselves (protocol §3.12)."""

from __future__ import annotations

import hashlib

import msgspec

from kiang.engine.processing import Processing
from kiang.engine.resources.resource import DeploymentFault, Place
from kiang.engine.state.generic_resource import versions_of
from kiang.protocol.answers import DeployedItem, DeployedResource
from kiang.protocol.events import GenericResourceDeployed

DUPLICATE_TEXT = (
    "Expected the resource ids to be unique within a deployment but found a duplicated id '{id}' in the resources '{first}'"
    " and '{second}'."
)


class GenericFile:
    """One file."""

    def __init__(self, name: str, checksum: str, resource_id: str, version_tag: str = "") -> None:
        self.name = name
        self.checksum = checksum
        self.resource_id = resource_id
        self.version_tag = version_tag

    def ids(self) -> list[tuple[str, str]]:
        """The resource id."""
        return [(DUPLICATE_TEXT, self.resource_id)]

    def duplicates(self, p: Processing, tenant_id: str) -> list[DeployedItem] | None:
        """The latest version, if it is from the same file with the same content."""
        versions = versions_of(p.state, self.resource_id, tenant_id)
        if not versions or versions[-1].checksum != self.checksum or versions[-1].resource_name != self.name:
            return None
        latest = versions[-1]
        return [DeployedResource(latest.key, self.resource_id, latest.version, self.name, tenant_id)]

    def create(self, p: Processing, place: Place) -> list[DeployedItem]:
        """A new version; the first again once all were deleted."""
        versions = versions_of(p.state, self.resource_id, place.tenant_id)
        version = versions[-1].version + 1 if versions else 1
        key = place.resource_key
        p.emit(
            GenericResourceDeployed(
                key,
                self.resource_id,
                version,
                self.version_tag,
                self.name,
                self.checksum,
                place.deployment_key,
                place.tenant_id,
            )
        )
        return [DeployedResource(key, self.resource_id, version, self.name, place.tenant_id)]


def parse_generic(name: str, content: bytes, now: int) -> GenericFile:  # noqa: ARG001 - the table's signature
    """Take a file of any kind; its name is its id.

    Raises:
        DeploymentFault: It has no name.
    """
    if not name.strip():
        raise DeploymentFault("Expected the resource id to be filled, but it is blank")
    return GenericFile(name, _checksum(content), name)


def parse_rpa(name: str, content: bytes, now: int) -> GenericFile:  # noqa: ARG001 - the table's signature
    """Read an `.rpa` file.

    Raises:
        DeploymentFault: It is no JSON object with an id.
    """
    try:
        script = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DeploymentFault(f"Failed to parse resource JSON. '{name}': {error}") from None
    if not isinstance(script, dict):
        raise DeploymentFault(f"Failed to parse resource JSON. '{name}': Expected a JSON object")
    resource_id, version_tag = script.get("id"), script.get("versionTag")
    if resource_id is None:
        raise DeploymentFault("Expected the resource id to be present, but none given")
    if not isinstance(resource_id, str):
        resource_id = msgspec.json.encode(resource_id).decode()
    if not resource_id.strip():
        raise DeploymentFault("Expected the resource id to be filled, but it is blank")
    return GenericFile(name, _checksum(content), resource_id, version_tag if isinstance(version_tag, str) else "")


def _checksum(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
