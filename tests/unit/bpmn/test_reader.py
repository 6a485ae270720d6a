"""Reading whole files: what is taken, what is refused, and how that is said."""

from __future__ import annotations

import pytest
from tests.bpmn_builder import HEAD, TAIL, BpmnFile, io_mapping, tag

from kiang.bpmn.document import DEPTH_MAX_ELEMENTS, RESOURCE_SIZE_MAX_BYTES
from kiang.bpmn.reader import read
from kiang.errors import InvalidBpmnError


def refusal_of(content: bytes) -> InvalidBpmnError:
    with pytest.raises(InvalidBpmnError) as caught:
        read("f.bpmn", content, now_ms=0)
    return caught.value


def test_executable_processes_come_in_document_order_and_the_others_are_passed_by():
    file = BpmnFile("b").start("s1").process("draft", executable=False).element("complexGateway", "g")
    file.process("a").start("s2")

    assert [process.id for process in read("f.bpmn", file.xml(), now_ms=0)] == ["b", "a"]


def test_every_fault_of_a_file_is_reported_with_element_line_and_rule():
    file = BpmnFile("p").element("serviceTask", "t").element("callActivity", "c")

    error = refusal_of(file.xml())

    assert str(error) == (
        "'f.bpmn': - Element: p\n    - ERROR: Must have at least one start event\n"
        "- Element: t\n    - ERROR: Must have exactly one 'zeebe:taskDefinition' extension element\n"
        "- Element: c\n    - ERROR: Must have exactly one 'zeebe:calledElement' extension element\n"
    )
    assert [(finding.element, finding.line, finding.rule) for finding in error.findings] == [
        ("p", 3, "ProcessValidator"),
        ("t", 4, "ExtensionElementsValidator"),
        ("c", 5, "ExtensionElementsValidator"),
    ]


def test_mappings_that_are_right_one_by_one_but_not_together_are_refused():
    file = BpmnFile("p").start("s").service_task("t", job_type="w", extensions=io_mapping({"r": "=1 // three"}))

    assert str(refusal_of(file.xml())).startswith(
        "'f.bpmn': Failed to build variable mapping expression: failed to parse expression '{r:1 // three}': "
    )


def test_loops_that_never_wait_are_refused_with_the_file_in_backticks():
    file = BpmnFile("p").start("s").element("task", "a").element("manualTask", "b").chain("s", "a", "b", "a")

    assert str(refusal_of(file.xml())) == (
        "`f.bpmn`: - Process: p\n    - ERROR: Processes are not allowed to contain a straight-through processing loop: a > b > a\n"
    )


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\x01\x02",
        b"<",
        b"PK\x03\x04",
        "<a/>".encode("utf-16"),
        b'<?xml version="1.0" encoding="utf-7"?><a/>',
        HEAD.encode(),
        (
            HEAD + "<bpmn:process id='p' isExecutable='true'><bpmn:startEvent id='\ud7ff'/></bpmn:process>" + TAIL
        ).encode(),
    ],
)
def test_what_is_no_bpmn_is_refused_with_a_finding(content):
    assert refusal_of(content).findings


def test_entities_are_refused_before_they_are_expanded():
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(12))
    bomb = f"<?xml version='1.0'?>\n<!DOCTYPE lolz [{laughs}]>\n<lolz>&l11;</lolz>".encode()

    error = refusal_of(bomb)

    assert "DOCTYPE is disallowed" in str(error)


def test_an_external_entity_is_never_opened(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("<bpmn/>")
    file = f"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY x SYSTEM 'file://{secret}'>]><a>&x;</a>".encode()

    assert "DOCTYPE is disallowed" in str(refusal_of(file))


def test_a_file_beyond_the_limit_is_refused_at_once():
    error = refusal_of(b" " * (RESOURCE_SIZE_MAX_BYTES + 1))

    assert f"at most {RESOURCE_SIZE_MAX_BYTES} bytes" in str(error)


def test_nesting_beyond_the_limit_is_refused():
    depth = DEPTH_MAX_ELEMENTS
    nested = "<bpmn:process id='p' isExecutable='true'>" + "".join(f"<bpmn:subProcess id='s{n}'>" for n in range(depth))

    assert f"at most {depth} tags inside each other" in str(refusal_of((HEAD + nested).encode()))


def test_deep_nesting_within_the_limit_is_read():
    file = BpmnFile("p").start("s")
    scopes = []
    for n in range(DEPTH_MAX_ELEMENTS - 10):
        scope = file.sub_process(f"sub{n}")
        scope.__enter__()
        file.start(f"start{n}")
        scopes.append(scope)
    for scope in reversed(scopes):
        scope.__exit__(None, None, None)

    process = read("f.bpmn", file.xml(), now_ms=0)[0]

    assert len(process.nodes) == 2 * (DEPTH_MAX_ELEMENTS - 10) + 2


def test_a_process_of_ten_thousand_elements_is_read():
    file = BpmnFile("p").start("s")
    names = [f"t{n}" for n in range(5000)]
    for name in names:
        file.service_task(name, job_type="work", inputs={"a": "=b + 1"})
    content = file.chain("s", *names).xml()

    process = read("f.bpmn", content, now_ms=0)[0]

    assert len(process.nodes) + len(process.flows) > 10_000


def test_a_long_chain_without_waiting_is_no_loop():
    file = BpmnFile("p").start("s")
    names = [f"t{n}" for n in range(5000)]
    for name in names:
        file.element("task", name)

    assert read("f.bpmn", file.chain("s", *names).xml(), now_ms=0)


def test_nested_mapping_targets_have_a_limit():
    target = ".".join("a" * 13)
    file = BpmnFile("p").start("s").service_task("t", job_type="w", outputs={target: "=1"})

    assert "at most 12 names" in str(refusal_of(file.xml()))


def test_expressions_that_are_looked_at_late_are_taken_and_fail_when_they_are_evaluated():
    listeners = tag("zeebe:executionListeners", tag("zeebe:executionListener", eventType="start", type="=a +"))
    file = BpmnFile("p").start("s").service_task("t", job_type="w", extensions=listeners)

    node = read("f.bpmn", file.xml(), now_ms=0)[0].nodes["t"]

    with pytest.raises(Exception, match="failed to parse expression 'a \\+'"):
        node.start_listeners[0].job_type.feel.evaluate({})
