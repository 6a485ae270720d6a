"""The engine in a test: a clock that the test turns, commands as short calls, questions about what became of it.

d = EngineDriver(BpmnFile("p").start("s").service_task("t", job_type="w").end("e").chain("s", "t", "e"))
key = d.create("p", amount=1)
d.complete("w", paid=True)
assert d.state(key) == "COMPLETED"
"""

from __future__ import annotations

import json
from typing import Any, Self

from tests.bpmn_builder import BpmnFile

from kiang.engine.engine import Engine, Outcome
from kiang.engine.state.element_instance import ELEMENT_INSTANCES
from kiang.engine.state.incident import INCIDENTS
from kiang.engine.state.job import JOBS
from kiang.engine.state.process_instance import PROCESS_INSTANCES
from kiang.engine.state.user_task import USER_TASKS
from kiang.engine.state.variable import VARIABLES
from kiang.protocol import commands
from kiang.protocol.answers import ActivatedJob, Deployed, Rejection
from kiang.protocol.document import parse_document
from kiang.protocol.enums import ElementState, IncidentState
from kiang.protocol.events import ElementActivating, Event, JobCreated, decode_log
from kiang.store.memory import MemoryStore

START_MS = 1_700_000_000_000


class EngineDriver:
    """One engine on a memory store; every command is committed, and everything that is due is done behind it.

    Attributes:
        now: Epoch ms.
        results: Answers that came later, by the key under which they were awaited.
    """

    def __init__(self, *files: BpmnFile | bytes, restarts: bool = False) -> None:
        """Deploy the files.

        Args:
            files: Each a deployment of its own.
            restarts: Build the engine anew from its rows after every command.
        """
        self.now = START_MS
        self.store = MemoryStore()
        self.restarts = restarts
        self.results: dict[int, Any] = {}
        self.engine = Engine(self.store, is_new=True, contains_faults=False)
        for number, file in enumerate(files):
            assert isinstance(self.deploy(f"file{number}.bpmn", file), Deployed)

    # Commands

    def execute(self, command: commands.Command) -> Any:
        """The answer or rejection; for a command that is answered later the key under which the answer will be in `results`."""
        outcome = self.engine.process(command, self.now)
        self._take(outcome)
        self.settle()
        if self.restarts and not outcome.awaited:
            self.restart()
        return outcome.awaited or outcome.answer

    def settle(self) -> None:
        """Do all that is due."""
        while (outcome := self.engine.run_due(self.now)) is not None:
            self._take(outcome)

    def restart(self) -> None:
        """Throw the engine away and build another one from the rows."""
        header = self.store.header
        self.engine = Engine(self.store, last_key=header.last_key, position=header.position, contains_faults=False)

    def advance(self, ms: int) -> Self:
        """Let time pass."""
        self.now += ms
        self.settle()
        return self

    def deploy(self, name: str, file: BpmnFile | bytes) -> Any:
        content = file if isinstance(file, bytes) else file.xml()
        return self.execute(commands.Deploy(((name, content),)))

    def create(self, process_id: str, variables: dict[str, Any] | None = None, **options: Any) -> int:
        """Start an instance; its key."""
        answer = self.execute(
            commands.CreateProcessInstance(process_id, variables=document(variables or {}), **options)
        )
        assert not isinstance(answer, Rejection), answer.message
        return int(answer if isinstance(answer, int) else answer.key)

    def jobs(
        self, job_type: str, count: int = 100, *, timeout_ms: int = 10**9, fetch: tuple[str, ...] = ()
    ) -> list[ActivatedJob]:
        """Activate jobs."""
        answer = self.execute(commands.ActivateJobs(job_type, "worker", timeout_ms, count, fetch))
        return list(answer.jobs)

    def job(self, job_type: str) -> ActivatedJob:
        """Activate exactly one job."""
        (job,) = self.jobs(job_type, 1)
        return job

    def complete(self, job_type: str, **variables: Any) -> Any:
        """Activate one job and complete it."""
        return self.execute(commands.CompleteJob(self.job(job_type).key, document(variables)))

    def fail(self, job_type: str, retries: int = 0, message: str = "", backoff_ms: int = 0, **variables: Any) -> Any:
        """Activate one job and fail it."""
        key = self.job(job_type).key
        return self.execute(commands.FailJob(key, retries, message, backoff_ms, document(variables)))

    def throw(self, job_type: str, code: str, message: str = "", **variables: Any) -> Any:
        """Activate one job and throw an error from it."""
        return self.execute(commands.ThrowError(self.job(job_type).key, code, message, document(variables)))

    def publish(self, name: str, key: str = "", ttl_ms: int = 0, message_id: str = "", **variables: Any) -> Any:
        return self.execute(commands.PublishMessage(name, key, ttl_ms, message_id, document(variables)))

    def broadcast(self, name: str, **variables: Any) -> Any:
        return self.execute(commands.BroadcastSignal(name, document(variables)))

    def set_variables(self, key: int, /, *, local: bool = False, **variables: Any) -> Any:
        return self.execute(commands.SetVariables(key, document(variables), local))

    def resolve(self, key: int) -> Any:
        return self.execute(commands.ResolveIncident(key))

    # Questions

    def rows(self, table: Any, **where: Any) -> list[Any]:
        """Committed rows in key order."""
        return self.store.select(table, [(column, "=", value) for column, value in where.items()], ("key",))

    def state(self, key: int) -> str:
        """State of a process instance."""
        return ElementState(self.rows(PROCESS_INSTANCES, key=key)[0].state).name

    def elements(self, instance: int, *, active: bool | None = None) -> list[str]:
        """Ids of the element instances of a process instance, in key order: all, those that have not ended, or those that have."""
        return [
            row.element_id
            for row in self.rows(ELEMENT_INSTANCES, process_instance_key=instance)
            if active is None or (row.state < ElementState.COMPLETED) == active
        ]

    def life(self, instance: int) -> list[tuple[str, str]]:
        """Ids and states of the element instances of a process instance, in key order."""
        rows = self.rows(ELEMENT_INSTANCES, process_instance_key=instance)
        return [(row.element_id, ElementState(row.state).name) for row in rows]

    def element(self, instance: int, element_id: str, nth: int = 1) -> int:
        """Key of an element instance."""
        return int(self.rows(ELEMENT_INSTANCES, process_instance_key=instance, element_id=element_id)[nth - 1].key)

    def variables(self, scope: int) -> dict[str, Any]:
        """Variables of exactly this scope."""
        return {row.name: json.loads(row.value) for row in self.rows(VARIABLES, scope_key=scope)}

    def incidents(self, instance: int) -> list[Any]:
        """Open incidents of a process instance."""
        return self.rows(INCIDENTS, process_instance_key=instance, state=int(IncidentState.ACTIVE))

    def incident(self, instance: int) -> Any:
        """The one open incident."""
        (incident,) = self.incidents(instance)
        return incident

    def job_rows(self, instance: int) -> list[Any]:
        return self.rows(JOBS, process_instance_key=instance)

    def instances(self, process_id: str) -> list[int]:
        """Keys of all instances of a process."""
        return [row.key for row in self.rows(PROCESS_INSTANCES, process_id=process_id)]

    def user_task(self, instance: int) -> Any:
        """The one user task of a process instance."""
        (task,) = self.rows(USER_TASKS, process_instance_key=instance)
        return task

    @property
    def events(self) -> list[Event]:
        """Every event so far."""
        return [
            event
            for entry in self.store.log(0, 1_000_000)
            for _, events in decode_log(entry.records)
            for event in events
        ]

    def story(self, *ids: str) -> list[str]:
        """What became of elements, in order, as "t ACTIVATED" or "t JobCreated".

        Args:
            ids: Only these elements; all but the process if none is named.
        """
        names: dict[int, str] = {}
        told = []
        for event in self.events:
            kind = type(event).__name__
            if isinstance(event, ElementActivating):
                names[event.key] = event.element_id
            elif isinstance(event, JobCreated):
                names[event.key] = names.get(event.element_instance_key, "")
            name = names.get(getattr(event, "key", 0))
            if name is not None and (not ids or name in ids) and kind.startswith(("Element", "Job")):
                told.append(f"{name} {kind.removeprefix('Element').upper() if kind.startswith('Element') else kind}")
        return told

    def _take(self, outcome: Outcome) -> None:
        self.results.update(outcome.results)
        commit = self.engine.begin_commit()
        if commit is not None:
            self.store.commit(commit)
        self.engine.end_commit()


def document(variables: dict[str, Any]) -> dict[str, str]:
    """Variables as they come over the wire."""
    return parse_document(json.dumps(variables))


def refused(answer: Any) -> str:
    """The text of a rejection; fails for an answer."""
    assert isinstance(answer, Rejection), answer
    return answer.message
