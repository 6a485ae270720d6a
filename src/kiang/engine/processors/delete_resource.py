"""DeleteResource (protocol §3.13): each kind of resource that can be deleted is tried in turn."""

from __future__ import annotations

from collections.abc import Callable

from kiang.engine.actions import decisions, definitions
from kiang.engine.processing import Processing, Refused
from kiang.protocol.answers import Done
from kiang.protocol.commands import DeleteResource
from kiang.protocol.enums import RejectionType

DELETERS: tuple[Callable[[Processing, int], bool], ...] = (
    definitions.delete_process,
    decisions.delete,
    definitions.delete_form,
    definitions.delete_generic,
)
"""Each deletes what has the key, and says whether there was something; it may refuse."""


def delete_resource(p: Processing, command: DeleteResource) -> Done:
    """Delete what has the key."""
    for delete in DELETERS:
        if delete(p, command.resource_key):
            return Done(command.resource_key)
    raise Refused(
        RejectionType.NOT_FOUND,
        f"Expected to delete resource but no resource found with key `{command.resource_key}`",
    )
