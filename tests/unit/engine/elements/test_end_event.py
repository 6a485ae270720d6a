"""End event (engine-semantics §9)."""

from __future__ import annotations

from tests.bpmn_builder import BpmnFile
from tests.engine_driver import EngineDriver, refused

from kiang.protocol.commands import CompleteJob


def test_the_process_completes_with_the_last_path():
    b = BpmnFile("p").start("s").service_task("a", job_type="a").service_task("b", job_type="b").end("ea").end("eb")
    d = EngineDriver(b.chain("s", "a", "ea").chain("s", "b", "eb"), restarts=True)
    key = d.create("p")

    d.complete("a")
    between = d.state(key)
    d.complete("b")

    assert (between, d.state(key)) == ("ACTIVATED", "COMPLETED")


def test_its_output_mappings_are_carried_out_and_its_input_mappings_are_not():
    d = EngineDriver(BpmnFile("p").start("s").end("e", inputs={"y": "=1"}, outputs={"z": "=y"}).flow("s", "e"))

    key = d.create("p")

    assert d.variables(key) == {"z": None}


def test_a_message_end_event_is_a_job_that_holds_the_end_up():
    b = BpmnFile("p").start("s")
    b.end("e", b.message_event("bye"), job_type="send", inputs={"to": "=who"}).flow("s", "e")
    d = EngineDriver(b, restarts=True)
    key = d.create("p", {"who": "anna"})
    job = d.jobs("send", fetch=("to",))[0]

    before = d.state(key)

    d.execute(CompleteJob(job.key))

    assert job.variables == '{"to":"anna"}'
    assert (before, d.state(key)) == ("ACTIVATED", "COMPLETED")


def test_a_flow_out_of_an_end_event_is_refused():
    answer = EngineDriver().deploy(
        "p.bpmn", BpmnFile("p").start("s").end("e").element("task", "t").chain("s", "e", "t")
    )

    assert "End events must not have outgoing sequence flows to other elements." in refused(answer)
