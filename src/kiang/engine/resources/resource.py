"""What the deployment of any file has in common."""

from __future__ import annotations

from typing import Protocol

from kiang.engine.processing import Processing
from kiang.protocol.answers import DeployedItem


class DeploymentFault(Exception):
    """A file cannot be deployed; the message is its part of the rejection."""


class Place(Protocol):
    """Where a file is deployed."""

    @property
    def deployment_key(self) -> int:
        """Of the deployment."""
        ...

    @property
    def resource_key(self) -> int:
        """Of the stored file."""
        ...

    @property
    def tenant_id(self) -> str:
        """Whose it is."""
        ...


class ParsedResource(Protocol):
    """A file that can be deployed.

    Contract: `duplicates` and `ids` change nothing; `create` emits the events of one new version of everything in the file.
    """

    @property
    def name(self) -> str:
        """Of the file."""
        ...

    @property
    def checksum(self) -> str:
        """MD5 of its content."""
        ...

    def ids(self) -> list[tuple[str, str]]:
        """What must be there once in a deployment, as pairs of a pattern for the fault's text and an id.

        The pattern takes `{id}`, `{first}` and `{second}`, the names of the two files.
        """
        ...

    def duplicates(self, p: Processing, tenant_id: str) -> list[DeployedItem] | None:
        """What is there already, if all of the file is the latest version of what it holds."""
        ...

    def create(self, p: Processing, place: Place) -> list[DeployedItem]:
        """Make new versions."""
        ...
