"""UpdateGlobalListener: other properties for a listener of every user task."""

from __future__ import annotations

from kiang.engine.actions.cluster import check_listener, existing_listener
from kiang.engine.processing import Processing
from kiang.protocol.answers import Done
from kiang.protocol.cluster import UpdateGlobalListener
from kiang.protocol.events import GlobalListenerUpdated


def update_global_listener(p: Processing, command: UpdateGlobalListener) -> Done:
    """What happens to a user task at the moment goes on with the listeners that it has begun with."""
    check_listener(command)
    row = existing_listener(p, command.id)
    p.emit(
        GlobalListenerUpdated(
            row.key,
            command.job_type,
            tuple(dict.fromkeys(command.event_types)),
            command.retries,
            command.after_non_global,
            command.priority,
        )
    )
    return Done(row.key)
