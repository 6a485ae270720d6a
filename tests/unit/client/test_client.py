"""Requests on the wire, results from it, and the blocking face of the same client."""

from __future__ import annotations

import asyncio
import inspect

import pytest
from tests.unit.client.simulated_channel import FOR_EVER, SimulatedChannel, client_on, status

from kiang import errors
from kiang.client import AsyncClient, Client, FoundJob, Job, activate_element
from kiang.client.request import CorrelateMessage, Request
from kiang.client.search import decode_page
from kiang.wire import gateway_pb2 as pb
from kiang.wire.status import StatusCode


def one_job(key: int = 1) -> pb.ActivatedJob:
    return pb.ActivatedJob(key=key, type="pay", variables='{"a":1}', customHeaders='{"h":"x"}', retries=3)


async def test_starting_the_latest_version_says_minus_one_on_the_wire() -> None:
    channel = SimulatedChannel()

    await client_on(channel).create_process_instance("order", {"amount": 30}, start_at=["pay"], tags=["a"])

    ((method, message, _),) = channel.asked
    assert method == "CreateProcessInstance"
    assert (message.bpmnProcessId, message.version, message.variables) == ("order", -1, '{"amount":30}')
    assert message.startInstructions[0].elementId == "pay"
    assert message.tenantId == "<default>"


async def test_a_modification_carries_variables_with_their_scopes() -> None:
    channel = SimulatedChannel()

    await client_on(channel).modify_process_instance(
        5,
        activate=[
            "plain",
            activate_element("scoped", {"a": 1}, scoped_variables={"sub": {"b": 2}}, ancestor_element_instance_key=9),
        ],
        terminate=[7],
    )

    message = channel.asked[0][1]
    plain, scoped = message.activateInstructions
    assert (plain.elementId, list(plain.variableInstructions)) == ("plain", [])
    assert [(each.scopeId, each.variables) for each in scoped.variableInstructions] == [
        ("", '{"a":1}'),
        ("sub", '{"b":2}'),
    ]
    assert scoped.ancestorElementInstanceKey == 9
    assert message.terminateInstructions[0].elementInstanceKey == 7


async def test_the_wait_for_a_result_is_the_engines_and_the_wire_waits_longer() -> None:
    channel = SimulatedChannel(pb.CreateProcessInstanceWithResultResponse(variables='{"x":[1]}'))

    result = await client_on(channel).create_process_instance_with_result("order", fetch_variables=["x"])

    assert result.variables == {"x": [1]}
    assert channel.asked[0][1].requestTimeout == 30_000
    assert channel.timeouts[0] == 40.0


async def test_jobs_of_all_messages_of_a_poll_are_returned() -> None:
    answers = [pb.ActivateJobsResponse(jobs=[one_job(1), one_job(2)]), pb.ActivateJobsResponse(jobs=[one_job(3)])]
    channel = SimulatedChannel(answers)

    jobs = await client_on(channel).activate_jobs("pay", fetch_variables=["a"])

    assert [job.key for job in jobs] == [1, 2, 3]
    assert (jobs[0].variables, jobs[0].headers) == ({"a": 1}, {"h": "x"})
    assert channel.asked[0][1].requestTimeout == 0


async def test_jobs_that_came_before_a_poll_broke_or_was_cancelled_are_not_lost() -> None:
    some = pb.ActivateJobsResponse(jobs=[one_job()])
    client = client_on(SimulatedChannel([some, status(StatusCode.UNAVAILABLE)], [some, FOR_EVER]))

    assert len(await client.activate_jobs("pay")) == 1
    poll = asyncio.ensure_future(client.activate_jobs("pay"))
    for _ in range(5):
        await asyncio.sleep(0)
    poll.cancel()
    assert len(await poll) == 1


async def test_a_stream_gives_jobs_and_then_the_error_that_broke_it() -> None:
    channel = SimulatedChannel([one_job(1), one_job(2), status(StatusCode.UNAVAILABLE)])
    stream = client_on(channel).stream_jobs("pay")

    assert [(await anext(aiter(stream))).key, (await anext(aiter(stream))).key] == [1, 2]
    with pytest.raises(errors.Unavailable):
        await anext(aiter(stream))
    await stream.aclose()
    await stream.aclose()


async def test_what_exists_only_over_rest_says_so() -> None:
    with pytest.raises(errors.Unimplemented, match="only in the REST API"):
        await client_on(SimulatedChannel()).call(CorrelateMessage(name="m", tenant_id="t"))


async def test_a_text_instead_of_a_list_of_names_is_refused() -> None:
    with pytest.raises(errors.InvalidArgument, match="sequence of names"):
        await client_on(SimulatedChannel()).activate_jobs("pay", fetch_variables="amount")


async def test_a_deployment_that_is_too_large_does_not_travel(tmp_path) -> None:
    channel = SimulatedChannel()

    with pytest.raises(errors.InvalidArgument, match="one by one"):
        await client_on(channel).deploy_resources({"a.bpmn": b"x" * 5_000_000})
    with pytest.raises(errors.InvalidArgument, match="No such file"):
        await client_on(channel).deploy(tmp_path / "none.bpmn")

    assert channel.asked == []


def test_every_request_says_whether_it_may_be_repeated_and_has_a_wire() -> None:
    from kiang.client.grpc import _METHODS
    from kiang.client.rest import _OPERATIONS

    requests = set(Request.__subclasses__())

    from kiang.client.asynchronous import _REST_ONLY

    only_rest = {kind.__name__ for kind in _REST_ONLY}
    assert {kind.__name__ for kind in requests - set(_METHODS)} == only_rest | {"ActivateJobs"}
    assert requests == set(_OPERATIONS)


def test_the_blocking_client_has_every_method_with_the_same_signature() -> None:
    methods = {
        name: method
        for name, method in vars(AsyncClient).items()
        if not name.startswith("_") and inspect.isfunction(method) and name not in {"aclose", "poll", "open_stream"}
    }

    for name, method in methods.items():
        twin = getattr(Client, name)
        assert inspect.signature(twin, follow_wrapped=True) == inspect.signature(method), name
        assert twin.__doc__ == method.__doc__


def test_the_blocking_client_says_when_it_is_used_where_it_would_wait_for_itself() -> None:
    with Client("localhost:1") as client:

        async def inside() -> None:
            client.topology()

        with pytest.raises(RuntimeError, match="Use AsyncClient"):
            client._loop.run(inside())


def test_a_page_accepts_keys_as_texts_and_as_numbers() -> None:
    item = b'{"jobKey":%s,"type":"pay","state":"CREATED","retries":3,"processInstanceKey":"7","processDefinitionId":"p","extra":1}'
    page = decode_page(
        b'{"items":[' + item % b'"5"' + b"," + item % b"6" + b'],"page":{"totalItems":2,"endCursor":"x"}}', FoundJob
    )

    assert [job.job_key for job in page.items] == [5, 6]
    assert (page.total_items, page.end_cursor) == (2, "x")
    with pytest.raises(errors.InternalError):
        decode_page(b'{"items":[{}],"page":{"totalItems":1}}', FoundJob)


def test_a_job_never_shows_its_variables() -> None:
    assert "s3cret" not in repr(Job(1, "pay", variables_json='{"a":"s3cret"}'))
