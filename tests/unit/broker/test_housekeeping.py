"""Rounds of tidying beside a broker that works."""

from __future__ import annotations

from tests.unit.broker.conftest import until

from kiang.broker.housekeeping import Housekeeping, Retention
from kiang.engine.state.audit_entry import AUDIT_ENTRIES
from kiang.engine.state.decision import DECISION_INSTANCES
from kiang.engine.state.process_instance import PROCESS_INSTANCES
from kiang.engine.state.statistics import JOB_HOURS, JOB_MINUTES, USAGE_HOURS, USAGE_MINUTES
from kiang.protocol.audit import (
    ActorType,
    Audit,
    Audited,
    AuditedEntity,
    Channel,
    NoteOperations,
    Operation,
    OperationType,
)
from kiang.protocol.commands import CompleteJob, CreateProcessInstance, Deploy, EvaluateDecision

DAY_MS = 86_400_000

DECISION = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="g" name="g" namespace="n">
  <decision id="answer" name="answer"><variable name="answer"/><literalExpression><text>42</text></literalExpression></decision>
</definitions>
"""


async def ended(driver, count):
    keys = await driver.create(count)
    for job in await driver.activate(count):
        await driver.broker.execute(CompleteJob(job.key))
    return keys


def instances(driver):
    return [row.key for row in driver.broker.store.select(PROCESS_INSTANCES)]


async def test_nothing_goes_unless_a_retention_says_so(driver, clock):
    await ended(driver, 3)
    clock.advance(1000 * DAY_MS)

    tidied = Housekeeping(driver.broker, Retention()).tidy(clock.now_ms())

    assert (tidied.instances, tidied.decision_rows, tidied.log_entries) == (0, 0, 0)
    assert len(instances(driver)) == 3


async def test_instances_and_decisions_go_when_their_time_is_over(driver, clock):
    await driver.broker.execute(Deploy((("answer.dmn", DECISION),)))
    await driver.broker.execute(EvaluateDecision(decision_id="answer"))
    await ended(driver, 120)
    clock.advance(2 * DAY_MS)
    young = await ended(driver, 2)
    waiting = await driver.create(1)

    tidied = Housekeeping(driver.broker, Retention(history_ms=DAY_MS), rest_s=0).tidy(clock.now_ms())

    assert (tidied.instances, tidied.decision_rows) == (120, 1)
    assert instances(driver) == [*young, *waiting]
    assert driver.broker.store.select(DECISION_INSTANCES) == []


async def test_the_record_log_waits_for_exporters(driver, clock):
    await ended(driver, 3)
    clock.advance(DAY_MS)
    position = driver.broker.store.header.position
    seen = [2]
    housekeeping = Housekeeping(driver.broker, Retention(log_ms=1000), exported_position=lambda: seen[0], rest_s=0)

    assert housekeeping.tidy(clock.now_ms()).log_entries == 2
    assert next(driver.broker.store.log()).position == 3

    seen[0] = position
    assert housekeeping.tidy(clock.now_ms()).log_entries == position - 2
    assert list(driver.broker.store.log()) == []


async def test_it_works_by_itself_and_stops(driver, clock):
    await ended(driver, 60)
    clock.advance(DAY_MS)
    housekeeping = Housekeeping(driver.broker, Retention(history_ms=1000), rest_s=0)

    await housekeeping.start()
    await until(lambda: not instances(driver))
    await housekeeping.stop()

    waiting = await driver.create(1)
    assert instances(driver) == waiting


def noted(driver):
    return [
        (row.entity_type, row.process_instance_key) for row in driver.broker.store.select(AUDIT_ENTRIES, (), ("key",))
    ]


async def test_an_entry_of_the_audit_log_stays_as_long_as_its_instance(driver, clock):
    audit = Audit(ActorType.USER, "ann", Channel.REST, frozenset(AuditedEntity))
    await driver.create(1)
    (job,) = await driver.activate(1)
    await driver.broker.execute(NoteOperations(audit, (Operation(AuditedEntity.USER, OperationType.CREATE, "joe"),)))
    running = (await driver.broker.execute(Audited(CreateProcessInstance("one"), audit))).key
    await driver.broker.execute(Audited(CompleteJob(job.key), audit))
    clock.advance(2 * DAY_MS)
    retention = Retention(history_ms=3 * DAY_MS, audit_ms=DAY_MS)

    first = Housekeeping(driver.broker, retention, rest_s=0).tidy(clock.now_ms())
    kept = noted(driver)
    clock.advance(2 * DAY_MS)
    second = Housekeeping(driver.broker, retention, rest_s=0).tidy(clock.now_ms())

    assert (first.audit_entries, second.instances, second.audit_entries) == (1, 1, 1)
    assert kept == [("PROCESS_INSTANCE", running), ("JOB", job.process_instance_key)]
    assert noted(driver) == [("PROCESS_INSTANCE", running)]


async def test_counts_by_the_minute_go_after_a_month_and_those_by_the_hour_with_the_history(driver, clock):
    await ended(driver, 2)
    clock.advance(40 * DAY_MS)
    await ended(driver, 1)

    def counts():
        tables = (JOB_MINUTES, JOB_HOURS, USAGE_MINUTES, USAGE_HOURS)
        return [len(driver.broker.store.select(table)) for table in tables]

    before = counts()
    Housekeeping(driver.broker, Retention(), rest_s=0).tidy(clock.now_ms())
    for_ever = counts()
    tidied = Housekeeping(driver.broker, Retention(history_ms=DAY_MS), rest_s=0).tidy(clock.now_ms())

    assert (before, for_ever, counts()) == ([4, 4, 2, 2], [2, 4, 1, 2], [2, 2, 1, 2])
    assert tidied.counts == 2
