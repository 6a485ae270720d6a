"""Which BPMN elements and events are executed, found out by reading one small process for each; see docs/reference/bpmn-coverage.md.

`python -m kiang.engine.coverage` writes the page.
"""

from __future__ import annotations

from typing import NamedTuple

from kiang.bpmn.reader import read
from kiang.engine.resources.bpmn import unsupported
from kiang.errors import InvalidBpmnError

YES, NO, NEVER = "yes", "no", ""

HEAD = """# BPMN coverage

Made by `python -m kiang.engine.coverage`, which reads a small process for each entry: what stands here is what the reader takes and
the engine executes. "Since" is the version of Camunda 8 that first executed it; "-" means that no version does. Every element has
[a page of its own](elements/README.md).
"""

PAGES = "elements/{}.md"
"""Where the pages of the elements are."""


class _Element(NamedTuple):
    """One line of the table of elements.

    Attributes:
        xml: The element with the id `it`, between a start and an end event.
        page: Name of its page; "" for none.
    """

    name: str
    since: str
    xml: str
    page: str = ""


_TASK_DEFINITION = '<z:taskDefinition type="t"/>'


def _extensions(xml: str) -> str:
    return f"<b:extensionElements>{xml}</b:extensionElements>"


def _element(kind: str, extensions: str = "", inner: str = "", attributes: str = "") -> str:
    return f'<b:{kind} id="it" {attributes}>{_extensions(extensions) if extensions else ""}{inner}</b:{kind}>'


_JOB = _extensions(_TASK_DEFINITION)
_LOOP = "<b:multiInstanceLoopCharacteristics isSequential='{}'>{}</b:multiInstanceLoopCharacteristics>"
_COLLECTION = _extensions('<z:loopCharacteristics inputCollection="=items"/>')
_INSIDE = f'<b:serviceTask id="inside">{_JOB}</b:serviceTask>'
_TIMER = "<b:timerEventDefinition><b:timeDuration>PT1S</b:timeDuration></b:timerEventDefinition>"

ELEMENTS: dict[str, tuple[_Element, ...]] = {
    "Activities": (
        _Element("Service task", "0.1", _element("serviceTask", _TASK_DEFINITION), page="service-task"),
        _Element("Send task, by a job", "1.1", _element("sendTask", _TASK_DEFINITION), page="send-task"),
        _Element(
            "Send task, publishing the message itself",
            "-",
            _element("sendTask", '<z:publishMessage correlationKey="=k"/>', attributes='messageRef="m"'),
            page="send-task",
        ),
        _Element("Receive task", "0.8", _element("receiveTask", attributes='messageRef="m"'), page="receive-task"),
        _Element("Script task, by a job", "1.1", _element("scriptTask", _TASK_DEFINITION), page="script-task"),
        _Element(
            "Script task, FEEL",
            "8.2",
            _element("scriptTask", '<z:script expression="=1" resultVariable="r"/>'),
            page="script-task",
        ),
        _Element(
            "Business rule task, by a job",
            "1.1",
            _element("businessRuleTask", _TASK_DEFINITION),
            page="business-rule-task",
        ),
        _Element(
            "Business rule task, DMN decision",
            "8.0",
            _element("businessRuleTask", '<z:calledDecision decisionId="d" resultVariable="r"/>'),
            page="business-rule-task",
        ),
        _Element("User task, native", "8.5", _element("userTask", "<z:userTask/>"), page="user-task"),
        _Element("User task, by a job", "0.22", _element("userTask"), page="user-task"),
        _Element("Manual task", "1.1", _element("manualTask"), page="manual-task"),
        _Element("Undefined task", "8.2", _element("task"), page="undefined-task"),
        _Element(
            "Call activity", "0.19", _element("callActivity", '<z:calledElement processId="p2"/>'), page="call-activity"
        ),
        _Element(
            "Multi-instance, parallel",
            "0.21",
            _element("serviceTask", _TASK_DEFINITION, _LOOP.format("false", _COLLECTION)),
            page="multi-instance",
        ),
        _Element(
            "Multi-instance, sequential",
            "0.20",
            _element("serviceTask", _TASK_DEFINITION, _LOOP.format("true", _COLLECTION)),
            page="multi-instance",
        ),
        _Element(
            "Standard loop (read as one execution)",
            "8.0",
            _element("serviceTask", _TASK_DEFINITION, "<b:standardLoopCharacteristics/>"),
            page="multi-instance",
        ),
        _Element(
            "Compensation handler",
            "8.5",
            _element("serviceTask", _TASK_DEFINITION)
            + '<b:boundaryEvent id="undo" attachedToRef="it"><b:compensateEventDefinition/></b:boundaryEvent>'
            + f'<b:serviceTask id="handler" isForCompensation="true">{_JOB}</b:serviceTask>',
            page="compensation-events",
        ),
    ),
    "Sub-processes": (
        _Element(
            "Embedded sub-process", "0.15", _element("subProcess", inner='<b:startEvent id="s2"/>'), page="sub-process"
        ),
        _Element(
            "Event sub-process",
            "0.23",
            _element("task")
            + f'<b:subProcess id="esp" triggeredByEvent="true"><b:startEvent id="s2">{_TIMER}</b:startEvent></b:subProcess>',
            page="event-sub-process",
        ),
        _Element("Ad-hoc sub-process", "8.7", _element("adHocSubProcess", inner=_INSIDE), page="ad-hoc-sub-process"),
        _Element(
            "Ad-hoc sub-process, by a job",
            "8.8",
            _element("adHocSubProcess", _TASK_DEFINITION, _INSIDE),
            page="ad-hoc-sub-process",
        ),
        _Element("Transaction", "-", _element("transaction", inner='<b:startEvent id="s2"/>')),
    ),
    "Gateways": (
        _Element("Exclusive gateway", "0.5", _element("exclusiveGateway"), page="exclusive-gateway"),
        _Element("Parallel gateway", "0.8", _element("parallelGateway"), page="parallel-gateway"),
        _Element("Inclusive gateway", "8.1", _element("inclusiveGateway"), page="inclusive-gateway"),
        _Element("Complex gateway", "-", _element("complexGateway")),
    ),
    "Without effect on the execution": (
        _Element("Text annotation", "0.1", _element("task") + "{artifacts}"),
        _Element("Data object", "0.1", _element("task") + '<b:dataObject id="data"/>'),
        _Element("Data store reference", "0.1", _element("task") + '<b:dataStoreReference id="data"/>'),
    ),
}

EVENT_PAGES = {
    "None": "none-events",
    "Message": "message-events",
    "Timer": "timer-events",
    "Error": "error-events",
    "Escalation": "escalation-events",
    "Signal": "signal-events",
    "Compensation": "compensation-events",
    "Conditional": "conditional-events",
    "Link": "link-events",
    "Terminate": "terminate-events",
}

POSITION_PAGES = {
    "Start": "start-event",
    "Event sub-process": "event-sub-process",
    "Catch": "intermediate-catch-event",
    "Boundary": "boundary-event",
    "Throw": "intermediate-throw-event",
    "End": "end-event",
}

EVENTS: dict[str, tuple[str, str]] = {
    "None": ("0.1", ""),
    "Message": ("0.12", '<b:messageEventDefinition messageRef="m"/>'),
    "Timer": ("0.15", _TIMER),
    "Error": ("0.22", '<b:errorEventDefinition errorRef="er"/>'),
    "Escalation": ("8.2", '<b:escalationEventDefinition escalationRef="es"/>'),
    "Signal": ("8.2", '<b:signalEventDefinition signalRef="sg"/>'),
    "Compensation": ("8.5", "<b:compensateEventDefinition/>"),
    "Conditional": (
        "8.9",
        "<b:conditionalEventDefinition><b:condition>=x</b:condition></b:conditionalEventDefinition>",
    ),
    "Link": ("8.2", '<b:linkEventDefinition name="there"/>'),
    "Terminate": ("8.1", "<b:terminateEventDefinition/>"),
    "Cancel": ("-", "<b:cancelEventDefinition/>"),
}
"""Name -> version of Camunda and event definition."""

_SUB_PROCESS = '<b:subProcess id="sub"><b:incoming>f</b:incoming><b:startEvent id="inner"/></b:subProcess>'
_BOUNDARY = (
    _SUB_PROCESS
    + '<b:boundaryEvent id="it" attachedToRef="sub" {attributes}><b:outgoing>g</b:outgoing>{definition}</b:boundaryEvent>'
    '<b:endEvent id="end"/><b:sequenceFlow id="f" sourceRef="start" targetRef="sub"/>'
    '<b:sequenceFlow id="g" sourceRef="it" targetRef="end"/>'
)
_EVENT_SUB_PROCESS = (
    '<b:subProcess id="sub" triggeredByEvent="true">'
    '<b:startEvent id="it" {attributes}>{definition}</b:startEvent></b:subProcess>'
)

POSITIONS: dict[str, str] = {
    "Start": '<b:startEvent id="it">{definition}</b:startEvent>',
    "Event sub-process": _EVENT_SUB_PROCESS.replace("{attributes}", ""),
    "Event sub-process, non-interrupting": _EVENT_SUB_PROCESS.replace("{attributes}", 'isInterrupting="false"'),
    "Catch": '<b:intermediateCatchEvent id="it">{definition}</b:intermediateCatchEvent>',
    "Boundary": _BOUNDARY.replace("{attributes}", ""),
    "Boundary, non-interrupting": _BOUNDARY.replace("{attributes}", 'cancelActivity="false"'),
    "Throw": '<b:intermediateThrowEvent id="it">{job}{definition}</b:intermediateThrowEvent>{landing}',
    "End": '<b:endEvent id="it">{job}{definition}</b:endEvent>',
}
"""Name -> process with an event there."""

MEANINGLESS = {
    **{("Start", name): NEVER for name in ("Error", "Escalation", "Compensation", "Link", "Terminate", "Cancel")},
    **{("Throw", name): NEVER for name in ("Timer", "Error", "Terminate", "Conditional", "Cancel")},
    **{("Event sub-process, non-interrupting", name): NEVER for name in ("None", "Error", "Compensation")},
    **{("Boundary, non-interrupting", name): NEVER for name in ("Error", "Compensation")},
}
"""Positions in which BPMN knows no such event, though the original takes some of them without doing anything."""


def page() -> str:
    """The page of the coverage, in markdown."""
    lines = [HEAD]
    for title, elements in ELEMENTS.items():
        lines += [f"## {title}\n", "| Element | Since | Supported |", "|---|---|---|"]
        lines += [
            f"| {_linked(element.name, element.page)} | {element.since} | {_answer(_around(element.xml))} |"
            for element in elements
        ]
        lines.append("")
    positions = " | ".join(_linked(name, POSITION_PAGES.get(name, "")) for name in POSITIONS)
    lines += ["## Events\n", f"| Event | Since | {positions} |", "|---|---|" + "---|" * len(POSITIONS)]
    for name, (since, definition) in EVENTS.items():
        answers = [
            MEANINGLESS.get((position, name), _answer(_event_process(xml, name, definition)))
            for position, xml in POSITIONS.items()
        ]
        lines.append(f"| {_linked(name, EVENT_PAGES.get(name, ''))} | {since} | {' | '.join(answers)} |")
    lines += [
        "",
        "An [event-based gateway](elements/event-based-gateway.md) (since 0.15) waits for message, timer, signal and conditional events.",
        "Non-executable processes, lanes, pools and message flows are read and have no effect.",
        "",
    ]
    return "\n".join(lines)


def _linked(name: str, page_name: str) -> str:
    return f"[{name}]({PAGES.format(page_name)})" if page_name else name


def _around(xml: str) -> str:
    """A process with an element between start and end."""
    artifacts = '<b:association id="a" sourceRef="undo" targetRef="handler"/>' if "undo" in xml else ""
    if "{artifacts}" in xml:
        xml, artifacts = xml.replace("{artifacts}", ""), '<b:textAnnotation id="note"/>'
    return (
        f'<b:startEvent id="start"/>{xml}<b:endEvent id="end"/><b:sequenceFlow id="f" sourceRef="start" targetRef="it"/>'
        f'<b:sequenceFlow id="g" sourceRef="it" targetRef="end"/>{artifacts}'
    )


def _event_process(xml: str, name: str, definition: str) -> str:
    """A process with an event in one of the positions."""
    landing = f'<b:intermediateCatchEvent id="land">{definition}</b:intermediateCatchEvent>' if name == "Link" else ""
    text = xml.format(definition=definition, job=_JOB if name == "Message" else "", landing=landing)
    has_start = 'b:startEvent id="it"' in xml and "subProcess" not in xml
    return text if has_start else f'<b:startEvent id="start"/>{text}'


def _answer(body: str) -> str:
    """Whether a process with this body is taken and executed."""
    content = (
        '<b:definitions xmlns:b="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:z="http://camunda.org/schema/zeebe/1.0" '
        'targetNamespace="urn:coverage"><b:error id="er" errorCode="e"/><b:escalation id="es" escalationCode="e"/>'
        '<b:signal id="sg" name="s"/><b:message id="m" name="m"><b:extensionElements>'
        '<z:subscription correlationKey="=k"/></b:extensionElements></b:message>'
        f'<b:process id="p" isExecutable="true">{body}</b:process></b:definitions>'
    )
    try:
        processes = read("coverage.bpmn", content.encode(), now_ms=0)
    except InvalidBpmnError as error:
        if any(finding.rule in {"xml", "schema"} for finding in error.findings):
            raise
        return NO
    return NO if unsupported(processes[0]) else YES


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201 - it is a command then
