"""Deployed decisions, the requirements graphs that they are in, and what their evaluations have reported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Protocol, TypeVar

from kiang import dmn
from kiang.engine.state.process_definition import RESOURCES
from kiang.engine.state.table import Condition, Index, Row, Table

R = TypeVar("R", bound=Row)

IMPORTS_MAX = 50
"""Models that one model may bring in, all in all."""

MODELS_MAX = 500
"""Compiled requirements graphs kept resident: a table of 100 rules takes some 200 kB."""


class DecisionRequirements(Row):
    """One version of one decision requirements graph.

    Attributes:
        key: Decision requirements key.
        requirements_id: Id of the file's `definitions`.
        is_deleted: 1 when it was deleted with all its decisions.
    """

    key: int
    requirements_id: str
    version: int
    name: str
    namespace: str
    resource_key: int
    resource_name: str
    checksum: str
    deployment_key: int
    is_deleted: int = 0
    tenant_id: str = "<default>"

    MUTABLE: ClassVar[tuple[str, ...]] = ("is_deleted",)


class DecisionDefinition(Row):
    """One version of one decision.

    Attributes:
        key: Decision key.
        is_deleted: 1 when its requirements graph was deleted.
    """

    key: int
    decision_id: str
    version: int
    name: str
    version_tag: str
    requirements_key: int
    requirements_id: str
    requirements_name: str
    requirements_version: int
    deployment_key: int
    is_deleted: int = 0
    tenant_id: str = "<default>"

    MUTABLE: ClassVar[tuple[str, ...]] = ("is_deleted",)


class DecisionInstance(Row):
    """One decision that was evaluated; those of one evaluation share `evaluation_key`.

    Attributes:
        position: In the evaluation, from 1.
        root_decision_key: The decision that was asked for.
        output: JSON.
        inputs: JSON, as of `DecisionReport`.
        matched_rules: JSON, as of `DecisionReport`.
        failure: Text of the failure, of the decision that failed.
        element_instance_key: Of the business rule task; 0 for an evaluation that a client asked for.
    """

    key: int
    evaluation_key: int
    position: int
    decision_key: int
    decision_id: str
    decision_name: str
    decision_version: int
    decision_type: str
    requirements_key: int
    requirements_id: str
    root_decision_key: int
    output: str
    inputs: str
    matched_rules: str
    is_failed: int
    failure: str
    evaluated_at: int
    process_definition_key: int = 0
    process_definition_id: str = ""
    process_instance_key: int = 0
    element_instance_key: int = 0
    tenant_id: str = "<default>"


DECISION_REQUIREMENTS = Table(
    "decision_requirements",
    DecisionRequirements,
    (
        Index(("tenant_id", "requirements_id", "version")),
        Index(("tenant_id", "namespace", "key")),
        Index(("deployment_key",)),
    ),
)
DECISION_DEFINITIONS = Table(
    "decision_definition",
    DecisionDefinition,
    (Index(("tenant_id", "decision_id", "version")), Index(("requirements_key",)), Index(("deployment_key",))),
)
DECISION_INSTANCES = Table(
    "decision_instance",
    DecisionInstance,
    (Index(("evaluation_key", "position")), Index(("process_instance_key",)), Index(("decision_key",))),
)


class Rows(Protocol):
    """What is asked for rows: the state."""

    def current(
        self, table: Table[R], where: Sequence[Condition], order: Sequence[str] = ("key",), limit: int | None = None
    ) -> list[R]:
        """Rows as they are now."""
        ...


class Decisions:
    """The questions that are asked about deployed decisions."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._models: dict[int, dmn.DecisionModel] = {}
        self._latest: dict[tuple[str, str], DecisionDefinition] = {}
        self._members: dict[int, dict[str, DecisionDefinition]] = {}

    def latest(self, decision_id: str, tenant_id: str) -> DecisionDefinition | None:
        """The latest version of a decision that is not deleted."""
        found = self._latest.get((tenant_id, decision_id))
        if found is None:
            where: list[Condition] = [
                ("tenant_id", "=", tenant_id),
                ("decision_id", "=", decision_id),
                ("is_deleted", "=", 0),
            ]
            rows = self._rows.current(DECISION_DEFINITIONS, where, ("version desc",), 1)
            if not rows:
                return None
            found = self._latest[tenant_id, decision_id] = rows[0]
        return found

    def by_key(self, key: int, tenant_id: str) -> DecisionDefinition | None:
        """A decision by its key, unless it is deleted."""
        rows = self._rows.current(DECISION_DEFINITIONS, [("key", "=", key)])
        return rows[0] if rows and not rows[0].is_deleted and rows[0].tenant_id == tenant_id else None

    def in_deployment(self, decision_id: str, deployment_key: int, tenant_id: str) -> DecisionDefinition | None:
        """The version of a decision that came with a deployment."""
        where: list[Condition] = [
            ("tenant_id", "=", tenant_id),
            ("decision_id", "=", decision_id),
            ("deployment_key", "=", deployment_key),
            ("is_deleted", "=", 0),
        ]
        rows = self._rows.current(DECISION_DEFINITIONS, where, ("version desc",), 1)
        return rows[0] if rows else None

    def tagged(self, decision_id: str, version_tag: str, tenant_id: str) -> DecisionDefinition | None:
        """The version of a decision that was deployed last with a tag; a tag whose version is deleted names none."""
        where: list[Condition] = [
            ("tenant_id", "=", tenant_id),
            ("decision_id", "=", decision_id),
            ("version_tag", "=", version_tag),
        ]
        rows = self._rows.current(DECISION_DEFINITIONS, where, ("key desc",), 1)
        return rows[0] if rows and not rows[0].is_deleted else None

    def of_requirements(self, requirements_key: int) -> list[DecisionDefinition]:
        """The decisions of a requirements graph, in the order of their keys."""
        return self._rows.current(DECISION_DEFINITIONS, [("requirements_key", "=", requirements_key)])

    def members(self, requirements_key: int) -> dict[str, DecisionDefinition]:
        """The decisions of a requirements graph by id."""
        found = self._members.get(requirements_key)
        if found is None:
            found = {row.decision_id: row for row in self.of_requirements(requirements_key)}
            if len(self._members) >= MODELS_MAX:
                del self._members[next(iter(self._members))]
            self._members[requirements_key] = found
        return found

    def latest_requirements(self, requirements_id: str, tenant_id: str) -> DecisionRequirements | None:
        """The latest version of a requirements graph that is not deleted."""
        where: list[Condition] = [
            ("tenant_id", "=", tenant_id),
            ("requirements_id", "=", requirements_id),
            ("is_deleted", "=", 0),
        ]
        rows = self._rows.current(DECISION_REQUIREMENTS, where, ("version desc",), 1)
        return rows[0] if rows else None

    def requirements(self, key: int) -> DecisionRequirements | None:
        """A requirements graph by its key, unless it is deleted."""
        rows = self._rows.current(DECISION_REQUIREMENTS, [("key", "=", key)])
        return rows[0] if rows and not rows[0].is_deleted else None

    def model(self, requirements_key: int) -> dmn.DecisionModel | None:
        """The compiled requirements graph."""
        found = self._models.get(requirements_key)
        if found is None:
            row = self.requirements(requirements_key)
            if row is None:
                return None
            definitions = self._definitions(row)
            together: dict[str, dmn.Definitions] = {}
            if definitions.imports:
                for other in self._rows.current(DECISION_REQUIREMENTS, [("deployment_key", "=", row.deployment_key)]):
                    if other.key != row.key:
                        together[other.namespace] = self._definitions(other)
            found = dmn.compile(definitions, self.imports_of(definitions, row.tenant_id, together, row.key))
            self.keep(requirements_key, found)
        return found

    def imports_of(
        self, definitions: dmn.Definitions, tenant_id: str, together: Mapping[str, dmn.Definitions], before: int
    ) -> list[dmn.Definitions]:
        """The models that a model imports, and those that these import, as far as they are there.

        A namespace stands for the model of the same deployment, or else for the one deployed last before: that is settled
        when the importing model is deployed, and stays so whatever is deployed or deleted later.

        Args:
            definitions: The importing model.
            tenant_id: Whose models.
            together: Models of the same deployment, by namespace.
            before: Key of the importing model.
        """
        found: dict[str, dmn.Definitions] = {}
        waiting = [each.namespace for each in definitions.imports]
        while waiting and len(found) < IMPORTS_MAX:
            namespace = waiting.pop()
            if namespace in found or namespace == definitions.namespace:
                continue
            source = together.get(namespace) or self._deployed_last(namespace, tenant_id, before)
            if source is not None:
                found[namespace] = source
                waiting += [each.namespace for each in source.imports]
        return list(found.values())

    def _deployed_last(self, namespace: str, tenant_id: str, before: int) -> dmn.Definitions | None:
        where: list[Condition] = [
            ("tenant_id", "=", tenant_id),
            ("namespace", "=", namespace),
            ("key", "<", before),
        ]
        rows = self._rows.current(DECISION_REQUIREMENTS, where, ("key desc",), 1)
        return self._definitions(rows[0]) if rows else None

    def _definitions(self, row: DecisionRequirements) -> dmn.Definitions:
        resource = self._rows.current(RESOURCES, [("key", "=", row.resource_key)])[0]
        return dmn.read(resource.name, resource.content)

    def keep(self, requirements_key: int, model: dmn.DecisionModel) -> None:
        """Spare the state from compiling a new graph again."""
        if len(self._models) >= MODELS_MAX:
            del self._models[next(iter(self._models))]
        self._models[requirements_key] = model

    def changed(self, decision_id: str, tenant_id: str) -> None:
        """Appliers: another version may be the latest now."""
        self._latest.pop((tenant_id, decision_id), None)

    def forget(self, requirements_key: int) -> None:
        """Appliers: a graph was deleted."""
        self._models.pop(requirements_key, None)
        self._members.pop(requirements_key, None)
