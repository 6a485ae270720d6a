"""Agents: their definitions, instances and conversations (8.10)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.bpmn_builder import BpmnFile, multi_instance, tag
from tests.engine_driver import EngineDriver

from kiang.engine.state.agent import AGENT_DEFINITIONS, AGENT_HISTORY, AGENT_INSTANCES, AgentInstance
from kiang.protocol.agents import (
    AgentInstanceReported,
    AgentStatus,
    CreateAgentInstance,
    HistoryItem,
    HistoryRole,
    UpdateAgentInstance,
)
from kiang.protocol.answers import Deployed, Done, Rejection
from kiang.protocol.commands import ActivateJobs, CancelProcessInstance, CompleteJob, FailJob, ThrowError, UpdateJob

CONFIGURATION = HistoryItem(
    "setup",
    1,
    HistoryRole.CONFIGURATION,
    0,
    model="gpt",
    provider="openai",
    system_prompt='[{"contentType":"TEXT","text":"Be nice."}]',
)


def agent(kind: str = "aiAgentTask") -> str:
    return tag("zeebe:agentDefinition", agentType=kind)


def file(**options: Any) -> BpmnFile:
    b = BpmnFile("p").start("s")
    b.service_task("t", job_type="w", extensions=agent(), name="The agent", **options)
    return b.end("e").chain("s", "t", "e")


def said(id_: str, role: HistoryRole = HistoryRole.USER, **more: Any) -> HistoryItem:
    return HistoryItem(id_, 1, role, 0, content='[{"contentType":"TEXT","text":"hello"}]', **more)


class Agents(EngineDriver):
    """A driver with shorthands for agents."""

    def __init__(self, *files: Any, **options: Any) -> None:
        super().__init__(*(files or (file(),)), **options)
        self.job_key = self.element = 0
        self.lease = ""

    def activate(self, *, with_lease: bool = False) -> None:
        """Take the job."""
        (job,) = self.execute(ActivateJobs("w", "worker", 1000, 1, with_lease=with_lease)).jobs
        self.job_key, self.element, self.lease = job.key, job.element_instance_key, job.lease_token

    def begin(self, *history: HistoryItem, **changes: Any) -> Any:
        values = {"element_instance_key": self.element, "job_key": self.job_key, "lease_token": self.lease} | changes
        return self.execute(CreateAgentInstance(**values, history=history or (CONFIGURATION,)))

    def go_on(self, key: int, *history: HistoryItem, **changes: Any) -> Any:
        values = {"element_instance_key": self.element, "job_key": self.job_key, "lease_token": self.lease} | changes
        return self.execute(UpdateAgentInstance(**values, history=history, key=key))

    def finish(self) -> None:
        assert isinstance(self.execute(CompleteJob(self.job_key, lease_token=self.lease)), Done)

    @property
    def agent(self) -> AgentInstance:
        (row,) = self.store.select(AGENT_INSTANCES)
        return row

    @property
    def history(self) -> list[tuple[str, str]]:
        return [(row.item_id, row.commit_status) for row in self.store.select(AGENT_HISTORY, (), ("key",))]


@pytest.fixture(params=[False, True], ids=["kept", "restarted"])
def d(request) -> Agents:
    driver = Agents(restarts=request.param)
    driver.create("p")
    driver.activate()
    return driver


def refusal(answer: Any) -> tuple[str, str]:
    assert isinstance(answer, Rejection), answer
    return str(answer.type), answer.reason


def test_a_deployed_element_with_an_agent_is_an_agent_definition_of_each_version():
    d = Agents()
    d.deploy("p.bpmn", file(retries="2"))

    first, second = d.store.select(AGENT_DEFINITIONS, (), ("key",))

    assert (first.agent_type, first.name, first.element_id) == ("AI_AGENT_TASK", "The agent", "t")
    assert first.process_definition_key != second.process_definition_key


def test_an_ad_hoc_sub_process_and_the_inside_of_a_multi_instance_can_have_one():
    b = BpmnFile("p").start("s")
    inner = "<bpmn:task id='inside'/>"
    ad_hoc = agent("aiAgentSubProcess") + tag("zeebe:taskDefinition", type="w")
    b.element("adHocSubProcess", "ad-hoc", extensions=ad_hoc, inner=inner)
    b.service_task("many", job_type="w", extensions=agent("external"), inner=multi_instance("=[1, 2]"))
    b.end("e").chain("s", "ad-hoc", "many", "e")

    d = EngineDriver(b)

    found = {(row.element_id, row.agent_type, row.name) for row in d.store.select(AGENT_DEFINITIONS)}
    assert found == {("ad-hoc", "AI_AGENT_SUB_PROCESS", "ad-hoc"), ("many", "EXTERNAL_AGENT", "many")}


@pytest.mark.parametrize(
    ("extension", "text"),
    [
        (tag("zeebe:agentDefinition"), "Attribute 'agentType' must be present and not empty"),
        (agent("aiAgentSubProcess"), "agentType 'aiAgentSubProcess' is only allowed on an ad-hoc sub-process."),
        (agent("robot"), "Attribute 'agentType' must be one of: aiAgentSubProcess, aiAgentTask, external"),
        (agent() + agent("external"), "Must have exactly one 'zeebe:agentDefinition'"),
    ],
)
def test_definitions_that_are_refused(extension, text):
    b = BpmnFile("p").start("s").service_task("t", job_type="w", extensions=extension).end("e").chain("s", "t", "e")

    kind, reason = refusal(EngineDriver().deploy("p.bpmn", b))

    assert kind == "INVALID_ARGUMENT"
    assert text in reason


def test_an_agent_begins_as_its_configuration_says(d: Agents):
    tools, limits = (
        '[{"name":"search","description":null,"elementId":null}]',
        '{"maxModelCalls":3,"maxToolCalls":-1,"maxTokens":-1}',
    )

    answer = d.begin(
        CONFIGURATION, HistoryItem("tools", 1, HistoryRole.CONFIGURATION, 0, tools=tools, limits=limits), said("q")
    )

    row = d.agent
    assert isinstance(answer, AgentInstanceReported)
    assert (answer.key, [item.id for item in answer.items]) == (row.key, ["setup", "tools", "q"])
    assert json.loads(row.definition) == {
        "model": "gpt",
        "provider": "openai",
        "systemPrompt": [{"contentType": "TEXT", "text": "Be nice."}],
    }
    assert (row.status, row.tools, row.limits) == ("INITIALIZING", tools, limits)
    assert json.loads(row.element_instance_keys) == [str(d.element)]
    assert d.history == [("setup", "COMMITTED"), ("tools", "COMMITTED"), ("q", "PENDING")]


def test_what_is_said_during_a_job_counts_when_it_is_completed(d: Agents):
    key = d.begin().key
    metrics = '{"inputTokens":10,"outputTokens":5,"durationMs":7}'
    calls = '[{"toolCallId":"1","toolName":"a"},{"toolCallId":"2","toolName":"b"}]'
    other = HistoryItem("other", 1, HistoryRole.CONFIGURATION, 0, model="claude")

    d.go_on(
        key, said("a", HistoryRole.ASSISTANT, metrics=metrics, tool_calls=calls), other, status=AgentStatus.THINKING
    )
    before, model_before = d.history, json.loads(d.agent.definition)["model"]
    d.finish()

    assert before == [("setup", "COMMITTED"), ("a", "PENDING"), ("other", "PENDING")]
    assert model_before == "gpt", "a configuration that may still be discarded does not hold"
    assert d.history == [("setup", "COMMITTED"), ("a", "COMMITTED"), ("other", "COMMITTED")]
    assert json.loads(d.agent.definition)["model"] == "claude"
    sums = json.loads(d.agent.metrics)
    assert (sums["inputTokens"], sums["outputTokens"], sums["modelCalls"], sums["toolCalls"]) == (10, 5, 1, 2)
    assert (d.agent.status, d.agent.ended_at) == ("COMPLETED", d.now), "its process instance has ended"


def test_what_is_sent_again_is_kept_once(d: Agents):
    key = d.begin().key
    first = d.go_on(key, said("a", HistoryRole.ASSISTANT))

    second = d.go_on(key, said("a", HistoryRole.ASSISTANT), said("b"), CONFIGURATION)

    assert [(i.id, i.is_duplicate) for i in second.items] == [("a", True), ("b", False), ("setup", True)]
    assert second.items[0].key == first.items[0].key
    assert json.loads(d.agent.metrics)["modelCalls"] == 1


def test_what_was_said_in_an_activation_that_has_lost_its_job_is_discarded(d: Agents):
    d.advance(2000)
    d.activate(with_lease=True)
    key, old = d.begin().key, d.lease
    d.go_on(key, said("lost"))
    d.advance(2000)
    d.activate(with_lease=True)

    stale = d.go_on(key, said("late"), lease_token=old)
    d.go_on(key, said("lost"), said("won"))
    d.finish()

    assert old != d.lease
    assert refusal(stale)[0] == "NOT_FOUND"
    assert "did not hold the supplied lease" in stale.reason
    assert d.history == [
        ("setup", "COMMITTED"),
        ("lost", "DISCARDED"),
        ("lost", "COMMITTED"),
        ("won", "COMMITTED"),
    ]


def test_nothing_counts_of_a_job_that_is_canceled(d: Agents):
    key = d.begin().key
    d.go_on(key, said("a"))

    d.execute(CancelProcessInstance(d.agent.process_instance_key))

    assert d.history == [("setup", "COMMITTED"), ("a", "DISCARDED")]
    assert d.agent.status == "COMPLETED"


def test_an_agent_works_on_its_element_again_when_the_process_comes_back_to_it():
    b = BpmnFile("p").start("s").element("exclusiveGateway", "again")
    b.service_task("t", job_type="w", extensions=agent()).element("exclusiveGateway", "x", default="out").end("e")
    b.flow("s", "again").flow("again", "t").flow("t", "x").flow("x", "again", condition="=not(done)").flow(
        "x", "e", id_="out"
    )
    d = Agents(b)
    d.create("p", {"done": False})
    d.activate()
    key, first = d.begin().key, d.element
    d.finish()
    d.activate()

    taken = d.begin(element_instance_key=first)
    d.go_on(key, said("more"), status=AgentStatus.THINKING)

    assert refusal(taken)[0] == "NOT_FOUND"
    assert json.loads(d.agent.element_instance_keys) == [str(first), str(d.element)]
    assert (d.agent.element_instance_key, d.agent.status) == (d.element, "THINKING")
    kind, reason = refusal(d.begin())
    assert kind == "ALREADY_EXISTS"
    assert f"'{d.element}' with an agent instance, but it is already associated with" in reason
    assert f"with key '{key}'." in reason


@pytest.mark.parametrize(
    ("history", "changes", "kind", "text"),
    [
        ((), {"element_instance_key": 1}, "NOT_FOUND", "no such element instance was found."),
        ((), {"job_key": 1}, "NOT_FOUND", "job was not active."),
        ((said(" "),), {}, "INVALID_ARGUMENT", "at index 0 to agent instance, but historyItemId is missing"),
        ((said("a"), said("a")), {}, "INVALID_ARGUMENT", "historyItemId 'a' is used by more than one history item."),
        ((HistoryItem("a", 0, HistoryRole.USER, 0),), {}, "INVALID_ARGUMENT", "loopIteration is missing (got 0)."),
        ((HistoryItem("a", 1, HistoryRole.CONFIGURATION, 0),), {}, "INVALID_ARGUMENT", "changedAttributes was empty."),
        ((said("a", HistoryRole.ASSISTANT),), {}, "INVALID_ARGUMENT", "Allowed roles are: [CONFIGURATION, USER]."),
        ((said("a", metrics='{"inputTokens":1}'),), {}, "INVALID_ARGUMENT", "non-zero token-usage metrics"),
    ],
)
def test_agents_that_cannot_begin(d: Agents, history, changes, kind, text):
    found, reason = refusal(d.begin(*history, **changes))

    assert found == kind
    assert text in reason
    assert d.store.select(AGENT_INSTANCES) == []


def test_an_element_without_a_definition_has_no_agent():
    d = Agents(BpmnFile("p").start("s").service_task("t", job_type="w").end("e").chain("s", "t", "e"))
    d.create("p")
    d.activate()

    kind, reason = refusal(d.begin())

    assert kind == "INVALID_ARGUMENT"
    assert (
        "element 't' has no agent definition. Mark the element with 'zeebe:agentDefinition' at deploy time." in reason
    )


@pytest.mark.parametrize(
    ("changes", "kind", "text"),
    [
        ({"key": 1}, "NOT_FOUND", "no such agent instance was found."),
        ({"element_instance_key": 1}, "NOT_FOUND", "no such element instance was found."),
        ({"status": AgentStatus.COMPLETED}, "INVALID_STATE", "from status 'THINKING' to 'COMPLETED'"),
        ({"status": AgentStatus.INITIALIZING}, "INVALID_STATE", "from status 'THINKING' to 'INITIALIZING'"),
    ],
)
def test_updates_that_are_refused(d: Agents, changes, kind, text):
    key = d.begin().key
    d.go_on(key, status=AgentStatus.THINKING)

    found, reason = refusal(d.go_on(**({"key": key} | changes)))

    assert found == kind
    assert text in reason


def test_an_agent_of_another_instance_is_not_taken_over(d: Agents):
    key = d.begin().key
    d.create("p")
    d.activate()

    kind, reason = refusal(d.go_on(key, said("a")))

    assert kind == "INVALID_ARGUMENT"
    assert "does not match the agent instance's process instance key" in reason


def test_jobs_have_a_lease_when_they_are_asked_for_with_one():
    d = Agents()
    d.create("p")
    d.activate()
    without = d.lease
    d.advance(2000)
    d.activate(with_lease=True)

    assert without == ""
    assert d.lease
    assert isinstance(d.deploy("q.bpmn", file()), Deployed)


@pytest.mark.parametrize("token", [None, "", "another"])
def test_a_leased_job_is_ended_by_its_last_activation_alone(token):
    d = Agents()
    d.create("p")
    d.activate(with_lease=True)
    commands: list[Any] = [
        CompleteJob(d.job_key, lease_token=token),
        FailJob(d.job_key, 1, lease_token=token),
        ThrowError(d.job_key, "E", lease_token=token),
        UpdateJob(d.job_key, retries=9, lease_token=token or "another"),
    ]

    for command in commands:
        kind, reason = refusal(d.execute(command))
        assert kind == "INVALID_STATE"
        assert "did not hold the supplied lease" in reason

    assert isinstance(d.execute(UpdateJob(d.job_key, retries=9)), Done), "operators need no token"
    assert isinstance(d.execute(FailJob(d.job_key, 1, lease_token=d.lease)), Done)
    assert d.execute(ActivateJobs("w", "worker", 1000, 1)).jobs == [], "it is for workers that know leases"
    d.activate(with_lease=True)
    d.finish()
