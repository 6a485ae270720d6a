"""Whatever is deployed as a BPMN file: a process comes out, or `InvalidBpmnError` with findings, nothing else."""

from __future__ import annotations

import contextlib

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.bpmn_builder import HEAD, TAIL, BpmnFile, multi_instance

from kiang.bpmn import cron, timer
from kiang.bpmn.iso_instant import InvalidInstantError, parse_instant
from kiang.bpmn.model import Process
from kiang.bpmn.reader import read
from kiang.errors import InvalidBpmnError


def words(text: str) -> list[str]:
    return text.split()


KINDS = words(
    "startEvent endEvent intermediateCatchEvent intermediateThrowEvent boundaryEvent serviceTask sendTask "
    "receiveTask userTask manualTask task scriptTask businessRuleTask callActivity subProcess adHocSubProcess "
    "transaction exclusiveGateway parallelGateway inclusiveGateway eventBasedGateway complexGateway sequenceFlow "
    "association messageEventDefinition timerEventDefinition errorEventDefinition escalationEventDefinition "
    "linkEventDefinition compensateEventDefinition conditionalEventDefinition terminateEventDefinition "
    "signalEventDefinition multiInstanceLoopCharacteristics conditionExpression condition timeDuration timeDate "
    "timeCycle incoming outgoing message signal error escalation process extensionElements laneSet lane "
)
ZEEBE_KINDS = words(
    "taskDefinition calledElement calledDecision script subscription publishMessage loopCharacteristics ioMapping "
    "input output formDefinition assignmentDefinition taskSchedule priorityDefinition taskHeaders header "
    "executionListeners executionListener taskListeners taskListener userTask userTaskForm versionTag adHoc "
    "conditionalFilter properties "
)
ATTRIBUTES = words(
    "id name sourceRef targetRef attachedToRef default messageRef signalRef errorRef escalationRef activityRef "
    "triggeredByEvent cancelActivity isInterrupting isForCompensation isExecutable isSequential errorCode "
    "escalationCode type retries processId decisionId expression resultVariable correlationKey source target key "
    "value inputCollection outputElement outputCollection eventType formId formKey assignee candidateGroups dueDate "
    "priority bindingType "
)
VALUES = ["a", "b", "c", "true", "false", "", "=a", "=a +", "=", "3", "a.b", "PT1S", "R/PT1H", "x y", "ä", "start"]

attributes = st.dictionaries(st.sampled_from(ATTRIBUTES), st.sampled_from(VALUES), max_size=4)


def write(tag: str, values: dict[str, str], children: list[str], text: str) -> str:
    quoted = "".join(f' {name}="{value}"' for name, value in values.items())
    return f"<{tag}{quoted}>{text}{''.join(children)}</{tag}>"


tags = st.sampled_from([f"bpmn:{kind}" for kind in KINDS] + [f"zeebe:{kind}" for kind in ZEEBE_KINDS])
texts = st.sampled_from(["", "=x", "PT1S", "0 0 0 * * *", "a"])
trees = st.recursive(
    st.builds(write, tags, attributes, st.just([]), texts),
    lambda inner: st.builds(write, tags, attributes, st.lists(inner, max_size=4), st.just("")),
    max_leaves=12,
)


def read_or_refuse(content: bytes) -> None:
    refused: InvalidBpmnError | None = None
    processes: list[Process] = []
    try:
        processes = read("f.bpmn", content, now_ms=0)
    except InvalidBpmnError as error:
        refused = error
    assert processes or (refused is not None and refused.findings and str(refused))


@given(st.binary(max_size=400))
def test_any_bytes(content):
    read_or_refuse(content)


@given(st.text(max_size=300))
def test_any_text_inside_of_a_process(text):
    read_or_refuse(
        (HEAD + '<bpmn:process id="p" isExecutable="true">' + text + "</bpmn:process>" + TAIL).encode(
            "utf-8", "replace"
        )
    )


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(trees, max_size=5), st.lists(trees, max_size=2))
def test_any_tree_of_known_elements(inside, beside):
    process = (
        '<bpmn:process id="p" isExecutable="true"><bpmn:startEvent id="s0"/>' + "".join(inside) + "</bpmn:process>"
    )
    read_or_refuse((HEAD + "".join(beside) + process + TAIL).encode())


def sample() -> bytes:
    file = (
        BpmnFile("p")
        .start("start")
        .service_task("work", job_type="work", inputs={"a": "=b"}, inner=multi_instance("=c"))
    )
    file.boundary("late", "work", file.timer_event(duration="PT1H")).end("end").chain("start", "work", "end")
    with file.event_sub_process("esp"):
        file.start("caught", file.message_event("m", "=key"))
    return file.flow("late", "end").xml()


SAMPLE = sample()


@given(st.integers(0, len(SAMPLE) - 1), st.integers(0, 30), st.binary(max_size=12))
def test_a_valid_file_with_something_replaced(at, length, replacement):
    read_or_refuse(SAMPLE[:at] + replacement + SAMPLE[at + length :])


@given(st.text(max_size=60))
def test_any_text_as_a_timer(text):
    for reader in timer.READERS.values():
        with contextlib.suppress(timer.InvalidTimerError):
            reader(text, "x")


@given(st.lists(st.text(alphabet="0123456789*/-,?LW#MONFRIJAN", min_size=1, max_size=6), min_size=6, max_size=6))
def test_any_cron_fields(fields):
    with contextlib.suppress(cron.InvalidCronError):
        expression = cron.parse(" ".join(fields))
        due = expression.next_after(0)
        assert due is None or due > 0


@given(st.text(alphabet="0123456789-+:TZz.[]Euro/", max_size=40))
def test_any_text_as_an_instant(text):
    with contextlib.suppress(InvalidInstantError):
        assert isinstance(parse_instant(text), int)
