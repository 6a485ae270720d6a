"""RabbitMQ connectors against a real broker from Debian's packages."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.integration.connectors.correlator import Answering, context_for, while_running
from tests.integration.connectors.examples import example_of
from tests.integration.packages import need_package
from tests.integration.running_engine import RunningEngine, free_port

from kiang.connector_sdk import Resources
from kiang.connector_sdk.inbound import Outcome
from kiang.connector_sdk.testing import run_connector
from kiang.connectors.rabbitmq import rabbitmq
from kiang.connectors.rabbitmq_inbound import rabbitmq_inbound
from kiang.connectors.rabbitmq_inbound.connector import RabbitInboundProperties

aio_pika = pytest.importorskip("aio_pika", reason="aio-pika is not installed")

TYPE = "io.camunda:connector-rabbitmq-inbound:1"
START_SECONDS_MAX = 60


class Broker:
    """A RabbitMQ server with its data in a folder of the test."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"amqp://guest:guest@127.0.0.1:{self.port}/"
        self._environment = {
            **os.environ,
            "RABBITMQ_NODENAME": f"kiang{self.port}@localhost",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": str(folder),
            "RABBITMQ_LOG_BASE": str(folder),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            "RABBITMQ_CONFIG_FILE": str(folder / "none"),
            "ERL_EPMD_PORT": str(free_port()),
            "HOME": str(folder),
        }
        (folder / "plugins").write_text("[].")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        server = shutil.which("rabbitmq-server", path="/usr/lib/rabbitmq/bin:/usr/sbin:/usr/bin")
        assert server is not None
        binary = "/usr/lib/rabbitmq/bin/rabbitmq-server"
        command = binary if Path(binary).exists() else server
        self._process = subprocess.Popen(
            [command],
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        asyncio.run(self._until_up())

    async def _until_up(self) -> None:
        deadline = time.monotonic() + START_SECONDS_MAX
        while True:
            try:
                connection = await aio_pika.connect(self.url, timeout=2)
            except (OSError, aio_pika.exceptions.AMQPError, TimeoutError):
                assert time.monotonic() < deadline, "the broker does not come up"
                await asyncio.sleep(0.2)
            else:
                await connection.close()
                return

    def stop(self) -> None:
        assert self._process is not None
        os.killpg(self._process.pid, 15)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, 9)

    def end(self) -> None:
        """Stop for good, with the name server that Erlang leaves behind."""
        self.stop()
        epmd = shutil.which("epmd", path="/usr/bin:/usr/lib/rabbitmq/bin")
        if epmd is not None:
            subprocess.run([epmd, "-kill"], env=self._environment, check=False, capture_output=True)


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    need_package("rabbitmq-server", "rabbitmqctl")
    server = Broker(tmp_path_factory.mktemp("rabbitmq"))
    server.start()
    yield server
    server.end()


async def declare(broker: Broker, queue: str, **arguments: Any) -> None:
    connection = await aio_pika.connect(broker.url)
    async with connection:
        channel = await connection.channel()
        await channel.declare_queue(queue, durable=True, arguments=arguments or None)


async def left_in(broker: Broker, queue: str) -> int:
    connection = await aio_pika.connect(broker.url)
    async with connection:
        channel = await connection.channel()
        found = await channel.declare_queue(queue, passive=True)
        return int(found.declaration_result.message_count)


async def publish(broker: Broker, queue: str, body: Any, resources: Resources | None = None, **properties: Any) -> Any:
    return await run_connector(
        rabbitmq,
        {
            "authentication": {"authType": "uri", "uri": "{{secrets.URI}}"},
            "routing": {"exchange": "", "routingKey": queue},
            "message": {"body": body, "properties": properties},
        },
        secrets={"URI": broker.url},
        resources=resources,
    )


def properties(broker: Broker, queue: str) -> RabbitInboundProperties:
    return RabbitInboundProperties.model_validate(
        {"authentication": {"authType": "uri", "uri": broker.url}, "queueName": queue}
    )


async def test_a_message_is_confirmed_and_becomes_an_event(broker: Broker) -> None:
    await declare(broker, "orders")
    run = await publish(
        broker, "orders", {"order": "A-1"}, messageId="m-1", contentType="application/json", headers={"h": "x"}
    )
    correlator = Answering(Outcome.MESSAGE_PUBLISHED)
    context = context_for(TYPE, correlator)

    await while_running(rabbitmq_inbound(properties(broker, "orders"), context), correlator.until(1))

    assert run.result == {"statusResult": "success"}
    event, message_id = correlator.events[0]
    assert event["message"]["body"] == {"order": "A-1"}
    assert event["message"]["properties"]["headers"] == {"h": "x"}
    assert message_id == "m-1"
    assert await left_in(broker, "orders") == 0


async def test_one_connection_serves_many_jobs(broker: Broker) -> None:
    await declare(broker, "many")
    resources = Resources()

    runs = await asyncio.gather(*(publish(broker, "many", n, resources) for n in range(50)))

    await resources.close()
    assert all(run.error is None for run in runs)
    assert await left_in(broker, "many") == 50


async def test_a_message_that_may_succeed_later_comes_again_and_a_wrong_one_goes_to_the_dead_letters(
    broker: Broker,
) -> None:
    await declare(broker, "dead")
    await declare(broker, "mixed", **{"x-dead-letter-exchange": "", "x-dead-letter-routing-key": "dead"})
    await publish(broker, "mixed", "later", messageId="1")
    await publish(broker, "mixed", "poison", messageId="2")
    correlator = Answering(Outcome.ENGINE_ERROR, Outcome.INVALID_INPUT, Outcome.MESSAGE_PUBLISHED)

    async def handled() -> None:
        await correlator.until(3)
        await asyncio.sleep(0.3)  # the acknowledgement behind the last event

    await while_running(rabbitmq_inbound(properties(broker, "mixed"), context_for(TYPE, correlator)), handled())

    bodies = [event["message"]["body"] for event, _ in correlator.events]
    assert bodies in (["later", "poison", "later"], ["later", "later", "poison"])
    assert await left_in(broker, "mixed") == 0
    assert await left_in(broker, "dead") == 1


async def test_an_unknown_property_and_a_refused_login_are_clear_errors(broker: Broker) -> None:
    await declare(broker, "errors")

    unknown = await publish(broker, "errors", 1, wrong=1)
    refused = await run_connector(
        rabbitmq,
        {
            "authentication": {"authType": "credentials", "userName": "guest", "password": "{{secrets.PASSWORD}}"},
            "routing": {"routingKey": "errors", "hostName": "127.0.0.1", "port": str(broker.port), "virtualHost": "/"},
            "message": {"body": 1},
        },
        secrets={"PASSWORD": "wrong-password"},
    )

    assert "Unsupported field [wrong]" in str(unknown.error)
    assert refused.error is not None
    unknown.assert_no_secret()
    refused.assert_no_secret()


async def test_the_example_publishes_an_order(broker: Broker, engine: RunningEngine) -> None:
    await declare(broker, "orders")
    before = await left_in(broker, "orders")
    async with example_of("rabbitmq", engine, rabbitmq, secrets={"RABBITMQ_URI": broker.url}) as example:
        variables = await example.run(orderId="A-1", total=30)

    assert variables["published"] == "success"
    assert await left_in(broker, "orders") == before + 1


async def test_the_example_of_the_consumer_goes_on_when_the_order_is_paid(
    broker: Broker, engine: RunningEngine
) -> None:
    await declare(broker, "payments")
    async with example_of(
        "rabbitmq_inbound", engine, rabbitmq_inbound, secrets={"RABBITMQ_URI": broker.url}
    ) as example:
        for order in ("A-1", "A-2"):
            await example.start(orderId=order)
        for order, amount in (("A-2", 7), ("A-1", 30), ("A-1", 99)):
            await publish(broker, "payments", {"order": order, "amount": amount}, messageId=f"{order} is paid")
        ended = await example.ended(2)

    assert {variables["orderId"]: variables["paid"] for variables in ended} == {"A-1": 30, "A-2": 7}
