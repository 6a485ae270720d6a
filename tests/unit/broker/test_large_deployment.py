"""Large files are read on another thread before their deployment's turn."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from kiang.broker.broker import Broker
from kiang.broker.large_deployments import LARGE_DEPLOYMENTS_MAX
from kiang.engine.resources import read_ahead
from kiang.errors import ResourceExhausted, Unavailable
from kiang.protocol.answers import Deployed, Rejection
from kiang.protocol.commands import Deploy

SERVICE = '<bpmn:serviceTask id="t{n}"><bpmn:extensionElements>{job}</bpmn:extensionElements></bpmn:serviceTask>'


def large_file(job: str = '<zeebe:taskDefinition type="work"/>') -> bytes:
    """A process of many tasks in a row."""
    count = 600
    tasks = "".join(SERVICE.format(n=n, job=job) for n in range(count))
    flows = "".join(f'<bpmn:sequenceFlow id="f{n}" sourceRef="t{n - 1}" targetRef="t{n}"/>' for n in range(1, count))
    return (
        '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"'
        ' xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" targetNamespace="urn:t" id="d">'
        '<bpmn:process id="large" isExecutable="true"><bpmn:startEvent id="s"/>'
        f'<bpmn:sequenceFlow id="f0" sourceRef="s" targetRef="t0"/>{tasks}{flows}</bpmn:process></bpmn:definitions>'
    ).encode()


@contextmanager
def held(broker: Broker) -> Iterator[None]:
    """The thread that reads is busy with something else."""
    gate = threading.Event()
    broker._large._thread.submit(gate.wait)
    try:
        yield
    finally:
        gate.set()


async def test_a_large_file_is_deployed_and_executed(driver):
    file = large_file()
    assert read_ahead.is_large([("large.bpmn", file)])

    answer = await driver.broker.execute(Deploy((("large.bpmn", file),)))

    assert isinstance(answer, Deployed)
    await driver.create(process_id="large")
    assert [job.element_id for job in await driver.activate()] == ["t0"]


async def test_its_faults_are_named_as_those_of_a_small_one(driver):
    answer = await driver.broker.execute(Deploy((("large.bpmn", large_file(job="<zeebe:nothing/>")),)))

    assert isinstance(answer, Rejection)
    assert answer.reason.count("Must have exactly one 'zeebe:taskDefinition' extension element") == 600


async def test_others_are_answered_while_it_is_read(driver):
    await driver.deploy()
    with held(driver.broker):
        deployment = asyncio.ensure_future(driver.broker.execute(Deploy((("large.bpmn", large_file()),))))
        await asyncio.sleep(0)

        await driver.create()

        assert not deployment.done()
    assert isinstance(await deployment, Deployed)


async def test_no_more_than_a_few_wait_for_being_read(driver):
    with held(driver.broker):
        deploy = Deploy((("large.bpmn", large_file()),))
        taken = [asyncio.ensure_future(driver.broker.execute(deploy)) for _ in range(LARGE_DEPLOYMENTS_MAX)]
        await asyncio.sleep(0)

        with pytest.raises(ResourceExhausted):
            await driver.broker.execute(deploy)

        await driver.broker.stop()
        assert all(isinstance(error, Unavailable) for error in await asyncio.gather(*taken, return_exceptions=True))


async def test_what_was_read_for_a_deployment_that_is_refused_is_forgotten(driver):
    with held(driver.broker):
        deployment = asyncio.ensure_future(driver.broker.execute(Deploy((("large.bpmn", large_file()),))))
        await asyncio.sleep(0)
        await driver.broker.enter_recovery()

    with pytest.raises(Unavailable):
        await deployment
    assert not read_ahead._read


async def test_it_is_refused_when_the_broker_has_stopped_meanwhile(driver):
    deployment = asyncio.ensure_future(driver.broker.execute(Deploy((("large.bpmn", large_file()),))))
    await asyncio.sleep(0)

    await driver.broker.stop()

    with pytest.raises(Unavailable):
        await deployment


def test_what_was_read_is_handed_out_once():
    file = large_file()
    read_ahead.keep(read_ahead.read_ahead([("large.bpmn", file)], 0))

    first = read_ahead.read_once("large.bpmn", file, 0)
    second = read_ahead.read_once("large.bpmn", file, 0)

    assert first[0] is not second[0]
    assert first[0].id == second[0].id == "large"
