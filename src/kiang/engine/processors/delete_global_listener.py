"""DeleteGlobalListener: a listener of every user task is gone."""

from __future__ import annotations

from kiang.engine.actions.cluster import existing_listener
from kiang.engine.processing import Processing
from kiang.protocol.answers import Done
from kiang.protocol.cluster import DeleteGlobalListener
from kiang.protocol.events import GlobalListenerDeleted


def delete_global_listener(p: Processing, command: DeleteGlobalListener) -> Done:
    """What happens to a user task at the moment goes on with the listeners that it has begun with."""
    row = existing_listener(p, command.id)
    p.emit(GlobalListenerDeleted(row.key))
    return Done(row.key)
