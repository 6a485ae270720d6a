"""Process instances as tests look at them: always what is now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from kiang.engine.state.element_instance import ELEMENT_INSTANCES
from kiang.engine.state.incident import INCIDENTS
from kiang.engine.state.process_instance import PROCESS_INSTANCES, ProcessInstance
from kiang.engine.state.user_task import USER_TASKS
from kiang.engine.state.variable import VARIABLES
from kiang.protocol.enums import ElementState, ElementType, IncidentState, UserTaskState
from kiang.protocol.keys import ElementInstanceKey, IncidentKey, ProcessInstanceKey

if TYPE_CHECKING:
    from kiang.testing.in_process import InProcessEngine

ACTIVE, COMPLETED, TERMINATED = "ACTIVE", "COMPLETED", "TERMINATED"

_decode = msgspec.json.Decoder().decode


class Element(NamedTuple):
    """One element instance.

    Attributes:
        type: Name of the element's type, for example `SERVICE_TASK`.
        state: `ACTIVE`, `COMPLETED` or `TERMINATED`.
        scope_key: The element instance or process instance around it.
    """

    key: ElementInstanceKey
    id: str
    type: str
    state: str
    scope_key: int


class Incident(NamedTuple):
    """One open incident.

    Attributes:
        type: For example `JOB_NO_RETRIES`.
        job_key: Of the job that is stuck; 0 if it is none.
    """

    key: IncidentKey
    type: str
    message: str
    element_id: str
    job_key: int = 0


class UserTask(NamedTuple):
    """One native user task that has not ended.

    Attributes:
        state: For example `CREATED`; while a task listener is at work `COMPLETING` and so on.
        assignee: Empty for nobody.
        due_date: ISO 8601; empty for none.
    """

    key: int
    element_id: str
    state: str
    assignee: str
    candidate_groups: list[str]
    candidate_users: list[str]
    due_date: str
    follow_up_date: str
    priority: int


class Instance:
    """A process instance.

    Attributes:
        key: Process instance key.
    """

    def __init__(self, engine: InProcessEngine, key: int) -> None:
        self.key = ProcessInstanceKey(key)
        self._engine = engine

    @property
    def process_id(self) -> str:
        """BPMN process id."""
        return self._row.process_id

    @property
    def version(self) -> int:
        """Version of its process definition."""
        return self._row.version

    @property
    def state(self) -> str:
        """`ACTIVE`, `COMPLETED` or `TERMINATED`."""
        return _state(self._row.state)

    @property
    def variables(self) -> dict[str, Any]:
        """Variables of the process instance itself, decoded."""
        return self._variables_of(self.key)

    @property
    def elements(self) -> list[Element]:
        """Every element that was entered, in the order of entry."""
        return [
            Element(
                ElementInstanceKey(row.key),
                row.element_id,
                ElementType(row.element_type).name,
                _state(row.state),
                row.scope_key,
            )
            for row in self._engine.store.select(ELEMENT_INSTANCES, [("process_instance_key", "=", self.key)], ("key",))
        ]

    @property
    def waiting_at(self) -> list[str]:
        """Ids of the elements that have been entered and not left, in the order of entry."""
        return [element.id for element in self.elements if element.state == ACTIVE]

    @property
    def incidents(self) -> list[Incident]:
        """Open incidents, oldest first."""
        return [
            Incident(IncidentKey(row.key), row.error_type, row.error_message, row.element_id, max(row.job_key, 0))
            for row in self._engine.store.select(
                INCIDENTS, [("process_instance_key", "=", self.key), ("state", "=", IncidentState.ACTIVE)], ("key",)
            )
        ]

    @property
    def user_tasks(self) -> list[UserTask]:
        """Native user tasks that have not ended, oldest first."""
        return [
            UserTask(
                row.key,
                row.element_id,
                UserTaskState(row.state).name,
                row.assignee,
                _decode(row.candidate_groups or "[]"),
                _decode(row.candidate_users or "[]"),
                row.due_date,
                row.follow_up_date,
                row.priority,
            )
            for row in self._engine.store.select(USER_TASKS, [("process_instance_key", "=", self.key)], ("key",))
            if row.state < UserTaskState.COMPLETED
        ]

    @property
    def children(self) -> list[Instance]:
        """Process instances that its call activities have started, oldest first."""
        rows = self._engine.store.select(PROCESS_INSTANCES, [("parent_process_instance_key", "=", self.key)], ("key",))
        return [Instance(self._engine, row.key) for row in rows]

    def element(self, element_id: str) -> Element:
        """The youngest element instance of an element.

        Raises:
            LookupError: It was never entered.
        """
        for element in reversed(self.elements):
            if element.id == element_id:
                return element
        raise LookupError(f"Expected element {element_id!r} of {self!r} to have been entered, but it was not.")

    def variables_of(self, element_id: str) -> dict[str, Any]:
        """Local variables of the youngest element instance of an element, decoded."""
        return self._variables_of(self.element(element_id).key)

    def _variables_of(self, scope_key: int) -> dict[str, Any]:
        rows = self._engine.store.select(
            VARIABLES, [("process_instance_key", "=", self.key), ("scope_key", "=", scope_key)], ("key",)
        )
        return {row.name: _decode(row.value) for row in rows}

    @property
    def _row(self) -> ProcessInstance:
        return self._engine.store.select(PROCESS_INSTANCES, [("key", "=", self.key)])[0]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Instance) and other.key == self.key and other._engine is self._engine

    def __hash__(self) -> int:
        return hash(self.key)

    def __repr__(self) -> str:
        return f"Instance({self.process_id!r}, key={self.key})"


def _state(state: int) -> str:
    if state < ElementState.COMPLETED:
        return ACTIVE
    return COMPLETED if state == ElementState.COMPLETED else TERMINATED
