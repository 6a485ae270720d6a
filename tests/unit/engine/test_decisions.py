"""Decisions in the engine: bindings, versions, reports."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kiang.engine.engine import Engine
from kiang.engine.state.decision import DECISION_DEFINITIONS, DECISION_INSTANCES, DECISION_REQUIREMENTS
from kiang.engine.state.incident import INCIDENTS
from kiang.engine.state.variable import VARIABLES
from kiang.protocol import commands
from kiang.protocol.answers import DeployedDecision, EvaluatedDecision, Rejection
from kiang.store.memory import MemoryStore

NOW = 1_700_000_000_000
NAMESPACE = "https://www.omg.org/spec/DMN/20191111/MODEL/"


class Partition:
    """An engine that commits after every command and is made anew before the next one."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.engine = Engine(self.store, is_new=True)

    def execute(self, command: commands.Command) -> Any:
        outcome = self.engine.process(command, NOW)
        commit = self.engine.begin_commit()
        if commit is not None:
            self.store.commit(commit)
        self.engine.end_commit()
        header = self.store.header
        self.engine = Engine(self.store, last_key=header.last_key, position=header.position)
        return outcome.answer

    def deploy(self, *resources: tuple[str, str]) -> Any:
        return self.execute(commands.Deploy(tuple((name, content.encode()) for name, content in resources)))

    def evaluate(self, decision_id: str, **variables: Any) -> Any:
        document = {name: json.dumps(value) for name, value in variables.items()}
        return self.execute(commands.EvaluateDecision(decision_id, variables=document))

    def variables(self) -> dict[str, Any]:
        return {row.name: json.loads(row.value) for row in self.store.select(VARIABLES, [], ("key",))}


def decision(text: str, *, tag: str = "", graph: str = "g") -> tuple[str, str]:
    extension = (
        f'<extensionElements><z:versionTag xmlns:z="http://camunda.org/schema/zeebe/1.0" value="{tag}"/></extensionElements>'
        if tag
        else ""
    )
    return (
        f"{graph}.dmn",
        (
            f'<definitions xmlns="{NAMESPACE}" id="{graph}" name="{graph}" namespace="urn:test"><decision id="d" name="D">'
            f"{extension}<literalExpression><text>{text}</text></literalExpression></decision></definitions>"
        ),
    )


def process(binding: str = "", decision_id: str = "d") -> tuple[str, str]:
    return (
        "p.bpmn",
        (
            '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
            'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" targetNamespace="urn:test" id="b">'
            '<bpmn:process id="p" isExecutable="true"><bpmn:startEvent id="s"/><bpmn:businessRuleTask id="t">'
            f'<bpmn:extensionElements><zeebe:calledDecision decisionId="{decision_id}" resultVariable="result" {binding}/>'
            '</bpmn:extensionElements></bpmn:businessRuleTask><bpmn:endEvent id="e"/>'
            '<bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="t"/><bpmn:sequenceFlow id="f2" sourceRef="t" targetRef="e"/>'
            "</bpmn:process></bpmn:definitions>"
        ),
    )


@pytest.mark.parametrize(
    ("binding", "expected"),
    [
        ("", 3),
        ('bindingType="latest"', 3),
        ('bindingType="deployment"', 2),
        ('bindingType="versionTag" versionTag="v1"', 1),
    ],
)
def test_a_binding_chooses_the_version(binding, expected):
    partition = Partition()
    partition.deploy(decision("1", tag="v1"))
    partition.deploy(decision("2"), process(binding))
    partition.deploy(decision("3"))

    partition.execute(commands.CreateProcessInstance("p"))

    assert partition.variables() == {"result": expected}


@pytest.mark.parametrize(
    ("binding", "message"),
    [
        ("", "Expected to evaluate decision 'd', but no decision found for id 'd'"),
        ('bindingType="deployment"', "no such decision found in the deployment with key"),
        ('bindingType="versionTag" versionTag="v9"', "with id 'd' and version tag 'v9', but no such decision found"),
    ],
)
def test_a_decision_that_is_not_there_is_an_incident(binding, message):
    partition = Partition()
    partition.deploy(process(binding))

    partition.execute(commands.CreateProcessInstance("p"))

    (incident,) = partition.store.select(INCIDENTS, [], ("key",))
    assert incident.error_type == "CALLED_DECISION_ERROR"
    assert message in incident.error_message


def test_a_failed_evaluation_is_an_incident_and_is_kept():
    partition = Partition()
    partition.deploy(decision("assert(x, x > 10)"), process())

    partition.execute(commands.CreateProcessInstance("p", variables={"x": "1"}))

    (incident,) = partition.store.select(INCIDENTS, [], ("key",))
    (instance,) = partition.store.select(DECISION_INSTANCES, [], ("key",))
    assert incident.error_type == "DECISION_EVALUATION_ERROR"
    assert (instance.is_failed, instance.failure) == (1, incident.error_message)
    assert instance.element_instance_key == incident.element_instance_key


def test_deleting_brings_the_version_before_back():
    partition = Partition()
    partition.deploy(decision("1"))
    partition.deploy(decision("2"))
    graphs = partition.store.select(DECISION_REQUIREMENTS, [], ("key",))

    partition.execute(commands.DeleteResource(graphs[1].key))

    assert partition.evaluate("d").output == "1"
    again = partition.execute(commands.DeleteResource(graphs[1].key))
    assert isinstance(again, Rejection)
    partition.execute(commands.DeleteResource(graphs[0].key))
    assert isinstance(partition.evaluate("d"), Rejection)
    assert all(row.is_deleted for row in partition.store.select(DECISION_DEFINITIONS, [], ("key",)))


def test_a_tag_whose_version_is_deleted_names_none():
    partition = Partition()
    partition.deploy(decision("1", tag="v1"))
    partition.deploy(decision("2", tag="v1"), process('bindingType="versionTag" versionTag="v1"'))
    youngest = partition.store.select(DECISION_REQUIREMENTS, [], ("key",))[-1]
    partition.execute(commands.DeleteResource(youngest.key))

    partition.execute(commands.CreateProcessInstance("p"))

    assert partition.variables() == {}


def test_an_evaluation_by_key():
    partition = Partition()
    deployed = partition.deploy(decision("1"))
    partition.deploy(decision("2"))
    (first,) = [item for item in deployed.items if isinstance(item, DeployedDecision)]

    found = partition.execute(commands.EvaluateDecision(decision_key=first.key))

    assert isinstance(found, EvaluatedDecision)
    assert (found.version, found.output, found.evaluated[0].version) == (1, "1", 1)
    unknown = partition.execute(commands.EvaluateDecision(decision_key=5))
    assert unknown.reason == "Expected to evaluate decision '5', but no decision found for key '5'"
    neither = partition.execute(commands.EvaluateDecision())
    assert neither.reason == "Expected either a decision id or a valid decision key, but none provided"


def test_a_rule_without_id_gets_one_in_the_report():
    table = (
        '<decisionTable><input id="i"><inputExpression id="ie"><text>x</text></inputExpression></input><output id="o" name="o"/>'
        "<rule><inputEntry><text>-</text></inputEntry><outputEntry><text>1</text></outputEntry></rule></decisionTable>"
    )
    name, content = decision("")
    partition = Partition()
    partition.deploy((name, content.replace("<literalExpression><text></text></literalExpression>", table)))

    (report,) = partition.evaluate("d", x=1).evaluated

    assert report.matched_rules[0].id == "ZB_SYNTH_RULE_ID_d_v1_r1"


def test_a_definition_without_id_is_refused_by_name():
    name, content = decision("1")

    answer = Partition().deploy((name, content.replace('<decision id="d" ', "<decision ")))

    assert "Expected the decision 'D' to have an id, but there is none" in answer.reason


def importing(text: str, namespace: str) -> tuple[str, str]:
    return (
        "importing.dmn",
        (
            f'<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" id="i" name="i" namespace="urn:importing">'
            f'<import name="lib" namespace="{namespace}" importType="https://www.omg.org/spec/DMN/20230324/MODEL/"/>'
            f'<decision id="top" name="top"><variable name="top"/><informationRequirement><requiredDecision href="{namespace}#d"/>'
            f"</informationRequirement><literalExpression><text>{text}</text></literalExpression></decision></definitions>"
        ),
    )


def test_a_model_imports_from_its_deployment_or_from_the_one_before():
    partition = Partition()
    partition.deploy(importing("lib.D + 1", "urn:test"), decision("1"))
    assert partition.evaluate("top").output == "2"

    partition.deploy(decision("10"))
    assert partition.evaluate("top").output == "2"

    partition.deploy(importing("lib.D + 2", "urn:test"))
    assert partition.evaluate("top").output == "12"
    partition.deploy(decision("100"))
    assert partition.evaluate("top").output == "12"


def test_a_model_whose_import_is_nowhere_is_refused():
    answer = Partition().deploy(importing("lib.D + 1", "urn:none"))

    assert "'importing.dmn': Unable to find a model element instance for id d" in answer.reason


def test_faults_come_in_the_order_of_the_files():
    name, content = decision("1 +")
    answer = Partition().deploy((name, content), ("words.bpmn", "words"), ("b.dmn", "words"), ("c.txt", ""))

    order = [answer.reason.index(f"'{file}'") for file in (name, "words.bpmn", "b.dmn", "c.txt")]
    assert order == sorted(order)
