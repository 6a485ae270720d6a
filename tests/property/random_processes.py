"""Random but repeatable lives of process instances, for laws about state and store."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from tests.bpmn_builder import BpmnFile, listeners

from kiang.engine.engine import Engine
from kiang.engine.state.incident import INCIDENTS
from kiang.engine.state.job import JOBS
from kiang.engine.state.process_instance import PROCESS_INSTANCES
from kiang.engine.state.tables import TABLES
from kiang.engine.state.user_task import USER_TASKS
from kiang.protocol import cluster, commands
from kiang.protocol.answers import Rejection
from kiang.protocol.enums import ElementState, IncidentState, JobState, UserTaskState
from kiang.store.port import Store

START_MS = 1_700_000_000_000
JOB_TYPES = ("a", "b", "c")


def straight() -> bytes:
    b = BpmnFile("straight")
    b.start("s").service_task("t1", job_type="a", inputs={"more": "=amount + 1"}, outputs={"out": "=more"})
    return b.service_task("t2", job_type="b").end("e").chain("s", "t1", "t2", "e").xml()


def forked() -> bytes:
    b = BpmnFile("forked")
    b.start("s").element("parallelGateway", "fork").service_task("t1", job_type="a").service_task(
        "t2", job_type="b"
    ).element("parallelGateway", "join").end("e")
    return b.chain("s", "fork", "t1", "join", "e").chain("fork", "t2", "join").xml()


def nested() -> bytes:
    b = BpmnFile("nested")
    b.start("s")
    with b.sub_process("sub"):
        b.start("is").service_task("it", job_type="c").end("ie").chain("is", "it", "ie")
    b.boundary("caught", "sub", b.error_event("oops"))
    b.end("e").end("e2").chain("s", "sub", "e").chain("caught", "e2")
    return b.xml()


def timed() -> bytes:
    b = BpmnFile("timed")
    b.start("s").service_task("t1", job_type="a").boundary("late", "t1", b.timer_event(duration="PT2S"))
    b.catch("rest", b.timer_event(duration="PT1S")).end("e").end("e2")
    return b.chain("s", "t1", "rest", "e").chain("late", "e2").xml()


def told() -> bytes:
    b = BpmnFile("told")
    b.start("s").catch("wait", b.message_event("news", "=string(amount)"))
    b.service_task("t1", job_type="b").boundary(
        "again", "t1", b.message_event("news", "=string(amount)"), interrupting=False
    )
    return b.end("e").end("e2").chain("s", "wait", "t1", "e").chain("again", "e2").xml()


def asked() -> bytes:
    b = BpmnFile("asked")
    b.start("s").script_task("rate", "=if camunda.vars.env.rate = null then amount else camunda.vars.env.rate", "rate")
    b.user_task("u", extensions=listeners(("completing", "a"), kind="task")).end("e")
    return b.chain("s", "rate", "u", "e").xml()


PROCESSES = {"straight": straight, "forked": forked, "nested": nested, "timed": timed, "told": told, "asked": asked}

Step = tuple[Any, ...]

_creation = st.tuples(st.just("create"), st.sampled_from(sorted(PROCESSES)), st.integers(-1, 3))
_completion = st.tuples(st.just("complete"), st.integers(0, 20), st.integers(0, 3))

_step = st.one_of(
    _creation,
    _creation,
    _completion,
    _completion,
    _completion,
    st.tuples(st.just("activate"), st.sampled_from(JOB_TYPES), st.integers(1, 3)),
    st.tuples(st.just("fail"), st.integers(0, 20), st.integers(0, 2), st.sampled_from([0, 1000])),
    st.tuples(st.just("throw"), st.integers(0, 20), st.sampled_from(["oops", "other"])),
    st.tuples(st.just("retries"), st.integers(0, 20)),
    st.tuples(st.just("yield"), st.integers(0, 20)),
    st.tuples(st.just("resolve"), st.integers(0, 5)),
    st.tuples(st.just("cancel"), st.integers(0, 10)),
    st.tuples(st.just("set"), st.integers(0, 10), st.integers(0, 3)),
    st.tuples(st.just("publish"), st.integers(0, 3), st.sampled_from([0, 5_000])),
    st.tuples(st.just("answer"), st.integers(0, 5)),
    st.tuples(st.just("vary"), st.sampled_from(["", "<default>"]), st.integers(0, 3)),
    st.tuples(st.just("listen"), st.sampled_from(JOB_TYPES), st.sampled_from(["all", "completing"]), st.integers(0, 2)),
    st.tuples(st.just("identify"), st.integers(0, 10), st.sampled_from(["x", "y"])),
    st.tuples(st.just("wait"), st.sampled_from([1, 500, 2_000, 60_000])),
    st.tuples(st.just("commit")),
)

steps = st.builds(
    lambda creations, rest: [*creations, *rest],
    st.lists(_creation, min_size=2, max_size=6),
    st.lists(_step, min_size=10, max_size=60),
)
"""Numbers choose among what there is at that moment."""


class Life:
    """An engine that carries out steps.

    Attributes:
        answers: What it has answered, refusals too.
    """

    def __init__(self, store: Store, *, commits_always: bool = False, restarts: bool = False) -> None:
        self.store = store
        self.now = START_MS
        self.answers: list[Any] = []
        self._commits_always = commits_always or restarts
        self._restarts = restarts
        self.engine = Engine(store, is_new=store.header.position == 0)
        for name, make in PROCESSES.items():
            self._do(commands.Deploy(((f"{name}.bpmn", make()),)))
        self.commit()

    def run(self, steps: list[Step]) -> None:
        """Carry out steps, each of them ending with all that is due."""
        for name, *arguments in steps:
            getattr(self, f"_{name}")(*arguments)
            self._settle()
            if self._commits_always:
                self.commit()
            if self._restarts:
                self.restart()

    def commit(self) -> None:
        """Write what has changed."""
        commit = self.engine.begin_commit()
        if commit is not None:
            self.store.commit(commit)
            self.engine.end_commit()

    def restart(self) -> None:
        """Throw the engine away and make another one from the rows."""
        header = self.store.header
        self.engine = Engine(self.store, last_key=header.last_key, position=header.position)

    def _do(self, command: commands.Command) -> Any:
        answer = self.engine.process(command, self.now).answer
        self.answers.append(answer if isinstance(answer, Rejection) else type(answer).__name__)
        return answer

    def _settle(self) -> None:
        while self.engine.run_due(self.now) is not None:
            pass

    # What steps choose from is read from the engine's own view, committed or not.

    def _open(self, table: Any, state_below: int) -> list[int]:
        rows = self.engine.state.current(table, [("state", "<", state_below)], ("key",))
        return [row.key for row in rows]

    def _choose(self, keys: list[int], number: int) -> int:
        return keys[number % len(keys)] if keys else 1

    def _a_job(self, number: int) -> int:
        return self._choose(self._open(JOBS, JobState.COMPLETED), number)

    def _create(self, process: str, amount: int) -> None:
        variables = {} if amount < 0 else {"amount": str(amount)}  # without it the first mapping of `straight` fails
        self._do(commands.CreateProcessInstance(process, variables=variables))

    def _activate(self, job_type: str, max_jobs: int) -> None:
        self._do(commands.ActivateJobs(job_type, "w", 1_000, max_jobs))

    def _complete(self, number: int, value: int) -> None:
        self._do(commands.CompleteJob(self._a_job(number), {"amount": str(value)} if value else {}))

    def _fail(self, number: int, retries: int, backoff_ms: int) -> None:
        self._do(commands.FailJob(self._a_job(number), retries, "no", backoff_ms, {"why": '"no"'}))

    def _throw(self, number: int, code: str) -> None:
        self._do(commands.ThrowError(self._a_job(number), code))

    def _retries(self, number: int) -> None:
        self._do(commands.UpdateJobRetries(self._a_job(number), 2))

    def _yield(self, number: int) -> None:
        self._do(commands.YieldJob(self._a_job(number)))

    def _resolve(self, number: int) -> None:
        self._do(commands.ResolveIncident(self._choose(self._open(INCIDENTS, IncidentState.RESOLVED), number)))

    def _cancel(self, number: int) -> None:
        self._do(commands.CancelProcessInstance(self._an_instance(number)))

    def _set(self, number: int, value: int) -> None:
        self._do(commands.SetVariables(self._an_instance(number), {"amount": str(value)}))

    def _publish(self, amount: int, time_to_live_ms: int) -> None:
        self._do(commands.PublishMessage("news", str(amount), time_to_live_ms, "", {"told": "true"}))

    def _answer(self, number: int) -> None:
        self._do(commands.CompleteUserTask(self._choose(self._open(USER_TASKS, UserTaskState.COMPLETED), number)))

    def _vary(self, tenant_id: str, value: int) -> None:
        if not value:
            self._do(cluster.DeleteClusterVariable("rate", tenant_id))
        elif isinstance(self._do(cluster.CreateClusterVariable("rate", str(value), tenant_id)), Rejection):
            self._do(cluster.UpdateClusterVariable("rate", str(value), tenant_id))

    def _listen(self, job_type: str, event: str, priority: int) -> None:
        options = (job_type, job_type, (event,), 3, priority == 1, priority)
        if not priority:
            self._do(cluster.DeleteGlobalListener(job_type))
        elif isinstance(self._do(cluster.CreateGlobalListener(*options)), Rejection):
            self._do(cluster.UpdateGlobalListener(*options))

    def _identify(self, number: int, business_id: str) -> None:
        self._do(commands.AssignBusinessId(self._an_instance(number), business_id))

    def _an_instance(self, number: int) -> int:
        return self._choose(self._open(PROCESS_INSTANCES, ElementState.COMPLETED), number)

    def _wait(self, ms: int) -> None:
        self.now += ms

    def _commit(self) -> None:
        self.commit()


def rows_of(store: Store, *, without: frozenset[str] = frozenset()) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, as tuples of columns in key order."""
    return {
        table.name: [tuple(_plain(value) for value in table.values(row)) for row in store.select(table, (), ("key",))]
        for table in TABLES
        if table.name not in without
    }


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, int) else value
