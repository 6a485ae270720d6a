"""AssignBusinessId: a running instance gets the business id that it has begun without (8.10)."""

from __future__ import annotations

from kiang.engine.processing import Processing, Refused
from kiang.engine.state.business_id import has_active
from kiang.protocol.answers import Done
from kiang.protocol.commands import AssignBusinessId
from kiang.protocol.enums import ElementState, RejectionType
from kiang.protocol.events import BusinessIdAssigned


def assign_business_id(p: Processing, command: AssignBusinessId) -> Done:
    """Once and for all; the same one again changes nothing."""
    key, business_id = command.process_instance_key, command.business_id
    expected = f"Expected to assign a business id to process instance with key '{key}', but"
    instance = p.state.instance(key)
    if instance is None:
        raise Refused(RejectionType.NOT_FOUND, f"{expected} no such process instance was found")
    if instance.parent_process_instance_key:
        raise Refused(
            RejectionType.INVALID_STATE,
            f"{expected} it is a child process instance; a business id can only be assigned to root process instances",
        )
    if instance.state != ElementState.ACTIVATED:
        raise Refused(
            RejectionType.INVALID_STATE,
            f"{expected} it is not active; a business id can only be assigned to active process instances",
        )
    if not business_id:
        raise Refused(RejectionType.INVALID_ARGUMENT, f"{expected} the provided business id is empty")
    if instance.business_id == business_id:
        return Done(key)
    if instance.business_id:
        raise Refused(RejectionType.INVALID_STATE, f"{expected} it already has a business id assigned")
    if has_active(p.state, instance.tenant_id, instance.process_id, business_id):
        raise Refused(
            RejectionType.INVALID_STATE,
            f"{expected} another active instance of process '{instance.process_id}' has the business id '{business_id}'",
        )
    p.emit(BusinessIdAssigned(key, business_id))
    return Done(key)
