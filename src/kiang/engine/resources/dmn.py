"""DMN files: a requirements graph and each decision in it get a version."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from kiang import dmn
from kiang.engine.processing import Processing
from kiang.engine.resources.resource import DeploymentFault, ParsedResource, Place
from kiang.errors import InvalidDmnError
from kiang.protocol.answers import DeployedDecision, DeployedDecisionRequirements, DeployedItem
from kiang.protocol.events import DecisionDeployed, DecisionRequirementsDeployed

DUPLICATE_TEXT = (
    "Expected the {kind} ids to be unique within a deployment but found a duplicated id '{{id}}' in the resources "
    "'{{first}}' and '{{second}}'."
)
REQUIREMENTS_TEXT = DUPLICATE_TEXT.format(kind="decision requirements")
DECISION_TEXT = DUPLICATE_TEXT.format(kind="decision")


class DmnFile:
    """The requirements graph of one file."""

    def __init__(self, name: str, checksum: str, definitions: dmn.Definitions) -> None:
        self.name = name
        self.checksum = checksum
        self.definitions = definitions
        self._model: dmn.DecisionModel | None = None

    def link(self, p: Processing, others: Sequence[ParsedResource], tenant_id: str) -> None:
        """Compile it, with what it imports from other files of the deployment and from earlier ones.

        Raises:
            DeploymentFault: It cannot be evaluated.
        """
        together = {each.definitions.namespace: each.definitions for each in others if isinstance(each, DmnFile)}
        together.pop(self.definitions.namespace, None)
        imports = p.state.decisions.imports_of(self.definitions, tenant_id, together, p.state.last_key + 1)
        try:
            self._model = dmn.compile(self.definitions, imports)
        except InvalidDmnError as invalid:
            raise DeploymentFault(f"'{self.name}': {invalid}") from None

    def ids(self) -> list[tuple[str, str]]:
        """Id of the graph and ids of its decisions."""
        definitions = self.definitions
        return [
            (REQUIREMENTS_TEXT, definitions.id),
            *((DECISION_TEXT, decision.id) for decision in definitions.decisions),
        ]

    def duplicates(self, p: Processing, tenant_id: str) -> list[DeployedItem] | None:
        """The latest versions, if they are from the same file with the same content, and still in the latest graph."""
        decisions = p.state.decisions
        graph = decisions.latest_requirements(self.definitions.id, tenant_id)
        if graph is None or graph.checksum != self.checksum or graph.resource_name != self.name:
            return None
        found: list[DeployedItem] = []
        for each in self.definitions.decisions:
            latest = decisions.latest(each.id, tenant_id)
            if latest is None or latest.requirements_key != graph.key:
                return None
            found.append(
                DeployedDecision(
                    latest.key, each.id, latest.name, latest.version, graph.requirements_id, graph.key, tenant_id
                )
            )
        found.append(
            DeployedDecisionRequirements(
                graph.key, graph.requirements_id, graph.name, graph.version, self.name, tenant_id
            )
        )
        return found

    def create(self, p: Processing, place: Place) -> list[DeployedItem]:
        """A new version of the graph and of each decision."""
        definitions = self.definitions
        decisions = p.state.decisions
        before = decisions.latest_requirements(definitions.id, place.tenant_id)
        version = before.version + 1 if before is not None else 1
        key = p.state.next_key()
        p.emit(
            DecisionRequirementsDeployed(
                key,
                definitions.id,
                version,
                definitions.name,
                definitions.namespace,
                place.resource_key,
                self.name,
                self.checksum,
                place.deployment_key,
                place.tenant_id,
            )
        )
        deployed: list[DeployedItem] = []
        for each in definitions.decisions:
            latest = decisions.latest(each.id, place.tenant_id)
            decision_key = p.state.next_key()
            decision_version = latest.version + 1 if latest is not None else 1
            p.emit(
                DecisionDeployed(
                    decision_key,
                    each.id,
                    decision_version,
                    each.name,
                    each.version_tag,
                    key,
                    definitions.id,
                    definitions.name,
                    version,
                    place.deployment_key,
                    place.tenant_id,
                )
            )
            deployed.append(
                DeployedDecision(
                    decision_key, each.id, each.name, decision_version, definitions.id, key, place.tenant_id
                )
            )
        assert self._model is not None
        decisions.keep(key, self._model)
        deployed.append(
            DeployedDecisionRequirements(key, definitions.id, definitions.name, version, self.name, place.tenant_id)
        )
        return deployed


def parse_dmn(name: str, content: bytes, now: int) -> DmnFile:  # noqa: ARG001 - one signature for all files
    """Read a DMN file; it is compiled when all files of the deployment are known.

    Raises:
        DeploymentFault: It is no DMN, or something in it has no id.
    """
    try:
        definitions = dmn.read(name, content)
    except InvalidDmnError as invalid:
        raise DeploymentFault(f"'{name}': {invalid}") from None
    if not definitions.id:
        raise DeploymentFault(f"'{name}': Expected the definitions to have an id, but there is none")
    for decision in definitions.decisions:
        if not decision.id:
            raise DeploymentFault(f"'{name}': Expected the decision '{decision.name}' to have an id, but there is none")
    return DmnFile(name, hashlib.md5(content, usedforsecurity=False).hexdigest(), definitions)
