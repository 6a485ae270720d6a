"""Templates written by hand, one per feature of the format, and the elements that they are put on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SCHEMA = "https://unpkg.com/@camunda/zeebe-element-templates-json-schema/resources/schema.json"
ICON = "data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciLz4="
MARK = 'zeebe:modelerTemplate="test.template" zeebe:modelerTemplateVersion="1"'

NAMESPACES = (
    'xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" '
    'xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:di="http://www.omg.org/spec/DD/20100524/DI" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)


@dataclass(frozen=True)
class Case:
    """One template on one element.

    Attributes:
        only_in_modeler: The command line tool of Camunda does not know the feature; its modeler does.
    """

    name: str
    template: Mapping[str, Any]
    element: str
    roots: str = ""
    around: str = ""
    only_in_modeler: bool = False

    @property
    def diagram(self) -> str:
        """A process with the element between start and end; or, for a start event, as its start."""
        is_start = "bpmn:startEvent" in self.element.partition(" ")[0]
        start = "" if is_start else '<bpmn:startEvent id="S"/>'
        flows = "<bpmn:incoming>f1</bpmn:incoming><bpmn:outgoing>f2</bpmn:outgoing>"
        is_task = not is_start and not any(word in self.element for word in ("boundaryEvent", "endEvent", 'id="X"'))
        nodes = f"{start}{self.around}{self.element.replace('<flows/>', flows if is_task else '')}"
        sequence = (
            '<bpmn:endEvent id="N"/><bpmn:sequenceFlow id="f1" sourceRef="S" targetRef="E"/>'
            '<bpmn:sequenceFlow id="f2" sourceRef="E" targetRef="N"/>'
            if is_task
            else ""
        )
        shapes = [name for name in ("S", "T", "E", "N", "X") if f'id="{name}"' in nodes + sequence]
        drawn = "".join(
            f'<bpmndi:BPMNShape id="{name}_di" bpmnElement="{name}"'
            f"{' isExpanded=' + chr(34) + 'true' + chr(34) if name == 'X' else ''}>"
            f'<dc:Bounds x="{100 + 150 * place}" y="80" width="100" height="80"/></bpmndi:BPMNShape>'
            for place, name in enumerate(shapes)
        )
        edges = "".join(
            f'<bpmndi:BPMNEdge id="{name}_di" bpmnElement="{name}"><di:waypoint x="1" y="1"/><di:waypoint x="9" y="1"/>'
            "</bpmndi:BPMNEdge>"
            for name in ("f1", "f2")
            if sequence
        )
        return (
            f'<?xml version="1.0" encoding="UTF-8"?><bpmn:definitions {NAMESPACES} id="D" targetNamespace="t">'
            f'<bpmn:process id="P" isExecutable="true">{nodes}{sequence}</bpmn:process>{self.roots}'
            f'<bpmndi:BPMNDiagram id="G"><bpmndi:BPMNPlane id="L" bpmnElement="P">{drawn}{edges}</bpmndi:BPMNPlane>'
            "</bpmndi:BPMNDiagram></bpmn:definitions>"
        )


TASK = '<bpmn:task id="E" name="Do it"><flows/></bpmn:task>'


def extended(tag: str, extensions: str, attributes: str = "", rest: str = "") -> str:
    """An element with extension elements."""
    return (
        f'<bpmn:{tag} id="E" {attributes}><bpmn:extensionElements>{extensions}</bpmn:extensionElements>'
        f"<flows/>{rest}</bpmn:{tag}>"
    )


def template(*properties: Mapping[str, Any], to: str = "Task", kind: str | None = "ServiceTask", **rest: Any) -> Any:
    """A template with these properties."""
    made: dict[str, Any] = {"$schema": SCHEMA, "name": "Test", "id": "test.template", "version": 1}
    made["appliesTo"] = [f"bpmn:{name}" for name in to.split()]
    if kind is not None:
        value, _, definition = kind.partition("+")
        made["elementType"] = {"value": f"bpmn:{value}"}
        if definition:
            made["elementType"]["eventDefinition"] = f"bpmn:{definition}EventDefinition"
    return {**made, **rest, "properties": list(properties)}


def prop(binding: str, value: Any = None, kind: str = "String", **rest: Any) -> dict[str, Any]:
    """A property; the binding as `type name`."""
    binding_type, _, name = binding.partition(" ")
    made: dict[str, Any] = {"type": kind, **rest}
    if value is not None:
        made["value"] = value
    if kind == "Dropdown" and "choices" not in made:
        made["choices"] = [{"name": v.upper(), "value": v} for v in ("one", "two", "three")]
    key = {
        "zeebe:taskHeader": "key",
        "zeebe:output": "source",
        "zeebe:input": "name",
        "zeebe:property": "name",
        "property": "name",
        "zeebe:taskDefinition:type": "",
        "zeebe:userTask": "",
    }.get(binding_type, "name" if binding_type.startswith("bpmn:") else "property")
    made["binding"] = {"type": binding_type, **({key: name} if key else {})}
    if binding_type == "zeebe:linkedResource":
        link, _, attribute = name.partition("/")
        made["binding"] = {"type": binding_type, "linkName": link, "property": attribute}
    return made


def when(name: str, **rest: Any) -> dict[str, Any]:
    """A condition; `isActive`, `equals`, `oneOf`."""
    return {"condition": {"property": name, "type": "simple", **rest}}


JOB = prop("zeebe:taskDefinition type", "do:1", "Hidden")
INPUT, HEADER, PROPERTY = "zeebe:input", "zeebe:taskHeader", "zeebe:property"

CASES = (
    Case("job type and retries", template(JOB, prop("zeebe:taskDefinition retries", "5")), TASK),
    Case("old form of the job type", template(prop("zeebe:taskDefinition:type", "do:1", "Hidden")), TASK),
    Case("no version, no icon", {k: v for k, v in template(JOB).items() if k != "version"}, TASK),
    Case(
        "icon, engines, category, groups",
        template(
            JOB,
            prop(f"{INPUT} a", "x", group="g"),
            icon={"contents": ICON},
            engines={"camunda": "^8.6"},
            category={"id": "c", "name": "C"},
            groups=[{"id": "g", "label": "G"}],
            entriesVisible=True,
        ),
        TASK,
    ),
    Case(
        "inputs with and without value",
        template(
            JOB,
            prop(f"{INPUT} a", "x"),
            prop(f"{INPUT} b"),
            prop(f"{INPUT} c", ""),
            prop(f"{INPUT} d", optional=True),
            prop(f"{INPUT} e", "", optional=True),
            prop(f"{INPUT} f", "y", optional=True),
            prop(f"{INPUT} g.h.i", "=1 + 1"),
        ),
        TASK,
    ),
    Case(
        "outputs",
        template(
            JOB,
            prop("zeebe:output =result", "r"),
            prop("zeebe:output =other"),
            prop("zeebe:output =third", optional=True),
            prop(f"{INPUT} a", "x"),
        ),
        TASK,
    ),
    Case(
        "headers with and without value",
        template(
            JOB,
            prop(f"{HEADER} a", "x"),
            prop(f"{HEADER} b"),
            prop(f"{HEADER} c", ""),
            prop(f"{HEADER} d", optional=True),
        ),
        TASK,
    ),
    Case("only headers without value", template(JOB, prop(f"{HEADER} b")), TASK),
    Case(
        "properties with and without value",
        template(
            JOB,
            prop(f"{PROPERTY} a", "x"),
            prop(f"{PROPERTY} b"),
            prop(f"{PROPERTY} c", ""),
            prop(f"{PROPERTY} d", optional=True),
            prop(f"{PROPERTY} e", True, "Boolean"),
            prop(f"{PROPERTY} f", False, "Boolean"),
            prop(f"{PROPERTY} g", 7, "Number"),
            prop(f"{PROPERTY} h", kind="Boolean"),
            prop(f"{PROPERTY} i", 0, "Number"),
        ),
        TASK,
    ),
    Case(
        "modes of FEEL in inputs",
        template(
            JOB,
            prop(f"{INPUT} a", "x", feel="optional"),
            prop(f"{INPUT} b", "x", feel="required"),
            prop(f"{INPUT} c", "=x", feel="required"),
            prop(f"{INPUT} d", feel="required"),
            prop(f"{INPUT} e", "", feel="required"),
            prop(f"{INPUT} f", "{\n  a: 1 // note\n}", "Text", feel="required"),
            prop(f"{INPUT} g", "a\nb", "Text"),
        ),
        TASK,
    ),
    Case(
        "booleans and numbers in inputs",
        template(
            JOB,
            prop(f"{INPUT} a", True, "Boolean"),
            prop(f"{INPUT} b", False, "Boolean"),
            prop(f"{INPUT} c", kind="Boolean"),
            prop(f"{INPUT} d", 20, "Number"),
            prop(f"{INPUT} e", 2.5, "Number"),
            prop(f"{INPUT} f", kind="Number"),
            prop(f"{INPUT} g", "=true", "Boolean", feel="optional"),
            prop(f"{INPUT} h", 3, "Number", feel="optional"),
            prop(f"{INPUT} i", 0, "Number", optional=True),
            prop(f"{INPUT} j", False, "Boolean", optional=True),
        ),
        TASK,
    ),
    Case(
        "FEEL in headers and properties",
        template(
            JOB,
            prop(f"{HEADER} a", "{a: b}", "Text", feel="required"),
            prop(f"{HEADER} b", "x", feel="optional"),
            prop(f"{PROPERTY} a", "x", feel="required"),
            prop(f"{PROPERTY} b", True, "Boolean", feel="static"),
            prop(f"{PROPERTY} c", 3, "Number", feel="static"),
            prop(f"{HEADER} c", True, "Boolean", feel="static"),
            prop(f"{HEADER} d", True, "Boolean"),
            prop(f"{HEADER} e", False, "Boolean"),
        ),
        TASK,
    ),
    Case(
        "generated values",
        template(
            JOB,
            prop(f"{INPUT} a", generatedValue={"type": "uuid"}),
            prop(f"{PROPERTY} b", kind="Hidden", generatedValue={"type": "uuid"}),
            prop(f"{HEADER} c", generatedValue={"type": "uuid"}),
            prop(f"{INPUT} d", feel="required", generatedValue={"type": "uuid"}),
        ),
        TASK,
    ),
    Case(
        "equals on a drop-down",
        template(
            JOB,
            prop(f"{INPUT} kind", "one", "Dropdown", id="kind"),
            prop(f"{INPUT} a", "1", **when("kind", equals="one")),
            prop(f"{INPUT} b", "2", **when("kind", equals="two")),
            prop(f"{HEADER} c", "3", **when("kind", oneOf=["one", "three"])),
            prop(f"{PROPERTY} d", "4", **when("kind", oneOf=["two", "three"])),
        ),
        TASK,
    ),
    Case(
        "one binding with two values",
        template(
            JOB,
            prop(f"{INPUT} kind", "two", "Dropdown", id="kind"),
            prop(f"{INPUT} body", "for one", **when("kind", equals="one")),
            prop(f"{INPUT} body", "for two", **when("kind", equals="two")),
            prop(f"{INPUT} last", "z"),
        ),
        TASK,
    ),
    Case(
        "a chain of conditions",
        template(
            JOB,
            prop(f"{INPUT} a", "one", "Dropdown", id="a"),
            prop(f"{INPUT} b", "two", "Dropdown", id="b", **when("a", equals="one")),
            prop(f"{INPUT} c", "three", "Dropdown", id="c", **when("b", equals="two")),
            prop(f"{INPUT} d", "x", **when("c", equals="three")),
            prop(f"{INPUT} e", "x", **when("c", equals="one")),
        ),
        TASK,
    ),
    Case(
        "all of several conditions",
        template(
            JOB,
            prop(f"{INPUT} a", "one", "Dropdown", id="a"),
            prop(f"{INPUT} b", "two", "Dropdown", id="b"),
            prop(
                f"{INPUT} c",
                "x",
                condition={"allMatch": [when("a", equals="one")["condition"], when("b", equals="two")["condition"]]},
            ),
            prop(
                f"{INPUT} d",
                "x",
                condition={"allMatch": [when("a", equals="one")["condition"], when("b", equals="one")["condition"]]},
            ),
            prop(
                f"{INPUT} e",
                "x",
                condition={
                    "allMatch": [when("a", oneOf=["one", "two"])["condition"], when("c", isActive=True)["condition"]]
                },
            ),
        ),
        TASK,
    ),
    Case(
        "isActive",
        template(
            JOB,
            prop(f"{PROPERTY} manual", False, "Boolean", id="manual"),
            prop(f"{PROPERTY} id", id="id", **when("manual", equals=True)),
            prop(f"{PROPERTY} mode", "MANUAL", "Hidden", **when("id", isActive=True)),
            prop(f"{PROPERTY} mode", "AUTO", "Hidden", **when("id", isActive=False)),
            prop(f"{PROPERTY} more", "x", **when("unknown", isActive=False)),
            prop(f"{PROPERTY} less", "x", **when("unknown", isActive=True)),
        ),
        TASK,
    ),
    Case(
        "equals on booleans",
        template(
            JOB,
            prop(f"{INPUT} a", True, "Boolean", id="a"),
            prop(f"{INPUT} b", False, "Boolean", id="b"),
            prop(f"{INPUT} c", "x", **when("a", equals=True)),
            prop(f"{INPUT} d", "x", **when("a", equals=False)),
            prop(f"{INPUT} e", "x", **when("b", equals=True)),
            prop(f"{INPUT} f", "x", **when("b", equals=False)),
            prop(f"{PROPERTY} g", True, "Boolean", id="g"),
            prop(f"{PROPERTY} h", False, "Boolean", id="h"),
            prop(f"{INPUT} i", "x", **when("g", equals=True)),
            prop(f"{INPUT} j", "x", **when("h", equals=True)),
            prop(f"{INPUT} k", "x", **when("h", equals=False)),
        ),
        TASK,
    ),
    Case(
        "equals on numbers",
        template(
            JOB,
            prop(f"{INPUT} a", 3, "Number", id="a"),
            prop(f"{PROPERTY} b", 3, "Number", id="b"),
            prop(f"{PROPERTY} z", id="z", kind="Number"),
            prop(f"{INPUT} c", "x", **when("a", equals=3)),
            prop(f"{INPUT} d", "x", **when("a", equals=4)),
            prop(f"{INPUT} e", "x", **when("b", equals=3)),
            prop(f"{INPUT} f", "x", **when("b", oneOf=[3, 4])),
            prop(f"{INPUT} g", "x", **when("z", equals=0)),
        ),
        TASK,
    ),
    Case(
        "equals on expressions",
        template(
            JOB,
            prop(f"{INPUT} a", "x", id="a", feel="required"),
            prop(f"{INPUT} b", "=x", id="b", feel="optional"),
            prop(f"{INPUT} c", "1", **when("a", equals="x")),
            prop(f"{INPUT} d", "1", **when("a", equals="=x")),
            prop(f"{INPUT} e", "1", **when("b", equals="=x")),
            prop(f"{INPUT} f", "1", **when("b", equals="x")),
        ),
        TASK,
    ),
    Case(
        "conditions on a header and on the name",
        template(
            JOB,
            prop(f"{HEADER} op", "one", "Dropdown", id="op"),
            prop(f"{INPUT} a", "x", **when("op", equals="one")),
            prop("property name", "Named", id="name"),
            prop(f"{INPUT} b", "x", **when("name", equals="Do it")),
            prop(f"{INPUT} c", "x", **when("name", equals="Named")),
        ),
        TASK,
    ),
    Case(
        "name of an element without one",
        template(
            JOB, prop("property name", "Named", id="name"), prop(f"{INPUT} c", "x", **when("name", equals="Named"))
        ),
        '<bpmn:task id="E"><flows/></bpmn:task>',
    ),
    Case("hidden name", template(JOB, prop("property name", "Named", "Hidden")), TASK),
    Case(
        "attribute that is a boolean",
        template(JOB, prop("property isForCompensation", True, "Boolean"), prop("property name", "N")),
        TASK,
    ),
    Case(
        "drop-down without default",
        template(JOB, prop(f"{INPUT} a", kind="Dropdown", id="a"), prop(f"{INPUT} b", "x", **when("a", equals="one"))),
        TASK,
    ),
    Case(
        "values of other templates stay",
        template(
            JOB,
            prop(f"{INPUT} url", "default"),
            prop(f"{INPUT} kind", "one", "Dropdown"),
            prop(f"{INPUT} hidden", "h", "Hidden"),
            prop(f"{INPUT} new", "n"),
            prop(f"{HEADER} key", "default"),
            prop(f"{PROPERTY} p", "default"),
            prop("zeebe:taskDefinition retries", "3"),
        ),
        extended(
            "serviceTask",
            '<zeebe:taskDefinition type="old" retries="9"/><zeebe:ioMapping><zeebe:input source="mine" target="url"/>'
            '<zeebe:input source="two" target="kind"/><zeebe:input source="mine" target="hidden"/><zeebe:input source="x" target="gone"/>'
            '<zeebe:output source="=o" target="gone"/></zeebe:ioMapping>'
            '<zeebe:taskHeaders><zeebe:header key="gone" value="x"/><zeebe:header key="key" value="mine"/></zeebe:taskHeaders>'
            '<zeebe:properties><zeebe:property name="p" value="mine"/><zeebe:property name="gone" value="x"/></zeebe:properties>',
        ),
    ),
    Case(
        "a choice that is none any more",
        template(JOB, prop(f"{INPUT} kind", "one", "Dropdown")),
        extended("serviceTask", '<zeebe:ioMapping><zeebe:input source="nine" target="kind"/></zeebe:ioMapping>'),
    ),
    Case(
        "what the template does not have goes",
        template(JOB),
        extended(
            "serviceTask",
            '<zeebe:ioMapping><zeebe:input source="x" target="a"/></zeebe:ioMapping><zeebe:taskHeaders><zeebe:header key="k" value="v"/>'
            '</zeebe:taskHeaders><zeebe:properties><zeebe:property name="p" value="v"/></zeebe:properties>',
        ),
    ),
    Case(
        "values decide conditions",
        template(
            JOB,
            prop(f"{INPUT} kind", "one", "Dropdown", id="kind"),
            prop(f"{INPUT} a", "1", **when("kind", equals="one")),
            prop(f"{INPUT} b", "2", **when("kind", equals="two")),
        ),
        extended(
            "serviceTask",
            '<zeebe:ioMapping><zeebe:input source="two" target="kind"/><zeebe:input source="mine" target="b"/></zeebe:ioMapping>',
        ),
    ),
    Case(
        "the same template again",
        template(
            JOB,
            prop(f"{INPUT} url", "default"),
            prop(f"{INPUT} same", "s"),
            prop(f"{INPUT} empty", "e"),
            prop(f"{INPUT} new", "n"),
            prop(f"{HEADER} key", "default"),
        ),
        extended(
            "serviceTask",
            '<zeebe:taskDefinition type="do:1"/><zeebe:ioMapping><zeebe:input source="mine" target="url"/>'
            '<zeebe:input source="s" target="same"/>'
            '<zeebe:input target="empty"/></zeebe:ioMapping><zeebe:taskHeaders><zeebe:header key="key" value="mine"/></zeebe:taskHeaders>',
            MARK,
        ),
    ),
    Case(
        "an older version of the template",
        template(JOB, prop(f"{INPUT} url", "default"), prop(f"{INPUT} kind", "one", "Dropdown"), version=2),
        extended(
            "serviceTask",
            '<zeebe:taskDefinition type="do:0"/><zeebe:ioMapping><zeebe:input source="mine" target="url"/>'
            '<zeebe:input source="two" target="kind"/>'
            "</zeebe:ioMapping>",
            MARK,
        ),
    ),
    Case(
        "extensions of others on the same kind",
        template(JOB, prop(f"{INPUT} a", "x")),
        extended(
            "serviceTask",
            '<zeebe:ioMapping/><zeebe:executionListeners><zeebe:executionListener eventType="start" type="l"/></zeebe:executionListeners>',
            'name="N"',
            '<bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements><zeebe:loopCharacteristics inputCollection="=l"/>'
            "</bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics>",
        ),
    ),
    Case(
        "documentation and loop survive another kind",
        template(JOB, prop(f"{INPUT} a", "x")),
        '<bpmn:userTask id="E" name="N"><bpmn:documentation>why</bpmn:documentation><bpmn:extensionElements><zeebe:userTask/>'
        '<zeebe:assignmentDefinition assignee="a"/></bpmn:extensionElements><flows/><bpmn:multiInstanceLoopCharacteristics>'
        '<bpmn:extensionElements><zeebe:loopCharacteristics inputCollection="=l"/></bpmn:extensionElements>'
        "</bpmn:multiInstanceLoopCharacteristics></bpmn:userTask>",
    ),
    Case(
        "no kind of its own",
        template(JOB, prop(f"{INPUT} a", "x"), kind=None, to="ServiceTask"),
        '<bpmn:serviceTask id="E"><flows/></bpmn:serviceTask>',
    ),
    Case(
        "called process",
        template(prop("zeebe:calledElement processId", "called"), prop(f"{INPUT} a", "x"), kind="CallActivity"),
        TASK,
    ),
    Case(
        "called process by binding",
        template(
            prop("zeebe:calledElement processId", "called"),
            prop("zeebe:calledElement bindingType", "versionTag", "Hidden"),
            prop("zeebe:calledElement versionTag", "v1"),
            kind="CallActivity",
        ),
        TASK,
    ),
    Case(
        "called process that was there",
        template(prop("zeebe:calledElement processId", "called"), kind="CallActivity"),
        extended("callActivity", '<zeebe:calledElement processId="mine" propagateAllChildVariables="true"/>'),
    ),
    Case(
        "called process with its latest version",
        template(
            prop("zeebe:calledElement processId", "called"),
            prop("zeebe:calledElement bindingType", "latest", "Hidden"),
            kind="CallActivity",
        ),
        TASK,
    ),
    Case(
        "user task with form, assignment, schedule, priority",
        template(
            prop("zeebe:userTask", kind="Hidden"),
            prop("zeebe:formDefinition formId", "form"),
            prop("zeebe:formDefinition bindingType", "deployment", "Hidden"),
            prop("zeebe:assignmentDefinition assignee", "=who"),
            prop("zeebe:assignmentDefinition candidateGroups", "g"),
            prop("zeebe:taskSchedule dueDate", "2026-11-25T10:00:00Z"),
            prop("zeebe:priorityDefinition priority", 40, "Number"),
            kind="UserTask",
        ),
        TASK,
    ),
    Case(
        "form elsewhere",
        template(
            prop("zeebe:userTask", kind="Hidden"),
            prop("zeebe:formDefinition externalReference", "https://f"),
            kind="UserTask",
        ),
        TASK,
    ),
    Case(
        "user task without its extension",
        template(prop(f"{INPUT} a", "x"), kind="UserTask"),
        extended("userTask", "<zeebe:userTask/>"),
    ),
    Case(
        "choice of a binding type",
        template(
            prop("zeebe:userTask", kind="Hidden"),
            prop("zeebe:formDefinition formId", "form"),
            prop(
                "zeebe:formDefinition bindingType",
                "deployment",
                "Dropdown",
                choices=[{"name": "L", "value": "latest"}, {"name": "D", "value": "deployment"}],
            ),
            kind="UserTask",
        ),
        TASK,
    ),
    Case(
        "called decision",
        template(
            prop("zeebe:calledDecision decisionId", "d"),
            prop("zeebe:calledDecision resultVariable", "r"),
            kind="BusinessRuleTask",
        ),
        TASK,
    ),
    Case(
        "script",
        template(
            prop("zeebe:script expression", "=1 + 1", feel="required"),
            prop("zeebe:script resultVariable", "r"),
            kind="ScriptTask",
        ),
        TASK,
    ),
    Case(
        "linked resources",
        template(
            JOB,
            prop("zeebe:linkedResource rpa/resourceId", "script"),
            prop("zeebe:linkedResource rpa/resourceType", "RPA", "Hidden"),
            prop("zeebe:linkedResource other/resourceId"),
            prop("zeebe:linkedResource other/bindingType", "deployment", "Hidden"),
        ),
        TASK,
    ),
    Case(
        "linked resources that were there",
        template(JOB, prop("zeebe:linkedResource rpa/resourceId", "script")),
        extended(
            "serviceTask",
            '<zeebe:linkedResources><zeebe:linkedResource linkName="rpa" resourceId="mine" resourceType="RPA"/>'
            '<zeebe:linkedResource linkName="gone" resourceId="x"/></zeebe:linkedResources>',
        ),
    ),
    Case(
        "ad-hoc sub-process",
        template(
            prop("zeebe:adHoc outputCollection", "results"),
            prop("zeebe:adHoc outputElement", "={a: b}", feel="required"),
            prop("zeebe:adHoc activeElementsCollection", "=[1]", feel="required"),
            prop("property completionCondition", "=done", feel="required"),
            kind="AdHocSubProcess",
            to="SubProcess",
        ),
        '<bpmn:subProcess id="E" name="N"><flows/></bpmn:subProcess>',
    ),
    Case(
        "message start event",
        template(
            prop(f"{PROPERTY} inbound.type", "t", "Hidden"),
            prop("bpmn:Message#property name", generatedValue={"type": "uuid"}),
            prop("bpmn:Message#zeebe:subscription#property correlationKey", "=key", feel="required"),
            to="StartEvent",
            kind="StartEvent+Message",
        ),
        '<bpmn:startEvent id="E"/>',
    ),
    Case(
        "start event without message",
        template(prop(f"{PROPERTY} inbound.type", "t", "Hidden"), to="StartEvent", kind="StartEvent"),
        '<bpmn:startEvent id="E"/>',
    ),
    Case(
        "start event that had a message",
        template(prop(f"{PROPERTY} inbound.type", "t", "Hidden"), to="StartEvent", kind="StartEvent"),
        '<bpmn:startEvent id="E"><bpmn:messageEventDefinition id="def" messageRef="m"/></bpmn:startEvent>',
        '<bpmn:message id="m" name="mine"/>',
    ),
    Case(
        "intermediate catch event",
        template(
            prop("bpmn:Message#property name", "msg"),
            prop("bpmn:Message#zeebe:subscription#property correlationKey", "=key", feel="required"),
            to="IntermediateCatchEvent IntermediateThrowEvent",
            kind="IntermediateCatchEvent+Message",
        ),
        '<bpmn:intermediateThrowEvent id="E"><flows/></bpmn:intermediateThrowEvent>',
    ),
    Case(
        "catch event with a message of its own",
        template(
            prop("bpmn:Message#property name", "msg"),
            prop("bpmn:Message#zeebe:subscription#property correlationKey", "=key", feel="required"),
            to="IntermediateCatchEvent",
            kind="IntermediateCatchEvent+Message",
        ),
        '<bpmn:intermediateCatchEvent id="E"><flows/><bpmn:messageEventDefinition id="def" messageRef="m"/></bpmn:intermediateCatchEvent>',
        '<bpmn:message id="m" name="mine"/>',
    ),
    Case(
        "catch event with the template's message",
        template(
            prop("bpmn:Message#property name", "msg"),
            prop("bpmn:Message#zeebe:subscription#property correlationKey", "=key", feel="required"),
            to="IntermediateCatchEvent",
            kind="IntermediateCatchEvent+Message",
        ),
        '<bpmn:intermediateCatchEvent id="E"><flows/><bpmn:messageEventDefinition id="def" messageRef="m"/></bpmn:intermediateCatchEvent>',
        '<bpmn:message id="m" name="mine" zeebe:modelerTemplate="test.template"/>',
    ),
    Case(
        "receive task",
        template(
            prop("bpmn:Message#property name", generatedValue={"type": "uuid"}),
            prop("bpmn:Message#zeebe:subscription#property correlationKey", feel="required"),
            kind="ReceiveTask",
        ),
        TASK,
    ),
    Case(
        "receive task with a message of its own",
        template(prop("bpmn:Message#property name", "msg"), to="ReceiveTask", kind="ReceiveTask"),
        '<bpmn:receiveTask id="E" messageRef="m"><flows/></bpmn:receiveTask>',
        '<bpmn:message id="m" name="mine"/>',
    ),
    Case(
        "message by condition",
        template(
            prop(f"{PROPERTY} need", "one", "Dropdown", id="need"),
            prop(
                "bpmn:Message#zeebe:subscription#property correlationKey",
                "=k",
                feel="required",
                **when("need", equals="two"),
            ),
            prop("bpmn:Message#property name", "msg", **when("need", equals="one")),
            kind="ReceiveTask",
        ),
        TASK,
    ),
    Case(
        "boundary event",
        template(
            prop(f"{PROPERTY} inbound.type", "t", "Hidden"),
            prop("bpmn:Message#property name", "msg"),
            to="BoundaryEvent",
            kind="BoundaryEvent+Message",
        ),
        '<bpmn:boundaryEvent id="E" attachedToRef="T"/>',
        around='<bpmn:task id="T"/>',
    ),
    Case(
        "message end event",
        template(JOB, prop(f"{INPUT} a", "x"), to="EndEvent", kind="EndEvent+Message"),
        '<bpmn:endEvent id="E"/>',
    ),
    Case("send task", template(JOB, prop(f"{HEADER} a", "x"), kind="SendTask"), TASK),
    Case(
        "in an event sub-process",
        template(
            prop("bpmn:Message#property name", "msg"),
            prop("bpmn:Message#zeebe:subscription#property correlationKey", "=k", feel="required"),
            to="StartEvent",
            kind="StartEvent+Message",
        ),
        '<bpmn:subProcess id="X" triggeredByEvent="true"><bpmn:startEvent id="E"/></bpmn:subProcess>',
    ),
    Case(
        "in a sub-process",
        template(JOB, prop(f"{INPUT} a", "x")),
        '<bpmn:subProcess id="X"><bpmn:task id="E"/><bpmn:task id="T"/></bpmn:subProcess>',
    ),
    Case(
        "isEmpty",
        template(
            JOB,
            prop(f"{INPUT} conf", optional=True, id="conf"),
            prop(f"{INPUT} a", "x", **when("conf", isEmpty=True)),
            prop(f"{INPUT} b", "x", **when("conf", isEmpty=False)),
        ),
        TASK,
        only_in_modeler=True,
    ),
    Case(
        "listeners",
        template(
            JOB,
            {
                "type": "Hidden",
                "value": "listen",
                "binding": {"type": "zeebe:executionListener", "eventType": "start", "retries": "2"},
            },
            {
                "type": "Hidden",
                "value": "other",
                "binding": {
                    "type": "zeebe:executionListener",
                    "eventType": "end",
                    "headers": [{"key": "k", "value": "v"}],
                },
            },
            entriesVisible={"executionListeners": False},
        ),
        TASK,
        only_in_modeler=True,
    ),
    Case(
        "listeners of a user task",
        template(
            prop("zeebe:userTask", kind="Hidden"),
            {"type": "Hidden", "value": "listen", "binding": {"type": "zeebe:taskListener", "eventType": "creating"}},
            kind="UserTask",
            entriesVisible={"taskListeners": False},
        ),
        TASK,
        only_in_modeler=True,
    ),
    Case(
        "timer",
        template(
            prop("bpmn:TimerEventDefinition#property timeDuration", "PT1H"),
            to="IntermediateCatchEvent",
            kind="IntermediateCatchEvent+Timer",
        ),
        '<bpmn:intermediateCatchEvent id="E"><flows/></bpmn:intermediateCatchEvent>',
        only_in_modeler=True,
    ),
    Case(
        "timer that comes again and again",
        template(
            prop("bpmn:TimerEventDefinition#property timeCycle", "R/PT1H"),
            to="BoundaryEvent",
            kind="BoundaryEvent+Timer",
        ),
        '<bpmn:boundaryEvent id="E" attachedToRef="T"/>',
        around='<bpmn:task id="T"/>',
        only_in_modeler=True,
    ),
    Case(
        "signal",
        template(
            prop("bpmn:Signal#property name", "sig"), to="IntermediateCatchEvent", kind="IntermediateCatchEvent+Signal"
        ),
        '<bpmn:intermediateCatchEvent id="E"><flows/></bpmn:intermediateCatchEvent>',
        only_in_modeler=True,
    ),
    Case(
        "condition",
        template(
            prop("bpmn:ConditionalEventDefinition#property condition", "=a > 1", feel="required"),
            prop("bpmn:ConditionalEventDefinition#zeebe:conditionalFilter#property variableEvents", "create"),
            to="IntermediateCatchEvent",
            kind="IntermediateCatchEvent+Conditional",
        ),
        '<bpmn:intermediateCatchEvent id="E"><flows/></bpmn:intermediateCatchEvent>',
        only_in_modeler=True,
    ),
    Case(
        "called process that sees everything",
        template(
            prop("zeebe:calledElement processId", "called"),
            prop("zeebe:calledElement propagateAllChildVariables", True, "Boolean"),
            prop("zeebe:calledElement propagateAllParentVariables", True, "Boolean"),
            kind="CallActivity",
        ),
        TASK,
        only_in_modeler=True,
    ),
    Case(
        "job priority",
        template(JOB, prop("zeebe:jobPriorityDefinition priority", 7, "Number")),
        TASK,
        only_in_modeler=True,
    ),
)
