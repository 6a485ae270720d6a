"""Parallel gateway (engine-semantics §2, §18)."""

from __future__ import annotations

from tests.bpmn_builder import BpmnFile, multi_instance
from tests.engine_driver import EngineDriver

from kiang.protocol.commands import CancelProcessInstance, CompleteJob


def branches(*names, join=True):
    """A fork to a job for each name, and a join."""
    b = BpmnFile("p").start("s").element("parallelGateway", "fork").element("parallelGateway", "join").flow("s", "fork")
    for name in names:
        b.service_task(name, job_type=name).flow("fork", name)
        if join:
            b.flow(name, "join")
    return b.end("e").flow("join", "e") if join else b


def test_branches_begin_from_the_last_of_the_document_to_the_first():
    d = EngineDriver(branches("a", "b", "c"))

    key = d.create("p")

    assert d.elements(key, active=True) == ["c", "b", "a"]


def test_the_join_is_entered_once_when_all_have_come():
    d = EngineDriver(branches("a", "b", "c"), restarts=True)
    key = d.create("p")

    d.complete("a")
    d.complete("c")
    before = d.elements(key)
    d.complete("b")

    assert "join" not in before
    assert d.elements(key).count("join") == 1
    assert d.state(key) == "COMPLETED"


def test_a_second_token_of_one_flow_waits_for_the_next_round():
    b = BpmnFile("p").start("s").element("parallelGateway", "fork").element("exclusiveGateway", "merge")
    b.service_task("other", job_type="other").element("parallelGateway", "join").service_task("t", job_type="w").end(
        "e"
    )
    b.flow("s", "fork").flow("fork", "merge", id_="one").flow("fork", "merge", id_="two").flow("fork", "other")
    d = EngineDriver(b.flow("merge", "join").chain("other", "join", "t", "e"), restarts=True)
    key = d.create("p")
    early = d.jobs("w")

    d.complete("other")
    d.complete("w")

    assert early == []
    assert d.elements(key).count("join") == 1
    assert d.state(key) == "ACTIVATED"


def test_two_flows_between_the_same_elements_count_as_two():
    b = BpmnFile("p").start("s").element("parallelGateway", "fork").element("parallelGateway", "join").end("e")
    d = EngineDriver(
        b.flow("s", "fork").flow("fork", "join", id_="one").flow("fork", "join", id_="two").flow("join", "e")
    )

    key = d.create("p")

    assert d.elements(key) == ["s", "fork", "join", "e"]


def test_an_instance_whose_only_token_waits_at_a_join_can_be_cancelled():
    b = (
        BpmnFile("p")
        .start("s")
        .element("exclusiveGateway", "g", default="g-join")
        .element("parallelGateway", "join")
        .end("e")
    )
    b.flow("s", "g").flow("g", "join").flow("g", "join", "=false", id_="never").flow("join", "e")
    d = EngineDriver(b, restarts=True)
    key = d.create("p")
    active = d.elements(key, active=True)

    before = d.state(key)
    d.execute(CancelProcessInstance(key))

    assert active == []
    assert (before, d.state(key)) == ("ACTIVATED", "TERMINATED")


def test_without_outgoing_flow_the_path_ends_at_the_join():
    b = BpmnFile("p").start("s").element("parallelGateway", "fork").element("parallelGateway", "join")
    d = EngineDriver(b.flow("s", "fork").flow("fork", "join", id_="one").flow("fork", "join", id_="two"))

    key = d.create("p")

    assert d.state(key) == "COMPLETED"


def test_joins_of_runs_of_a_sub_process_do_not_mix():
    b = BpmnFile("p").start("s")
    with b.sub_process("sub", inner=multi_instance("=[1, 2]", "i")):
        b.start("s2").element("parallelGateway", "fork").service_task("a", job_type="a").service_task("b", job_type="b")
        b.element("parallelGateway", "join").end("e2").flow("s2", "fork").chain("fork", "a", "join").chain(
            "fork", "b", "join", "e2"
        )
    d = EngineDriver(b.end("e").chain("s", "sub", "e"), restarts=True)
    key = d.create("p")

    d.complete("a")
    second = d.jobs("b")[1]
    d.execute(CompleteJob(second.key))

    assert "join" not in d.elements(key)
    assert d.state(key) == "ACTIVATED"
