"""BPMN files: every executable process in one gets a version."""

from __future__ import annotations

import hashlib

from kiang.bpmn.model import Process
from kiang.bpmn.reader import read
from kiang.engine.processing import Processing
from kiang.engine.resources.resource import DeploymentFault, Place
from kiang.errors import InvalidBpmnError
from kiang.protocol.answers import DeployedItem, DeployedProcess
from kiang.protocol.events import ProcessDeployed

DUPLICATE_TEXT = "Duplicated process id in resources '{first}' and '{second}'"


class BpmnFile:
    """The processes of one file."""

    def __init__(self, name: str, checksum: str, processes: list[Process]) -> None:
        self.name = name
        self.checksum = checksum
        self.processes = processes

    def ids(self) -> list[tuple[str, str]]:
        """Process ids."""
        return [(DUPLICATE_TEXT, process.id) for process in self.processes]

    def duplicates(self, p: Processing, tenant_id: str) -> list[DeployedItem] | None:
        """The latest versions, if they are from the same file with the same content."""
        found: list[DeployedItem] = []
        for process in self.processes:
            latest = p.state.latest_row(process.id, tenant_id)
            if latest is None or latest.checksum != self.checksum or latest.resource_name != self.name:
                return None
            found.append(DeployedProcess(latest.key, process.id, latest.version, self.name, tenant_id))
        return found

    def create(self, p: Processing, place: Place) -> list[DeployedItem]:
        """A new version of each process."""
        deployed: list[DeployedItem] = []
        for process in self.processes:
            key = p.state.next_key()
            version = p.state.last_version(process.id, place.tenant_id) + 1
            p.emit(
                ProcessDeployed(
                    key,
                    process.id,
                    version,
                    process.name,
                    process.version_tag,
                    place.resource_key,
                    self.name,
                    self.checksum,
                    place.deployment_key,
                    place.tenant_id,
                )
            )
            p.state.keep_model(key, process)
            deployed.append(DeployedProcess(key, process.id, version, self.name, place.tenant_id))
        return deployed


def parse_bpmn(name: str, content: bytes, now: int) -> BpmnFile:
    """Read a BPMN file.

    Raises:
        DeploymentFault: It cannot be executed.
    """
    try:
        processes = read(name, content, now_ms=now)
    except InvalidBpmnError as invalid:
        raise DeploymentFault(str(invalid)) from None
    return BpmnFile(name, hashlib.md5(content, usedforsecurity=False).hexdigest(), processes)
