"""A gateway with a real broker over a store in memory, and the reference client connected to it."""

from __future__ import annotations

import grpc
import grpc.aio
import pytest

from kiang.broker.broker import Broker
from kiang.gateway.grpc.server import GrpcServer
from kiang.store.memory import MemoryStore
from kiang.wire import gateway_pb2 as pb

DEADLINE_S = 10
SERVICE = pb.DESCRIPTOR.services_by_name["Gateway"]


class Stub:
    """Calls rpcs by name with fields of the request: `await stub.CompleteJob(jobKey=1)`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        for method in SERVICE.methods:
            request_type = getattr(pb, method.input_type.name)
            make = channel.unary_stream if method.server_streaming else channel.unary_unary
            call = make(
                f"/{SERVICE.full_name}/{method.name}",
                request_type.SerializeToString,
                getattr(pb, method.output_type.name).FromString,
            )
            setattr(self, method.name, self._with_fields(call, request_type))

    @staticmethod
    def _with_fields(call, request_type):
        return lambda **fields: call(request_type(**fields), timeout=DEADLINE_S)


def process(process_id: str = "order", *task_types: str, retries: str = "3") -> bytes:
    """A process with a service task of each type, one after the other."""
    tasks, flows, last = "", "", "start"
    for number, task_type in enumerate(task_types):
        tasks += (
            f'<bpmn:serviceTask id="task{number}"><bpmn:extensionElements>'
            f'<zeebe:taskDefinition type="{task_type}" retries="{retries}"/>'
            '<zeebe:taskHeaders><zeebe:header key="h" value="1"/></zeebe:taskHeaders>'
            "</bpmn:extensionElements></bpmn:serviceTask>"
        )
        flows += f'<bpmn:sequenceFlow id="f{number}" sourceRef="{last}" targetRef="task{number}"/>'
        last = f"task{number}"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"'
        ' xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">'
        f'<bpmn:process id="{process_id}" isExecutable="true"><bpmn:startEvent id="start"/>{tasks}<bpmn:endEvent id="end"/>'
        f'{flows}<bpmn:sequenceFlow id="last" sourceRef="{last}" targetRef="end"/></bpmn:process></bpmn:definitions>'
    ).encode()


@pytest.fixture
async def broker():
    broker = Broker(MemoryStore())
    await broker.start()
    yield broker
    await broker.stop()


@pytest.fixture
async def server(broker):
    server = GrpcServer(broker, port=0)
    await server.start()
    yield server
    await server.stop(0)


@pytest.fixture
async def stub(server):
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        yield Stub(channel)
