"""Tokens of a provider on both gateways: claims give groups, roles and tenants; a token that proves nothing opens nothing."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from tests.integration.rest_server import one_task
from tests.unit.gateway_rest.test_authentication import ISSUER, Provider

from kiang.broker.broker import Broker
from kiang.gateway.auth.access import AccessControl
from kiang.gateway.auth.oidc import OidcAuthenticator, OidcSettings
from kiang.gateway.grpc.server import GrpcServer
from kiang.gateway.rest.server import RestServer
from kiang.protocol.identity import SetUpIdentity
from kiang.store.sqlite import SqliteStore
from kiang.wire import gateway_pb2 as pb


class World:
    """A server, and who asks it by which token."""

    def __init__(self, provider: Provider, http: httpx.AsyncClient, channel: grpc.aio.Channel) -> None:
        self.provider = provider
        self.http = http
        self.channel = channel
        self.root = provider.token(client_id="deployer")

    async def rest(self, token: str, method: str, path: str, body: Any = None) -> httpx.Response:
        return await self.http.request(method, path, json=body, headers={"authorization": token})

    async def admin(self, method: str, path: str, body: Any = None) -> Any:
        answer = await self.rest(self.root, method, path, body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def stub(self, rpc: str, request: Any, token: str) -> Any:
        method = pb.DESCRIPTOR.services_by_name["Gateway"].methods_by_name[rpc]
        make: Callable[..., Any] = self.channel.unary_stream if method.server_streaming else self.channel.unary_unary
        return make(
            f"/gateway_protocol.Gateway/{rpc}",
            request_serializer=type(request).SerializeToString,
            response_deserializer=getattr(pb, method.output_type.name).FromString,
        )(request, metadata=[("authorization", token)], timeout=15)

    async def start(self, token: str) -> Any:
        return await self.stub(
            "CreateProcessInstance", pb.CreateProcessInstanceRequest(bpmnProcessId="order", version=-1), token
        )


async def code_of(call: Awaitable[Any]) -> str:
    """The status of a call that is refused."""
    with pytest.raises(grpc.RpcError) as refused:
        await call
    return str(refused.value.code().name)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    provider = Provider()
    store = SqliteStore(tmp_path)
    broker = Broker(store)
    await broker.start()
    await broker.execute(SetUpIdentity((), ("deployer",)))
    oidc = OidcAuthenticator(OidcSettings(ISSUER, "kiang"), transport=provider)
    access = AccessControl(store, authorizations=True, multi_tenancy=False)
    rest = RestServer(broker, port=0, authenticator=oidc, access_control=access)
    gateway = GrpcServer(broker, port=0, authenticator=oidc, access_control=access, rows=store)
    await rest.start()
    await gateway.start()
    try:
        async with (
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{rest.port}/v2", timeout=15) as http,
            grpc.aio.insecure_channel(f"127.0.0.1:{gateway.port}") as channel,
        ):
            world = World(provider, http, channel)
            deployed = await http.post(
                "/deployments",
                files={"resources": ("order.bpmn", one_task("order", "pay"))},
                headers={"authorization": world.root},
            )
            assert deployed.status_code == 200, deployed.text
            yield world
    finally:
        await gateway.stop(1)
        await rest.stop(1)
        await broker.stop()
        store.close()


@pytest.mark.parametrize("claims", [{"teams": ["dev", "qa"]}, {"realm": {"teams": "dev"}, "teams": None}])
async def test_a_claim_is_worth_what_its_mapping_rule_is_granted(world: World, claims: dict[str, Any]) -> None:
    name = "teams" if claims["teams"] else "$.realm.teams"
    rule = {"mappingRuleId": "devs", "claimName": name, "claimValue": "dev", "name": "Developers"}
    await world.admin("POST", "/mapping-rules", rule)
    await world.admin("POST", "/groups", {"groupId": "office", "name": "Office"})
    await world.admin("PUT", "/groups/office/mapping-rules/devs")
    grant = {
        "ownerType": "GROUP",
        "ownerId": "office",
        "resourceType": "PROCESS_DEFINITION",
        "resourceId": "order",
        "permissionTypes": ["CREATE_PROCESS_INSTANCE"],
    }
    await world.admin("POST", "/authorizations", grant)
    ann = world.provider.token(preferred_username="ann", **claims)
    eve = world.provider.token(preferred_username="eve", teams=["sales"])

    started = await world.start(ann)
    me = (await world.rest(ann, "GET", "/authentication/me")).json()
    own = (await world.rest(ann, "POST", "/authentication/me/authorizations/search")).json()

    assert started.processInstanceKey > 0
    assert (me["username"], me["groups"]) == ("ann", ["office"])
    assert [item["ownerId"] for item in own["items"]] == ["office"]
    assert own["authorizationsEnabled"] is True
    assert await code_of(world.start(eve)) == "PERMISSION_DENIED"
    assert (await world.rest(eve, "POST", "/process-instances", {"processDefinitionId": "order"})).status_code == 403


async def test_tokens_that_prove_nothing_open_nothing_on_either_gateway(world: World) -> None:
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    token = world.provider.token
    for forged in (
        token(client_id="deployer", exp=time.time() - 3_600),
        token(client_id="deployer", key=stranger),
        token(client_id="deployer", iss="https://elsewhere.test"),
        token(client_id="deployer", aud="others"),
        token(client_id="deployer")[:-4] + "AAAA",
        "Bearer x.y.z",
        "",
    ):
        assert await code_of(world.start(forged)) == "UNAUTHENTICATED"
        assert (await world.rest(forged, "POST", "/users/search")).status_code == 401


async def test_no_rpc_is_answered_to_nobody(world: World) -> None:
    for method in pb.DESCRIPTOR.services_by_name["Gateway"].methods:
        call = world.stub(method.name, getattr(pb, method.input_type.name)(), "")
        assert await code_of(call.read() if method.server_streaming else call) == "UNAUTHENTICATED", method.name


async def test_a_person_is_not_the_program_of_the_same_name(world: World) -> None:
    person = world.provider.token(preferred_username="deployer")
    assert await code_of(world.start(person)) == "PERMISSION_DENIED"


async def test_a_stream_gets_jobs_of_its_processes_alone_also_when_that_changes(world: World) -> None:
    """The grant comes while the stream is open: what waited is pushed then."""
    worker = world.provider.token(client_id="worker")
    stream = world.stub(
        "StreamActivatedJobs", pb.StreamActivatedJobsRequest(type="pay", worker="w", timeout=60_000), worker
    )
    await stream.initial_metadata()
    hidden = (await world.start(world.root)).processInstanceKey
    polled = world.stub(
        "ActivateJobs",
        pb.ActivateJobsRequest(type="pay", worker="w", timeout=60_000, maxJobsToActivate=9, requestTimeout=-1),
        worker,
    )
    assert [answer async for answer in polled] == []

    grant = {
        "ownerType": "CLIENT",
        "ownerId": "worker",
        "resourceType": "PROCESS_DEFINITION",
        "resourceId": "order",
        "permissionTypes": ["UPDATE_PROCESS_INSTANCE"],
    }
    await world.admin("POST", "/authorizations", grant)
    seen = (await world.start(world.root)).processInstanceKey
    keys = {(await stream.read()).processInstanceKey, (await stream.read()).processInstanceKey}
    stream.cancel()

    assert keys == {hidden, seen}


async def test_nobody_of_the_provider_makes_themselves_the_first_administrator(world: World) -> None:
    body = {"username": "ann", "password": "x", "name": "Ann", "email": "a@x.test"}

    answer = await world.http.post("/setup/user", json=body)
    ann = world.provider.token(preferred_username="ann")

    assert answer.status_code == 403
    assert (await world.rest(ann, "GET", "/authentication/me")).json()["roles"] == []
