"""Evaluation of expressions."""

import httpx
import pytest
from tests.unit.gateway_rest.simulated_broker import SimulatedBroker

from kiang.engine.state.element_instance import ELEMENT_INSTANCES, ElementInstance
from kiang.engine.state.process_instance import PROCESS_INSTANCES, ProcessInstance
from kiang.engine.state.unit_of_work import Commit, UnitOfWork
from kiang.engine.state.variable import VARIABLES, Variable
from kiang.protocol.enums import ElementState, ElementType


async def evaluate(http: httpx.AsyncClient, **body: object) -> httpx.Response:
    return await http.post("/v2/expression/evaluation", json=body)


@pytest.mark.parametrize(
    ("expression", "variables", "result"),
    [
        ("=a + 1", {"a": 2}, 3),
        ("= {x: a, y: [true, null]}", {"a": "t"}, {"x": "t", "y": [True, None]}),
        ('=if a > 1 then "big" else "small"', {"a": 5}, "big"),
        ("just text", {}, "just text"),
    ],
)
async def test_the_value_is_json(http: httpx.AsyncClient, expression: str, variables: dict, result: object) -> None:
    answer = await evaluate(http, expression=expression, variables=variables)

    assert answer.json() == {"expression": expression, "result": result, "warnings": [], "referencedSecrets": []}


async def test_what_became_null_is_explained(http: httpx.AsyncClient) -> None:
    answer = (await evaluate(http, expression="=a + 1")).json()

    assert answer["result"] is None
    assert any("'a'" in warning["message"] for warning in answer["warnings"])


@pytest.mark.parametrize("expression", ["=1 +", "=" + "(" * 5000, "={", "=for i in 1..100000000 return i"])
async def test_expressions_that_cannot_be_evaluated_are_refused(http: httpx.AsyncClient, expression: str) -> None:
    answer = await evaluate(http, expression=expression)

    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("Command 'EVALUATE' rejected with code 'INVALID_ARGUMENT': ")


async def test_a_scope_lends_what_it_sees(http: httpx.AsyncClient, broker: SimulatedBroker) -> None:
    work = UnitOfWork()
    work.insert(PROCESS_INSTANCES, 10, ProcessInstance(10, 1, "p", 1, ElementState.ACTIVATED, 0))
    for key, scope in ((11, 10), (12, 11)):
        row = ElementInstance(key, 10, 1, "e", ElementType.SUB_PROCESS, scope, ElementState.ACTIVATED, 0)
        work.insert(ELEMENT_INSTANCES, key, row)
    for key, scope, name, value in [(20, 10, "a", "1"), (21, 11, "a", "2"), (22, 10, "b", "3"), (23, 12, "c", "4")]:
        work.insert(VARIABLES, key, Variable(key, 10, scope, name, value))
    broker.store.commit(Commit(1, 30, work.freeze(), b"", 0))

    inner = (await evaluate(http, expression="=[a, b, c, d]", scopeKey="12", variables={"d": 5})).json()
    outer = (await evaluate(http, expression="=[a, b, c]", scopeKey="10")).json()

    assert inner["result"] == [2, 3, 4, 5]
    assert outer["result"] == [1, 3, None]
    assert (await evaluate(http, expression="=1", scopeKey="99")).status_code == 404
