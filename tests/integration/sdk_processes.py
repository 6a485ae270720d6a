"""The files that the tests of the official SDKs deploy: one process for each thing that an operation needs."""

from __future__ import annotations

import json
from pathlib import Path

from tests.bpmn_builder import BpmnFile, tag
from tests.integration.rest_server import one_task

FORM = json.dumps({"id": "review", "type": "default", "schemaVersion": 16, "components": []}).encode()
AD_HOC = b"""<?xml version="1.0"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
  targetNamespace="http://test" id="d"><process id="free" isExecutable="true"><startEvent id="s"/>
  <adHocSubProcess id="ad"><serviceTask id="a"><extensionElements><zeebe:taskDefinition type="free-a"/></extensionElements>
  </serviceTask></adHocSubProcess><endEvent id="e"/><sequenceFlow id="f1" sourceRef="s" targetRef="ad"/>
  <sequenceFlow id="f2" sourceRef="ad" targetRef="e"/></process></definitions>"""
DECISION = b"""<?xml version="1.0"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="prices" name="Prices" namespace="http://test">
  <decision id="price" name="Price"><decisionTable id="t" hitPolicy="UNIQUE">
    <input id="i" label="Size"><inputExpression id="ie"><text>size</text></inputExpression></input>
    <output id="o" name="price"/>
    <rule id="r1"><inputEntry id="e1"><text>&lt; 10</text></inputEntry><outputEntry id="x1"><text>5</text></outputEntry></rule>
    <rule id="r2"><inputEntry id="e2"><text>&gt;= 10</text></inputEntry><outputEntry id="x2"><text>9</text></outputEntry></rule>
  </decisionTable></decision>
</definitions>"""


def write_processes(folder: Path) -> list[Path]:
    """Write them into `folder`; returns the files in order."""
    b = BpmnFile("tour")
    b.start("s").service_task("work", job_type="work", task_headers={"h": "1"})
    b.user_task("review", extensions=tag("zeebe:formDefinition", formId="review")).end("e")
    b.chain("s", "work", "review", "e")
    files: dict[str, str | bytes] = {"tour.bpmn": b.xml().replace(b'id="tour"', b'id="tour" name="Tour"')}
    b = BpmnFile("waits")
    b.start("s").catch("wait", b.message_event("done", "=id")).end("e").chain("s", "wait", "e")
    files["waits.bpmn"] = b.xml()
    b = BpmnFile("asks")
    b.start("s", extensions=tag("zeebe:formDefinition", formId="review")).end("e").chain("s", "e")
    files["asks.bpmn"] = b.xml()
    b = BpmnFile("rains")
    b.start("s", b.conditional_event("=rain > 5")).end("e").chain("s", "e")
    files["rains.bpmn"] = b.xml()
    files |= {
        "free.bpmn": AD_HOC,
        "simple.bpmn": one_task("simple", "simple"),
        "prices.dmn": DECISION,
        "review.form": FORM,
    }
    for name, content in files.items():
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return sorted(folder / name for name in files)
