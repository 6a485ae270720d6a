"""Every command of the client against a real engine, over gRPC and over REST."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.bpmn_builder import BpmnFile
from tests.integration.running_engine import RunningEngine, running_engine

from kiang import errors
from kiang.client import (
    AsyncClient,
    Client,
    Corrections,
    FoundElementInstance,
    FoundIncident,
    FoundJob,
    FoundProcessDefinition,
    FoundProcessInstance,
    FoundUserTask,
    FoundVariable,
    NotReached,
    activate_element,
)

NOW = timedelta(0)
DISCOUNT = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="discounts" name="Discounts" namespace="test">
  <decision id="discount" name="Discount"><decisionTable id="t" hitPolicy="FIRST">
    <input id="i" label="amount"><inputExpression id="ie" typeRef="number"><text>amount</text></inputExpression></input>
    <output id="o" name="percent" typeRef="number"/>
    <rule id="r1"><inputEntry id="e1"><text>&gt; 100</text></inputEntry><outputEntry id="x1"><text>10</text></outputEntry></rule>
    <rule id="r2"><inputEntry id="e2"><text>-</text></inputEntry><outputEntry id="x2"><text>0</text></outputEntry></rule>
  </decisionTable></decision>
</definitions>"""


def content(b: BpmnFile) -> bytes:
    xml = b.xml()
    return xml.encode() if isinstance(xml, str) else xml


def one_task(process_id: str, job_type: str) -> bytes:
    b = BpmnFile(process_id)
    b.start("s").service_task("task", job_type=job_type).end("e").chain("s", "task", "e")
    return content(b)


def two_tasks(process_id: str) -> bytes:
    b = BpmnFile(process_id)
    b.start("s").service_task("one", job_type=f"{process_id}-one").service_task("two", job_type=f"{process_id}-two")
    b.end("e").chain("s", "one", "two", "e")
    return content(b)


@pytest.fixture(scope="module")
def engine(tmp_path_factory) -> Iterator[RunningEngine]:
    with running_engine(tmp_path_factory.mktemp("engine") / "data") as running:
        yield running


@pytest.fixture(params=["grpc", "rest"])
async def client(request, engine: RunningEngine) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(engine.grpc_address, rest_address=engine.rest_url, wire=request.param) as asked:
        yield asked


@pytest.fixture
def name(request, client: AsyncClient) -> str:
    """A process id of this test alone."""
    return f"p-{client.settings.wire}-{request.node.originalname.removeprefix('test_').replace('_', '-')[:40]}"


async def test_topology(client: AsyncClient) -> None:
    topology = await client.topology()

    assert topology.partitions_count == 1
    assert topology.brokers[0].partitions[0].role == "leader"
    assert topology.brokers[0].partitions[0].health == "healthy"
    assert topology.gateway_version.startswith("8.")


async def test_a_process_from_deployment_to_result(client: AsyncClient, name: str, tmp_path: Path) -> None:
    file = tmp_path / f"{name}.bpmn"
    file.write_bytes(one_task(name, name))

    deployment = await client.deploy(file)
    again = await client.deploy(file)
    (process,) = deployment.processes
    assert (process.process_definition_id, process.version, process.resource_name) == (name, 1, f"{name}.bpmn")
    assert again.processes[0].process_definition_key == process.process_definition_key

    waiting = asyncio.ensure_future(
        client.create_process_instance_with_result(
            name, {"amount": 30, "big": 2**60 + 1}, fetch_variables=["paid", "big"]
        )
    )
    (job,) = await client.activate_jobs(name, fetch_variables=["amount"], worker="me", timeout=timedelta(seconds=30))
    assert (job.type, job.worker, job.retries, job.variables) == (name, "me", 3, {"amount": 30})
    assert (job.process_definition_id, job.element_id) == (name, "task")
    await client.complete_job(job, {"paid": True})
    result = await waiting

    assert result.variables == {"paid": True, "big": 2**60 + 1}
    assert (result.process_definition_id, result.version) == (name, 1)
    with pytest.raises(errors.NotFound, match="no such job was found"):
        await client.complete_job(job)


async def test_instances_by_key_and_version_and_what_is_unknown(client: AsyncClient, name: str) -> None:
    deployment = await client.deploy_resources({"a.bpmn": one_task(name, name)})
    key = deployment.processes[0].process_definition_key

    by_key = await client.create_process_instance(process_definition_key=key)
    by_version = await client.create_process_instance(name, version=1)
    assert by_key.process_definition_key == by_version.process_definition_key == key

    with pytest.raises(errors.NotFound, match="none found"):
        await client.create_process_instance("nobody-knows-it")
    with pytest.raises(errors.NotFound):
        await client.create_process_instance(name, version=99)
    with pytest.raises(errors.InvalidArgument, match="encountered the following errors"):
        await client.deploy_resources({"bad.bpmn": b"<not-bpmn/>"})


async def test_cancelling(client: AsyncClient, name: str) -> None:
    await client.deploy_resources({"a.bpmn": one_task(name, name)})
    created = await client.create_process_instance(name)

    await client.cancel_process_instance(created.process_instance_key)

    assert await client.activate_jobs(name, request_timeout=NOW) == []
    with pytest.raises(errors.NotFound, match="no such process was found"):
        await client.cancel_process_instance(created.process_instance_key)


async def test_failing_raising_an_incident_and_resolving_it(client: AsyncClient, name: str) -> None:
    await client.deploy_resources({"a.bpmn": one_task(name, name)})
    created = await client.create_process_instance(name)
    (job,) = await client.activate_jobs(name)

    await client.fail_job(job, retries=0, error_message="no luck", variables={"why": "x"})
    with pytest.raises(errors.InvalidState):
        await client.complete_job(job)
    found = await client.search(FoundIncident, {"processInstanceKey": str(created.process_instance_key)})
    (incident,) = found.items
    assert (incident.error_type, incident.error_message, incident.job_key) == ("JOB_NO_RETRIES", "no luck", job.key)
    assert incident.element_id == "task"

    await client.update_job_retries(job, 2)
    await client.resolve_incident(incident.incident_key)
    (again,) = await client.activate_jobs(name)
    assert (again.key, again.retries, again.variables["why"]) == (job.key, 2, "x")
    await client.update_job_timeout(again, timedelta(hours=1))
    await client.complete_job(again.key)
    with pytest.raises(errors.NotFound):
        await client.resolve_incident(incident.incident_key)


async def test_throwing_an_error_that_is_caught(client: AsyncClient, name: str) -> None:
    b = BpmnFile(name)
    b.start("s").service_task("task", job_type=name).end("e").chain("s", "task", "e")
    b.boundary("caught", attached_to="task", event=b.error_event("LIMIT"), outputs={"excess": "=by"})
    b.end("refused").chain("caught", "refused")
    await client.deploy_resources({"a.bpmn": content(b)})
    waiting = asyncio.ensure_future(client.create_process_instance_with_result(name))
    (job,) = await client.activate_jobs(name)

    await client.throw_error(job, "LIMIT", "too much", {"by": 3})

    assert (await waiting).variables == {"excess": 3}


async def test_variables_of_an_instance(client: AsyncClient, name: str) -> None:
    await client.deploy_resources({"a.bpmn": one_task(name, name)})
    created = await client.create_process_instance(name, {"a": 1})

    await client.set_variables(created.process_instance_key, {"a": 2, "b": "x"})

    (job,) = await client.activate_jobs(name)
    assert job.variables == {"a": 2, "b": "x"}
    await client.set_variables(job.element_instance_key, {"local": True}, local=True)
    page = await client.search(FoundVariable, {"processInstanceKey": str(created.process_instance_key)})
    scopes = {variable.name: variable.scope_key for variable in page.items}
    assert scopes == {
        "a": created.process_instance_key,
        "b": created.process_instance_key,
        "local": job.element_instance_key,
    }
    with pytest.raises(errors.NotFound):
        await client.set_variables(1 << 51, {"a": 1})


async def test_modifying_and_migrating(client: AsyncClient, name: str) -> None:
    await client.deploy_resources({"a.bpmn": two_tasks(name)})
    created = await client.create_process_instance(name)
    (job,) = await client.activate_jobs(f"{name}-one")

    await client.modify_process_instance(
        created.process_instance_key,
        activate=[activate_element("two", {"jumped": True})],
        terminate=[job.element_instance_key],
    )
    (moved,) = await client.activate_jobs(f"{name}-two")
    assert moved.variables == {"jumped": True}

    target = await client.deploy_resources({"b.bpmn": two_tasks(f"{name}-next")})
    await client.migrate_process_instance(
        created.process_instance_key, target.processes[0].process_definition_key, {"two": "one"}
    )
    await client.complete_job(moved)
    assert len(await client.activate_jobs(f"{name}-next-two")) == 1


async def test_messages(client: AsyncClient, name: str) -> None:
    b = BpmnFile(name)
    b.start("s").catch("wait", event=b.message_event(f"{name}-paid", "=order")).end("e").chain("s", "wait", "e")
    await client.deploy_resources({"a.bpmn": content(b)})
    waiting = asyncio.ensure_future(client.create_process_instance_with_result(name, {"order": "A-1"}))

    published = await client.publish_message(f"{name}-paid", "A-1", {"paid": True}, message_id="m-1")
    assert published.message_key > 0
    assert (await waiting).variables["paid"] is True
    await client.publish_message(f"{name}-other", "A-1", message_id="m-2")
    with pytest.raises(errors.AlreadyExists):
        await client.publish_message(f"{name}-other", "A-1", message_id="m-2")

    created = await client.create_process_instance(name, {"order": "A-2"})
    correlated = await client.correlate_message(f"{name}-paid", "A-2")
    assert correlated.process_instance_key == created.process_instance_key
    with pytest.raises(errors.NotFound):
        await client.correlate_message(f"{name}-paid", "nobody")


async def test_signals(client: AsyncClient, name: str) -> None:
    b = BpmnFile(name)
    b.start("s").catch("wait", event=b.signal_event(f"{name}-go")).end("e").chain("s", "wait", "e")
    await client.deploy_resources({"a.bpmn": content(b)})
    waiting = asyncio.ensure_future(client.create_process_instance_with_result(name))
    while not (await client.search(FoundProcessInstance, {"processDefinitionId": name})).items:  # noqa: ASYNC110
        await asyncio.sleep(0.01)

    signal = await client.broadcast_signal(f"{name}-go", {"now": 1})

    assert signal.signal_key > 0
    assert (await waiting).variables == {"now": 1}


async def test_decisions(client: AsyncClient) -> None:
    deployment = await client.deploy_resources({"discount.dmn": DISCOUNT})
    assert deployment.decisions[0].decision_definition_id == "discount"
    assert deployment.decision_requirements[0].resource_name == "discount.dmn"

    result = await client.evaluate_decision("discount", {"amount": 200})

    assert result.output == 10
    (decision,) = result.evaluated_decisions
    assert decision.inputs[0].value == 200
    assert decision.matched_rules[0].rule_index == 1
    assert decision.matched_rules[0].outputs[0].value == 10
    by_key = await client.evaluate_decision(
        decision_definition_key=result.decision_definition_key, variables={"amount": 1}
    )
    assert by_key.output == 0
    with pytest.raises((errors.InvalidArgument, errors.NotFound)):
        await client.evaluate_decision("nobody-knows-it")


async def test_deleting_a_definition(client: AsyncClient, name: str) -> None:
    deployment = await client.deploy_resources({"a.bpmn": one_task(name, name)})

    await client.delete_resource(deployment.processes[0].process_definition_key)

    with pytest.raises(errors.NotFound):
        await client.create_process_instance(name)


async def test_waiting_for_a_result_ends_in_time_and_the_instance_lives_on(client: AsyncClient, name: str) -> None:
    await client.deploy_resources({"a.bpmn": one_task(name, name)})

    with pytest.raises(errors.DeadlineExceeded):
        await client.create_process_instance_with_result(name, timeout=timedelta(milliseconds=200))

    assert len(await client.activate_jobs(name)) == 1


async def test_user_tasks(client: AsyncClient, name: str) -> None:
    b = BpmnFile(name)
    b.start("s").user_task("task", name="Look at it").end("e").chain("s", "task", "e")
    await client.deploy_resources({"a.bpmn": content(b)})
    waiting = asyncio.ensure_future(client.create_process_instance_with_result(name))
    wanted = {"processDefinitionId": name, "state": "CREATED"}
    while not (page := await client.search(FoundUserTask, wanted)).items:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    key = page.items[0].user_task_key

    await client.assign_user_task(key, "ada")
    with pytest.raises(errors.InvalidState):
        await client.assign_user_task(key, "grace", allow_override=False)
    due = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
    await client.update_user_task(key, Corrections(due_date=due, candidate_groups=("sales",), priority=80))
    (task,) = (await client.search(FoundUserTask, wanted)).items
    assert (task.assignee, task.due_date, task.candidate_groups, task.priority) == ("ada", due, ("sales",), 80)
    await client.assign_user_task(key, "")
    assert (await client.search(FoundUserTask, wanted)).items[0].assignee is None
    await client.complete_user_task(key, {"approved": True})

    assert (await waiting).variables == {"approved": True}
    with pytest.raises(errors.NotFound):
        await client.complete_user_task(key)


async def test_the_clock_of_an_engine_can_be_turned(tmp_path: Path) -> None:
    b = BpmnFile("later")
    b.start("s").catch("wait", event=b.timer_event(duration="PT1H")).end("e").chain("s", "wait", "e")

    def start() -> ExitStack:
        stack = ExitStack()
        stack.own = stack.enter_context(running_engine(tmp_path / "data", "--controlled-clock"))
        return stack

    stack = await asyncio.to_thread(start)
    try:
        async with AsyncClient(stack.own.grpc_address, rest_address=stack.own.rest_url) as client:
            await client.deploy_resources({"a.bpmn": content(b)})
            waiting = asyncio.ensure_future(client.create_process_instance_with_result("later"))
            while not (await client.search(FoundProcessInstance, {"processDefinitionId": "later"})).items:  # noqa: ASYNC110
                await asyncio.sleep(0.01)

            await client.pin_clock(datetime.now(UTC) + timedelta(hours=2))

            assert (await waiting).variables == {}
            await client.reset_clock()
    finally:
        await asyncio.to_thread(stack.close)


async def test_searches(client: AsyncClient, name: str) -> None:
    await client.deploy_resources({"a.bpmn": one_task(name, name)})
    for _ in range(5):
        await client.create_process_instance(name)
    wanted = {"processDefinitionId": name}

    first = await client.search(FoundProcessInstance, wanted, limit=3)
    second = await client.search(FoundProcessInstance, wanted, limit=3, after=first.end_cursor or "")
    newest = await client.search(FoundProcessInstance, wanted, limit=1, newest_first=True)

    assert [len(first.items), len(second.items)] == [3, 2]
    assert first.total_items == 5
    assert newest.items[0] == second.items[-1]
    assert {job.state for job in (await client.search(FoundJob, wanted)).items} == {"CREATED"}
    assert (await client.search(FoundProcessDefinition, wanted)).items[0].version == 1
    assert {each.element_id for each in (await client.search(FoundElementInstance, wanted)).items} >= {"s", "task"}
    with pytest.raises(errors.InvalidArgument):
        await client.search(FoundJob, {"noSuchField": 1})


async def test_a_stream_brings_jobs_until_it_is_closed(engine: RunningEngine) -> None:
    async with AsyncClient(engine.grpc_address) as client:
        await client.deploy_resources({"a.bpmn": one_task("streamed", "streamed")})
        stream = client.stream_jobs("streamed")
        first = asyncio.ensure_future(anext(aiter(stream)))
        await asyncio.sleep(0)
        await client.create_process_instance("streamed", {"a": 1})

        assert (await first).variables == {"a": 1}
        await stream.aclose()
        assert [job async for job in stream] == []


async def test_rest_has_no_streams(engine: RunningEngine) -> None:
    async with AsyncClient(rest_address=engine.rest_url) as client:
        assert client.settings.wire == "rest"
        with pytest.raises(errors.Unimplemented, match="only polling"):
            client.stream_jobs("x")


@pytest.mark.parametrize("wire", ["grpc", "rest"])
def test_the_blocking_client(engine: RunningEngine, wire: str) -> None:
    process = f"blocking-{wire}"
    with Client(engine.grpc_address, rest_address=engine.rest_url, wire=wire) as client:
        client.deploy_resources({"a.bpmn": one_task(process, process)})
        client.create_process_instance(process, {"amount": 30})
        (job,) = client.activate_jobs(process)
        client.complete_job(job)
        page = client.search(FoundProcessInstance, {"processDefinitionId": process})
        assert [instance.state for instance in page.items] == ["COMPLETED"]
        with pytest.raises(errors.NotFound):
            client.complete_job(job)
    client.close()


def test_the_blocking_client_iterates_over_a_stream(engine: RunningEngine) -> None:
    with Client(engine.grpc_address) as client:
        client.deploy_resources({"a.bpmn": one_task("blocking-stream", "blocking-stream")})
        client.create_process_instance("blocking-stream")
        client.create_process_instance("blocking-stream")
        with client.stream_jobs("blocking-stream") as stream:
            jobs = iter(stream)
            assert {next(jobs).type, next(jobs).type} == {"blocking-stream"}


@pytest.mark.parametrize("wire", ["grpc", "rest"])
async def test_an_engine_that_is_not_there(wire: str) -> None:
    async with AsyncClient("localhost:1", rest_address="http://localhost:1", wire=wire) as client:
        with pytest.raises(NotReached):
            await client.topology(timeout=timedelta(seconds=1))


def test_one_client_used_in_one_event_loop_after_another(engine: RunningEngine) -> None:
    client = AsyncClient(engine.grpc_address)

    async def ask() -> str:
        async with client:
            return (await client.topology()).gateway_version

    assert asyncio.run(ask()) == asyncio.run(ask())
