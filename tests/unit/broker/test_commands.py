import asyncio
from itertools import pairwise

import pytest
from tests.unit.broker.conftest import ONE_TASK, Driver

from kiang.broker.broker import BATCH_ENOUGH, Broker
from kiang.broker.limits import Limits
from kiang.errors import DeadlineExceeded, ResourceExhausted, Unavailable
from kiang.protocol.answers import Deployed, Done, ProcessInstanceCreated, ProcessInstanceResult, Rejection
from kiang.protocol.commands import CancelProcessInstance, CompleteJob, CreateProcessInstance, Deploy
from kiang.protocol.enums import RejectionType
from kiang.store.memory import MemoryStore


async def test_an_instance_goes_through(driver, broker, store):
    (key,) = await driver.create(a="1")
    (job,) = await driver.activate()
    done = await broker.execute(CompleteJob(job.key, {"b": "2"}))

    assert job.process_instance_key == key
    assert job.variables == '{"a":1}'
    assert done == Done(job.key)
    assert store.header.position >= 3


async def test_a_refused_command_is_an_answer(broker):
    answer = await broker.execute(CompleteJob(42))

    assert isinstance(answer, Rejection)
    assert answer.type is RejectionType.NOT_FOUND


async def test_an_answer_comes_after_its_commit(store, driver, broker):
    positions = []
    broker.submit(CreateProcessInstance("one"), lambda answer: positions.append(store.header.position))
    before = store.header.position

    await driver.settled()

    assert positions == [before + 1]


async def test_commands_that_wait_together_share_a_commit(store, driver, broker):
    before = store.header.position

    answers = await asyncio.gather(*(broker.execute(CreateProcessInstance("one")) for _ in range(100)))

    assert all(isinstance(answer, ProcessInstanceCreated) for answer in answers)
    assert len({answer.key for answer in answers}) == 100
    assert store.header.position - before < 10


async def test_the_result_of_an_instance_can_be_awaited(driver, broker):
    waiting = asyncio.ensure_future(
        broker.execute(CreateProcessInstance("one", variables={"a": "1"}, awaits_result=True))
    )
    (job,) = await driver.activate(wait_ms=1000)
    assert not waiting.done()

    await broker.execute(CompleteJob(job.key, {"b": '"x"'}))

    answer = await waiting
    assert isinstance(answer, ProcessInstanceResult)
    assert answer.variables == {"a": "1", "b": '"x"'}


async def test_a_result_that_comes_too_late_is_a_deadline_exceeded_and_the_instance_goes_on(driver, broker):
    with pytest.raises(DeadlineExceeded):
        await broker.execute(CreateProcessInstance("one", awaits_result=True), timeout_ms=20)

    (job,) = await driver.activate()
    assert await broker.execute(CompleteJob(job.key)) == Done(job.key)


@pytest.mark.parametrize("limits", [Limits(queue_commands_max=5, queue_commands_hard_max=10)])
async def test_a_full_queue_refuses_at_once_what_begins_work_and_takes_what_ends_it(driver, broker):
    answers = []
    for _ in range(7):
        broker.submit(CreateProcessInstance("one"), answers.append)
    broker.submit(CompleteJob(1), answers.append)
    broker.submit(CancelProcessInstance(1), answers.append)

    refused = list(answers)
    await driver.settled()

    assert [str(error) for error in refused] == ["Reached maximum capacity of requests handled"] * 2
    assert all(isinstance(error, ResourceExhausted) for error in refused)
    assert [type(answer) for answer in answers[2:]] == [Rejection] * 2 + [ProcessInstanceCreated] * 5


@pytest.mark.parametrize("limits", [Limits(queue_commands_max=5, queue_commands_hard_max=10)])
async def test_even_what_ends_work_has_a_limit(driver, broker):
    answers = []
    for key in range(15):
        broker.submit(CompleteJob(key), answers.append)

    assert len(answers) == 5
    assert all(isinstance(error, ResourceExhausted) for error in answers)
    await driver.settled()


@pytest.mark.parametrize("limits", [Limits(queue_commands_max=3)])
async def test_a_poll_too_many_is_told_so(driver, broker):
    for key in range(3):
        broker.submit(CompleteJob(key), lambda answer: None)

    with pytest.raises(
        ResourceExhausted, match="Expected to activate jobs of type 'work', but no jobs available and at"
    ):
        await driver.activate()
    await driver.settled()


@pytest.mark.parametrize("limits", [Limits(queue_commands_max=1_000, batch_commands_max=16)])
async def test_what_ends_work_overtakes_what_begins_it_and_does_not_starve_it(driver, broker):
    await driver.create(20)
    jobs = await driver.activate(max_jobs=20)
    order = []
    for _ in range(100):
        broker.submit(CreateProcessInstance("one"), lambda answer: order.append("begin"))
    for job in jobs:
        broker.submit(CompleteJob(job.key), lambda answer: order.append("end"))

    await driver.settled()

    assert len(order) == 120
    assert max(at for at, what in enumerate(order) if what == "end") < 30
    assert order.index("begin") < 20


async def test_too_much_that_begins_does_not_make_transactions_long_for_what_ends(driver, broker):
    await driver.create(100)
    jobs = await driver.activate(max_jobs=100)
    began_before: list[int] = []
    begun = 0

    def begin(answer):
        nonlocal begun
        begun += 1

    def end(answer):
        began_before.append(begun)
        if jobs:
            broker.submit(CompleteJob(jobs.pop().key), end)

    for _ in range(1_000):
        broker.submit(CreateProcessInstance("one"), begin)
    broker.submit(CompleteJob(jobs.pop().key), end)
    await driver.settled()

    steps = [later - earlier for earlier, later in pairwise(began_before)]
    assert max(steps) <= 3 * BATCH_ENOUGH


@pytest.mark.parametrize("limits", [Limits(batch_commands_max=3)])
async def test_more_commands_than_fit_into_a_batch_are_all_answered_in_order(driver, broker):
    answers = []
    for _ in range(20):
        broker.submit(CreateProcessInstance("one"), answers.append)

    await driver.settled()

    keys = [answer.key for answer in answers]
    assert len(keys) == 20
    assert keys == sorted(keys)


async def test_a_stopped_broker_has_answered_what_it_took_and_refuses_the_rest(clock):
    broker = Broker(MemoryStore(), clock=clock)
    await broker.start()
    answers = []
    broker.submit(Deploy((("one.bpmn", ONE_TASK),)), answers.append)
    for _ in range(50):
        broker.submit(CreateProcessInstance("one"), answers.append)
    poll = asyncio.ensure_future(Driver(broker, clock).activate(wait_ms=60_000))
    await asyncio.sleep(0)

    await broker.stop()

    assert [type(answer) for answer in answers] == [Deployed] + [ProcessInstanceCreated] * 50
    assert len(await poll) in {0, 10}
    with pytest.raises(Unavailable):
        await broker.execute(CreateProcessInstance("one"))
    await broker.stop()


async def test_who_awaits_a_result_is_told_when_the_broker_stops(driver, broker):
    waiting = asyncio.ensure_future(broker.execute(CreateProcessInstance("one", awaits_result=True)))
    await driver.settled()

    await broker.stop()

    with pytest.raises(Unavailable):
        await waiting


async def test_a_broker_goes_on_where_the_last_one_on_its_store_has_stopped(driver, broker, store, clock):
    (key,) = await driver.create()
    await broker.stop()

    again = Broker(store, clock=clock)
    await again.start()
    (job,) = await Driver(again, clock).activate()

    assert job.process_instance_key == key
    assert await again.execute(CompleteJob(job.key)) == Done(job.key)
    await again.stop()
