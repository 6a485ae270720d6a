"""A fault of the engine in the middle of a process: an incident, a line in the log without any variable, and everybody else goes on."""

import json
import logging

import pytest

from kiang.engine.elements.job_task import JobTask
from kiang.engine.state.incident import INCIDENTS
from kiang.protocol.commands import ResolveIncident
from kiang.protocol.enums import ErrorType

SECRET = "4929-1234-5678-9012"


@pytest.fixture
def broken(monkeypatch):
    """Service tasks of instances that have the variable `card` cannot be entered, and the exception tells what is in it."""
    activate = JobTask.activate

    def fail(behavior, p, element, node):
        variables = p.state.visible_variables(element)
        if "card" in variables:
            raise LookupError(f"no bank for {variables['card'].text()}")
        activate(behavior, p, element, node)

    monkeypatch.setattr(JobTask, "activate", fail)
    return monkeypatch


def logged(caplog):
    return [record for record in caplog.records if record.message == "engine_fault_contained"]


async def test_it_is_logged_with_its_keys(driver, broker, broken, caplog):
    with caplog.at_level(logging.ERROR, "kiang"):
        (key,) = await driver.create(card=f'"{SECRET}"')
        await driver.settled()

    (incident,) = broker.store.select(INCIDENTS, [("process_instance_key", "=", key)])
    (record,) = logged(caplog)
    assert record.levelno == logging.ERROR
    assert (record.error, record.command) == ("LookupError", "ActivateElement")
    assert record.place.startswith("test_contained_faults.py:")
    assert (record.element_id, record.element_instance_key) == ("task", incident.element_instance_key)
    assert record.process_instance_key == key
    assert record.partition == broker.partition_id


async def test_no_variable_is_logged_or_told(driver, broker, broken, caplog):
    with caplog.at_level(logging.DEBUG):
        (key,) = await driver.create(card=f'"{SECRET}"')
        await driver.settled()

    (incident,) = broker.store.select(INCIDENTS, [("process_instance_key", "=", key)])
    assert logged(caplog)
    assert SECRET not in json.dumps([vars(record) for record in caplog.records], default=str)
    assert incident.error_message == "Expected to carry out ActivateElement, but the engine failed: LookupError"
    assert incident.error_type == ErrorType.UNKNOWN


async def test_others_go_on(driver, broken):
    await driver.create(card=f'"{SECRET}"')

    await driver.create(2)

    assert len(await driver.activate()) == 2


async def test_resolving_the_incident_tries_again(driver, broker, broken):
    (key,) = await driver.create(card=f'"{SECRET}"')
    await driver.settled()
    (incident,) = broker.store.select(INCIDENTS, [("process_instance_key", "=", key)])
    broken.undo()

    await broker.execute(ResolveIncident(incident.key))

    (job,) = await driver.activate()
    assert job.process_instance_key == key
