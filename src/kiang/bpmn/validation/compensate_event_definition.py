"""CompensationEventDefinitionValidator."""

from __future__ import annotations

from collections.abc import Iterator

from kiang.bpmn.definitions import Definitions, local_name
from kiang.bpmn.document import Element
from kiang.bpmn.elements import ACTIVITIES

NAME = "CompensationEventDefinitionValidator"
KINDS = frozenset({"compensateEventDefinition"})


def check(file: Definitions, element: Element) -> Iterator[str]:
    """The one activity to compensate, if it names one."""
    reference = local_name(element.get("activityRef"))
    if not reference:
        return
    activity = file.by_id.get(reference)
    if activity is None:
        yield f"The referenced compensation activity '{reference}' doesn't exist"
        return
    if activity.kind not in ACTIVITIES:
        yield f"The referenced compensation activity '{reference}' must be an activity, but is a {activity.kind}"
        return
    handled = any(
        event.child("compensateEventDefinition") is not None for event in file.boundary_events.get(activity.id, [])
    )
    if not handled and activity.kind not in {"subProcess", "adHocSubProcess", "transaction"}:
        yield (
            f"The referenced compensation activity '{reference}' must have either a compensation boundary event "
            "or be a subprocess"
        )
    event = element.parent
    if event is not None and activity.parent is not event.parent:
        yield (
            f"The referenced compensation activity '{reference}' must be in the same scope as the compensation throw event"
        )
