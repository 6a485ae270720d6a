"""What users get for their own tests."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from tests.bpmn_builder import BpmnFile

import kiang.testing
from kiang import BpmnError, JobError, Worker
from kiang.errors import InvalidArgument, NotFound
from kiang.testing import assert_that


def order_file() -> bytes:
    b = BpmnFile("order")
    b.start("begin").service_task("pay", job_type="process-payment").service_task("ship", job_type="ship-parcel")
    b.end("done").chain("begin", "pay", "ship", "done")
    return b.xml()


@pytest.fixture
def engine(kiang_engine):
    kiang_engine.deploy(order_file(), name="order.bpmn")
    return kiang_engine


def test_an_instance_goes_through(engine):
    order = engine.create_instance("order", {"amount": 30})
    assert_that(order).is_active().is_waiting_at("pay").has_passed("begin").has_not_passed("pay", "ship")

    job = engine.activate("process-payment")
    engine.complete(job, {"paid": True})
    engine.complete("ship-parcel")

    assert job.variables == {"amount": 30}
    assert_that(order).is_completed().has_variable("paid", True).has_variables(amount=30).has_no_variable("other")
    assert_that(order).has_passed_in_order("begin", "pay", "ship", "done").has_passed("pay", times=1).has_no_incident()


def test_files_are_deployed_by_path(tmp_path, kiang_engine):
    path = tmp_path / "order.bpmn"
    path.write_bytes(order_file())

    deployed = kiang_engine.deploy(path)

    assert deployed.processes[0].process_id == "order"
    assert deployed.processes[0].resource_name == "order.bpmn"


def test_a_file_with_faults_raises_what_an_engine_would_say(kiang_engine):
    with pytest.raises(InvalidArgument, match="Command 'CREATE' rejected with code 'INVALID_ARGUMENT'"):
        kiang_engine.deploy(b"<nonsense")


def test_a_command_that_is_refused_raises(engine):
    job = engine.activate_jobs("nothing")
    assert job == []
    with pytest.raises(NotFound):
        engine.cancel(42)
    with pytest.raises(AssertionError, match="Expected a job of type 'nothing', but there is none. Waiting: nobody."):
        engine.activate("nothing")


def test_the_clock_is_the_tests(engine):
    assert engine.clock.now == datetime(2024, 1, 1, tzinfo=UTC)
    order = engine.create_instance("order")
    job = engine.activate("process-payment", timeout=timedelta(minutes=1))
    assert engine.activate_jobs("process-payment") == []

    engine.clock.advance(timedelta(seconds=59))
    assert engine.activate_jobs("process-payment") == []
    engine.clock.advance(timedelta(seconds=2))

    again = engine.activate("process-payment")
    assert again.key == job.key
    assert again.deadline == engine.clock.now + timedelta(minutes=5)
    engine.fail(again, retries=1, message="card refused", retry_backoff=timedelta(hours=1))
    assert engine.activate_jobs("process-payment") == []
    engine.clock.advance_to(datetime(2024, 1, 1, 2, tzinfo=UTC))
    engine.fail("process-payment", retries=0, message="card stolen")
    assert_that(order).has_incident("JOB_NO_RETRIES", at="pay", message="stolen").is_waiting_at("pay")


def test_the_clock_is_not_turned_back(engine):
    with pytest.raises(ValueError, match="forward"):
        engine.clock.advance(timedelta(seconds=-1))


def test_an_incident_is_resolved(engine):
    order = engine.create_instance("order")
    engine.fail("process-payment", retries=0)
    (incident,) = order.incidents
    assert (incident.type, incident.element_id) == ("JOB_NO_RETRIES", "pay")

    from kiang.protocol.commands import UpdateJobRetries

    engine.execute(UpdateJobRetries(order.element("pay") and engine.store.select(_jobs())[0].key, 2))
    engine.resolve_incidents(order)

    assert_that(order).has_no_incident()
    assert engine.activate("process-payment").retries == 2


def _jobs():
    from kiang.engine.state.job import JOBS

    return JOBS


def test_variables_are_set_and_seen_by_scope(engine):
    order = engine.create_instance("order", {"a": 1})
    engine.set_variables(order, {"b": [1, {"c": None}]})
    engine.set_variables(order.element("pay").key, {"local": "x"}, local=True)

    assert order.variables == {"a": 1, "b": [1, {"c": None}]}
    assert order.variables_of("pay") == {"local": "x"}
    assert_that(order).has_variable("local", "x", at="pay").has_no_variable("local")


def test_a_user_task_is_seen_assigned_and_completed(kiang_engine):
    kiang_engine.deploy(BpmnFile("review").start("s").user_task("read").end("e").chain("s", "read", "e").xml())
    review = kiang_engine.create_instance("review")
    (task,) = review.user_tasks

    kiang_engine.assign_user_task(task, "anna")
    assigned = review.user_tasks
    kiang_engine.complete_user_task(task, {"fine": True})

    assert (task.element_id, task.state, task.assignee, task.priority) == ("read", "CREATED", "", 50)
    assert assigned == [task._replace(assignee="anna")]
    assert review.user_tasks == []
    assert_that(review).is_completed().has_variable("fine", True)


def test_a_cancelled_instance_is_terminated(engine):
    order = engine.create_instance("order")
    engine.cancel(order)

    assert_that(order).is_terminated().is_not_waiting_at("pay")
    assert engine.instances("order") == [order]


@pytest.mark.parametrize(
    ("assertion", "message"),
    [
        (lambda a: a.is_completed(), "to be COMPLETED, but it is ACTIVE and waits at 'pay'."),
        (lambda a: a.is_terminated(), "to be TERMINATED, but it is ACTIVE"),
        (lambda a: a.is_waiting_at("ship"), "to wait at 'ship', but it waits at 'pay'."),
        (lambda a: a.is_not_waiting_at("pay"), "not to wait at 'pay', but it does."),
        (lambda a: a.has_passed("pay"), "to have passed 'pay', but it has passed 'begin'."),
        (lambda a: a.has_passed("begin", times=2), "to have passed 'begin' 2 times, but it did so 1 times."),
        (lambda a: a.has_not_passed("begin"), "not to have passed 'begin', but it has."),
        (lambda a: a.has_passed_in_order("pay", "begin"), "to have passed 'pay', 'begin' in this order"),
        (lambda a: a.has_variable("b"), "to have variable 'b', but it has 'a'."),
        (lambda a: a.has_variable("a", 2), "Expected variable 'a' to be 2, but it is 1."),
        (lambda a: a.has_variable("a", True), "Expected variable 'a' to be True, but it is 1."),
        (lambda a: a.has_no_variable("a"), "not to have variable 'a', but it has."),
        (lambda a: a.has_incident(), "to have an incident, but there are none."),
        (
            lambda a: a.has_incident("UNKNOWN", at="pay"),
            "to have an incident of type 'UNKNOWN' at 'pay', but there are none.",
        ),
    ],
)
def test_an_assertion_that_fails_says_what_was_found(engine, assertion, message):
    order = engine.create_instance("order", {"a": 1})

    with pytest.raises(AssertionError) as failure:
        assertion(assert_that(order))

    assert message in str(failure.value)


def test_no_incident_is_asserted_with_its_text(engine):
    order = engine.create_instance("order")
    engine.fail("process-payment", retries=0, message="card stolen")

    with pytest.raises(AssertionError, match="JOB_NO_RETRIES at 'pay': card stolen"):
        assert_that(order).has_no_incident()
    with pytest.raises(AssertionError, match="with JOB_NO_RETRIES at 'pay': card stolen"):
        assert_that(order).is_completed()


# With a real worker


def make_worker() -> Worker:
    worker = Worker()

    @worker.job("process-payment")
    async def pay(amount: int) -> dict[str, object]:
        await asyncio.sleep(0)
        return {"paid": amount}

    @worker.job("ship-parcel")
    def ship(paid: int) -> dict[str, object]:
        return {"parcel": f"parcel for {paid}"}

    return worker


def test_the_handlers_of_a_worker_do_all_there_is_to_do(engine):
    orders = [engine.create_instance("order", {"amount": amount}) for amount in range(20)]

    engine.run(make_worker())

    for amount, order in enumerate(orders):
        assert_that(order).is_completed().has_variable("parcel", f"parcel for {amount}")


async def test_a_worker_runs_in_a_test_with_an_event_loop():
    async with kiang.testing.engine() as engine:
        engine.deploy(order_file())
        order = engine.create_instance("order", {"amount": 3})

        await engine.run_async(make_worker())

        assert_that(order).is_completed()


def test_a_worker_that_fails_is_tried_again_when_the_clock_says_so(engine):
    worker, tries = Worker(), []

    @worker.job("process-payment")
    async def pay(job: kiang.Job) -> None:
        tries.append(job.retries)
        raise JobError("card refused", retry_backoff=timedelta(minutes=1))

    order = engine.create_instance("order")
    engine.run(worker)
    assert tries == [3]
    engine.clock.advance(timedelta(minutes=2))
    engine.run(worker)
    engine.clock.advance(timedelta(minutes=2))
    engine.run(worker)

    assert tries == [3, 2, 1]
    assert_that(order).has_incident("JOB_NO_RETRIES", message="card refused")


def test_a_bpmn_error_that_nothing_catches_is_an_incident(engine):
    worker = Worker()

    @worker.job("process-payment")
    async def pay() -> None:
        raise BpmnError("NO_MONEY", "none left")

    order = engine.create_instance("order")
    engine.run(worker)

    assert_that(order).has_incident("UNHANDLED_ERROR_EVENT")


def test_a_worker_that_does_not_come_to_rest_ends_the_test(engine):
    worker = Worker(grace=timedelta(0))

    @worker.job("process-payment")
    async def pay() -> None:
        await asyncio.sleep(60)

    engine.create_instance("order")
    with pytest.raises(TimeoutError):
        engine.run(worker, within=timedelta(milliseconds=50))


def test_a_worker_keeps_its_client(engine):
    worker = make_worker()
    engine.run(worker)

    assert worker.client is None
