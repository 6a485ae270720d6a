"""ActivateAdHocElements: a client begins elements of an ad-hoc sub-process (engine-semantics §21)."""

from __future__ import annotations

from kiang.engine.actions import ad_hoc
from kiang.engine.actions.termination import terminate_children
from kiang.engine.processing import Processing, Refused
from kiang.protocol.answers import Done
from kiang.protocol.commands import ActivateAdHocElements, TerminateChildren
from kiang.protocol.enums import ElementState, ElementType, RejectionType


def activate_ad_hoc_elements(p: Processing, command: ActivateAdHocElements) -> Done:
    """All of them or none."""
    key = command.ad_hoc_sub_process_key
    scope = p.state.scope(key)
    if scope is None or scope.element_type != ElementType.AD_HOC_SUB_PROCESS or scope.node is None:
        raise Refused(
            RejectionType.NOT_FOUND,
            f"Expected to activate activities for ad-hoc sub-process but no ad-hoc sub-process instance found with key '{key}'.",
        )
    if scope.state != ElementState.ACTIVATED:
        raise Refused(
            RejectionType.INVALID_STATE,
            f"Expected to activate activities for ad-hoc sub-process with key '{key}', but it is not active.",
        )
    ids = [instruction.element_id for instruction in command.elements]
    duplicates = sorted({id_ for id_ in ids if ids.count(id_) > 1})
    if duplicates:
        raise Refused(
            RejectionType.INVALID_ARGUMENT,
            f"Expected to activate activities for ad-hoc sub-process with key '{key}', but duplicate activities were given.",
        )
    unknown = ad_hoc.unknown_elements(scope.node, ids)
    if unknown:
        raise Refused(
            RejectionType.NOT_FOUND,
            f"Expected to activate activities for ad-hoc sub-process with key '{key}', but the given elements"
            f" [{', '.join(unknown)}] do not exist.",
        )
    if command.cancel_remaining_instances and scope.children:
        terminate_children(p, TerminateChildren(scope.key))
    for instruction in command.elements:
        ad_hoc.activate(p, scope, instruction.element_id, instruction.variables)
    return Done(key)
