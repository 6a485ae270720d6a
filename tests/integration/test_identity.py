"""A real server that asks for passwords: the same users on both gateways, for clients as they are."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import grpc
import httpx
import pytest
from camunda_orchestration_sdk import CamundaClient
from camunda_orchestration_sdk.errors import UnauthorizedError
from tests.integration.running_engine import RunningEngine, running_engine

from kiang.wire import gateway_pb2 as pb

USER, PASSWORD = "admin", "only-for-this-test"


@pytest.fixture(scope="module")
def engine(tmp_path_factory) -> Iterator[RunningEngine]:
    patch = pytest.MonkeyPatch()
    patch.setenv("KIANG_ADMIN_USERNAME", USER)
    patch.setenv("KIANG_ADMIN_PASSWORD", PASSWORD)
    try:
        with running_engine(tmp_path_factory.mktemp("identity") / "data", "--auth=basic") as engine:
            yield engine
    finally:
        patch.undo()


def topology(engine: RunningEngine, header: str | None) -> pb.TopologyResponse:
    with grpc.insecure_channel(engine.grpc_address) as channel:
        call = channel.unary_unary(
            "/gateway_protocol.Gateway/Topology",
            request_serializer=pb.TopologyRequest.SerializeToString,
            response_deserializer=pb.TopologyResponse.FromString,
        )
        metadata = [] if header is None else [("authorization", header)]
        return call(pb.TopologyRequest(), timeout=10, metadata=metadata)


def basic(password: str) -> str:
    return "Basic " + base64.b64encode(f"{USER}:{password}".encode()).decode()


def test_grpc_lets_in_who_knows_the_password(engine: RunningEngine) -> None:
    for _ in range(2):
        assert topology(engine, basic(PASSWORD)).partitionsCount == 1

    for header in (None, basic("wrong"), "Bearer x"):
        with pytest.raises(grpc.RpcError) as refused:
            topology(engine, header)
        assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED


def test_the_sdk_logs_in(engine: RunningEngine) -> None:
    configuration = {
        "CAMUNDA_REST_ADDRESS": engine.rest_url,
        "CAMUNDA_AUTH_STRATEGY": "BASIC",
        "CAMUNDA_BASIC_AUTH_USERNAME": USER,
        "CAMUNDA_BASIC_AUTH_PASSWORD": PASSWORD,
    }
    with CamundaClient(configuration=configuration) as client:
        assert client.get_authentication().username == USER
        assert [user.username for user in client.search_users().items] == [USER]
    with (
        CamundaClient(configuration={**configuration, "CAMUNDA_BASIC_AUTH_PASSWORD": "wrong"}) as client,
        pytest.raises(UnauthorizedError),
    ):
        client.search_users()


def test_health_is_for_everybody_and_passwords_are_in_no_file_and_no_log(engine: RunningEngine) -> None:
    assert httpx.get(f"{engine.management_url}/ready").status_code == 204
    for path in [*engine.data.rglob("*"), engine.data.parent / f"{engine.data.name}.log"]:
        if path.is_file():
            assert PASSWORD.encode() not in path.read_bytes(), path
