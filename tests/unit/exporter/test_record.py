"""What a record looks like outside."""

from __future__ import annotations

import json
import typing

import pytest
from tests.bpmn_builder import BpmnFile
from tests.engine_driver import EngineDriver

from kiang.errors import ConfigError
from kiang.exporter.record import records
from kiang.exporter.sink import open_sink
from kiang.protocol.events import Event


def exported(driver: EngineDriver) -> list[dict[str, typing.Any]]:
    return [json.loads(record) for entry in driver.store.log() for record in records(entry, 1)]


def test_records_are_numbered_and_tell_what_happened() -> None:
    d = EngineDriver(BpmnFile("p").start("s").service_task("t", job_type="w").end("e").chain("s", "t", "e"))
    key = d.create("p", {"amount": 1})
    d.complete("w")

    found = exported(d)

    numbers = [(record["position"], record["index"]) for record in found]
    assert numbers == sorted(set(numbers))
    assert all(record["partitionId"] == 1 and record["timestamp"] == d.now for record in found)
    (created,) = [record["value"] for record in found if record["event"] == "JobCreated"]
    assert created["jobType"] == "w"
    assert created["retries"] == 3
    completed = [record["value"]["key"] for record in found if record["event"] == "ElementCompleted"]
    assert completed[-1] == key
    (variable,) = [record["value"] for record in found if record["event"] == "VariableCreated"]
    assert (variable["name"], json.loads(variable["value"]), variable["scopeKey"]) == ("amount", 1, key)


def test_every_event_can_be_exported() -> None:
    from kiang.exporter.record import _value

    for kind in Event.__subclasses__():
        hints = typing.get_type_hints(kind)
        samples = {int: 1, str: "x", bool: True, bytes: b"x"}
        event = kind(**{name: samples.get(hint, ()) for name, hint in hints.items() if name != "TAG"})
        json.dumps({name: repr(value) for name, value in _value(event).items()})


@pytest.mark.parametrize("target", ["", "records.jsonl", "jsonl:", "ftp:x", "kafka:broker/topic", "kafka://broker"])
def test_a_wrong_target_is_named_with_the_right_ones(target: str) -> None:
    with pytest.raises(ConfigError, match=r"--export|kafka://HOST:PORT") as caught:
        open_sink(target)
    assert repr(target) in str(caught.value)
