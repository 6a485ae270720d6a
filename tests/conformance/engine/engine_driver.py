"""Scenarios on the engine itself: in process, on a memory store and a clock that the steps turn."""

from __future__ import annotations

import json
import sys
from typing import Any

from tests.conformance.engine import rest_call
from tests.shared_material import shared

from kiang.engine.engine import Engine, Outcome
from kiang.engine.state.decision import DECISION_DEFINITIONS, DECISION_REQUIREMENTS
from kiang.engine.state.element_instance import ELEMENT_INSTANCES
from kiang.engine.state.incident import INCIDENTS
from kiang.engine.state.job import JOBS
from kiang.engine.state.process_definition import PROCESS_DEFINITIONS
from kiang.engine.state.process_instance import PROCESS_INSTANCES
from kiang.engine.state.user_task import USER_TASKS
from kiang.engine.state.variable import VARIABLES
from kiang.errors import InvalidArgument
from kiang.gateway.rejection import refusal_of
from kiang.protocol import commands
from kiang.protocol.answers import (
    DeployedDecision,
    DeployedDecisionRequirements,
    DeployedForm,
    DeployedProcess,
    ProcessInstanceResult,
    Rejection,
)
from kiang.protocol.document import parse_document, print_document
from kiang.protocol.enums import ElementState, ElementType, IncidentState, JobKind, JobState, UserTaskState
from kiang.store.memory import MemoryStore

CONFORMANCE = shared("conformance")
sys.path.insert(0, str(CONFORMANCE))

from driver import Refused  # noqa: E402
from scenario import NAMESPACE, UNKNOWN_KEY  # noqa: E402

START_TIME_MS = 1_700_000_000_000

ELEMENT_STATES = {ElementState.COMPLETED: "COMPLETED", ElementState.TERMINATED: "TERMINATED"}
JOB_STATES = {
    JobState.COMPLETED: "COMPLETED",
    JobState.CANCELED: "CANCELED",
    JobState.ERROR_THROWN: "ERROR_THROWN",
    JobState.ERROR_CAUGHT: "ERROR_THROWN",
}


class Partition:
    """An engine with its store and its clock; it commits after every command."""

    def __init__(self) -> None:
        self.now = START_TIME_MS
        self.store = MemoryStore()
        self.results: dict[int, Any] = {}
        self.engine = Engine(self.store, last_key=0, is_new=True, contains_faults=False)

    def execute(self, command: commands.Command) -> Any:
        """The answer, or `Refused`."""
        outcome = self.engine.process(command, self.now)
        self._take(outcome)
        if outcome.awaited:
            return outcome.awaited
        if isinstance(outcome.answer, Rejection):
            refusal, text = refusal_of(outcome.answer)
            raise Refused(refusal.grpc_status.name, text)
        return outcome.answer

    def settle(self) -> None:
        """Do all that is due."""
        while (outcome := self.engine.run_due(self.now)) is not None:
            self._take(outcome)

    def wait(self, until: int) -> bool:
        """Let time pass to the next thing that is due before `until`; False if there is none."""
        due = self.engine.next_due()
        if due is None or due > until:
            return False
        self.now = max(self.now, due)
        self.settle()
        return True

    def restart(self) -> None:
        """Throw the engine away and build another one from the rows."""
        header = self.store.header
        self.engine = Engine(self.store, last_key=header.last_key, position=header.position, contains_faults=False)

    def _take(self, outcome: Outcome) -> None:
        for key, answer in outcome.results:
            self.results[key] = answer
        commit = self.engine.begin_commit()
        if commit is not None:
            self.store.commit(commit)
        self.engine.end_commit()


class EngineProbe:
    """Reads the rows of the store."""

    def __init__(self, partition: Partition, *, restarts: bool) -> None:
        self.partition = partition
        self.restarts = restarts
        self.has_pending = False

    def rows(self, table: Any, **where: Any) -> list[Any]:
        """Committed rows in key order."""
        conditions = [(column, "=", value) for column, value in where.items()]
        return self.partition.store.select(table, conditions, ("key",))

    def settle(self, advanced: bool = False) -> None:
        self.partition.settle()
        if self.restarts and not self.has_pending:
            self.partition.restart()

    def find(self, kind: str, instance: int, element: str | None, nth: int) -> int:
        table = {"element": ELEMENT_INSTANCES, "incident": INCIDENTS, "user_task": USER_TASKS}[kind]
        where = {"process_instance_key": instance, **({"element_id": element} if element else {})}
        found = [row.key for row in self.rows(table, **where)]
        if kind == "element":  # the process itself is one of its elements
            found[:0] = [
                row.key for row in self.rows(PROCESS_INSTANCES, key=instance) if element in {None, row.process_id}
            ]
        return found[nth - 1] if len(found) >= nth else UNKNOWN_KEY

    def definition(self, kind: str, id_: str, version: int) -> int:
        if kind == "process":
            found = self.rows(PROCESS_DEFINITIONS, process_id=id_, version=version)
        else:
            found = DEFINITION_ROWS[kind](self, id_, version)
        return found[0].key if found else UNKNOWN_KEY

    def instance(self, process: str, nth: int) -> int:
        found = self.rows(PROCESS_INSTANCES, process_id=process)
        return found[nth - 1].key if len(found) >= nth else UNKNOWN_KEY

    def outcome(self, namespace: str) -> dict[str, Any]:
        found = [row for row in self.rows(PROCESS_INSTANCES) if row.process_id.startswith(namespace)]
        numbers = {row.key: n for n, row in enumerate(found)}
        return {"instances": [self._instance(row, numbers) for row in found]}

    def _instance(self, row: Any, numbers: dict[int, int]) -> dict[str, Any]:
        of = {"process_instance_key": row.key}
        elements = self.rows(ELEMENT_INSTANCES, **of)
        scopes = {row.key: 0} | {element.key: n for n, element in enumerate(elements, 1)}
        variables = [(scopes.get(v.scope_key, -1), v.name, json.loads(v.value)) for v in self.rows(VARIABLES, **of)]
        return {
            "process": row.process_id,
            "version": row.version,
            "state": ELEMENT_STATES.get(row.state, "ACTIVE"),
            "parent": numbers.get(row.parent_process_instance_key),
            "elements": [
                {
                    "n": scopes[e.key],
                    "id": e.element_id,
                    "type": ElementType(e.element_type).name,
                    "state": ELEMENT_STATES.get(e.state, "ACTIVE"),
                    "scope": scopes.get(e.scope_key, -1),
                }
                for e in elements
            ],
            "flows": sorted(flow for e in elements for flow in e.taken_flows.split()),
            "variables": [
                {"scope": scope, "name": name, "value": value}
                for scope, name, value in sorted(variables, key=lambda v: v[:2])
            ],
            "jobs": [
                {
                    "type": j.job_type,
                    "element": j.element_id,
                    "retries": j.retries,
                    "state": _job_state(j),
                    "kind": JobKind(j.kind).name,
                }
                for j in self.rows(JOBS, **of)
            ],
            "incidents": [
                {
                    "element": i.element_id,
                    "type": i.error_type,
                    "message": i.error_message,
                    "state": "ACTIVE" if i.state == IncidentState.ACTIVE else "RESOLVED",
                }
                for i in self.rows(INCIDENTS, **of)
            ],
            "user_tasks": [_user_task(task) for task in self.rows(USER_TASKS, **of)],
        }


def _job_state(job: Any) -> str:
    if job.state in JOB_STATES:
        return JOB_STATES[job.state]
    return "FAILED" if job.state == JobState.FAILED and job.retries <= 0 else "OPEN"


def _requirements_of(probe: EngineProbe, decision_id: str, version: int) -> list[Any]:
    """The requirements graph of the first decision of that version, deleted or not."""
    found = probe.rows(DECISION_DEFINITIONS, decision_id=decision_id, version=version)
    return probe.rows(DECISION_REQUIREMENTS, key=found[0].requirements_key) if found else []


DEFINITION_ROWS: dict[str, Any] = {"decision": _requirements_of}


def _user_task(task: Any) -> dict[str, Any]:
    return {
        "element": task.element_id,
        "state": {UserTaskState.COMPLETED: "COMPLETED", UserTaskState.CANCELED: "CANCELED"}.get(task.state, "CREATED"),
        "assignee": task.assignee or None,
        "groups": json.loads(task.candidate_groups),
        "users": json.loads(task.candidate_users),
        "priority": task.priority,
    }


class EngineDriver:
    """The steps of a scenario as commands; the methods are those of the shared `Driver`."""

    def __init__(self, *, restarts: bool = False) -> None:
        self.partition = Partition()
        self.probe = EngineProbe(self.partition, restarts=restarts)
        self.labels: dict[str, int] = {}
        self.pending: dict[str, int | Refused] = {}
        self.forms: dict[tuple[str, int], int] = {}

    def execute(self, command: commands.Command) -> Any:
        return self.partition.execute(command)

    def key_of(self, who: Any) -> int:
        if isinstance(who, dict):
            return self.probe.instance(who["process"], who.get("nth", 1))
        return self.labels.get(who, UNKNOWN_KEY)

    def deploy(self, resources: list[tuple[str, bytes]]) -> dict[str, Any]:
        answer = self.execute(commands.Deploy(tuple(resources)))
        out = [DEPLOYED[type(item)](self, item) for item in answer.items]
        out.sort(key=lambda d: json.dumps(d, sort_keys=True))
        return {"deployed": out}

    def create(
        self,
        process: str,
        variables: dict[str, Any],
        version: int,
        start_at: list[str],
        label: str,
        result: bool,
        fetch: list[str],
    ) -> dict[str, Any]:
        if result:
            try:
                document(variables)
            except Refused as refused:
                self.pending[label] = refused
                return {}
        command = commands.CreateProcessInstance(
            process,
            version,
            process_definition_key=0,  # what a gRPC client leaves out is 0
            variables=document(variables),
            start_at=tuple(start_at),
            awaits_result=result,
            fetch_variables=tuple(fetch),
        )
        if not result:
            answer = self.execute(command)
            self.labels[label] = answer.key
            return {"process": answer.process_id, "version": answer.version}
        try:
            self.pending[label] = self.execute(command)
            self.probe.has_pending = True
        except Refused as refused:
            self.pending[label] = refused
        return {}

    def join(self, label: str) -> dict[str, Any]:
        awaited = self.pending.pop(label, UNKNOWN_KEY)
        self.probe.has_pending = bool(self.pending)
        if isinstance(awaited, Refused):
            raise awaited
        result = self.partition.results.get(awaited)
        if result is None:
            raise Refused("DEADLINE_EXCEEDED", "Time out between gateway and broker: the instance has not completed")
        assert isinstance(result, ProcessInstanceResult)
        self.labels[label] = result.created.key
        return {
            "process": result.created.process_id,
            "version": result.created.version,
            "variables": json.loads(print_document(result.variables)),
        }

    def jobs(
        self, type_: str, count: int, timeout: int, fetch: list[str], worker: str, wait: int, label: str
    ) -> dict[str, Any]:
        got: list[Any] = []
        until = self.partition.now + wait
        while len(got) < max(count, 1):
            command = commands.ActivateJobs(type_, worker, timeout, max(count, 1) - len(got), tuple(fetch))
            got += self.execute(command).jobs
            if len(got) < max(count, 1) and not self.partition.wait(until):
                break
        got.sort(key=lambda job: job.key)
        for n, job in enumerate(got, 1):
            self.labels[label if count == 1 else f"{label}{n}"] = job.key
        return {
            "jobs": [
                {
                    "type": job.job_type,
                    "process": job.process_id,
                    "version": job.process_version,
                    "element": job.element_id,
                    "retries": job.retries,
                    "headers": json.loads(job.headers),
                    "variables": json.loads(job.variables),
                    "worker": job.worker,
                    "tenant": job.tenant_id,
                }
                for job in got
            ]
        }

    def complete(self, job: int, variables: dict[str, Any]) -> None:
        self.execute(commands.CompleteJob(job, document(variables)))

    def fail(self, job: int, retries: int, message: str, backoff: int, variables: dict[str, Any]) -> None:
        self.execute(commands.FailJob(job, retries, message, backoff, document(variables)))

    def throw(self, job: int, code: str, message: str, variables: dict[str, Any]) -> None:
        self.execute(commands.ThrowError(job, code, message, document(variables)))

    def update_retries(self, job: int, retries: int) -> None:
        self.execute(commands.UpdateJobRetries(job, retries))

    def update_timeout(self, job: int, timeout: int) -> None:
        self.execute(commands.UpdateJobTimeout(job, timeout))

    def set_variables(self, element_instance: int, variables: dict[str, Any], local: bool) -> None:
        self.execute(commands.SetVariables(element_instance, document(variables), local))

    def resolve(self, incident: int) -> None:
        self.execute(commands.ResolveIncident(incident))

    def publish(self, name: str, correlation_key: str, ttl: int, message_id: str, variables: dict[str, Any]) -> None:
        self.execute(commands.PublishMessage(name, correlation_key, ttl, message_id, document(variables)))

    def broadcast(self, name: str, variables: dict[str, Any]) -> None:
        self.execute(commands.BroadcastSignal(name, document(variables)))

    def cancel(self, instance: int) -> None:
        self.execute(commands.CancelProcessInstance(instance))

    def modify(self, instance: int, activate: list[dict[str, Any]], terminate: list[int]) -> None:
        activations = tuple(
            commands.ModifyActivation(
                a["element"],
                a["ancestor"],
                tuple(commands.ModifyVariables(document(v["variables"]), v.get("scope", "")) for v in a["variables"]),
            )
            for a in activate
        )
        self.execute(commands.ModifyProcessInstance(instance, activations, tuple(terminate)))

    def migrate(self, instance: int, target: int, mapping: dict[str, str]) -> None:
        self.execute(commands.MigrateProcessInstance(instance, target, tuple(mapping.items())))

    def deployed_form(self, item: DeployedForm) -> dict[str, Any]:
        self.forms[item.form_id, item.version] = item.key
        return {"form": item.form_id, "version": item.version, "resource": item.resource_name}

    def user_task(self, action: str, task: int, step: dict[str, Any]) -> None:
        body: dict[str, Any] | None = None
        match action:
            case "assign":
                body = {"assignee": step["assignee"], "allowOverride": step.get("override", True)}
            case "update":
                body = {"changeset": step["changes"]}
            case "complete":
                body = {"variables": step.get("variables", {})}
        try:
            rest_call.call(self.partition, action, task, body)
        except rest_call.Problem as problem:
            status = {400: "INVALID_ARGUMENT", 404: "NOT_FOUND", 409: "FAILED_PRECONDITION"}[problem.status]
            raise Refused(status, problem.detail) from None

    def evaluate(self, decision: str, variables: dict[str, Any]) -> dict[str, Any]:
        answer = self.execute(commands.EvaluateDecision(decision, 0, document(variables)))
        return {
            "decision": answer.decision_id,
            "output": json.loads(answer.output or "null"),
            "failed": answer.failed_decision_id,
            "failure": answer.failure,
            "evaluated": [
                {
                    "decision": each.decision_id,
                    "type": each.type,
                    "output": json.loads(each.output),
                    "inputs": [[given.name, json.loads(given.value)] for given in each.inputs],
                    "rules": [
                        [rule.index, [[made.name, json.loads(made.value)] for made in rule.outputs]]
                        for rule in each.matched_rules
                    ],
                }
                for each in answer.evaluated
            ],
        }

    def delete(self, resource: int) -> None:
        self.execute(commands.DeleteResource(resource))

    def advance(self, ms: int) -> None:
        self.partition.now += ms


DEPLOYED: dict[type, Any] = {
    DeployedForm: lambda driver, item: driver.deployed_form(item),
    DeployedDecision: lambda _, item: {"decision": item.decision_id, "name": item.name, "version": item.version},
    DeployedDecisionRequirements: lambda _, item: {
        "drg": item.requirements_id,
        "version": item.version,
        "resource": item.resource_name,
    },
    DeployedProcess: lambda _, item: {
        "process": item.process_id,
        "version": item.version,
        "resource": item.resource_name,
    },
}


def document(variables: Any) -> dict[str, str]:
    """As it comes over the wire."""
    try:
        return parse_document(json.dumps(variables))
    except InvalidArgument as invalid:
        raise Refused("INVALID_ARGUMENT", str(invalid)) from None


__all__ = ["CONFORMANCE", "NAMESPACE", "EngineDriver", "Partition"]
