"""pyzeebe, as its registry ships it, against a real engine process.

Annotations are evaluated here: it would not find the parameter `job: Job` of a task otherwise.
"""

import asyncio
import json
from pathlib import Path

import httpx
import pytest
from pyzeebe import Job, JobController, ZeebeClient, ZeebeWorker, create_insecure_channel
from pyzeebe.errors import (
    JobAlreadyDeactivatedError,
    JobNotFoundError,
    ProcessDefinitionNotFoundError,
    ProcessInstanceNotFoundError,
    ProcessTimeoutError,
)
from pyzeebe.grpc_internals.zeebe_adapter import ZeebeAdapter
from pyzeebe.proto import gateway_pb2 as pb
from pyzeebe.proto.gateway_pb2_grpc import GatewayStub
from tests.integration.running_engine import running_engine
from tests.integration.sdk_processes import DECISION
from tests.shared_material import ROOT

ORDER = ROOT / "examples" / "order" / "order.bpmn"
GUARDED = Path(__file__).parent / "guarded.bpmn"
UNKNOWN_KEY = (1 << 51) + (1 << 50)


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    with running_engine(tmp_path_factory.mktemp("pyzeebe") / "data") as engine:
        yield engine


@pytest.fixture
async def channel(engine):
    channel = create_insecure_channel(grpc_address=engine.grpc_address)
    yield channel
    await channel.close()


@pytest.fixture
async def client(channel):
    client = ZeebeClient(channel)
    await client.deploy_resource(ORDER, GUARDED)
    return client


async def worked(worker: ZeebeWorker, story):
    """The outcome of a story, told while a worker works."""
    working = asyncio.create_task(worker.work())
    try:
        return await asyncio.wait_for(story, 60)
    finally:
        await worker.stop()
        await working


@pytest.mark.parametrize("stream", [False, True], ids=["polling", "streaming"])
async def test_the_order_process_runs_with_its_workers(client, channel, stream):
    worker = ZeebeWorker(channel, stream_enabled=stream)
    tries = 0

    @worker.task(task_type="process-payment")
    async def pay(amount: int, job: Job) -> dict:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise RuntimeError("the card terminal is asleep")
        return {"paid": amount, "currency": job.custom_headers["currency"], "retries": job.retries}

    @worker.task(task_type="fetch-items")
    async def fetch() -> dict:
        return {"items": 3}

    @worker.task(task_type="ship-parcel")
    def ship(items: int) -> dict:
        return {"parcel": f"{items} ÄÖÜ-取"}

    wanted = ["paid", "currency", "retries", "parcel"]
    story = client.run_process_with_result("order", {"amount": 30}, timeout=30_000, variables_to_fetch=wanted)
    response = await worked(worker, story)

    assert response.variables == {"paid": 30, "currency": "EUR", "retries": 2, "parcel": "3 ÄÖÜ-取"}
    assert tries == 2


@pytest.mark.parametrize("stream", [False, True], ids=["polling", "streaming"])
async def test_a_hundred_instances_pass_through_a_worker_each_once(client, channel, stream):
    worker = ZeebeWorker(channel, stream_enabled=stream)
    done: list[str] = []
    all_done = asyncio.Event()

    @worker.task(task_type="risky", max_jobs_to_activate=50, max_running_jobs=100)
    async def risky(order: str) -> dict:
        done.append(order)
        if len(done) == 100:
            all_done.set()
        return {}

    async def story():
        await asyncio.gather(*(client.run_process("guarded", {"order": f"{stream}-{n}"}) for n in range(100)))
        await all_done.wait()

    await worked(worker, story())

    assert sorted(done) == sorted(f"{stream}-{n}" for n in range(100))


async def test_an_error_of_a_worker_is_caught_and_an_exception_raises_an_incident_at_last(client, channel, engine):
    worker = ZeebeWorker(channel)
    seen = asyncio.Queue()

    async def report(exception: Exception, job: Job, controller: JobController) -> None:
        await seen.put(job.retries)
        if "business" in job.variables:
            await controller.set_error_status("it broke", "BROKEN")
        else:
            await controller.set_failure_status(str(exception))

    @worker.task(task_type="risky", exception_handler=report)
    async def risky() -> dict:
        raise RuntimeError("nothing works")

    async def story():
        await client.run_process("guarded", {"order": "e-1", "business": True})
        caught = await seen.get()
        failing = await client.run_process("guarded", {"order": "e-2"})
        return caught, [await seen.get(), await seen.get()], failing.process_instance_key

    caught, failed, key = await worked(worker, story())

    async with httpx.AsyncClient(base_url=engine.rest_url) as rest:
        for _ in range(100):
            found = await rest.post("/v2/incidents/search", json={"filter": {"processInstanceKey": str(key)}})
            if found.json()["items"]:
                break
            await asyncio.sleep(0.05)
    (incident,) = found.json()["items"]
    assert caught == 2
    assert failed == [2, 1]
    assert incident["errorType"] == "JOB_NO_RETRIES"
    await GatewayStub(channel).UpdateJobRetries(pb.UpdateJobRetriesRequest(jobKey=int(incident["jobKey"]), retries=1))
    await GatewayStub(channel).ResolveIncident(pb.ResolveIncidentRequest(incidentKey=int(incident["incidentKey"])))
    await client.cancel_process_instance(key)


async def test_messages_signals_and_health(client):
    topology = await client.topology()
    health = await client.healthcheck()
    message = await client.publish_message("go", "m-1", {"a": 1}, time_to_live_in_milliseconds=1000, message_id="x")
    signal = await client.broadcast_signal("nobody listens")

    assert topology.cluster_size == 1
    assert topology.brokers[0].partitions[0].role.name == "LEADER"
    assert health.status == 1
    assert message.tenant_id == signal.tenant_id == "<default>"


async def test_decisions_by_id_and_by_key(client, tmp_path):
    (tmp_path / "prices.dmn").write_bytes(DECISION)
    deployed = await client.deploy_resource(tmp_path / "prices.dmn")
    (decision,) = [one for one in deployed.deployments if hasattr(one, "dmn_decision_id")]

    by_id = await client.evaluate_decision(None, "price", {"size": 3})
    by_key = await client.evaluate_decision(decision.decision_key, None, {"size": 12})

    assert [json.loads(str(one.decision_output)) for one in (by_id, by_key)] == [5, 9]
    assert by_key.evaluated_decisions[0].matched_rules[0].rule_id == "r2"


async def test_refusals_are_the_errors_that_it_knows(client, channel):
    adapter = ZeebeAdapter(channel)
    with pytest.raises(ProcessDefinitionNotFoundError):
        await client.run_process("nobody")
    with pytest.raises(ProcessInstanceNotFoundError):
        await client.cancel_process_instance(UNKNOWN_KEY)
    with pytest.raises(JobNotFoundError):
        await adapter.complete_job(UNKNOWN_KEY, {})
    with pytest.raises(ProcessTimeoutError):
        await client.run_process_with_result("order", {"amount": 1}, timeout=200)
    job = await started_and_failed(client, adapter)
    with pytest.raises(JobAlreadyDeactivatedError):
        await adapter.complete_job(job.key, {})


async def started_and_failed(client, adapter) -> Job:
    """A job that has been failed and rests."""
    await client.run_process("guarded", {"order": "f-1"})
    async for job in adapter.activate_jobs("risky", "story", 30_000, 1, [], 5_000):
        await adapter.fail_job(job.key, 1, "not now", 600_000, {})
        return job
    raise AssertionError("no job came")
