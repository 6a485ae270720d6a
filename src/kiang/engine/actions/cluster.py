"""What the commands about cluster variables and global listeners have in common: finding and refusing."""

from __future__ import annotations

from kiang import feel
from kiang.engine.processing import Processing, Refused
from kiang.engine.state.cluster_variable import ClusterVariable
from kiang.engine.state.global_listener import GlobalListener
from kiang.errors import InvalidArgument
from kiang.protocol.cluster import ALL_EVENTS, TASK_LISTENER_EVENTS, CreateGlobalListener, UpdateGlobalListener
from kiang.protocol.enums import RejectionType

LISTENER = "global USER_TASK listener"
"""As messages call it."""


def scope_of(tenant_id: str) -> str:
    """Where a name of a cluster variable counts, as messages call it."""
    return f"tenant: '{tenant_id}'" if tenant_id else "GLOBAL"


def missing_text(tenant_id: str, name: str) -> str:
    """What is said about a cluster variable that is not there."""
    return f"Invalid cluster variable name: '{name}'. The variable does not exist in the scope '{scope_of(tenant_id)}'"


def check_value(name: str, text: str) -> None:
    """Whether expressions can see a value.

    Raises:
        Refused: It is no JSON, or holds a number that FEEL does not know.
    """
    try:
        feel.from_json(text)
    except InvalidArgument:
        raise Refused(
            RejectionType.INVALID_ARGUMENT,
            f"Expected the value of cluster variable '{name}' to be JSON that FEEL can read, but it is not",
        ) from None


def existing_variable(p: Processing, tenant_id: str, name: str) -> ClusterVariable:
    """The variable that a command names.

    Raises:
        Refused: There is none.
    """
    found = p.state.cluster_variables.named(tenant_id, name)
    if found is None:
        raise Refused(RejectionType.NOT_FOUND, missing_text(tenant_id, name))
    return found


def existing_listener(p: Processing, id_: str) -> GlobalListener:
    """The listener that a command names.

    Raises:
        Refused: There is none.
    """
    found = p.state.global_listeners.named(id_)
    if found is None:
        raise Refused(RejectionType.NOT_FOUND, f"Expected a {LISTENER} with id '{id_}' to exist, but it was not found")
    return found


def check_listener(command: CreateGlobalListener | UpdateGlobalListener) -> None:
    """Whether a listener can be like this.

    Raises:
        Refused: It lacks something, or listens to nothing that there is.
    """
    if not command.id.strip():
        raise Refused(RejectionType.INVALID_ARGUMENT, f"Missing id for the provided {LISTENER}")
    if not command.job_type.strip():
        raise Refused(
            RejectionType.INVALID_ARGUMENT, f"Missing type for the provided {LISTENER} with id '{command.id}'"
        )
    if not command.event_types:
        raise Refused(
            RejectionType.INVALID_ARGUMENT, f"Missing event types for the provided {LISTENER} with id '{command.id}'"
        )
    unknown = [event for event in command.event_types if event not in (*TASK_LISTENER_EVENTS, ALL_EVENTS)]
    if unknown:
        listed = ", ".join(f"'{event}'" for event in dict.fromkeys(unknown))
        raise Refused(
            RejectionType.INVALID_ARGUMENT,
            f"Invalid event types for the provided {LISTENER} with id '{command.id}': {listed}",
        )
