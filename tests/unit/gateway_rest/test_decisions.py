"""Decisions over REST, on a broker with its store in memory."""

from collections.abc import AsyncIterator

import httpx
import pytest

from kiang.broker.broker import Broker
from kiang.gateway.rest.server import RestServer
from kiang.store.memory import MemoryStore

DMN = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="dishes" name="Dishes" namespace="urn:test">
<decision id="dish" name="Dish"><decisionTable id="t" hitPolicy="UNIQUE">
<input id="i" label="Season"><inputExpression id="ie"><text>season</text></inputExpression></input>
<output id="o" name="dish"/>
<rule id="r1"><inputEntry id="c1"><text>"Winter"</text></inputEntry><outputEntry id="v1"><text>"Roastbeef"</text></outputEntry></rule>
<rule id="r2"><inputEntry id="c2"><text>"Winter","Fall"</text></inputEntry><outputEntry id="v2"><text>"Stew"</text></outputEntry></rule>
</decisionTable></decision></definitions>"""


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    broker = Broker(MemoryStore())
    await broker.start()
    server = RestServer(broker, port=0)
    await server.start()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}/v2", timeout=5) as client:
        yield client
    await server.stop(1)
    await broker.stop()


async def deploy(http: httpx.AsyncClient) -> dict:
    answer = await http.post("/deployments", files={"resources": ("dish.dmn", DMN)})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_deployed_decision_is_named_with_its_requirements_graph(http: httpx.AsyncClient) -> None:
    deployment = await deploy(http)

    decision, graph = deployment["deployments"]
    assert decision["decisionDefinition"]["decisionDefinitionId"] == "dish"
    assert decision["decisionDefinition"]["version"] == 1
    assert graph["decisionRequirements"]["resourceName"] == "dish.dmn"
    assert (
        decision["decisionDefinition"]["decisionRequirementsKey"]
        == graph["decisionRequirements"]["decisionRequirementsKey"]
    )


async def test_an_evaluation_answers_inputs_matched_rules_and_output(http: httpx.AsyncClient) -> None:
    await deploy(http)

    body = {"decisionDefinitionId": "dish", "variables": {"season": "Fall"}}
    answer = await http.post("/decision-definitions/evaluation", json=body)

    found = answer.json()
    assert answer.status_code == 200, found
    assert found["output"] == '"Stew"'
    assert found["failureMessage"] is None
    (evaluated,) = found["evaluatedDecisions"]
    assert evaluated["evaluatedInputs"] == [{"inputId": "i", "inputName": "Season", "inputValue": '"Fall"'}]
    (rule,) = evaluated["matchedRules"]
    assert (rule["ruleId"], rule["ruleIndex"]) == ("r2", 2)
    assert rule["evaluatedOutputs"][0]["outputValue"] == '"Stew"'


async def test_a_failed_evaluation_is_an_answer(http: httpx.AsyncClient) -> None:
    await deploy(http)

    body = {"decisionDefinitionId": "dish", "variables": {"season": "Winter"}}
    found = (await http.post("/decision-definitions/evaluation", json=body)).json()

    assert found["failedDecisionDefinitionId"] == "dish"
    assert found["failureMessage"].startswith(
        "Expected to evaluate decision 'dish', but multiple values aren't allowed"
    )
    assert found["output"] == ""


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({}, "At least one of [decisionDefinitionId, decisionDefinitionKey] is required."),
        (
            {"decisionDefinitionId": "a", "decisionDefinitionKey": "1"},
            "Only one of [decisionDefinitionId, decisionDefinitionKey] is allowed.",
        ),
    ],
)
async def test_a_decision_is_named_in_one_way(http: httpx.AsyncClient, body: dict, detail: str) -> None:
    answer = await http.post("/decision-definitions/evaluation", json=body)

    assert answer.status_code == 400
    assert answer.json()["detail"] == detail


async def test_an_unknown_decision_is_refused(http: httpx.AsyncClient) -> None:
    answer = await http.post("/decision-definitions/evaluation", json={"decisionDefinitionId": "none"})

    assert answer.status_code == 400
    assert "no decision found for id 'none'" in answer.json()["detail"]


async def test_definitions_graphs_and_instances_are_found(http: httpx.AsyncClient) -> None:
    await deploy(http)
    await http.post(
        "/decision-definitions/evaluation", json={"decisionDefinitionId": "dish", "variables": {"season": "Fall"}}
    )

    definitions = (await http.post("/decision-definitions/search", json={"filter": {"isLatestVersion": True}})).json()
    graphs = (await http.post("/decision-requirements/search", json={})).json()
    instances = (await http.post("/decision-instances/search", json={"filter": {"state": "EVALUATED"}})).json()

    (definition,), (graph,), (instance,) = definitions["items"], graphs["items"], instances["items"]
    assert definition["decisionRequirementsName"] == "Dishes"
    assert graph["decisionRequirementsId"] == "dishes"
    assert instance["result"] == '"Stew"'
    one = await http.get(f"/decision-instances/{instance['decisionEvaluationInstanceKey']}")
    assert one.json()["matchedRules"][0]["ruleIndex"] == 2
    xml = await http.get(f"/decision-definitions/{definition['decisionDefinitionKey']}/xml")
    assert xml.content == DMN
