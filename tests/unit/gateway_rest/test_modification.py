"""Modification and migration: what a client says becomes element instances to activate and to terminate."""

import httpx
import pytest
from tests.unit.gateway_rest.simulated_broker import SimulatedBroker

from kiang.engine.state.element_instance import ELEMENT_INSTANCES, ElementInstance
from kiang.engine.state.unit_of_work import Commit, UnitOfWork
from kiang.protocol.commands import (
    MigrateProcessInstance,
    ModifyActivation,
    ModifyProcessInstance,
    ModifyVariables,
)
from kiang.protocol.enums import ElementState, ElementType

INSTANCE = (1 << 51) + 1
A1, A2, B, ENDED = INSTANCE + 1, INSTANCE + 2, INSTANCE + 3, INSTANCE + 4
PATH = f"/v2/process-instances/{INSTANCE}/modification"


@pytest.fixture(autouse=True)
def elements(broker: SimulatedBroker) -> None:
    work = UnitOfWork()
    for key, id_, scope, state in [
        (A1, "a", INSTANCE, ElementState.ACTIVATED),
        (A2, "a", B, ElementState.ACTIVATED),
        (B, "b", INSTANCE, ElementState.ACTIVATED),
        (ENDED, "a", INSTANCE, ElementState.COMPLETED),
    ]:
        row = ElementInstance(key, INSTANCE, 1, id_, ElementType.SERVICE_TASK, scope, state, 0)
        work.insert(ELEMENT_INSTANCES, key, row)
    broker.store.commit(Commit(1, ENDED, work.freeze(), b"", 0))


@pytest.mark.parametrize(
    ("body", "command"),
    [
        (
            {
                "activateInstructions": [
                    {
                        "elementId": "x",
                        "ancestorElementInstanceKey": str(B),
                        "variableInstructions": [{"variables": {"v": 1}, "scopeId": "b"}],
                    },
                    {"elementId": "y"},
                ],
                "terminateInstructions": [{"elementInstanceKey": str(A1)}],
            },
            ModifyProcessInstance(
                INSTANCE,
                (ModifyActivation("x", B, (ModifyVariables({"v": "1"}, "b"),)), ModifyActivation("y")),
                (A1,),
            ),
        ),
        ({"terminateInstructions": [{"elementId": "a"}]}, ModifyProcessInstance(INSTANCE, (), (A1, A2))),
        (
            {
                "moveInstructions": [
                    {
                        "sourceElementInstruction": {"sourceType": "byId", "sourceElementId": "a"},
                        "targetElementId": "x",
                        "ancestorScopeInstruction": {"ancestorScopeType": "sourceParent"},
                    }
                ]
            },
            ModifyProcessInstance(INSTANCE, (ModifyActivation("x", INSTANCE), ModifyActivation("x", B)), (A1, A2)),
        ),
        (
            {
                "moveInstructions": [
                    {
                        "sourceElementInstruction": {"sourceType": "byKey", "sourceElementInstanceKey": str(A2)},
                        "targetElementId": "x",
                    }
                ]
            },
            ModifyProcessInstance(INSTANCE, (ModifyActivation("x"),), (A2,)),
        ),
        (
            {
                "moveInstructions": [
                    {
                        "sourceElementInstruction": {"sourceType": "byId", "sourceElementId": "b"},
                        "targetElementId": "x",
                        "ancestorScopeInstruction": {
                            "ancestorScopeType": "direct",
                            "ancestorElementInstanceKey": str(A1),
                        },
                    }
                ]
            },
            ModifyProcessInstance(INSTANCE, (ModifyActivation("x", A1),), (B,)),
        ),
    ],
)
async def test_instructions(
    http: httpx.AsyncClient, broker: SimulatedBroker, body: dict, command: ModifyProcessInstance
) -> None:
    answer = await http.post(PATH, json=body)

    assert answer.status_code == 204, answer.text
    assert broker.asked == [command]


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"activateInstructions": [{}]}, "No elementId provided."),
        (
            {"activateInstructions": [{"elementId": "x", "ancestorElementInstanceKey": "y"}]},
            "The provided ancestorElementInstanceKey 'y' is not a valid key.",
        ),
        (
            {"activateInstructions": [{"elementId": "x", "variableInstructions": [{"scopeId": "a"}]}]},
            "No variables provided.",
        ),
        ({"terminateInstructions": [{}]}, "At least one of [elementId, elementInstanceKey] is required."),
        (
            {"terminateInstructions": [{"elementId": "a", "elementInstanceKey": "1"}]},
            "Only one of [elementId, elementInstanceKey] is allowed.",
        ),
        (
            {"moveInstructions": [{"sourceElementInstruction": {"sourceType": "x"}, "targetElementId": "x"}]},
            "Cannot map value 'x' for type 'sourceType'. Use any of the following values: [byId, byKey].",
        ),
    ],
)
async def test_instructions_that_cannot_be_right(
    http: httpx.AsyncClient, broker: SimulatedBroker, body: dict, detail: str
) -> None:
    answer = await http.post(PATH, json=body)

    assert answer.status_code == 400
    assert answer.json()["detail"].startswith(detail)
    assert broker.asked == []


async def test_migration(http: httpx.AsyncClient, broker: SimulatedBroker) -> None:
    path = f"/v2/process-instances/{INSTANCE}/migration"
    plan = {
        "targetProcessDefinitionKey": "77",
        "mappingInstructions": [{"sourceElementId": "a", "targetElementId": "b"}],
    }

    assert (await http.post(path, json=plan)).status_code == 204
    assert broker.asked == [MigrateProcessInstance(INSTANCE, 77, (("a", "b"),))]
    answer = await http.post(path, json={"mappingInstructions": []})
    assert answer.json()["detail"] == "No targetProcessDefinitionKey provided. No mappingInstructions provided."
