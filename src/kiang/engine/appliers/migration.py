"""Appliers of migration."""

from __future__ import annotations

from kiang.engine.appliers.applier import Appliers
from kiang.engine.state.incident import INCIDENTS
from kiang.engine.state.job import JOBS
from kiang.engine.state.message_subscription import MessageSubscription
from kiang.engine.state.process_instance import ProcessInstance
from kiang.engine.state.state import WAIT_BITS, State, node_of
from kiang.engine.state.user_task import UserTask
from kiang.protocol import events


def element_migrated(state: State, e: events.ElementMigrated) -> None:
    """It goes on in another definition."""
    definition = state.definition(e.process_definition_key)
    assert definition is not None
    scope = state.resident(e.key)
    scope.process_definition_key = e.process_definition_key
    scope.interrupted_by = e.interrupted_by
    if isinstance(scope, ProcessInstance):
        scope.process_id = definition.row.process_id
        scope.version = definition.row.version
        scope.node = definition.process.root
    else:
        scope.element_id = e.element_id
        scope.node = node_of(definition.process, e.element_id, scope.element_type)
    state.changed(scope)
    job = state.job(scope.job_key) if scope.job_key else None
    if job is not None:
        job.process_definition_key = e.process_definition_key
        job.element_id = e.element_id
        state.touch_row(JOBS, job)
    incident = state.incident(scope.incident_key) if scope.incident_key else None
    if incident is not None:
        incident.process_definition_key = e.process_definition_key
        incident.element_id = e.element_id
        state.touch_row(INCIDENTS, incident)
    for row in (scope.waits or {}).values():
        row.process_definition_key = e.process_definition_key
        if isinstance(row, UserTask):
            row.element_id = e.element_id
        if isinstance(row, MessageSubscription):
            row.process_id = definition.row.process_id
        state.change_wait(TABLES[type(row)], row)


def wait_migrated(state: State, e: events.WaitMigrated) -> None:
    """Another catch event has it."""
    waits = state.resident(e.element_instance_key).waits
    assert waits is not None
    row = waits[e.key]
    row.element_id = e.element_id
    if isinstance(row, MessageSubscription):
        row.interrupting = int(e.interrupting)
    state.change_wait(TABLES[type(row)], row)


TABLES = {table.row: table for table in WAIT_BITS}

APPLIERS: Appliers = {events.ElementMigrated: element_migrated, events.WaitMigrated: wait_migrated}
