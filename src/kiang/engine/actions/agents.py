"""What agents report, and what the ends of jobs and instances mean for it (8.10).

What an agent says during a job counts once the job is completed; until then it is pending, and if the job ends otherwise, or in
another activation of it, it is discarded. An item of the role CONFIGURATION changes the agent when it is committed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from kiang.engine.processing import Processing, Refused
from kiang.engine.state.agent import AGENT_DEFINITIONS, AGENT_HISTORY, AGENT_INSTANCES, AgentHistory, AgentInstance
from kiang.engine.state.job import Job
from kiang.engine.state.process_instance import ProcessInstance
from kiang.engine.state.state import Scope
from kiang.engine.state.table import Condition
from kiang.protocol.agents import (
    NO_LIMITS,
    TOKEN_METRICS,
    AgentCommand,
    AgentStatus,
    CommitStatus,
    HistoryItem,
    HistoryRole,
    KeptItem,
)
from kiang.protocol.enums import ElementState, JobState, RejectionType
from kiang.protocol.events import (
    AgentHistoryAdded,
    AgentHistoryCommitted,
    AgentHistoryDiscarded,
    AgentInstanceCompleted,
    AgentInstanceUpdated,
)

JOB_TEXT = "Expected to update agent instance related to job with key '{key}', but "
TAKEN_TEXT = (
    "Expected to associate element instance with key '{element}' with an agent instance, but it is already associated with"
    " agent instance with key '{agent}'."
)
ITEM_TEXT = "Expected to add history item {which} to agent instance, but "
UNIQUE_TEXT = (
    "Expected to create or update agent instance history, but historyItemId '{id}' is used by more than one history item. Each"
    " history item must have a unique historyItemId."
)
CHANGES_NOTHING_TEXT = (
    "Expected to update agent instance configuration with history item '{id}', but changedAttributes was empty. A CONFIGURATION"
    " item must name at least one attribute it changes."
)

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


class Draft:
    """An agent instance as it will be."""

    def __init__(self, row: AgentInstance | None = None) -> None:
        self.definition: dict[str, Any] = {"model": "", "provider": "", "systemPrompt": []}
        self.metrics: dict[str, int] = dict.fromkeys((*TOKEN_METRICS, "modelCalls", "toolCalls"), 0)
        self.limits, self.tools = NO_LIMITS, "[]"
        if row is not None:
            self.definition, self.metrics = _decode(row.definition), _decode(row.metrics)
            self.limits, self.tools = row.limits, row.tools

    def configure(self, item: HistoryItem | AgentHistory) -> None:
        """Take over what an item changes."""
        if item.model is not None:
            self.definition["model"] = item.model
        if item.provider is not None:
            self.definition["provider"] = item.provider
        if item.system_prompt is not None:
            self.definition["systemPrompt"] = _decode(item.system_prompt)
        if item.limits is not None:
            self.limits = item.limits
        if item.tools is not None:
            self.tools = item.tools

    def count(self, item: HistoryItem) -> None:
        """Add what an item has cost; it has been paid for, whatever becomes of the item."""
        if item.metrics:
            for name, number in _decode(item.metrics).items():
                if name in self.metrics and number is not None and number > 0:
                    self.metrics[name] += number
        if item.role is HistoryRole.ASSISTANT:
            self.metrics["modelCalls"] += 1
            self.metrics["toolCalls"] += len(_decode(item.tool_calls))

    def texts(self) -> tuple[str, str, str, str]:
        """Definition, metrics, limits and tools as rows hold them."""
        return _encode(self.definition).decode(), _encode(self.metrics).decode(), self.limits, self.tools


def of_element(p: Processing, scope: Scope) -> AgentInstance | None:
    """The agent that works, or has worked, on an element instance."""
    where: list[Condition] = [("process_instance_key", "=", scope.process_instance_key)]
    key = str(scope.key)
    return next((a for a in p.state.current(AGENT_INSTANCES, where) if key in _decode(a.element_instance_keys)), None)


def by_key(p: Processing, key: int) -> AgentInstance | None:
    """An agent instance."""
    found = p.state.current(AGENT_INSTANCES, [("key", "=", key)])
    return found[0] if found else None


def definition_key(p: Processing, scope: Scope) -> int | None:
    """The agent definition of an element."""
    where: list[Condition] = [("process_definition_key", "=", scope.process_definition_key)]
    found = p.state.current(AGENT_DEFINITIONS, where)
    return next((row.key for row in found if row.element_id == scope.element_id), None)


def active_element(p: Processing, key: int, verb: str) -> Scope:
    """The element instance on which an agent works.

    Raises:
        Refused: There is none, or it is not active.
    """
    text = f"Expected to {verb} agent instance for element instance with key '{key}', but "
    scope = p.state.scope(key)
    if scope is None:
        raise Refused(RejectionType.NOT_FOUND, f"{text}no such element instance was found.")
    return scope


def check_active(scope: Scope, verb: str) -> None:
    """Whether an element instance is active.

    Raises:
        Refused: It is not.
    """
    if scope.state != ElementState.ACTIVATED:
        text = f"Expected to {verb} agent instance for element instance with key '{scope.key}', but it is not active."
        raise Refused(RejectionType.INVALID_STATE, text)


def check_job(p: Processing, command: AgentCommand) -> None:
    """Whether the job is that of the element, and in the hands of whom reports.

    Raises:
        Refused: It is not.
    """
    text, job = JOB_TEXT.format(key=command.job_key), p.state.job(command.job_key)
    if job is None or job.state != JobState.ACTIVATED:
        raise Refused(RejectionType.NOT_FOUND, f"{text}job was not active.")
    if job.lease_token and job.lease_token != command.lease_token:
        raise Refused(
            RejectionType.NOT_FOUND, f"{text}job did not hold the supplied lease. The job may have been re-activated."
        )
    if job.element_instance_key != command.element_instance_key:
        raise Refused(
            RejectionType.INVALID_ARGUMENT,
            f"{text}job belongs to element instance '{job.element_instance_key}' instead of the requested element instance"
            f" '{command.element_instance_key}'.",
        )


def check_history(items: Sequence[HistoryItem]) -> None:
    """Whether every item can be kept.

    Raises:
        Refused: The first that cannot.
    """
    seen: set[str] = set()
    for index, item in enumerate(items):
        if not item.id.strip():
            text = ITEM_TEXT.format(which=f"at index {index}")
            raise Refused(
                RejectionType.INVALID_ARGUMENT,
                f"{text}historyItemId is missing (got empty string). Each history item must have a non-empty historyItemId.",
            )
        if item.id in seen:
            raise Refused(RejectionType.INVALID_ARGUMENT, UNIQUE_TEXT.format(id=item.id))
        seen.add(item.id)
        if item.loop_iteration < 1:
            text = ITEM_TEXT.format(which=f"with historyItemId '{item.id}'")
            raise Refused(
                RejectionType.INVALID_ARGUMENT,
                f"{text}loopIteration is missing (got {item.loop_iteration}). Each history item must declare a positive"
                " loopIteration.",
            )
        changes = (item.tools, item.model, item.provider, item.limits, item.system_prompt)
        if item.role is HistoryRole.CONFIGURATION and all(change is None for change in changes):
            raise Refused(RejectionType.INVALID_ARGUMENT, CHANGES_NOTHING_TEXT.format(id=item.id))


def known_items(p: Processing, agent_key: int, command: AgentCommand) -> dict[str, int]:
    """Ids to keys of items that need not be kept again: committed ones, and those of the same activation of the job."""
    return {
        row.item_id: row.key
        for row in p.state.current(AGENT_HISTORY, [("agent_instance_key", "=", agent_key)])
        if row.item_id
        and (
            row.commit_status == CommitStatus.COMMITTED
            or (
                row.commit_status == CommitStatus.PENDING
                and (row.job_key, row.lease_token) == (command.job_key, command.lease_token)
            )
        )
    }


def add(p: Processing, agent_key: int, command: AgentCommand, item: HistoryItem) -> KeptItem:
    """Keep a new item."""
    key = p.state.next_key()
    p.emit(
        AgentHistoryAdded(
            key,
            agent_key,
            command.element_instance_key,
            command.job_key,
            command.lease_token,
            item.id,
            item.loop_iteration,
            item.role.value,
            item.content,
            item.tool_calls,
            item.metrics,
            item.produced_at,
            item.tools,
            item.model,
            item.provider,
            item.limits,
            item.system_prompt,
        )
    )
    return KeptItem(item.id, key, is_duplicate=False)


def job_completed(p: Processing, job: Job) -> None:
    """What was said in the activation that completes the job counts; what was said in others does not."""
    scope = p.state.resident(job.element_instance_key)
    if scope.node is None or not scope.node.agent_type:
        return
    for row in _pending(p, job.key):
        if job.lease_token and row.lease_token != job.lease_token:
            p.emit(AgentHistoryDiscarded(row.key))
            continue
        p.emit(AgentHistoryCommitted(row.key))
        agent = by_key(p, row.agent_instance_key) if row.role == HistoryRole.CONFIGURATION else None
        if agent is not None:
            draft = Draft(agent)
            draft.configure(row)
            p.emit(
                AgentInstanceUpdated(
                    agent.key, agent.element_instance_key, agent.element_instance_keys, agent.status, *draft.texts()
                )
            )


def job_destroyed(p: Processing, scope: Scope, job_key: int) -> None:
    """Nothing of what was said during the job of an element counts."""
    if scope.node is None or not scope.node.agent_type:
        return
    for row in _pending(p, job_key):
        p.emit(AgentHistoryDiscarded(row.key))


def instance_ended(p: Processing, instance: ProcessInstance) -> None:
    """No agent works in it any more."""
    definition = p.state.definition(instance.process_definition_key)
    if definition is None or not definition.process.has_agents:
        return
    for row in p.state.current(AGENT_INSTANCES, [("process_instance_key", "=", instance.key)]):
        if row.status != AgentStatus.COMPLETED:
            p.emit(AgentInstanceCompleted(row.key))


def _pending(p: Processing, job_key: int) -> list[AgentHistory]:
    where: list[Condition] = [("job_key", "=", job_key), ("commit_status", "=", str(CommitStatus.PENDING))]
    return p.state.current(AGENT_HISTORY, where)
