"""Giving a business id to an instance that has begun without one, by a command of its own or with the completion of a job (8.10)."""

from __future__ import annotations

from kiang.engine.processing import Processing, Refused
from kiang.engine.state.business_id import has_active
from kiang.protocol.enums import ElementState, RejectionType


def is_new(p: Processing, process_instance_key: int, business_id: str) -> bool:
    """Whether the instance has to be given this business id; False if it has it already.

    Raises:
        Refused: It cannot have it.
    """
    expected = f"Expected to assign a business id to process instance with key '{process_instance_key}', but"
    instance = p.state.instance(process_instance_key)
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
        return False
    if instance.business_id:
        raise Refused(RejectionType.INVALID_STATE, f"{expected} it already has a business id assigned")
    if has_active(p.state, instance.tenant_id, instance.process_id, business_id):
        raise Refused(
            RejectionType.INVALID_STATE,
            f"{expected} another active instance of process '{instance.process_id}' has the business id '{business_id}'",
        )
    return True
