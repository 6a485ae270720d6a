"""AWS connectors against moto's server: S3, SQS out and in, SNS."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from aiohttp import web
from tests.integration.connectors.correlator import Answering, context_for, while_running
from tests.integration.connectors.examples import example_of
from tests.integration.connectors.http_peer import http_peer
from tests.integration.running_engine import RunningEngine

from kiang.connector_sdk import MemoryDocumentStore
from kiang.connector_sdk.document import DocumentMetadata
from kiang.connector_sdk.inbound import InboundContext, Outcome
from kiang.connector_sdk.testing import run_connector
from kiang.connectors.aws_lambda import aws_lambda
from kiang.connectors.aws_s3 import aws_s3
from kiang.connectors.aws_sns import aws_sns
from kiang.connectors.aws_sqs import aws_sqs
from kiang.connectors.aws_sqs_inbound import aws_sqs_inbound
from kiang.connectors.aws_sqs_inbound.connector import RECEIVES_MAX, SqsInboundProperties

boto3 = pytest.importorskip("boto3", reason="boto3 is not installed")
moto_server = pytest.importorskip("moto.server", reason="moto is not installed")

KEYS = {"type": "credentials", "accessKey": "{{secrets.KEY}}", "secretKey": "{{secrets.SECRET}}"}
SECRETS = {"KEY": "AKIA-TEST-KEY", "SECRET": "very-secret-aws-key"}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = moto_server.ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def client(service: str, endpoint: str) -> Any:
    return boto3.client(
        service,
        region_name="eu-central-1",
        endpoint_url=endpoint,
        aws_access_key_id=SECRETS["KEY"],
        aws_secret_access_key=SECRETS["SECRET"],
    )


def where(endpoint: str) -> dict[str, Any]:
    return {"authentication": KEYS, "configuration": {"region": "eu-central-1", "endpoint": endpoint}}


async def test_an_object_is_uploaded_downloaded_and_deleted(endpoint: str) -> None:
    client("s3", endpoint).create_bucket(
        Bucket="invoices", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    documents = MemoryDocumentStore()
    reference = await documents.create(b'{"total": 30}', DocumentMetadata("application/json", "A-1.json"))

    up = await run_connector(
        aws_s3,
        {
            **where(endpoint),
            "actionDiscriminator": "uploadObject",
            "action": {"bucket": "invoices", "document": reference},
        },
        secrets=SECRETS,
        documents=documents,
    )
    down = await run_connector(
        aws_s3,
        {
            **where(endpoint),
            "actionDiscriminator": "downloadObject",
            "action": {"bucket": "invoices", "key": "A-1.json"},
            "documentReturnFormat": {"choice": "JSON"},
        },
        secrets=SECRETS,
    )
    gone = await run_connector(
        aws_s3,
        {**where(endpoint), "actionDiscriminator": "deleteObject", "action": {"bucket": "invoices", "key": "A-1.json"}},
        secrets=SECRETS,
    )
    missing = await run_connector(
        aws_s3,
        {
            **where(endpoint),
            "actionDiscriminator": "downloadObject",
            "action": {"bucket": "invoices", "key": "A-1.json"},
        },
        secrets=SECRETS,
    )

    assert up.result == {"bucket": "invoices", "key": "A-1.json", "link": f"{endpoint}/invoices/A-1.json"}
    assert down.result["element"] == {"content": {"total": 30}}
    assert gone.result == {"bucket": "invoices", "key": "A-1.json"}
    assert missing.error.code == "NoSuchKey"
    for run in (up, down, gone, missing):
        run.assert_no_secret()


async def test_a_message_goes_to_a_queue_and_its_id_comes_back(endpoint: str) -> None:
    sqs = client("sqs", endpoint)
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]

    run = await run_connector(
        aws_sqs,
        {**where(endpoint), "queue": {"url": url, "type": "standard", "messageBody": {"order": "A-1"}}},
        secrets=SECRETS,
    )

    received = sqs.receive_message(QueueUrl=url)["Messages"][0]
    assert run.result == {"messageId": received["MessageId"]}
    assert received["Body"] == '{"order": "A-1"}'


async def test_a_message_is_published_to_a_topic(endpoint: str) -> None:
    arn = client("sns", endpoint).create_topic(Name="orders")["TopicArn"]

    run = await run_connector(
        aws_sns, {**where(endpoint), "topic": {"topicArn": arn, "message": "hello"}}, secrets=SECRETS
    )

    assert run.result["messageId"]


async def test_a_function_that_does_not_exist_is_an_error_with_the_code_of_aws(endpoint: str) -> None:
    run = await run_connector(
        aws_lambda, {**where(endpoint), "awsFunction": {"functionName": "nobody", "payload": {}}}, secrets=SECRETS
    )

    assert run.error.code == "ResourceNotFoundException"
    run.assert_no_secret()


@pytest.mark.parametrize(
    ("outcome", "is_deleted"),
    [
        (Outcome.MESSAGE_PUBLISHED, True),
        (Outcome.MESSAGE_ALREADY_CORRELATED, True),
        (Outcome.ENGINE_ERROR, False),
        (Outcome.INVALID_INPUT, False),
    ],
)
async def test_a_message_is_deleted_only_when_the_process_has_it(
    endpoint: str, outcome: Outcome, is_deleted: bool
) -> None:
    sqs = client("sqs", endpoint)
    url = sqs.create_queue(QueueName=f"in-{outcome.value}", Attributes={"VisibilityTimeout": "30"})["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody='{"order": "A-1"}')
    correlator = Answering(outcome)
    context = await consume(endpoint, url, correlator, events=1)

    event, message_id = correlator.events[0]
    assert event["body"] == {"order": "A-1"}
    assert message_id == event["messageId"]
    assert context.health.status == "UP"
    assert (left_in(sqs, url) == 0) is is_deleted


async def test_a_message_that_is_refused_again_and_again_is_set_aside(endpoint: str) -> None:
    sqs = client("sqs", endpoint)
    url = sqs.create_queue(QueueName="poison", Attributes={"VisibilityTimeout": "0"})["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="poison")
    correlator = Answering(Outcome.INVALID_INPUT)

    context = await consume(endpoint, url, correlator, events=RECEIVES_MAX)

    assert len(correlator.events) == RECEIVES_MAX
    assert left_in(sqs, url) == 0
    assert any("given up" in activity.message for activity in context.activities)


async def consume(endpoint: str, url: str, correlator: Answering, events: int) -> InboundContext:
    context = context_for("io.camunda:aws-sqs-inbound:1", correlator)
    plain = {"type": "credentials", "accessKey": SECRETS["KEY"], "secretKey": SECRETS["SECRET"]}
    properties = SqsInboundProperties.model_validate(
        {**where(endpoint), "authentication": plain, "queue": {"url": url, "pollingWaitTime": 1}}
    )

    async def handled() -> None:
        await correlator.until(events)
        await asyncio.sleep(0.3)  # the deletion behind the last event

    await while_running(aws_sqs_inbound(properties, context), handled())
    return context


def left_in(sqs: Any, url: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    return sum(int(n) for n in sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"].values())


EXAMPLE_SECRETS = {"AWS_KEY": SECRETS["KEY"], "AWS_SECRET": SECRETS["SECRET"]}


async def test_the_example_of_s3_keeps_reads_and_removes_an_invoice(endpoint: str, engine: RunningEngine) -> None:
    s3 = client("s3", endpoint)
    with suppress(s3.exceptions.BucketAlreadyOwnedByYou):
        s3.create_bucket(Bucket="invoices", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    documents = MemoryDocumentStore()
    reference = await documents.create(b'{"total": 30}', DocumentMetadata("application/json", "invoice.json"))
    async with example_of("aws_s3", engine, aws_s3, secrets=EXAMPLE_SECRETS, documents=documents) as example:
        variables = await example.run(endpoint=endpoint, orderId="A-7", invoice=reference)

    assert variables["link"] == f"{endpoint}/invoices/A-7.json"
    assert (variables["total"], variables["removed"]) == (30, "A-7.json")
    assert s3.list_objects_v2(Bucket="invoices", Prefix="A-7")["KeyCount"] == 0


async def test_the_example_of_sqs_sends_an_order(endpoint: str, engine: RunningEngine) -> None:
    sqs = client("sqs", endpoint)
    url = sqs.create_queue(QueueName="example-orders")["QueueUrl"]
    async with example_of("aws_sqs", engine, aws_sqs, secrets=EXAMPLE_SECRETS) as example:
        variables = await example.run(endpoint=endpoint, queueUrl=url, orderId="A-1")

    (message,) = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    assert variables["sent"] == message["MessageId"]
    assert message["MessageAttributes"]["kind"]["StringValue"] == "order"


async def test_the_example_of_the_sqs_consumer_starts_an_instance(endpoint: str, engine: RunningEngine) -> None:
    sqs = client("sqs", endpoint)
    url = sqs.create_queue(QueueName="example-incoming")["QueueUrl"]
    secrets = {**EXAMPLE_SECRETS, "AWS_ENDPOINT": endpoint, "QUEUE_URL": url}
    async with example_of("aws_sqs_inbound", engine, aws_sqs_inbound, secrets=secrets) as example:
        sqs.send_message(QueueUrl=url, MessageBody='{"order": "A-1"}')
        (ended,) = await example.ended()

    assert ended == {"orderId": "A-1"}


async def test_the_example_of_sns_publishes_an_order(endpoint: str, engine: RunningEngine) -> None:
    sns, sqs = client("sns", endpoint), client("sqs", endpoint)
    arn = sns.create_topic(Name="example-orders")["TopicArn"]
    url = sqs.create_queue(QueueName="example-subscriber")["QueueUrl"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue_arn)
    async with example_of("aws_sns", engine, aws_sns, secrets=EXAMPLE_SECRETS) as example:
        variables = await example.run(endpoint=endpoint, topicArn=arn, orderId="A-1")

    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    delivered = json.loads(message["Body"])
    assert variables["published"] == delivered["MessageId"]
    assert json.loads(delivered["Message"]) == {"order": "A-1"}


async def test_the_example_of_lambda_gets_the_answer_of_a_function(engine: RunningEngine) -> None:
    async def add_up(request: web.Request, body: Any) -> web.Response:
        assert request.path.endswith("/functions/add-up/invocations")
        amounts = body if body is not None else json.loads(await request.read())
        return web.json_response({"total": sum(amounts["amounts"])}, headers={"X-Amz-Executed-Version": "$LATEST"})

    async with (
        http_peer(add_up) as peer,
        example_of("aws_lambda", engine, aws_lambda, secrets=EXAMPLE_SECRETS) as example,
    ):
        variables = await example.run(endpoint=peer.url, amounts=[10, 20])

    assert variables["total"] == 30
