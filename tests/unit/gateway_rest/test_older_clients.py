"""What the Java client of 8.8 cannot read is answered to it as 8.8 did; all others get today's answers."""

import httpx
import pytest
from tests.unit.gateway_rest.test_decisions import deploy, http

__all__ = ["http"]

OLD = {"User-Agent": "camunda-client-java/8.8.14"}
PROCESS_KEYS = ("processDefinitionKey", "processInstanceKey", "elementInstanceKey")


async def evaluated(http: httpx.AsyncClient, headers: dict[str, str]) -> list[dict]:
    """The decision instance of an evaluation without a process, as the search and the get answer it."""
    await deploy(http)
    body = {"decisionDefinitionId": "dish", "variables": {"season": "Fall"}}
    await http.post("/decision-definitions/evaluation", json=body)
    (found,) = (await http.post("/decision-instances/search", json={}, headers=headers)).json()["items"]
    key = found["decisionEvaluationInstanceKey"]
    return [found, (await http.get(f"/decision-instances/{key}", headers=headers)).json()]


async def test_keys_of_a_process_that_there_is_not(http: httpx.AsyncClient) -> None:
    for item in await evaluated(http, OLD):
        assert [item[name] for name in PROCESS_KEYS] == ["-1", "-1", "-1"]
        assert item["rootProcessInstanceKey"] is None


@pytest.mark.parametrize("agent", ["camunda-client-java/8.9.0", "camunda-client-java/8.10.0", "curl/8.8.0", ""])
async def test_keys_for_everybody_else(http: httpx.AsyncClient, agent: str) -> None:
    for item in await evaluated(http, {"User-Agent": agent}):
        assert [item[name] for name in PROCESS_KEYS] == [None, None, None]


async def test_a_deletion_is_answered_without_a_body(http: httpx.AsyncClient) -> None:
    graph = (await deploy(http))["deployments"][1]["decisionRequirements"]["decisionRequirementsKey"]

    answer = await http.post(f"/resources/{graph}/deletion", json={}, headers=OLD)

    assert (answer.status_code, answer.content, answer.headers.get("content-type")) == (200, b"", None)


async def test_a_deletion_names_what_is_gone_to_everybody_else(http: httpx.AsyncClient) -> None:
    graph = (await deploy(http))["deployments"][1]["decisionRequirements"]["decisionRequirementsKey"]

    answer = await http.post(f"/resources/{graph}/deletion", json={})

    assert answer.json() == {"resourceKey": graph, "batchOperation": None}


async def test_the_topology_of_v1_has_no_field_that_came_later(http: httpx.AsyncClient) -> None:
    address = str(http.base_url).replace("/v2", "/v1")

    topology = (await http.get(f"{address}topology")).json()

    assert set(topology) == {"brokers", "clusterSize", "partitionsCount", "replicationFactor", "gatewayVersion"}
    (broker,) = topology["brokers"]
    assert set(broker) == {"nodeId", "host", "port", "partitions", "version"}
    assert broker["partitions"] == [{"partitionId": 1, "role": "leader", "health": "healthy"}]
