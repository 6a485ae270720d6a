"""The state of one partition: resident rows, what is dirty of them, and the indexes that decisions need.

Rows are resident per process instance: the instance, its element instances that have not ended, their variables, jobs and incidents come
and go together. What is not resident is read from the `RowSource` on first touch; nothing else tells the two apart. Only appliers change
rows; processors and elements ask.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Sequence
from operator import attrgetter
from typing import Any, TypeVar

from kiang.bpmn.model import FlowNode, Process
from kiang.bpmn.reader import read
from kiang.engine.state.agent import AGENT_DEFINITIONS
from kiang.engine.state.cluster_variable import ClusterVariables
from kiang.engine.state.compensation import COMPENSATION_SUBSCRIPTIONS
from kiang.engine.state.condition import CONDITION_SUBSCRIPTIONS
from kiang.engine.state.decision import Decisions
from kiang.engine.state.definition import Definition
from kiang.engine.state.element_instance import ELEMENT_INSTANCES, ElementInstance
from kiang.engine.state.follow_up import FOLLOW_UPS, FollowUp
from kiang.engine.state.global_listener import GlobalListeners
from kiang.engine.state.incident import INCIDENTS, Incident
from kiang.engine.state.job import JOBS, Job
from kiang.engine.state.message import MESSAGES, Message
from kiang.engine.state.message_subscription import MESSAGE_SUBSCRIPTIONS
from kiang.engine.state.process_definition import PROCESS_DEFINITIONS, RESOURCES, ProcessDefinition
from kiang.engine.state.process_instance import PROCESS_INSTANCES, ProcessInstance
from kiang.engine.state.signal_subscription import SIGNAL_SUBSCRIPTIONS
from kiang.engine.state.source import RowSource
from kiang.engine.state.statistics import Statistics
from kiang.engine.state.table import Condition, Row, Table, matches, sort_rows
from kiang.engine.state.timer import TIMERS, Timer
from kiang.engine.state.tokens import count_tokens, render_tokens
from kiang.engine.state.unit_of_work import Commit, UnitOfWork
from kiang.engine.state.user_task import USER_TASKS, UserTask
from kiang.engine.state.variable import VARIABLES, Variable
from kiang.engine.state.window import Order, Window
from kiang.protocol.commands import ActivateElement, FollowUpCommand, decode_follow_up, encode_follow_up
from kiang.protocol.enums import ElementState, ElementType, IncidentState, JobState, SubscriptionState, UserTaskState

Scope = ElementInstance | ProcessInstance
"""What holds variables and elements."""

R = TypeVar("R", bound=Row)

WAIT_BITS: dict[Table[Any], int] = {
    MESSAGE_SUBSCRIPTIONS: 1,
    TIMERS: 2,
    SIGNAL_SUBSCRIPTIONS: 4,
    USER_TASKS: 8,
    COMPENSATION_SUBSCRIPTIONS: 16,
    CONDITION_SUBSCRIPTIONS: 32,
}
"""What an element instance can wait for besides its job, and the bit of each in its column `awaits`. Stored: never change one."""

ENDED_STATES: dict[Table[Any], int] = {USER_TASKS: int(UserTaskState.COMPLETED)}
"""Rows of these tables are history from this state on; those of the others from `SubscriptionState.CLOSED` on."""

RESIDENT_INSTANCES_MAX = 10_000
"""Process instances kept resident when nobody uses them: some 3 kB each with a job and a few variables, so about 30 MB."""

VARIABLES_TOGETHER_MAX = 50
"""Variables of an instance, on average, up to which those of many instances are read with one query."""

DEFINITIONS_MAX = 1_000
"""Compiled processes kept resident."""

JOB_QUEUES_MAX = 1_000
"""Job types whose queue is kept in memory."""


class State:
    """See the module.

    Attributes:
        now: Epoch ms of the command in progress.
        last_key: The youngest key.
        has_agents: Some element of a deployed process has an agent; while none has, nobody has to look.
        may_have_suspended: Some process instance is or was suspended; while none is, nobody has to look.
        follow_ups: Commands of the engine to itself that wait for their turn.
        statistics: Counts jobs and usage.
        awaited: Process instances whose result somebody awaits, with the variables to fetch. Not durable: the one who waits is gone after
            a restart.
        decisions: The deployed decisions.
        cluster_variables: What expressions see as `camunda.vars`.
        global_listeners: Listeners of every user task.
    """

    # Every step reads them. Without slots CPython 3.11 finds them more slowly from about 30 attributes on: 8 % of an instance.
    __slots__ = (
        "_committing",
        "_committing_ended",
        "_definitions",
        "_dirty",
        "_ended",
        "_incidents",
        "_instances",
        "_jobs",
        "_last_key_committed",
        "_latest",
        "_queues",
        "_renders",
        "_scopes",
        "_source",
        "_timer_owners",
        "awaited",
        "backoffs",
        "cluster_variables",
        "deadlines",
        "decisions",
        "expiries",
        "follow_ups",
        "global_listeners",
        "has_agents",
        "last_key",
        "may_have_suspended",
        "now",
        "position",
        "statistics",
        "timers",
    )

    def __init__(self, source: RowSource, *, last_key: int, position: int = 0, is_new: bool = False) -> None:
        """Begin with nothing resident.

        Args:
            source: Rows that earlier commits left.
            last_key: The youngest key that was handed out.
            position: Number of the last commit.
            is_new: Nothing was ever committed, so that nothing is due behind the windows.
        """
        self.now = 0
        self.may_have_suspended = False
        self.last_key = last_key
        self._last_key_committed = last_key
        self.position = position
        self.statistics = Statistics(self)
        self.follow_ups: dict[int, FollowUpCommand] = {}
        self.awaited: dict[int, tuple[str, ...]] = {}
        self.decisions = Decisions(self)
        self.cluster_variables = ClusterVariables(self)
        self.global_listeners = GlobalListeners(self)
        self._source = source
        self.has_agents = not is_new and bool(source.select(AGENT_DEFINITIONS, limit=1))
        self._dirty = UnitOfWork()
        self._committing: UnitOfWork | None = None
        self._committing_ended: list[Row] = []
        self._ended: list[Row] = []
        self._renders: dict[int, Callable[[], object]] = {}
        self._instances: dict[int, ProcessInstance] = {}
        self._scopes: dict[int, Scope] = {}
        self._jobs: dict[int, Job] = {}
        self._incidents: dict[int, Incident] = {}
        self._timer_owners: dict[int, int] = {}
        self._definitions: dict[int, Definition] = {}
        self._latest: dict[tuple[str, str], int] = {}
        self._queues: dict[str, Window] = {}
        self.deadlines = Window(self._deadlines_behind, is_whole=is_new)
        self.backoffs = Window(self._backoffs_behind, is_whole=is_new)
        self.timers = Window(self._timers_behind, is_whole=is_new)
        self.expiries = Window(self._messages_behind, is_whole=is_new)
        if not is_new:
            for row in source.select(FOLLOW_UPS, [("parked_for", "=", 0)], ("key",)):
                self.follow_ups[row.key] = decode_follow_up(row.command)
            self.may_have_suspended = bool(source.select(PROCESS_INSTANCES, [("suspended_at", ">", 0)], limit=1))

    # Keys

    def next_key(self) -> int:
        """A new key, younger than all before."""
        self.last_key += 1
        return self.last_key

    # Definitions

    def definition(self, key: int) -> Definition | None:
        """A process definition by key, deleted ones too."""
        found = self._definitions.get(key)
        if found is not None:
            return found
        rows = self.current(PROCESS_DEFINITIONS, [("key", "=", key)])
        return self._compile(rows[0]) if rows else None

    def node(self, scope: Scope, element_id: str) -> FlowNode:
        """An element of the process that `scope` is in; of a multi-instance activity its body."""
        definition = self.definition(scope.process_definition_key)
        assert definition is not None
        return definition.process.nodes[element_id]

    def catcher(self, scope: Scope, element_id: str) -> FlowNode:
        """A catch event at which something happens to `scope`: the element itself, or another one."""
        if element_id == scope.element_id and scope.node is not None:
            return scope.node
        return self.node(scope, element_id)

    def latest_definition(self, process_id: str, tenant_id: str) -> Definition | None:
        """The latest version of a process that is not deleted."""
        key = self._latest.get((tenant_id, process_id))
        if key is None:
            rows = self.definition_rows(process_id, tenant_id)
            if not rows:
                return None
            key = self._latest[tenant_id, process_id] = rows[-1].key
        return self.definition(key)

    def latest_row(self, process_id: str, tenant_id: str) -> ProcessDefinition | None:
        """The row of the latest version that is not deleted."""
        definition = self.latest_definition(process_id, tenant_id)
        return None if definition is None else definition.row

    def last_version(self, process_id: str, tenant_id: str) -> int:
        """The highest version that was ever there; 0 for none."""
        rows = self.definition_rows(process_id, tenant_id, with_deleted=True)
        return rows[-1].version if rows else 0

    def definition_version(self, process_id: str, version: int, tenant_id: str) -> Definition | None:
        """One version of a process, unless it is deleted."""
        for row in self.definition_rows(process_id, tenant_id):
            if row.version == version:
                return self.definition(row.key)
        return None

    def definition_in_deployment(self, process_id: str, deployment_key: int, tenant_id: str) -> Definition | None:
        """A process as it was deployed together with others."""
        where: list[Condition] = [("deployment_key", "=", deployment_key), ("process_id", "=", process_id)]
        rows = [
            row for row in self.current(PROCESS_DEFINITIONS, where) if row.tenant_id == tenant_id and not row.is_deleted
        ]
        return self.definition(rows[-1].key) if rows else None

    def definition_tagged(self, process_id: str, version_tag: str, tenant_id: str) -> Definition | None:
        """The latest version of a process that carries a tag."""
        rows = [row for row in self.definition_rows(process_id, tenant_id) if row.version_tag == version_tag]
        return self.definition(rows[-1].key) if rows else None

    def definition_rows(
        self, process_id: str, tenant_id: str, *, with_deleted: bool = False
    ) -> list[ProcessDefinition]:
        """All versions of a process, oldest first."""
        where: list[Condition] = [("tenant_id", "=", tenant_id), ("process_id", "=", process_id)]
        if not with_deleted:
            where.append(("is_deleted", "=", 0))
        return self.current(PROCESS_DEFINITIONS, where, ("version",))

    def put_definition(self, row: ProcessDefinition) -> None:
        """Appliers: a new version."""
        self._dirty.insert(PROCESS_DEFINITIONS, row.key, row)
        self._latest[row.tenant_id, row.process_id] = row.key

    def delete_definition(self, key: int) -> None:
        """Appliers: a version is deleted."""
        definition = self.definition(key)
        assert definition is not None
        definition.row.is_deleted = 1
        self._dirty.update(PROCESS_DEFINITIONS, key, definition.row)
        self._latest.pop((definition.row.tenant_id, definition.row.process_id), None)

    def keep_model(self, key: int, process: Process) -> Definition:
        """Spare the state from reading the file of a new definition again."""
        rows = self.current(PROCESS_DEFINITIONS, [("key", "=", key)])
        return self._remember(rows[0], process)

    def put(self, table: Table[R], row: R) -> None:
        """Appliers: a new row that nothing resident refers to."""
        self._dirty.insert(table, row.key, row)  # type: ignore[attr-defined]

    def _compile(self, row: ProcessDefinition) -> Definition:
        resource = self.current(RESOURCES, [("key", "=", row.resource_key)])[0]
        for process in read(row.resource_name, resource.content, now_ms=resource.deployed_at):
            if process.id == row.process_id:
                return self._remember(row, process)
        message = f"Expected resource {row.resource_key} to hold process {row.process_id}, but it does not"
        raise LookupError(message)

    def _remember(self, row: ProcessDefinition, process: Process) -> Definition:
        if len(self._definitions) >= DEFINITIONS_MAX:
            del self._definitions[next(iter(self._definitions))]
        definition = self._definitions[row.key] = Definition(row, process)
        return definition

    # Process instances and what is in them

    def instance(self, key: int) -> ProcessInstance | None:
        """A process instance that has not ended."""
        instance = self._instances.get(key)
        if instance is None:
            instance = self._load_instance(key)
        return instance if instance is not None and instance.state < ElementState.COMPLETED else None

    def scope(self, key: int) -> Scope | None:
        """An element instance or process instance that has not ended."""
        scope = self._scopes.get(key)
        if scope is None:
            scope = self._load_scope(key)
        return scope if scope is not None and scope.state < ElementState.COMPLETED else None

    def resident(self, key: int) -> Scope:
        """An element instance or process instance that is known to be resident: one that events of this batch are about."""
        return self._scopes[key]

    def resident_instance(self, key: int) -> ProcessInstance:
        """A process instance that is known to be resident."""
        return self._instances[key]

    def instance_of(self, scope: Scope) -> ProcessInstance:
        """The process instance around a scope."""
        return self._instances[scope.process_instance_key]

    def children(self, scope: Scope) -> list[Scope]:
        """What is directly inside a scope and has not ended, oldest first."""
        return [self._scopes[key] for key in scope.children or ()]

    @property
    def job_keys(self) -> Container[int]:
        """Keys of resident jobs."""
        return self._jobs

    def job(self, key: int) -> Job | None:
        """A job that is neither completed nor canceled."""
        job = self._jobs.get(key)
        if job is None:
            job = self._load_job(key)
        return job if job is not None and job.state < JobState.COMPLETED else None

    def incident(self, key: int) -> Incident | None:
        """An incident that is not resolved."""
        incident = self._incidents.get(key)
        if incident is None:
            incident = self._load_incident(key)
        return incident if incident is not None and incident.state == IncidentState.ACTIVE else None

    def variable(self, scope: Scope, name: str) -> Variable | None:
        """The variable that `scope` sees by this name: its own, or the nearest one outwards."""
        scopes = self._scopes
        while True:
            if scope.variables is not None:
                found = scope.variables.get(name)
                if found is not None:
                    return found
            key = scope.scope_key
            if key == 0:
                return None
            scope = scopes[key]

    def visible_variables(self, scope: Scope) -> dict[str, Variable]:
        """Every variable that `scope` sees, inner ones hiding outer ones of their name."""
        chain = [scope]
        while scope.scope_key != 0:
            scope = self._scopes[scope.scope_key]
            chain.append(scope)
        visible: dict[str, Variable] = {}
        for level in reversed(chain):
            if level.variables:
                visible.update(level.variables)
        return visible

    # What appliers do to them

    def add_instance(self, instance: ProcessInstance) -> None:
        """A new process instance."""
        instance.touched_at = self.position
        self._instances[instance.key] = instance
        self._scopes[instance.key] = instance
        self._dirty.insert(PROCESS_INSTANCES, instance.key, instance)

    def add_element(self, element: ElementInstance) -> None:
        """A new element instance."""
        self._scopes[element.key] = element
        self._dirty.insert(ELEMENT_INSTANCES, element.key, element)
        scope = self._scopes[element.scope_key]
        if scope.children is None:
            scope.children = {}
        scope.children[element.key] = None
        self._touch(element.process_instance_key)

    def changed(self, scope: Scope) -> None:
        """Columns of an element instance or process instance have changed."""
        if type(scope) is ProcessInstance:
            self._dirty.update(PROCESS_INSTANCES, scope.key, scope)
        else:
            self._dirty.update(ELEMENT_INSTANCES, scope.key, scope)
        self._touch(scope.process_instance_key)

    def tokens_changed(self, scope: Scope) -> None:
        """Tokens at joins of a scope have changed."""
        self._renders[scope.key] = lambda: render_tokens(scope)
        self.changed(scope)

    def render_later(self, key: int, render: Callable[[], object]) -> None:
        """Appliers: a column of the row with this key has to be put together before the next commit."""
        self._renders[key] = render

    def ended(self, scope: Scope) -> None:
        """An element instance or process instance has reached its final state."""
        if scope.scope_key != 0:
            parent = self._scopes[scope.scope_key]
            if parent.children is not None:
                parent.children.pop(scope.key, None)
        self._ended.append(scope)
        self.changed(scope)

    def add_job(self, job: Job) -> None:
        """A new job."""
        self._jobs[job.key] = job
        self._dirty.insert(JOBS, job.key, job)
        self._enqueue(job)

    def change_job(self, job: Job, state: int) -> None:
        """Columns of a job have changed, its state perhaps too: the queues follow."""
        before = job.state
        if before == JobState.ACTIVATABLE:
            queue = self._queues.get(job.job_type)
            if queue is not None:
                queue.discard(job.key)
        elif before == JobState.ACTIVATED:
            self.deadlines.discard(job.key)
        elif before == JobState.FAILED:
            self.backoffs.discard(job.key)
        job.state = state
        if state == JobState.ACTIVATABLE:
            self._enqueue(job)
        elif state == JobState.ACTIVATED:
            assert job.deadline is not None
            self.deadlines.add((job.deadline, job.key))
        elif state == JobState.FAILED:
            if job.recur_at is not None:
                self.backoffs.add((job.recur_at, job.key))
        elif state >= JobState.COMPLETED:
            self._ended.append(job)
        self._dirty.update(JOBS, job.key, job)
        self._touch(job.process_instance_key)

    def add_incident(self, incident: Incident) -> None:
        """A new incident."""
        self._incidents[incident.key] = incident
        self._dirty.insert(INCIDENTS, incident.key, incident)

    def end_incident(self, incident: Incident) -> None:
        """An incident was resolved."""
        self._ended.append(incident)
        self._dirty.update(INCIDENTS, incident.key, incident)

    def add_variable(self, scope: Scope, variable: Variable) -> None:
        """A new variable."""
        if scope.variables is None:
            scope.variables = {}
        scope.variables[variable.name] = variable
        self._dirty.insert(VARIABLES, variable.key, variable)
        self._touch(variable.process_instance_key)

    def change_variable(self, variable: Variable) -> None:
        """A variable has another value."""
        self._dirty.update(VARIABLES, variable.key, variable)
        self._touch(variable.process_instance_key)

    def add_wait(self, table: Table[R], scope: Scope, row: R) -> None:
        """An element instance waits for something."""
        bit = WAIT_BITS[table]
        if not scope.awaits & bit:
            scope.awaits |= bit
            self.changed(scope)
        if scope.waits is None:
            scope.waits = {}
        scope.waits[row.key] = row  # type: ignore[attr-defined]
        self._dirty.insert(table, row.key, row)  # type: ignore[attr-defined]

    def change_wait(self, table: Table[R], row: R) -> None:
        """Columns of something that an element instance waits for have changed."""
        self._dirty.update(table, row.key, row)  # type: ignore[attr-defined]
        self._touch(row.process_instance_key)  # type: ignore[attr-defined]

    def end_wait(self, table: Table[R], row: R) -> None:
        """An element instance waits no more for this."""
        scope = self._scopes[row.element_instance_key]  # type: ignore[attr-defined]
        if scope.waits is not None:
            scope.waits.pop(row.key, None)  # type: ignore[attr-defined]
        self.change_wait(table, row)

    def message(self, key: int) -> Message | None:
        """A buffered message."""
        rows = self.current(MESSAGES, [("key", "=", key)])
        return rows[0] if rows else None

    def start_timer(self, key: int) -> Timer | None:
        """The timer of a start event that has not fired yet."""
        rows = self.current(TIMERS, [("key", "=", key)])
        return rows[0] if rows and rows[0].state == SubscriptionState.OPEN else None

    def timer(self, key: int) -> Timer | None:
        """A timer that has not fired yet."""
        owner = self._timer_owners.get(key)
        if owner is None:
            row = self.start_timer(key)
            if row is None or row.element_instance_key == 0:
                return row
            owner = row.element_instance_key
        scope = self.scope(owner)
        return scope.waits.get(key) if scope is not None and scope.waits else None

    def load_timers(self, keys: Iterable[int]) -> None:
        """Make the instances of timers resident, in a few queries for all of them."""
        rows = self._source.select(TIMERS, [_any_of("key", list(keys))])
        mine = [row for row in rows if row.element_instance_key]
        self._timer_owners = {row.key: row.element_instance_key for row in mine}
        self._load_instances([row.process_instance_key for row in mine])

    def user_task(self, key: int) -> UserTask | None:
        """A user task that has not ended."""
        rows = self.current(USER_TASKS, [("key", "=", key)])
        if not rows or rows[0].state >= UserTaskState.COMPLETED:
            return None
        scope = self.scope(rows[0].element_instance_key)
        return scope.waits.get(key) if scope is not None and scope.waits else None

    def touch_row(self, table: Table[R], row: R) -> None:
        """Appliers: columns of a row of a process instance have changed that move it into no other queue."""
        self._dirty.update(table, row.key, row)  # type: ignore[attr-defined]
        self._touch(row.process_instance_key)  # type: ignore[attr-defined]

    def remove(self, table: Table[Any], key: int) -> None:
        """Appliers: a row is gone."""
        self._dirty.delete(table, key)

    def change(self, table: Table[R], row: R) -> None:
        """Appliers: columns of a row have changed that belongs to no process instance."""
        self._dirty.update(table, row.key, row)  # type: ignore[attr-defined]

    # Dates

    def _timers_behind(self, after: Order | None, limit: int) -> list[Order]:
        return self._dates_behind(TIMERS, "due_at", [("state", "=", int(SubscriptionState.OPEN))], after, limit)

    def _messages_behind(self, after: Order | None, limit: int) -> list[Order]:
        return self._dates_behind(MESSAGES, "deadline", [], after, limit)

    def _dates_behind(
        self, table: Table[Any], column: str, where: list[Condition], after: Order | None, limit: int
    ) -> list[Order]:
        order = (column, "key")
        if after is None:
            rows = self.current(table, where, order, limit)
        else:
            rows = self.current(table, [*where, (column, "=", after[0]), ("key", ">", after[1])], order, limit)
            if len(rows) < limit:
                rows += self.current(table, [*where, (column, ">", after[0])], order, limit - len(rows))
        return [(getattr(row, column), row.key) for row in rows]

    # Job queues

    def queue(self, job_type: str) -> Window:
        """Activatable jobs of a type, in the order of activation: entries are (-priority, key)."""
        queue = self._queues.pop(job_type, None)
        if queue is None:
            queue = Window(lambda after, limit: self._jobs_behind(job_type, after, limit), is_whole=False)
            if len(self._queues) >= JOB_QUEUES_MAX:
                del self._queues[next(iter(self._queues))]
        self._queues[job_type] = queue
        return queue

    def _enqueue(self, job: Job) -> None:
        queue = self._queues.get(job.job_type)
        if queue is not None:
            queue.add((-job.priority, job.key))

    def _jobs_behind(self, job_type: str, after: Order | None, limit: int) -> list[Order]:
        where: list[Condition] = [("job_type", "=", job_type), ("state", "=", JobState.ACTIVATABLE)]
        order = ("priority desc", "key")
        if after is None:
            rows = self.current(JOBS, where, order, limit)
        else:
            priority, key = -after[0], after[1]
            rows = self.current(JOBS, [*where, ("priority", "=", priority), ("key", ">", key)], order, limit)
            if len(rows) < limit:
                rows += self.current(JOBS, [*where, ("priority", "<", priority)], order, limit - len(rows))
        return [(-row.priority, row.key) for row in rows]

    def _deadlines_behind(self, after: Order | None, limit: int) -> list[Order]:
        rows = self._jobs_due("deadline", JobState.ACTIVATED, after, limit)
        return [(row.deadline or 0, row.key) for row in rows]

    def _backoffs_behind(self, after: Order | None, limit: int) -> list[Order]:
        rows = self._jobs_due("recur_at", JobState.FAILED, after, limit)
        return [(row.recur_at or 0, row.key) for row in rows]

    def _jobs_due(self, column: str, state: JobState, after: Order | None, limit: int) -> list[Job]:
        where: list[Condition] = [("state", "=", state)]
        order = (column, "key")
        if after is None:
            return self.current(JOBS, [*where, (column, ">=", 0)], order, limit)
        rows = self.current(JOBS, [*where, (column, "=", after[0]), ("key", ">", after[1])], order, limit)
        if len(rows) < limit:
            rows += self.current(JOBS, [*where, (column, ">", after[0])], order, limit - len(rows))
        return rows

    # Follow-ups that wait

    def defer(self, commands: Iterable[FollowUpCommand]) -> None:
        """Keep follow-up commands for the next batch."""
        for command in commands:
            row = FollowUp(self.next_key(), encode_follow_up(command))
            self.follow_ups[row.key] = command
            self._dirty.insert(FOLLOW_UPS, row.key, row)

    def park(self, instance_key: int, command: FollowUpCommand) -> None:
        """Keep a follow-up command until its process instance is resumed."""
        row = FollowUp(self.next_key(), encode_follow_up(command), instance_key)
        self._dirty.insert(FOLLOW_UPS, row.key, row)

    def parked(self, instance_key: int) -> list[tuple[int, FollowUpCommand]]:
        """Follow-up commands that wait for a process instance to be resumed, with their keys, oldest first."""
        rows = self.current(FOLLOW_UPS, [("parked_for", "=", instance_key)])
        return [(row.key, decode_follow_up(row.command)) for row in rows]

    def unpark(self, key: int) -> None:
        """Forget a parked command."""
        self._dirty.delete(FOLLOW_UPS, key)

    def take_deferred(self) -> FollowUpCommand | None:
        """Take the oldest follow-up command that waits."""
        for key, command in self.follow_ups.items():
            del self.follow_ups[key]
            self._dirty.delete(FOLLOW_UPS, key)
            return command
        return None

    # Commit

    def begin_commit(self, records: bytes) -> Commit | None:
        """Freeze what is dirty. The state goes on; the next `begin_commit` must wait for `end_commit`.

        Returns:
            None if nothing has changed; a key that was handed out is a change, or it would be handed out again after a restart.
        """
        assert self._committing is None
        if not self._dirty and not records and self.last_key == self._last_key_committed:
            return None
        self._last_key_committed = self.last_key
        for render in self._renders.values():
            render()
        self._renders.clear()
        self.statistics.render()
        self.position += 1
        commit = Commit(self.position, self.last_key, self._dirty.freeze(), records, self.now)
        self._committing, self._dirty = self._dirty, UnitOfWork()
        self._committing_ended, self._ended = self._ended, []
        return commit

    def end_commit(self) -> None:
        """The commit is durable: what has ended leaves memory, and idle instances beyond the limit do."""
        self._committing = None
        ended, self._committing_ended = self._committing_ended, []
        for row in ended:
            match row:
                case ElementInstance():
                    self._scopes.pop(row.key, None)
                case Job():
                    self._jobs.pop(row.key, None)
                case ProcessInstance():
                    self._scopes.pop(row.key, None)
                    self._instances.pop(row.key, None)
                case Incident():
                    self._incidents.pop(row.key, None)
        if len(self._instances) > RESIDENT_INSTANCES_MAX:
            self._evict(len(self._instances) - RESIDENT_INSTANCES_MAX)

    # Residence

    def _touch(self, process_instance_key: int) -> None:
        instance = self._instances[process_instance_key]
        if instance.touched_at != self.position:
            instance.touched_at = self.position
            self._instances[process_instance_key] = self._instances.pop(process_instance_key)

    def _evict(self, count: int) -> None:
        """Let the instances go that were used least recently, unless a row of theirs is not committed yet."""
        oldest: list[ProcessInstance] = []
        for instance in self._instances.values():
            if instance.touched_at >= self.position or len(oldest) == count:
                break
            oldest.append(instance)
        for instance in oldest:
            self._forget(instance)

    def _forget(self, root: ProcessInstance) -> None:
        del self._instances[root.key]
        waiting: list[Scope] = [root]
        while waiting:
            scope = waiting.pop()
            del self._scopes[scope.key]
            if scope.job_key:
                self._jobs.pop(scope.job_key, None)
            if scope.incident_key:
                self._incidents.pop(scope.incident_key, None)
            waiting += [self._scopes[key] for key in scope.children or ()]

    def _load_scope(self, key: int) -> Scope | None:
        rows = self._source.select(ELEMENT_INSTANCES, [("key", "=", key)])
        if not rows:
            return self._load_instance(key)
        if rows[0].state >= ElementState.COMPLETED:
            return None
        self._load_instance(rows[0].process_instance_key)
        return self._scopes.get(key)

    def load_jobs(self, keys: Iterable[int]) -> None:
        """Make the instances of jobs resident, in a few queries for all of them; keys of jobs that are over are passed over."""
        missing = [key for key in keys if key not in self._jobs]
        if missing:
            rows = self._source.select(JOBS, [_any_of("key", missing)])
            self._load_instances([row.process_instance_key for row in rows if row.state < JobState.COMPLETED])

    def _load_job(self, key: int) -> Job | None:
        self.load_jobs((key,))
        return self._jobs.get(key)

    def _load_incident(self, key: int) -> Incident | None:
        rows = self._source.select(INCIDENTS, [("key", "=", key)])
        if not rows or rows[0].state != IncidentState.ACTIVE:
            return None
        self._load_instance(rows[0].process_instance_key)
        return self._incidents.get(key)

    def _load_instance(self, key: int) -> ProcessInstance | None:
        """Make a process instance resident with all that is in it."""
        if key not in self._instances:
            self._load_instances((key,))
        return self._instances.get(key)

    def _load_instances(self, keys: Iterable[int]) -> None:
        missing = [key for key in dict.fromkeys(keys) if key not in self._instances]
        if not missing:
            return
        instances = self._source.select(PROCESS_INSTANCES, [_any_of("key", missing)])
        found = [instance for instance in instances if instance.state < ElementState.COMPLETED]
        if not found:
            return
        elements: dict[int, list[ElementInstance]] = {instance.key: [] for instance in found}
        for element in self._source.select(
            ELEMENT_INSTANCES,
            [_any_of("process_instance_key", list(elements)), ("state", "<", ElementState.COMPLETED)],
            ("key",),
        ):
            elements[element.process_instance_key].append(element)
        job_keys: list[int] = []
        incident_keys: list[int] = []
        waiting: dict[int, list[int]] = {}
        scopes_of: dict[int, list[int]] = {}
        for instance in found:
            awaits = 0
            scopes = self._make_resident(instance, elements[instance.key])
            scopes_of[instance.key] = [scope.key for scope in scopes]
            for scope in scopes:
                awaits |= scope.awaits
                if scope.job_key:
                    job_keys.append(scope.job_key)
                if scope.incident_key:
                    incident_keys.append(scope.incident_key)
            if awaits:
                waiting.setdefault(awaits, []).append(instance.key)
        self._load_variables(scopes_of)
        for awaits, waiting_keys in waiting.items():
            self._load_waits(waiting_keys, awaits)
        if job_keys:
            self._jobs.update((job.key, job) for job in self._source.select(JOBS, [_any_of("key", job_keys)]))
        if incident_keys:
            self._incidents.update(
                (incident.key, incident) for incident in self._source.select(INCIDENTS, [_any_of("key", incident_keys)])
            )

    def _make_resident(self, instance: ProcessInstance, elements: list[ElementInstance]) -> Collection[Scope]:
        """Put an instance together with its active elements; its scopes."""
        key = instance.key
        definition = self.definition(instance.process_definition_key)
        assert definition is not None
        instance.node = definition.process.root
        instance.touched_at = self.position
        self._instances[key] = instance
        scopes: dict[int, Scope] = {key: instance}
        for element in elements:
            element.node = node_of(definition.process, element.element_id, element.element_type)
            scopes[element.key] = element
        self._scopes.update(scopes)
        for element in elements:
            parent = scopes[element.scope_key]
            if parent.children is None:
                parent.children = {}
            parent.children[element.key] = None
        for scope in scopes.values():
            scope.active_flows = count_tokens(scope)
        moving = list(self.follow_ups.values())
        if instance.suspended_at is not None:
            moving += [command for _, command in self.parked(key)]
        for command in moving:
            if not isinstance(command, ActivateElement) or not command.flow_id or command.scope_key not in scopes:
                continue
            scope = scopes[command.scope_key]
            if not scope.interrupted_by and not _is_join(definition.process.nodes[command.element_id]):
                scope.active_flows += 1
        return scopes.values()

    def _load_variables(self, scopes_of: dict[int, list[int]]) -> None:
        """Variables of resident scopes, given by process instance."""
        rows: list[Variable] | None = None
        if len(scopes_of) > 1:
            # One query for all, unless there are many variables of scopes that have ended: these would be read for nothing.
            limit = VARIABLES_TOGETHER_MAX * len(scopes_of)
            found = self._source.select(VARIABLES, [("process_instance_key", "in", list(scopes_of))], limit=limit)
            rows = sorted(found, key=_key_of) if len(found) < limit else None
        if rows is None:
            rows = []
            for key, scope_keys in scopes_of.items():
                where: list[Condition] = [("process_instance_key", "=", key), ("scope_key", "in", scope_keys)]
                rows += self._source.select(VARIABLES, where, ("key",))
        for row in rows:
            scope = self._scopes.get(row.scope_key)
            if scope is not None:
                if scope.variables is None:
                    scope.variables = {}
                scope.variables[row.name] = row

    def _load_waits(self, keys: list[int], awaits: int) -> None:
        """What resident instances wait for besides jobs, of the kinds whose bits are given."""
        for table, bit in WAIT_BITS.items():
            if awaits & bit:
                where: list[Condition] = [
                    _any_of("process_instance_key", keys),
                    ("state", "<", ENDED_STATES.get(table, int(SubscriptionState.CLOSED))),
                ]
                for row in self._source.select(table, where, ("key",)):
                    scope = self._scopes[row.element_instance_key]
                    if scope.waits is None:
                        scope.waits = {}
                    scope.waits[row.key] = row

    def current(
        self, table: Table[R], where: Sequence[Condition], order: Sequence[str] = ("key",), limit: int | None = None
    ) -> list[R]:
        """Rows as they are now: those of the store, with what is dirty in their place."""
        units = [unit for unit in (self._committing, self._dirty) if unit]
        changed = self._changed(table, where, units)
        hidden = sum(unit.count(table) for unit in units) if limit is not None else 0
        stored = self._source.select(table, where, order, None if limit is None else limit + hidden)
        if units:
            stored = [row for row in stored if not any(unit.touches(table, row.key) for unit in units)]  # type: ignore[attr-defined]
            if changed:
                stored = sort_rows([*stored, *changed], order)
        return stored if limit is None else stored[:limit]

    @staticmethod
    def _changed(table: Table[R], where: Sequence[Condition], units: Sequence[UnitOfWork]) -> list[R]:
        """Dirty rows for which every condition holds, in their youngest state."""
        values = _lookup_values(table, where) if table.lookup else None
        found: dict[int, R] = {}
        for unit in units:
            for key in unit.deleted(table) if found else ():
                found.pop(key, None)
            if len(where) == 1 and where[0][0] == "key" and where[0][1] == "=":
                row = unit.row(table, where[0][2])
                rows = [] if row is None else [row]
            elif values is not None:
                rows = unit.look_up(table, values)
            else:
                rows = unit.rows(table)
            for row in rows:
                found[row.key] = row  # type: ignore[attr-defined,assignment]
        return [row for row in found.values() if matches(row, where)]


_key_of = attrgetter("key")


def _any_of(column: str, keys: Sequence[int]) -> Condition:
    """A condition on one key or many; the store answers that on one a little faster."""
    return (column, "=", keys[0]) if len(keys) == 1 else (column, "in", keys)


def _lookup_values(table: Table[Any], where: Sequence[Condition]) -> Any:
    """The values of the table's lookup columns if the conditions fix them all, as the unit of work indexes them."""
    fixed = {column: value for column, compare, value in where if compare == "="}
    if not all(column in fixed for column in table.lookup):
        return None
    values = tuple(fixed[column] for column in table.lookup)
    return values if len(values) > 1 else values[0]


def node_of(process: Process, element_id: str, element_type: int) -> FlowNode:
    """The element of a row in its model: a multi-instance activity has one for the body and one for what is inside."""
    node = process.nodes[element_id]
    if node.type == ElementType.MULTI_INSTANCE_BODY and element_type != ElementType.MULTI_INSTANCE_BODY:
        assert node.inner is not None
        return node.inner
    return node


def _is_join(node: FlowNode) -> bool:
    return node.type in {ElementType.PARALLEL_GATEWAY, ElementType.INCLUSIVE_GATEWAY} and len(node.incoming) > 1
