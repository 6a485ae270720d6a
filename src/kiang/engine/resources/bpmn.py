"""BPMN files: every executable process in one gets a version."""

from __future__ import annotations

import hashlib

from kiang.bpmn.model import FlowNode, Process
from kiang.engine.actions import start_events
from kiang.engine.elements import BEHAVIORS, EVENTS
from kiang.engine.processing import Processing
from kiang.engine.resources.read_ahead import read_once
from kiang.engine.resources.resource import DeploymentFault, Place
from kiang.errors import InvalidBpmnError
from kiang.protocol.answers import DeployedItem, DeployedProcess
from kiang.protocol.events import AgentDefinitionDeployed, ProcessDeployed

DUPLICATE_TEXT = "Duplicated process id in resources '{first}' and '{second}'"


UNSUPPORTED_TEXT = (
    "- Element: {id}\n    - ERROR: Elements of type '{type}' are currently not supported. Please refer to the documentation"
    " for a list of supported elements: https://docs.camunda.io/docs/components/modeler/bpmn/bpmn-coverage/\n"
)


def unsupported(process: Process) -> list[str]:
    """A fault for each element that the engine does not execute."""
    faults = []
    nodes = [*process.nodes.values(), *(node.inner for node in process.nodes.values() if node.inner is not None)]
    for node in nodes:
        what = ""
        if node.type not in BEHAVIORS:
            what = node.type.name
        elif node.event is not None and node.event.type not in EVENTS.get(node.type, {node.event.type}):
            what = f"{node.event.type.name} {node.type.name}"
        if what:
            faults.append(UNSUPPORTED_TEXT.format(id=node.id, type=what))
    return faults


def agent_nodes(process: Process) -> list[FlowNode]:
    """The elements that an agent works on; of a multi-instance the inner activity."""
    nodes = [node.inner if node.loop is not None else node for node in process.nodes.values()]
    return [node for node in nodes if node is not None and node.agent_type]


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
        """The latest versions, if they are from the same file with the same content, and no later one was deleted."""
        found: list[DeployedItem] = []
        for process in self.processes:
            latest = p.state.latest_row(process.id, tenant_id)
            if latest is None or latest.checksum != self.checksum or latest.resource_name != self.name:
                return None
            if latest.version != p.state.last_version(process.id, tenant_id):
                return None
            found.append(DeployedProcess(latest.key, process.id, latest.version, self.name, tenant_id))
        return found

    def create(self, p: Processing, place: Place) -> list[DeployedItem]:
        """A new version of each process."""
        deployed: list[DeployedItem] = []
        for process in self.processes:
            before = p.state.latest_row(process.id, place.tenant_id)
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
            definition = p.state.keep_model(key, process)
            for node in agent_nodes(process):
                p.emit(
                    AgentDefinitionDeployed(
                        p.state.next_key(), node.agent_type, node.name or node.id, node.id, key, place.tenant_id
                    )
                )
            if before is not None:
                start_events.close_of(p, before.key)
            start_events.open_of(p, definition)
            deployed.append(DeployedProcess(key, process.id, version, self.name, place.tenant_id))
        return deployed


def parse_bpmn(name: str, content: bytes, now: int) -> BpmnFile:
    """Read a BPMN file.

    Raises:
        DeploymentFault: It cannot be executed.
    """
    try:
        processes = read_once(name, content, now)
    except InvalidBpmnError as invalid:
        raise DeploymentFault(str(invalid)) from None
    faults = [fault for process in processes for fault in unsupported(process)]
    if faults:
        raise DeploymentFault(f"'{name}': {''.join(faults)}")
    return BpmnFile(name, hashlib.md5(content, usedforsecurity=False).hexdigest(), processes)
