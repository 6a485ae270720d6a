"""CompleteJob: a worker has done its job."""

from __future__ import annotations

from typing import Any

from kiang.gateway.grpc.rpc import UnaryRpc, no_content
from kiang.protocol.commands import ActivateInstruction, CompleteJob
from kiang.protocol.commands import JobResult as Result
from kiang.protocol.document import parse_document
from kiang.wire.gateway_pb2 import CompleteJobRequest, JobResult, JobResultCorrections

CORRECTED_TEXTS = ("assignee", "dueDate", "followUpDate")
CORRECTED_LISTS = ("candidateUsers", "candidateGroups")


def command(request: CompleteJobRequest) -> CompleteJob:
    """The command of a request."""
    result = _result(request.result) if request.HasField("result") else None
    return CompleteJob(request.jobKey, parse_document(request.variables), result)


def _result(result: JobResult) -> Result:
    return Result(
        type=result.type or "userTask",
        denied=result.denied,
        denied_reason=result.deniedReason,
        corrections=_corrections(result.corrections),
        activate_elements=tuple(
            [ActivateInstruction(item.elementId, parse_document(item.variables)) for item in result.activateElements]
        ),
        is_completion_condition_fulfilled=result.isCompletionConditionFulfilled,
        is_cancel_remaining_instances=result.isCancelRemainingInstances,
    )


def _corrections(corrections: JobResultCorrections) -> dict[str, Any]:
    """Those that are given, by name: one that is given empty clears the attribute."""
    given: dict[str, Any] = {name: getattr(corrections, name) for name in CORRECTED_TEXTS if corrections.HasField(name)}
    given |= {name: list(getattr(corrections, name).values) for name in CORRECTED_LISTS if corrections.HasField(name)}
    if corrections.HasField("priority"):
        given["priority"] = corrections.priority
    return given


RPC = UnaryRpc("CompleteJob", CompleteJobRequest, command, no_content, key=lambda request: request.jobKey)
