"""Appliers of what decisions bring."""

from __future__ import annotations

import msgspec

from kiang.engine.appliers.applier import Appliers
from kiang.engine.state.decision import (
    DECISION_DEFINITIONS,
    DECISION_INSTANCES,
    DECISION_REQUIREMENTS,
    DecisionDefinition,
    DecisionInstance,
    DecisionRequirements,
)
from kiang.engine.state.state import State
from kiang.engine.state.statistics import DECISIONS
from kiang.protocol import events

_write = msgspec.json.Encoder().encode


def requirements_deployed(state: State, e: events.DecisionRequirementsDeployed) -> None:
    """A version of a requirements graph is there."""
    state.put(
        DECISION_REQUIREMENTS,
        DecisionRequirements(
            e.key,
            e.requirements_id,
            e.version,
            e.name,
            e.namespace,
            e.resource_key,
            e.resource_name,
            e.checksum,
            e.deployment_key,
            tenant_id=e.tenant_id,
        ),
    )


def decision_deployed(state: State, e: events.DecisionDeployed) -> None:
    """A version of a decision is there, and is the latest."""
    state.put(
        DECISION_DEFINITIONS,
        DecisionDefinition(
            e.key,
            e.decision_id,
            e.version,
            e.name,
            e.version_tag,
            e.requirements_key,
            e.requirements_id,
            e.requirements_name,
            e.requirements_version,
            e.deployment_key,
            tenant_id=e.tenant_id,
        ),
    )
    state.decisions.changed(e.decision_id, e.tenant_id)


def requirements_deleted(state: State, e: events.DecisionRequirementsDeleted) -> None:
    """A requirements graph is gone, and its decisions with it."""
    for row in state.decisions.of_requirements(e.key):
        row.is_deleted = 1
        state.change(DECISION_DEFINITIONS, row)
        state.decisions.changed(row.decision_id, row.tenant_id)
    for graph in state.current(DECISION_REQUIREMENTS, [("key", "=", e.key)]):
        graph.is_deleted = 1
        state.change(DECISION_REQUIREMENTS, graph)
    state.decisions.forget(e.key)


def decision_evaluated(state: State, e: events.DecisionEvaluated) -> None:
    """Decisions were evaluated: history."""
    state.statistics.usage(DECISIONS, e.tenant_id, state.now)
    for position, report in enumerate(e.decisions, 1):
        is_failed = int(bool(e.failure) and report.decision_id == e.failed_decision_id)
        state.put(
            DECISION_INSTANCES,
            DecisionInstance(
                report.key,
                e.key,
                position,
                report.decision_key,
                report.decision_id,
                report.name,
                report.version,
                report.type,
                e.requirements_key,
                e.requirements_id,
                e.decision_key,
                report.output,
                _write(report.inputs).decode(),
                _write(report.matched_rules).decode(),
                is_failed,
                e.failure if is_failed else "",
                state.now,
                e.process_definition_key,
                e.process_definition_id,
                e.process_instance_key,
                e.element_instance_key,
                e.tenant_id,
            ),
        )


APPLIERS: Appliers = {
    events.DecisionRequirementsDeployed: requirements_deployed,
    events.DecisionDeployed: decision_deployed,
    events.DecisionRequirementsDeleted: requirements_deleted,
    events.DecisionEvaluated: decision_evaluated,
}
