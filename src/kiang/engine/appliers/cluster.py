"""Appliers of what holds for every process: cluster variables and global listeners."""

from __future__ import annotations

import json

from kiang.engine.appliers.applier import Appliers
from kiang.engine.state.cluster_variable import CLUSTER_VARIABLES, ClusterVariable
from kiang.engine.state.global_listener import GLOBAL_LISTENERS, GlobalListener
from kiang.engine.state.state import State
from kiang.protocol import events


def cluster_variable_created(state: State, e: events.ClusterVariableCreated) -> None:
    """Expressions see it."""
    row = ClusterVariable(e.key, e.tenant_id, e.name, e.value, e.metadata, e.kind)
    state.put(CLUSTER_VARIABLES, row)
    state.cluster_variables.changed(row)


def cluster_variable_updated(state: State, e: events.ClusterVariableUpdated) -> None:
    """Expressions see another value."""
    row = state.current(CLUSTER_VARIABLES, [("key", "=", e.key)])[0]
    row.value, row.metadata = e.value, e.metadata
    state.change(CLUSTER_VARIABLES, row)
    state.cluster_variables.changed(row)


def cluster_variable_deleted(state: State, e: events.ClusterVariableDeleted) -> None:
    """Expressions see it no more."""
    row = state.current(CLUSTER_VARIABLES, [("key", "=", e.key)])[0]
    state.remove(CLUSTER_VARIABLES, e.key)
    state.cluster_variables.removed(row)


def global_listener_created(state: State, e: events.GlobalListenerCreated) -> None:
    """It runs from now on."""
    row = GlobalListener(
        e.key,
        e.id,
        e.job_type,
        json.dumps(e.event_types),
        e.retries,
        int(e.after_non_global),
        e.priority,
        e.source,
    )
    state.put(GLOBAL_LISTENERS, row)
    state.global_listeners.changed()


def global_listener_updated(state: State, e: events.GlobalListenerUpdated) -> None:
    """It runs otherwise."""
    row = state.current(GLOBAL_LISTENERS, [("key", "=", e.key)])[0]
    row.job_type, row.event_types, row.retries = e.job_type, json.dumps(e.event_types), e.retries
    row.after_non_global, row.priority = int(e.after_non_global), e.priority
    state.change(GLOBAL_LISTENERS, row)
    state.global_listeners.changed()


def global_listener_deleted(state: State, e: events.GlobalListenerDeleted) -> None:
    """It runs no more."""
    state.remove(GLOBAL_LISTENERS, e.key)
    state.global_listeners.changed()


APPLIERS: Appliers = {
    events.ClusterVariableCreated: cluster_variable_created,
    events.ClusterVariableUpdated: cluster_variable_updated,
    events.ClusterVariableDeleted: cluster_variable_deleted,
    events.GlobalListenerCreated: global_listener_created,
    events.GlobalListenerUpdated: global_listener_updated,
    events.GlobalListenerDeleted: global_listener_deleted,
}
