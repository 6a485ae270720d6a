"""Laws of the engine on random block-structured processes: they end, leave nothing behind, and do the same whatever happens between."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.bpmn_builder import BpmnFile, listeners, multi_instance
from tests.engine_driver import EngineDriver

from kiang.engine.engine import Engine
from kiang.engine.state.compensation import COMPENSATION_SUBSCRIPTIONS
from kiang.engine.state.condition import CONDITION_SUBSCRIPTIONS
from kiang.engine.state.element_instance import ELEMENT_INSTANCES
from kiang.engine.state.follow_up import FOLLOW_UPS
from kiang.engine.state.job import JOBS
from kiang.engine.state.message_subscription import MESSAGE_SUBSCRIPTIONS
from kiang.engine.state.process_instance import PROCESS_INSTANCES
from kiang.engine.state.tables import TABLES
from kiang.engine.state.timer import TIMERS
from kiang.engine.state.user_task import USER_TASKS
from kiang.protocol.commands import CancelProcessInstance, CompleteJob, CompleteUserTask
from kiang.protocol.enums import ElementState, JobState, SubscriptionState, UserTaskState
from kiang.store.memory import MemoryStore

ROUNDS_MAX = 400
"""Jobs and dates that one life may take: far more than the largest process here has."""

LEAVES = [
    *("task", "script", "pass", "timer", "boundary", "loop", "series", "choice", "error", "escalation", "link"),
    *(
        "compensation",
        "rescue",
        "ad_hoc",
        "signal",
        "user",
        "receive",
        "send",
        "rule",
        "undefined",
        "call",
        "condition",
    ),
    *("message", "listened", "user_listened", "told", "interrupted"),
]

CALLED = BpmnFile("called").start("s").service_task("t", job_type="w").end("e").chain("s", "t", "e")
MINE = '="me"'
"""Correlation key of every message here."""

Block = tuple[str, list[Any]]


def blocks() -> st.SearchStrategy[Block]:
    """Blocks with one way in and one way out."""
    leaf = st.sampled_from(LEAVES).map(lambda kind: (kind, []))
    return st.recursive(
        leaf,
        lambda inner: st.tuples(
            st.sampled_from(["sequence", "parallel", "exclusive", "inclusive", "sub_process"]),
            st.lists(inner, min_size=1, max_size=3),
        ),
        max_leaves=8,
    )


class Builder:
    """Writes a block as BPMN."""

    def __init__(self) -> None:
        self.file = BpmnFile("p")
        self.count = 0

    def build(self, block: Block) -> bytes:
        self.file.start("start")
        first, last = self.add(block)
        self.file.end("end").chain("start", first).chain(last, "end")
        return self.file.xml()

    def id(self, kind: str) -> str:
        self.count += 1
        return f"{kind}{self.count}"

    def add(self, block: Block) -> tuple[str, str]:
        """Ids of the first and the last element."""
        kind, inner = block
        return getattr(self, f"_{kind}")(inner)

    def _task(self, _: list[Block]) -> tuple[str, str]:
        id_ = self.id("task")
        self.file.service_task(id_, job_type="w")
        return id_, id_

    def _script(self, _: list[Block]) -> tuple[str, str]:
        id_ = self.id("script")
        self.file.script_task(id_, "=n + 1", "n")
        return id_, id_

    def _pass(self, _: list[Block]) -> tuple[str, str]:
        id_ = self.id("pass")
        self.file.element("manualTask", id_)
        return id_, id_

    def _timer(self, _: list[Block]) -> tuple[str, str]:
        id_ = self.id("timer")
        self.file.catch(id_, self.file.timer_event(duration="PT1S"))
        return id_, id_

    def _boundary(self, _: list[Block]) -> tuple[str, str]:
        task, late, merge = self.id("task"), self.id("late"), self.id("merge")
        self.file.service_task(task, job_type="slow").boundary(late, task, self.file.timer_event(duration="PT2S"))
        self.file.element("exclusiveGateway", merge).chain(task, merge).chain(late, merge)
        return task, merge

    def _loop(self, _: list[Block]) -> tuple[str, str]:
        id_ = self.id("loop")
        loop = multi_instance("=[1, 2, 3]", "item", output_collection="items", output_element="=item")
        self.file.service_task(id_, job_type="w", inner=loop)
        return id_, id_

    def _series(self, _: list[Block]) -> tuple[str, str]:
        id_ = self.id("series")
        loop = multi_instance("=[1, 2]", "item", sequential=True, completion_condition="=loopCounter = 2")
        self.file.service_task(id_, job_type="w", inner=loop)
        return id_, id_

    def _choice(self, _: list[Block]) -> tuple[str, str]:
        choice, soon, late, merge = (self.id(kind) for kind in ("choice", "soon", "late", "merge"))
        self.file.element("eventBasedGateway", choice).element("exclusiveGateway", merge)
        for id_, duration in ((soon, "PT1S"), (late, "PT9S")):
            self.file.catch(id_, self.file.timer_event(duration=duration)).chain(choice, id_, merge)
        return choice, merge

    def _thrown(self, kind: str, event: Any) -> tuple[str, str]:
        sub, start, end, caught, merge = (self.id(part) for part in (kind, "start", "end", "caught", "merge"))
        with self.file.sub_process(sub):
            self.file.start(start).end(end, event("oops")).chain(start, end)
        self.file.boundary(caught, sub, event("oops")).element("exclusiveGateway", merge)
        self.file.chain(sub, merge).chain(caught, merge)
        return sub, merge

    def _error(self, _: list[Block]) -> tuple[str, str]:
        return self._thrown("error", self.file.error_event)

    def _escalation(self, _: list[Block]) -> tuple[str, str]:
        return self._thrown("escalation", self.file.escalation_event)

    def _link(self, _: list[Block]) -> tuple[str, str]:
        away, here = self.id("away"), self.id("here")
        entry = self.id("entry")
        self.file.element("manualTask", entry).throw(away, self.file.link_event(here))
        self.file.catch(here, self.file.link_event(here)).chain(entry, away)
        return entry, here

    def _compensation(self, _: list[Block]) -> tuple[str, str]:
        task, undo, handler, back = (self.id(kind) for kind in ("done", "undo", "handler", "back"))
        self.file.service_task(task, job_type="w").boundary(undo, task, self.file.compensate_event())
        self.file.service_task(handler, job_type="w", isForCompensation=True).associate(undo, handler)
        self.file.throw(back, self.file.compensate_event(task)).chain(task, back)
        return task, back

    def _rescue(self, _: list[Block]) -> tuple[str, str]:
        sub, start, task, late, begin, end = (self.id(k) for k in ("sub", "start", "slow", "late", "begin", "end"))
        with self.file.sub_process(sub):
            self.file.start(start).service_task(task, job_type="slow").chain(start, task)
            with self.file.event_sub_process(late):
                self.file.start(begin, self.file.timer_event(duration="PT2S"), interrupting=True)
                self.file.end(end).chain(begin, end)
        return sub, sub

    def _event_sub_process(self, event: Any, *, interrupting: bool) -> tuple[str, str]:
        """A sub-process that ends after a while by itself, or by the event that begins another one inside."""
        sub, start, wait, beside, begin, task, end = (
            self.id(k) for k in ("sub", "start", "wait", "beside", "begin", "task", "end")
        )
        with self.file.sub_process(sub):
            self.file.start(start).catch(wait, self.file.timer_event(duration="P1D" if interrupting else "PT3S"))
            self.file.chain(start, wait)
            with self.file.event_sub_process(beside):
                self.file.start(begin, event, interrupting=interrupting)
                self.file.service_task(task, job_type="w").end(end).chain(begin, task, end)
        return sub, sub

    def _told(self, _: list[Block]) -> tuple[str, str]:
        return self._event_sub_process(self.file.message_event("news", MINE), interrupting=False)

    def _interrupted(self, _: list[Block]) -> tuple[str, str]:
        return self._event_sub_process(self.file.message_event("news", MINE), interrupting=True)

    def _ad_hoc(self, _: list[Block]) -> tuple[str, str]:
        id_, tool = self.id("ad_hoc"), self.id("tool")
        active = f'<zeebe:adHoc activeElementsCollection="=[&quot;{tool}&quot;]"/>'
        with self.file.sub_process(id_, kind="adHocSubProcess", extensions=active):
            self.file.service_task(tool, job_type="w")
        return id_, id_

    def _signal(self, _: list[Block]) -> tuple[str, str]:
        id_ = self.id("signal")
        self.file.throw(id_, self.file.signal_event("told"))
        return id_, id_

    def _one(self, kind: str, add: Any, *arguments: Any, **more: Any) -> tuple[str, str]:
        id_ = self.id(kind)
        add(id_, *arguments, **more)
        return id_, id_

    def _user(self, _: list[Block]) -> tuple[str, str]:
        return self._one("user", self.file.user_task)

    def _receive(self, _: list[Block]) -> tuple[str, str]:
        return self._one("receive", self.file.receive_task, "news", MINE)

    def _send(self, _: list[Block]) -> tuple[str, str]:
        id_ = self.id("send")
        self.file.job_task("sendTask", id_, job_type="w")
        return id_, id_

    def _rule(self, _: list[Block]) -> tuple[str, str]:
        id_ = self.id("rule")
        self.file.job_task("businessRuleTask", id_, job_type="w")
        return id_, id_

    def _undefined(self, _: list[Block]) -> tuple[str, str]:
        id_ = self.id("undefined")
        self.file.element("task", id_)
        return id_, id_

    def _call(self, _: list[Block]) -> tuple[str, str]:
        return self._one("call", self.file.call_activity, "called")

    def _condition(self, _: list[Block]) -> tuple[str, str]:
        return self._one("condition", self.file.catch, self.file.conditional_event("=seen > 0"))

    def _message(self, _: list[Block]) -> tuple[str, str]:
        return self._one("message", self.file.catch, self.file.message_event("news", MINE))

    def _listened(self, _: list[Block]) -> tuple[str, str]:
        both = listeners(("start", "w"), ("end", "w"))
        return self._one("listened", self.file.service_task, job_type="w", extensions=both)

    def _user_listened(self, _: list[Block]) -> tuple[str, str]:
        each = listeners(("creating", "w"), ("completing", "w"), kind="task")
        return self._one("user", self.file.user_task, extensions=each)

    def _sequence(self, inner: list[Block]) -> tuple[str, str]:
        ends = [self.add(block) for block in inner]
        for (_, last), (first, _) in zip(ends, ends[1:], strict=False):
            self.file.flow(last, first)
        return ends[0][0], ends[-1][1]

    def _parallel(self, inner: list[Block]) -> tuple[str, str]:
        return self._branches("parallelGateway", inner, None)

    def _inclusive(self, inner: list[Block]) -> tuple[str, str]:
        return self._branches("inclusiveGateway", inner, "=n >= 0")

    def _exclusive(self, inner: list[Block]) -> tuple[str, str]:
        return self._branches("exclusiveGateway", inner, "=n >= 0")

    def _branches(self, kind: str, inner: list[Block], condition: str | None) -> tuple[str, str]:
        fork, join = self.id("fork"), self.id("join")
        self.file.element(kind, fork).element(kind, join)
        for block in inner:
            first, last = self.add(block)
            self.file.flow(fork, first, condition).flow(last, join)
        return fork, join

    def _sub_process(self, inner: list[Block]) -> tuple[str, str]:
        id_ = self.id("sub")
        start, end = self.id("start"), self.id("end")
        with self.file.sub_process(id_):
            self.file.start(start)
            first, last = self._sequence(inner)
            self.file.end(end).chain(start, first).chain(last, end)
        return id_, id_


def begun(file: bytes, *, restarts: bool = False) -> tuple[EngineDriver, int]:
    """An instance that has just been started."""
    d = EngineDriver(CALLED, file, restarts=restarts)
    return d, d.create("p", {"n": 0, "seen": 0})


def live(file: bytes, *, restarts: bool = False) -> tuple[EngineDriver, int]:
    """Complete every job, do what people and other systems would do when there is none, until the instance has ended."""
    d, key = begun(file, restarts=restarts)
    for number in range(ROUNDS_MAX):
        if d.state(key) != "ACTIVATED":
            break
        jobs = d.jobs("w", 1)
        if jobs:
            d.execute(CompleteJob(jobs[0].key))
            continue
        for task in d.rows(USER_TASKS):
            if task.state == UserTaskState.CREATED:
                d.execute(CompleteUserTask(task.key))
        d.publish("news", "me")
        d.set_variables(key, seen=number)
        d.advance(1_000)
    return d, key


def left_behind(d: EngineDriver) -> dict[str, int]:
    """What has not ended."""
    return {
        "instances": sum(row.state < ElementState.COMPLETED for row in d.rows(PROCESS_INSTANCES)),
        "elements": sum(row.state < ElementState.COMPLETED for row in d.rows(ELEMENT_INSTANCES)),
        "jobs": sum(row.state < JobState.COMPLETED for row in d.rows(JOBS)),
        "timers": sum(row.state < SubscriptionState.CLOSED for row in d.rows(TIMERS)),
        "messages": sum(row.state < SubscriptionState.CLOSED for row in d.rows(MESSAGE_SUBSCRIPTIONS)),
        "compensation": sum(row.state < SubscriptionState.CLOSED for row in d.rows(COMPENSATION_SUBSCRIPTIONS)),
        "conditions": sum(row.state < SubscriptionState.CLOSED for row in d.rows(CONDITION_SUBSCRIPTIONS)),
        "user tasks": sum(row.state < UserTaskState.COMPLETED for row in d.rows(USER_TASKS)),
        "follow-ups": len(d.rows(FOLLOW_UPS)),
        "resident": len(d.engine.state._scopes) + len(d.engine.state._jobs),
    }


def all_rows(store: MemoryStore) -> dict[str, list[Any]]:
    return {table.name: [table.values(row) for row in store.select(table, (), ("key",))] for table in TABLES}


@settings(max_examples=60, deadline=None)
@given(blocks())
def test_every_process_ends_and_leaves_nothing_behind(block):
    d, key = live(Builder().build(block))

    assert d.incidents(key) == []
    assert d.state(key) == "COMPLETED"
    assert set(left_behind(d).values()) == {0}


@settings(max_examples=40, deadline=None)
@given(blocks())
def test_a_restart_after_every_step_changes_nothing(block):
    file = Builder().build(block)

    running, _ = live(file)
    restarting, _ = live(file, restarts=True)

    assert all_rows(running.store) == all_rows(restarting.store)


@settings(max_examples=40, deadline=None)
@given(blocks())
def test_the_same_commands_give_the_same_records(block):
    file = Builder().build(block)

    first, _ = live(file)
    second, _ = live(file)

    assert first.events == second.events


@settings(max_examples=40, deadline=None)
@given(blocks(), st.integers(0, 6))
def test_an_instance_can_be_cancelled_at_any_moment(block, steps):
    d, key = begun(Builder().build(block))
    for _ in range(steps):
        jobs = d.jobs("w", 1)
        if jobs:
            d.execute(CompleteJob(jobs[0].key))
    was_active = d.state(key) == "ACTIVATED"

    d.execute(CancelProcessInstance(key))

    assert d.state(key) == ("TERMINATED" if was_active else "COMPLETED")
    assert set(left_behind(d).values()) == {0}


def test_an_engine_on_rows_of_another_one_goes_on_with_its_keys():
    d, _ = live(Builder().build(("task", [])))

    later = Engine(d.store, last_key=d.store.header.last_key, position=d.store.header.position)

    assert later.state.next_key() > d.store.header.last_key
