"""BPMN files for tests, written with few calls.

    b = BpmnFile("order")
    b.start("s").service_task("pay", job_type="pay", inputs={"amount": "=total"}).end("e").chain("s", "pay", "e")
    content = b.xml()

Every method that makes an element puts it into the scope that is open, and gives the file back, so that calls can
follow each other. `with b.sub_process("sub"):` opens a scope. Event definitions are texts from `b.message_event(...)`,
`b.timer_event(...)` and so on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Self
from xml.sax.saxutils import escape, quoteattr

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" targetNamespace="urn:test" id="definitions">\n'
)
TAIL = "</bpmn:definitions>\n"

Pairs = Mapping[str, str]


def attributes(**values: object) -> str:
    """Attributes as XML; None leaves one out, and a trailing underscore of a name that Python reserves is dropped."""
    texts = []
    for name, value in values.items():
        if value is not None:
            text = str(value).lower() if isinstance(value, bool) else str(value)
            texts.append(f" {name.rstrip('_')}={quoteattr(text)}")
    return "".join(texts)


def tag(kind: str, inner: str = "", /, **values: object) -> str:
    """One tag as XML."""
    return f"<{kind}{attributes(**values)}>{inner}</{kind}>" if inner else f"<{kind}{attributes(**values)}/>"


def io_mapping(inputs: Pairs | None = None, outputs: Pairs | None = None) -> str:
    """`zeebe:ioMapping`; both directions are given as target -> source."""
    entries = [tag("zeebe:input", source=source, target=target) for target, source in (inputs or {}).items()]
    entries += [tag("zeebe:output", source=source, target=target) for target, source in (outputs or {}).items()]
    return tag("zeebe:ioMapping", "".join(entries)) if entries else ""


def headers(values: Pairs | None) -> str:
    """`zeebe:taskHeaders`."""
    entries = [tag("zeebe:header", key=key, value=value) for key, value in (values or {}).items()]
    return tag("zeebe:taskHeaders", "".join(entries)) if entries else ""


def listeners(*entries: tuple[str, str] | tuple[str, str, str], kind: str = "execution") -> str:
    """`zeebe:executionListeners` or `zeebe:taskListeners`, each entry (event type, job type[, retries])."""
    texts = [
        tag(f"zeebe:{kind}Listener", eventType=entry[0], type=entry[1], retries=entry[2] if len(entry) > 2 else None)
        for entry in entries
    ]
    return tag(f"zeebe:{kind}Listeners", "".join(texts)) if texts else ""


def multi_instance(
    collection: str,
    element: str | None = None,
    *,
    sequential: bool = False,
    output_collection: str | None = None,
    output_element: str | None = None,
    completion_condition: str | None = None,
) -> str:
    """What makes an activity a multi-instance: for the argument `inner`."""
    loop = tag(
        "zeebe:loopCharacteristics",
        inputCollection=collection,
        inputElement=element,
        outputCollection=output_collection,
        outputElement=output_element,
    )
    condition = tag("bpmn:completionCondition", escape(completion_condition)) if completion_condition else ""
    return tag(
        "bpmn:multiInstanceLoopCharacteristics",
        tag("bpmn:extensionElements", loop) + condition,
        isSequential=sequential,
    )


class BpmnFile:
    """One file with one process, and more after `process`."""

    def __init__(
        self, process_id: str, *, version_tag: str | None = None, extensions: str = "", executable: bool = True
    ) -> None:
        self._globals: dict[str, str] = {}
        self._body: list[str] = []
        self._artifacts: list[list[str]] = [[]]
        self._flow_count = 0
        self._is_open = False
        self.process(process_id, version_tag=version_tag, extensions=extensions, executable=executable)

    def process(
        self, process_id: str, *, version_tag: str | None = None, extensions: str = "", executable: bool = True
    ) -> Self:
        """Close the open process and begin another."""
        if self._is_open:
            self._body += [*self._artifacts[-1], "</bpmn:process>"]
            self._artifacts[-1].clear()
        self._is_open = True
        self._body.append(f"<bpmn:process{attributes(id=process_id, isExecutable=executable)}>")
        if version_tag is not None:
            extensions += tag("zeebe:versionTag", value=version_tag)
        if extensions:
            self._body.append(tag("bpmn:extensionElements", extensions))
        return self

    def xml(self) -> bytes:
        """The file."""
        lines = [*self._globals.values(), *self._wired(), *self._artifacts[-1], "</bpmn:process>\n"]
        return (HEAD + "\n".join(lines) + TAIL).encode()

    def _wired(self) -> list[str]:
        """The body, each flow node with the `incoming` and `outgoing` that the rules of the original look at."""
        ends: dict[str, str] = {}
        for reference, kind in (("targetRef", "incoming"), ("sourceRef", "outgoing")):
            for text in self._body:
                flow = re.match(rf'<bpmn:sequenceFlow id="([^"]*)".*? {reference}="([^"]*)"', text)
                if flow:
                    ends[flow[2]] = ends.get(flow[2], "") + tag(f"bpmn:{kind}", flow[1])
        return [self._with_flows(text, ends) for text in self._body]

    @staticmethod
    def _with_flows(text: str, ends: dict[str, str]) -> str:
        node = re.match(
            r'<bpmn:(?!sequenceFlow|process)(\w+) id="([^"]*)"[^>]*?(/?)>(<bpmn:extensionElements>.*?</bpmn:extensionElements>)?',
            text,
        )
        flows = ends.get(node[2], "") if node else ""
        if node is None or not flows:
            return text
        if node[3]:
            return f"{node[0][:-2]}>{flows}</bpmn:{node[1]}>"
        return node[0] + flows + text[node.end() :]

    # Elements

    def element(
        self,
        kind: str,
        id_: str,
        *,
        inner: str = "",
        extensions: str = "",
        inputs: Pairs | None = None,
        outputs: Pairs | None = None,
        execution_listeners: tuple[tuple[str, ...], ...] = (),
        **values: object,
    ) -> Self:
        """Any element of the open scope.

        Args:
            kind: Its tag without prefix.
            inner: XML behind the extension elements: event definitions, loop characteristics.
            extensions: XML inside of the extension elements.
            inputs: Input mappings, target -> source.
            outputs: Output mappings, target -> source.
            execution_listeners: As for `listeners`.
            values: Attributes.
        """
        texts = extensions + io_mapping(inputs, outputs) + listeners(*execution_listeners)  # type: ignore[arg-type]
        body = (tag("bpmn:extensionElements", texts) if texts else "") + inner
        self._body.append(tag(f"bpmn:{kind}", body, id=id_, **values))
        return self

    def start(self, id_: str, event: str = "", *, interrupting: bool | None = None, **rest: object) -> Self:
        """A start event."""
        return self.element("startEvent", id_, inner=event, isInterrupting=interrupting, **rest)  # type: ignore[arg-type]

    def end(self, id_: str, event: str = "", *, job_type: str | None = None, **rest: object) -> Self:
        """An end event; `job_type` for a message end event."""
        return self._throw("endEvent", id_, event, job_type, rest)

    def throw(self, id_: str, event: str = "", *, job_type: str | None = None, **rest: object) -> Self:
        """An intermediate throw event; `job_type` for one with a message."""
        return self._throw("intermediateThrowEvent", id_, event, job_type, rest)

    def _throw(self, kind: str, id_: str, event: str, job_type: str | None, rest: dict[str, object]) -> Self:
        extensions = str(rest.pop("extensions", ""))
        if job_type is not None:
            extensions += tag("zeebe:taskDefinition", type=job_type)
        return self.element(kind, id_, inner=event, extensions=extensions, **rest)  # type: ignore[arg-type]

    def catch(self, id_: str, event: str, **rest: object) -> Self:
        """An intermediate catch event."""
        return self.element("intermediateCatchEvent", id_, inner=event, **rest)  # type: ignore[arg-type]

    def boundary(self, id_: str, attached_to: str, event: str, *, interrupting: bool = True, **rest: object) -> Self:
        """A boundary event."""
        return self.element(
            "boundaryEvent",
            id_,
            inner=event,
            attachedToRef=attached_to,
            cancelActivity=None if interrupting else False,
            **rest,  # type: ignore[arg-type]
        )

    def job_task(
        self,
        kind: str,
        id_: str,
        *,
        job_type: str,
        retries: str | None = None,
        task_headers: Pairs | None = None,
        extensions: str = "",
        **rest: object,
    ) -> Self:
        """A service, send, script or business rule task that is a job."""
        texts = tag("zeebe:taskDefinition", type=job_type, retries=retries) + headers(task_headers) + extensions
        return self.element(kind, id_, extensions=texts, **rest)  # type: ignore[arg-type]

    def service_task(self, id_: str, *, job_type: str, **rest: object) -> Self:
        """A service task."""
        return self.job_task("serviceTask", id_, job_type=job_type, **rest)  # type: ignore[arg-type]

    def script_task(
        self, id_: str, expression: str, result_variable: str, *, extensions: str = "", **rest: object
    ) -> Self:
        """A script task that evaluates FEEL."""
        texts = tag("zeebe:script", expression=expression, resultVariable=result_variable) + extensions
        return self.element("scriptTask", id_, extensions=texts, **rest)  # type: ignore[arg-type]

    def decision_task(
        self, id_: str, decision_id: str, result_variable: str, *, extensions: str = "", **rest: object
    ) -> Self:
        """A business rule task that evaluates a decision."""
        texts = tag("zeebe:calledDecision", decisionId=decision_id, resultVariable=result_variable) + extensions
        return self.element("businessRuleTask", id_, extensions=texts, **rest)  # type: ignore[arg-type]

    def user_task(self, id_: str, *, native: bool = True, extensions: str = "", **rest: object) -> Self:
        """A user task."""
        return self.element("userTask", id_, extensions=("<zeebe:userTask/>" if native else "") + extensions, **rest)  # type: ignore[arg-type]

    def receive_task(self, id_: str, message: str, correlation_key: str, **rest: object) -> Self:
        """A receive task."""
        return self.element("receiveTask", id_, messageRef=self._message(message, correlation_key), **rest)  # type: ignore[arg-type]

    def call_activity(self, id_: str, process_id: str, *, extensions: str = "", **rest: object) -> Self:
        """A call activity; attributes of `zeebe:calledElement` are given in camelCase."""
        names = ("propagateAllChildVariables", "propagateAllParentVariables", "bindingType", "versionTag")
        called = {name: rest.pop(name) for name in names if name in rest}
        texts = tag("zeebe:calledElement", processId=process_id, **called) + extensions
        return self.element("callActivity", id_, extensions=texts, **rest)  # type: ignore[arg-type]

    @contextmanager
    def sub_process(
        self, id_: str, *, kind: str = "subProcess", inner: str = "", extensions: str = "", **values: object
    ) -> Iterator[Self]:
        """A sub-process; what is made inside the `with` goes into it."""
        head = f"<bpmn:{kind}{attributes(id=id_, **values)}>"
        self._body.append(head + (tag("bpmn:extensionElements", extensions) if extensions else "") + inner)
        self._artifacts.append([])
        yield self
        self._body += [*self._artifacts.pop(), f"</bpmn:{kind}>"]

    @contextmanager
    def event_sub_process(self, id_: str, **rest: object) -> Iterator[Self]:
        """An event sub-process."""
        with self.sub_process(id_, triggeredByEvent=True, **rest):  # type: ignore[arg-type]
            yield self

    def flow(self, source: str, target: str, condition: str | None = None, *, id_: str | None = None) -> Self:
        """A sequence flow; its id is `source-target` unless given."""
        inner = "" if condition is None else tag("bpmn:conditionExpression", escape(condition))
        self._body.append(
            tag("bpmn:sequenceFlow", inner, id=id_ or f"{source}-{target}", sourceRef=source, targetRef=target)
        )
        return self

    def chain(self, *ids: str) -> Self:
        """Sequence flows from each element to the next."""
        for source, target in zip(ids, ids[1:], strict=False):
            self.flow(source, target)
        return self

    def associate(self, source: str, target: str) -> Self:
        """An association of the open scope: of a compensation boundary event to its handler."""
        self._artifacts[-1].append(
            tag("bpmn:association", id=f"{source}-to-{target}", sourceRef=source, targetRef=target)
        )
        return self

    # Event definitions

    def message_event(self, name: str, correlation_key: str | None = None) -> str:
        """A message event definition; without correlation key for start events."""
        return tag("bpmn:messageEventDefinition", messageRef=self._message(name, correlation_key))

    def signal_event(self, name: str) -> str:
        """A signal event definition."""
        return tag("bpmn:signalEventDefinition", signalRef=self._declare("signal", name, name=name))

    def error_event(self, code: str | None = None) -> str:
        """An error event definition; without code it catches all."""
        reference = None if code is None else self._declare("error", code, errorCode=code)
        return tag("bpmn:errorEventDefinition", errorRef=reference)

    def escalation_event(self, code: str | None = None) -> str:
        """An escalation event definition; without code it catches all."""
        reference = None if code is None else self._declare("escalation", code, escalationCode=code)
        return tag("bpmn:escalationEventDefinition", escalationRef=reference)

    def timer_event(self, *, duration: str | None = None, date: str | None = None, cycle: str | None = None) -> str:
        """A timer event definition."""
        texts = {"timeDuration": duration, "timeDate": date, "timeCycle": cycle}
        return tag(
            "bpmn:timerEventDefinition",
            "".join(tag(f"bpmn:{kind}", escape(text)) for kind, text in texts.items() if text is not None),
        )

    def link_event(self, name: str) -> str:
        """A link event definition."""
        return tag("bpmn:linkEventDefinition", name=name)

    def compensate_event(self, activity: str | None = None) -> str:
        """A compensation event definition."""
        return tag("bpmn:compensateEventDefinition", activityRef=activity)

    def conditional_event(self, condition: str, **filter_: object) -> str:
        """A conditional event definition; `filter_`: attributes of `zeebe:conditionalFilter`."""
        extensions = tag("bpmn:extensionElements", tag("zeebe:conditionalFilter", **filter_)) if filter_ else ""
        return tag("bpmn:conditionalEventDefinition", extensions + tag("bpmn:condition", escape(condition)))

    def terminate_event(self) -> str:
        """A terminate event definition."""
        return "<bpmn:terminateEventDefinition/>"

    def _message(self, name: str, correlation_key: str | None) -> str:
        inner = ""
        if correlation_key is not None:
            inner = tag("bpmn:extensionElements", tag("zeebe:subscription", correlationKey=correlation_key))
        return self._declare("message", f"{name} {correlation_key}", inner, name=name)

    def _declare(self, kind: str, what: str, inner: str = "", **values: object) -> str:
        """Declare a message, signal, error or escalation once; gives its id."""
        key = f"{kind} {what}"
        if key not in self._globals:
            self._globals[key] = tag(f"bpmn:{kind}", inner, id=f"{kind}_{len(self._globals) + 1}", **values)
        return self._globals[key].split('id="', 1)[1].split('"', 1)[0]
