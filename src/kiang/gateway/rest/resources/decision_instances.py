"""Decision instances: what evaluations have reported."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import msgspec

from kiang.engine.state.decision import DECISION_INSTANCES as TABLE
from kiang.gateway.deletions import delete_evaluations
from kiang.gateway.rest.body import Int64, Request
from kiang.gateway.rest.call import Call
from kiang.gateway.rest.operation import Resource
from kiang.gateway.rest.problem import not_found
from kiang.gateway.rest.searching import add_search
from kiang.gateway.rest.validation import Violations
from kiang.protocol.decision_report import InputReport, RuleReport
from kiang.search.resources.decision_instance import DECISION_INSTANCES as SEARCHED
from kiang.search.statement import Run

DECISION_INSTANCES = Resource("Decision instance")

_INSTANCE_KEY = re.compile(r"([0-9]{1,18}|[1-8][0-9]{18})-([0-9]{1,9})")
_read_inputs = msgspec.json.Decoder(tuple[InputReport, ...]).decode
_read_rules = msgspec.json.Decoder(tuple[RuleReport, ...]).decode

add_search(DECISION_INSTANCES, "/decision-instances/search", "searchDecisionInstances", SEARCHED, since="8.6")


@DECISION_INSTANCES.get(
    "/decision-instances/{decisionEvaluationInstanceKey}",
    "getDecisionInstance",
    since="8.8",
    answer={"type": "object"},
)
async def get_decision_instance(call: Call) -> dict[str, Any]:
    """Get a decision instance with its inputs and the rules that matched."""
    instance_key = call.values["decisionEvaluationInstanceKey"]
    parts = _INSTANCE_KEY.fullmatch(instance_key)

    def read(run: Run) -> tuple[int, str, str] | None:
        if parts is None:
            return None
        rows = run(
            f"SELECT t.key, t.inputs, t.matched_rules FROM {TABLE.name} t "  # noqa: S608 - a declared name
            "WHERE t.evaluation_key = ? AND t.position = ?",
            [int(parts[1]), int(parts[2])],
        )
        return (rows[0][0], rows[0][1], rows[0][2]) if rows else None

    found = await call.search.read(read)
    item = await call.search.get(SEARCHED, found[0]) if found is not None else None
    if found is None or item is None:
        raise not_found(f"{SEARCHED.name} with key '{instance_key[:100]}' not found")
    return {
        **item,
        "evaluatedInputs": [
            {"inputId": each.id, "inputName": each.name, "inputValue": each.value} for each in _read_inputs(found[1])
        ],
        "matchedRules": [
            {
                "ruleId": rule.id,
                "ruleIndex": rule.index,
                "evaluatedOutputs": [
                    {
                        "outputId": made.id,
                        "outputName": made.name,
                        "outputValue": made.value,
                        "ruleId": rule.id,
                        "ruleIndex": rule.index,
                    }
                    for made in rule.outputs
                ],
            }
            for rule in _read_rules(found[2])
        ],
    }


class DeleteDecisionInstanceRequest(Request, frozen=True):
    """Nothing but the client's own number."""

    operation_reference: Int64 | None = None


@DECISION_INSTANCES.post(
    "/decision-instances/{decisionEvaluationKey}/deletion",
    "deleteDecisionInstance",
    since="8.9",
    body=DeleteDecisionInstanceRequest,
    body_required=False,
)
async def delete_decision_instance(call: Call) -> None:
    """Delete an evaluation with all of its decisions."""
    violations = Violations()
    violations.operation_reference(call.body.operation_reference)
    violations.check()
    key = call.key("decisionEvaluationKey")
    if call.access.is_limited:
        for row in call.broker.store.select(TABLE, [("evaluation_key", "=", key)]):
            if call.access.tenant_ids is not None and row.tenant_id not in call.access.tenant_ids:
                raise not_found(f"{SEARCHED.name} with key '{key}' not found")
            call.require("DECISION_DEFINITION", "DELETE_DECISION_INSTANCE", "DELETE", row.decision_id)
    deleted = await asyncio.to_thread(delete_evaluations, call.broker.store, [key])
    if not deleted:
        raise not_found(f"{SEARCHED.name} with key '{key}' not found")
    await call.note(*deleted)
