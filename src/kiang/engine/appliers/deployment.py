"""Appliers of what deployments bring."""

from __future__ import annotations

from kiang.engine.appliers.applier import Appliers
from kiang.engine.state.form import FORMS, Form, form_by_key
from kiang.engine.state.generic_resource import GENERIC_RESOURCES, GenericResource, generic_resource_by_key
from kiang.engine.state.process_definition import RESOURCES, ProcessDefinition, Resource
from kiang.engine.state.state import State
from kiang.protocol import events


def resource_deployed(state: State, e: events.ResourceDeployed) -> None:
    """A file is kept, so that its processes can be compiled again later."""
    state.put(RESOURCES, Resource(e.key, e.name, e.content, e.checksum, e.deployment_key, state.now, e.tenant_id))


def process_deployed(state: State, e: events.ProcessDeployed) -> None:
    """A version is there, and is the latest."""
    state.put_definition(
        ProcessDefinition(
            e.key,
            e.process_id,
            e.version,
            e.name,
            e.version_tag,
            e.resource_key,
            e.resource_name,
            e.checksum,
            e.deployment_key,
            tenant_id=e.tenant_id,
        )
    )


def form_deployed(state: State, e: events.FormDeployed) -> None:
    """A version is there."""
    row = Form(
        e.key,
        e.form_id,
        e.version,
        e.version_tag,
        e.resource_key,
        e.resource_name,
        e.checksum,
        e.deployment_key,
        tenant_id=e.tenant_id,
    )
    state.put(FORMS, row)


def generic_resource_deployed(state: State, e: events.GenericResourceDeployed) -> None:
    """A version is there."""
    row = GenericResource(
        e.key,
        e.resource_id,
        e.version,
        e.version_tag,
        e.resource_name,
        e.checksum,
        e.deployment_key,
        tenant_id=e.tenant_id,
    )
    state.put(GENERIC_RESOURCES, row)


def process_deleted(state: State, e: events.ProcessDeleted) -> None:
    """Nobody can start it any more; what it was is kept."""
    state.delete_definition(e.key)


def form_deleted(state: State, e: events.FormDeleted) -> None:
    """No user task finds it any more."""
    form = form_by_key(state, e.key)
    assert form is not None
    form.is_deleted = 1
    state.change(FORMS, form)


def generic_resource_deleted(state: State, e: events.GenericResourceDeleted) -> None:
    """No job links to it any more."""
    resource = generic_resource_by_key(state, e.key)
    assert resource is not None
    resource.is_deleted = 1
    state.change(GENERIC_RESOURCES, resource)


APPLIERS: Appliers = {
    events.ProcessDeleted: process_deleted,
    events.FormDeleted: form_deleted,
    events.FormDeployed: form_deployed,
    events.GenericResourceDeleted: generic_resource_deleted,
    events.GenericResourceDeployed: generic_resource_deployed,
    events.ResourceDeployed: resource_deployed,
    events.ProcessDeployed: process_deployed,
}
