"""A command that is refused has changed nothing: no row, no record, no key, and not what the next commands do."""

from __future__ import annotations

import functools
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.bpmn_builder import BpmnFile, multi_instance
from tests.engine_driver import EngineDriver

from kiang.engine.engine import Engine, Outcome
from kiang.engine.processors import PROCESSORS
from kiang.engine.processors.guarded import FINDERS
from kiang.engine.state.tables import TABLES
from kiang.protocol import cluster, commands, identity
from kiang.protocol.answers import Rejection
from kiang.protocol.audit import Audited, NoteOperations
from kiang.protocol.commands import Command
from kiang.protocol.document import Document

UNKNOWN = 1
"""A key that nothing has."""

NEVER_REFUSED = frozenset(
    {
        commands.BroadcastSignal,
        commands.EvaluateConditionals,
        commands.RecurJob,
        commands.TimeOutJob,
        identity.ForgetOwner,
        identity.SetUpIdentity,
    }
)
"""They find nothing to do instead."""

REFUSED: dict[type[Command], Command] = {
    commands.Deploy: commands.Deploy((("nothing.bpmn", b"<nothing/>"),)),
    commands.CreateProcessInstance: commands.CreateProcessInstance("nobody"),
    commands.ActivateJobs: commands.ActivateJobs("", "worker", 1_000, 1),
    commands.PublishMessage: commands.PublishMessage("kept", "k", 60_000, "id"),
    commands.CorrelateMessage: commands.CorrelateMessage("nobody waits", "k"),
    commands.EvaluateDecision: commands.EvaluateDecision("nobody"),
    cluster.CreateClusterVariable: cluster.CreateClusterVariable("one", "2"),
    cluster.CreateGlobalListener: cluster.CreateGlobalListener("one", "w", ("all",)),
    identity.CreateEntity: identity.CreateEntity("ROLE", "one", "Again"),
    identity.Guarded: identity.Guarded(commands.Deploy(()), "RESOURCE", "CREATE", frozenset(), None),
}
"""A command of each type that is surely refused, where one about the key or id of nothing is not."""


def work() -> BpmnFile:
    """A process that stops in every kind of element that waits."""
    b = BpmnFile("work").start("s").element("parallelGateway", "fork").chain("s", "fork")
    b.service_task("task", job_type="w").boundary("late", "task", b.timer_event(duration="PT1H"))
    b.boundary("told", "task", b.message_event("news", '="k"'), interrupting=False)
    b.end("late_end").end("told_end").chain("late", "late_end").chain("told", "told_end")
    b.user_task("user").receive_task("receive", "paid", '="k"').call_activity("call", "child")
    b.script_task("broken", "=assert(missing, missing != null)", "r")
    b.service_task("many", job_type="w", inner=multi_instance("=[1, 2, 3]", "item"))
    b.element("eventBasedGateway", "choice").catch("timer", b.timer_event(duration="PT2H"))
    b.catch("signal", b.signal_event("go")).chain("choice", "timer").chain("choice", "signal")
    with b.sub_process("sub"):
        b.start("sub_start").service_task("inside", job_type="w").chain("sub_start", "inside")
        with b.event_sub_process("rescue"):
            b.start("rescue_start", b.error_event("oops")).end("rescue_end").chain("rescue_start", "rescue_end")
    with b.sub_process("ad_hoc", kind="adHocSubProcess"):
        b.service_task("tool", job_type="w")
    for id_ in ("task", "user", "receive", "call", "broken", "many", "choice", "sub", "ad_hoc"):
        b.flow("fork", id_)
    return b


def child() -> BpmnFile:
    return BpmnFile("child").start("s").service_task("t", job_type="w").end("e").chain("s", "t", "e")


@functools.cache
def world() -> EngineDriver:
    """Rows of a partition in which a bit of everything is going on. Nothing may be committed to it any more."""
    by_message = BpmnFile("by_message")
    by_message.start("s", by_message.message_event("begin")).user_task("t").chain("s", "t")
    d = EngineDriver(child(), work(), by_message)
    d.create("work")
    other = d.create("work", {"missing": 1}, tags=("a",), business_id="b")
    d.deploy("work.bpmn", work().end("more"))
    d.jobs("w", 2)
    d.fail("w", retries=0)
    d.fail("w", retries=1, backoff_ms=60_000)
    d.publish("begin", "k", 60_000)
    d.publish("kept", "k", 60_000, "id")
    d.execute(commands.SuspendProcessInstance(other))
    for kind in ("GROUP", "ROLE", "TENANT"):
        d.execute(identity.CreateEntity(kind, "one", "One"))
    d.execute(identity.AddMember("GROUP", "one", "USER", "joe"))
    d.execute(cluster.CreateClusterVariable("one", "1"))
    d.execute(cluster.CreateClusterVariable("one", "1", "one"))
    d.execute(cluster.CreateGlobalListener("one", "w", ("completing", "canceling")))
    return d


@functools.cache
def keys() -> tuple[int, ...]:
    """Of everything in the world, and some of nothing."""
    d = world()
    return (UNKNOWN, 0, -1, *(row.key for table in TABLES for row in d.rows(table) if hasattr(row, "key")))


TEXTS = [
    *("", "work", "child", "by_message", "task", "user", "many", "sub", "inside", "ad_hoc", "tool", "call", "choice"),
    *("w", "news", "paid", "begin", "kept", "k", "id", "go", "oops", "joe", "a", "b", "one", "<default>", "nobody"),
    *("all", "creating"),
    *("GROUP", "ROLE", "TENANT", "USER", "PROCESS_DEFINITION", "CREATE_PROCESS_INSTANCE", "*", "adHocSubProcess"),
]
CHANGES = {
    "candidateGroups": ["g"],
    "candidateUsers": ["u"],
    "dueDate": "2030-01-01T00:00:00Z",
    "followUpDate": "soon",
    "priority": 101,
    "assignee": "joe",
}
FILES = [
    ("child.bpmn", child().xml()),
    ("two.bpmn", BpmnFile("two").start("s").start("s2").xml()),
    ("garbage.bpmn", b"<"),
    ("garbage.dmn", b"<definitions/>"),
    ("garbage.form", b"{"),
    ("form.form", b'{"id": "form", "components": []}'),
    ("unknown.txt", b""),
]
DOCUMENTS: list[Document] = [{}, {"missing": "1"}, {"n": '"text"', "item": "null"}]


def of(type_: Any, name: str = "") -> st.SearchStrategy[Any]:
    """Values of a field of a command: of things that there are, mixed with others."""
    if type_ == Document:
        return st.sampled_from(DOCUMENTS)
    if type_ is int:
        near = st.integers(-2, 5)
        return (
            st.one_of(st.deferred(lambda: st.sampled_from(keys())), near) if name.endswith("key") or not name else near
        )
    if type_ is str and name.endswith("kind"):
        return st.sampled_from([kind.value for kind in identity.EntityKind])
    if type_ is str and name == "resource_type":
        return st.sampled_from(sorted(identity.PERMISSIONS))
    if type_ is str:
        return st.sampled_from(TEXTS)
    if type_ is bool:
        return st.booleans()
    if type_ is bytes:
        return st.just(b"")
    if type_ is NoneType:
        return st.none()
    if type_ is Command:
        return st.sampled_from(sorted(FINDERS, key=lambda kind: kind.__name__)).flatmap(of)
    origin, arguments = get_origin(type_), get_args(type_)
    if origin in (Union, UnionType):
        return st.one_of(*(of(argument, name) for argument in arguments))
    if origin is dict:
        return st.lists(st.sampled_from(sorted(CHANGES)), max_size=2).map(
            lambda ids: {id_: CHANGES[id_] for id_ in ids}
        )
    if origin is frozenset:
        return st.frozensets(of(arguments[0]), max_size=2)
    if origin is tuple and arguments[-1] is Ellipsis:
        if arguments[0] == tuple[str, bytes]:
            return st.lists(st.sampled_from(FILES), max_size=2).map(tuple)
        return st.lists(of(arguments[0]), max_size=3).map(tuple)
    if origin is tuple:
        return st.tuples(*(of(argument) for argument in arguments))
    if issubclass(type_, Enum):
        return st.sampled_from(list(type_))
    assert issubclass(type_, msgspec.Struct), type_
    hints = get_type_hints(type_)
    return st.builds(type_, **{field: of(hints[field], field) for field in type_.__struct_fields__})


def engine() -> Engine:
    """One more on the rows of the world."""
    header = world().store.header
    return Engine(world().store, last_key=header.last_key, position=header.position, contains_faults=False)


def nothing_follows(outcome: Outcome) -> bool:
    return not (outcome.results or outcome.available_jobs or outcome.awaited or outcome.faults)


def afterwards(running: Engine) -> tuple[list[Any], Any]:
    """What it does next: answers to some commands, and everything that it would write."""
    now = world().now
    following: list[Command] = [
        commands.CreateProcessInstance("work"),
        commands.ActivateJobs("w", "worker", 1_000, 100),
        commands.PublishMessage("news", "k"),
        commands.BroadcastSignal("go"),
        commands.CancelProcessInstance(world().instances("work")[0]),
    ]
    answers: list[Any] = [running.process(command, now) for command in following]
    while (outcome := running.run_due(now + 10_000_000)) is not None:
        answers.append(outcome)
    return answers, running.begin_commit()


@functools.cache
def usual() -> tuple[list[Any], Any]:
    """The same without any refused command."""
    return afterwards(engine())


def check(command: Command) -> bool:
    """Whether the command is refused; if so, that it has changed nothing."""
    running = engine()
    outcome = running.process(command, world().now)
    if not isinstance(outcome.answer, Rejection):
        return False
    assert nothing_follows(outcome)
    assert running.begin_commit() is None
    assert afterwards(running) == usual()
    return True


def of_nothing(kind: type[Command]) -> Command:
    """A command about a key or an id that nothing has."""
    if kind in REFUSED:
        return REFUSED[kind]
    hints = get_type_hints(kind)
    plain = {int: UNKNOWN, str: "nobody", bool: False}
    values: dict[str, Any] = {}
    for field, default in zip(reversed(kind.__struct_fields__), reversed((*kind.__struct_defaults__,)), strict=False):
        values[field] = default() if callable(default) else default
    for field in kind.__struct_fields__:
        type_ = hints[field]
        if field.endswith("kind"):
            values[field] = "ROLE"
        elif type_ in plain:
            values[field] = plain[type_]
        elif type_ is identity.Grant:
            values[field] = identity.Grant("ROLE", "nobody", "PROCESS_DEFINITION", "*", "", ())
        elif get_origin(type_) is tuple:
            values[field] = ()
        else:
            values[field] = {} if get_origin(type_) is dict else None
    return kind(**values)


KINDS = sorted(PROCESSORS.keys() - {Audited, NoteOperations}, key=lambda kind: kind.__name__)
"""Without those for the audit log: a refusal may be an entry in it, and nothing else (see `unit/engine/processors/test_audit.py`)."""


def test_the_world_has_much_to_refuse():
    d = world()
    waiting, suspended = d.instances("work")

    assert {incident.element_id for incident in d.incidents(waiting)} >= {"broken"}
    assert len(d.job_rows(waiting)) == len(d.job_rows(suspended)) == 5
    assert len(keys()) > 60


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in NEVER_REFUSED], ids=lambda kind: kind.__name__)
def test_a_command_about_nothing_is_refused_and_changes_nothing(kind):
    assert check(of_nothing(kind))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_whatever_is_refused_changes_nothing(kind):
    @settings(max_examples=40, deadline=None, database=None)
    @given(of(kind))
    def law(command):
        check(command)

    law()
