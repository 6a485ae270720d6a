from prometheus_client import generate_latest
from tests.unit.broker.conftest import Stream

from kiang.broker.metrics import LABEL_TYPES_MAX
from kiang.protocol.audit import ActorType, Audit, Audited, AuditedEntity, Channel
from kiang.protocol.commands import CancelProcessInstance, CompleteJob, FailJob


def values(broker) -> dict[str, float]:
    lines = generate_latest(broker.metrics.registry).decode().splitlines()
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines if not line.startswith("#")}


async def test_metrics_tell_what_the_partition_has_done(driver, broker):
    await driver.create(3)
    first, second = await driver.activate(max_jobs=2)
    await broker.execute(CompleteJob(first.key))
    await broker.execute(FailJob(second.key, 0, "no"))
    await broker.execute(CompleteJob(12345))
    await broker.execute(CancelProcessInstance(second.process_instance_key))
    broker.add_stream(Stream())
    await driver.settled()

    found = values(broker)
    assert found['zeebe_element_instance_events_total{action="activated",partition="1",type="PROCESS"}'] == 3
    assert found['zeebe_element_instance_events_total{action="completed",partition="1",type="PROCESS"}'] == 1
    assert found['zeebe_element_instance_events_total{action="terminated",partition="1",type="PROCESS"}'] == 1
    assert found['zeebe_job_events_total{action="created",partition="1",type="work"}'] == 3
    assert found['zeebe_job_events_total{action="activated",partition="1",type="work"}'] == 3
    assert found['zeebe_job_events_total{action="completed",partition="1",type=""}'] == 1
    assert found['zeebe_job_events_total{action="failed",partition="1",type=""}'] == 1
    assert found['zeebe_incident_events_total{action="created",partition="1"}'] == 1
    assert found['zeebe_incident_events_total{action="resolved",partition="1"}'] == 1
    assert found['zeebe_stream_processor_records_total{command="CompleteJob",partition="1"}'] == 2
    assert found['kiang_rejections_total{partition="1",type="NOT_FOUND"}'] == 1
    assert found['zeebe_broker_open_job_stream_clients{partition="1"}'] == 1
    assert found['zeebe_broker_jobs_pushed_count_total{partition="1"}'] == 1
    assert found['zeebe_health{partition="1"}'] == 1
    assert found['zeebe_received_request_queue_length{partition="1"}'] == 0
    commits = found['zeebe_stream_processor_batch_processing_commit_duration_seconds_count{partition="1"}']
    assert commits == broker.store.header.position


async def test_a_noted_command_counts_as_the_command(driver, broker):
    await driver.create(1)
    (job,) = await driver.activate(max_jobs=1)
    audit = Audit(ActorType.USER, "ada", Channel.REST, frozenset(AuditedEntity))
    await broker.execute(Audited(CancelProcessInstance(job.process_instance_key), audit))

    found = values(broker)
    assert found['zeebe_stream_processor_records_total{command="CancelProcessInstance",partition="1"}'] == 1
    assert not [name for name in found if "Audited" in name]


def test_job_types_beyond_the_limit_share_a_label(driver):
    metrics = driver.broker.metrics
    for number in range(LABEL_TYPES_MAX + 50):
        metrics.activated(f"type-{number}", 1)

    assert len(metrics.jobs_activated) == LABEL_TYPES_MAX + 1
    assert metrics.jobs_activated["other"] == 50
