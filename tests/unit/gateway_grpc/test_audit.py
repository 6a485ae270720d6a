"""Calls over gRPC in the audit log."""

from __future__ import annotations

import grpc.aio
from tests.unit.gateway_grpc.conftest import Stub, process

from kiang.engine.state.audit_entry import AUDIT_ENTRIES
from kiang.gateway.auth.audit import EVERYTHING, SILENT, AuditSettings
from kiang.gateway.grpc.server import GrpcServer
from kiang.wire import gateway_pb2 as pb


async def entries(broker, **settings) -> list[tuple[str, str, str, str]]:
    server = GrpcServer(broker, port=0, **settings)
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        stub = Stub(channel)
        await stub.DeployResource(resources=[pb.Resource(name="a.bpmn", content=process("order", "pay"))])
        started = await stub.CreateProcessInstance(bpmnProcessId="order", version=-1)
        async for answer in stub.ActivateJobs(type="pay", worker="w", timeout=60_000, maxJobsToActivate=1):
            await stub.CompleteJob(jobKey=answer.jobs[0].key)
        await stub.CreateProcessInstance(bpmnProcessId="order", version=-1)
        await stub.PublishMessage(name="m", correlationKey="k")
        assert started.processInstanceKey
    await server.stop(0)
    rows = broker.store.select(AUDIT_ENTRIES, (), ("key",))
    return [(row.entity_type, row.operation_type, row.actor_type, row.channel) for row in rows]


async def test_what_programs_do_by_the_thousand_leaves_nothing_by_default(broker):
    assert await entries(broker) == [("RESOURCE", "CREATE", "ANONYMOUS", "GRPC")]


async def test_nothing_is_left_where_that_is_wanted(broker):
    assert await entries(broker, audit=SILENT) == []


async def test_programs_leave_what_the_operator_wants(broker):
    found = await entries(broker, audit=AuditSettings(EVERYTHING, EVERYTHING, EVERYTHING))

    assert found == [
        ("RESOURCE", "CREATE", "ANONYMOUS", "GRPC"),
        ("PROCESS_INSTANCE", "CREATE", "ANONYMOUS", "GRPC"),
        ("JOB", "COMPLETE", "ANONYMOUS", "GRPC"),
        ("PROCESS_INSTANCE", "CREATE", "ANONYMOUS", "GRPC"),
    ]
