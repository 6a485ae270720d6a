"""CreateGlobalListener: a listener of every user task."""

from __future__ import annotations

from kiang.engine.actions.cluster import LISTENER, check_listener
from kiang.engine.processing import Processing, Refused
from kiang.engine.state.global_listener import GLOBAL_LISTENERS_MAX
from kiang.protocol.answers import Done
from kiang.protocol.cluster import FROM_API, CreateGlobalListener
from kiang.protocol.enums import RejectionType
from kiang.protocol.events import GlobalListenerCreated


def create_global_listener(p: Processing, command: CreateGlobalListener) -> Done:
    """It runs with whatever begins to happen to a user task from now on, also to those that are there."""
    check_listener(command)
    if p.state.global_listeners.named(command.id) is not None:
        raise Refused(
            RejectionType.ALREADY_EXISTS,
            f"Expected a {LISTENER} with id '{command.id}' to not exist, but a listener with the same id was found",
        )
    if len(p.state.global_listeners.all()) >= GLOBAL_LISTENERS_MAX:
        raise Refused(
            RejectionType.INVALID_STATE,
            f"Expected to create a {LISTENER} with id '{command.id}', but there are {GLOBAL_LISTENERS_MAX} already, the"
            " most that there can be",
        )
    key = p.state.next_key()
    p.emit(
        GlobalListenerCreated(
            key,
            command.id,
            command.job_type,
            tuple(dict.fromkeys(command.event_types)),
            command.retries,
            command.after_non_global,
            command.priority,
            FROM_API,
        )
    )
    return Done(key)
