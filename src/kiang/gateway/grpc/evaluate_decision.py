"""EvaluateDecision: evaluate a decision; that it fails is an answer, too."""

from kiang.gateway.grpc.rpc import UnaryRpc, tenant
from kiang.protocol.answers import EvaluatedDecision
from kiang.protocol.commands import EvaluateDecision
from kiang.protocol.decision_report import DecisionReport
from kiang.protocol.document import parse_document
from kiang.wire import gateway_pb2 as pb

NAME = "EvaluateDecision"


def command(request: pb.EvaluateDecisionRequest) -> EvaluateDecision:
    """The command of a request; a key that is not set is 0, and so no decision's."""
    return EvaluateDecision(
        request.decisionId,
        request.decisionKey,
        parse_document(request.variables),
        tenant(NAME, request.tenantId),
    )


def response(answer: EvaluatedDecision) -> bytes:
    """The response of an answer."""
    return pb.EvaluateDecisionResponse(
        decisionKey=answer.decision_key,
        decisionId=answer.decision_id,
        decisionName=answer.name,
        decisionVersion=answer.version,
        decisionRequirementsId=answer.requirements_id,
        decisionRequirementsKey=answer.requirements_key,
        decisionOutput=answer.output,
        evaluatedDecisions=[
            _evaluated(each, f"{answer.key}-{position}", answer.tenant_id)
            for position, each in enumerate(answer.evaluated, 1)
        ],
        failedDecisionId=answer.failed_decision_id,
        failureMessage=answer.failure,
        tenantId=answer.tenant_id,
        decisionInstanceKey=answer.key,
        decisionEvaluationKey=answer.key,
    ).SerializeToString()


def _evaluated(report: DecisionReport, instance_key: str, tenant_id: str) -> pb.EvaluatedDecision:
    return pb.EvaluatedDecision(
        decisionKey=report.decision_key,
        decisionId=report.decision_id,
        decisionName=report.name,
        decisionVersion=report.version,
        decisionType=report.type,
        decisionOutput=report.output,
        matchedRules=[
            pb.MatchedDecisionRule(
                ruleId=rule.id,
                ruleIndex=rule.index,
                evaluatedOutputs=[
                    pb.EvaluatedDecisionOutput(outputId=made.id, outputName=made.name, outputValue=made.value)
                    for made in rule.outputs
                ],
            )
            for rule in report.matched_rules
        ],
        evaluatedInputs=[
            pb.EvaluatedDecisionInput(inputId=given.id, inputName=given.name, inputValue=given.value)
            for given in report.inputs
        ],
        tenantId=tenant_id,
        decisionEvaluationInstanceKey=instance_key,
    )


RPC = UnaryRpc(NAME, pb.EvaluateDecisionRequest, command, response)
