"""Deleting process definitions, forms and other files (engine-semantics §23)."""

from __future__ import annotations

from kiang.engine.actions import start_events
from kiang.engine.processing import Processing, Refused
from kiang.engine.state.form import form_by_key
from kiang.engine.state.generic_resource import generic_resource_by_key
from kiang.engine.state.process_instance import PROCESS_INSTANCES
from kiang.engine.state.table import Condition
from kiang.protocol.enums import ElementState, RejectionType
from kiang.protocol.events import FormDeleted, GenericResourceDeleted, ProcessDeleted


def delete_process(p: Processing, key: int) -> bool:
    """Delete a process definition; False if none has that key. The version before it is the latest then, and its start events wait.

    Raises:
        Refused: It still has instances.
    """
    definition = p.state.definition(key)
    if definition is None or definition.row.is_deleted:
        return False
    where: list[Condition] = [("process_definition_key", "=", key), ("state", "<", int(ElementState.COMPLETED))]
    if p.state.current(PROCESS_INSTANCES, where, ("key",), 1):
        text = f"Expected to delete resource with key `{key}` but there are still running instances"
        raise Refused(RejectionType.INVALID_STATE, text)
    row = definition.row
    latest = p.state.latest_row(row.process_id, row.tenant_id)
    was_latest = latest is not None and latest.key == key
    if was_latest:
        start_events.close_of(p, key)
    p.emit(ProcessDeleted(key))
    if was_latest:
        before = p.state.latest_definition(row.process_id, row.tenant_id)
        if before is not None:
            start_events.open_of(p, before)
    return True


def delete_form(p: Processing, key: int) -> bool:
    """Delete a form; False if none has that key."""
    form = form_by_key(p.state, key)
    if form is None or form.is_deleted:
        return False
    p.emit(FormDeleted(key))
    return True


def delete_generic(p: Processing, key: int) -> bool:
    """Delete a file of another kind; False if none has that key."""
    resource = generic_resource_by_key(p.state, key)
    if resource is None or resource.is_deleted:
        return False
    p.emit(GenericResourceDeleted(key))
    return True
