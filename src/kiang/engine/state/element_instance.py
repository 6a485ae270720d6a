"""Element instances: one row per time that an element of a process was entered.

Rows stay when the element has ended, so that searches see them; only those that have not ended are resident.
"""

from __future__ import annotations

from typing import Any, ClassVar

from kiang.bpmn.model import FlowNode
from kiang.engine.state.table import Index, Row, Table
from kiang.engine.state.variable import Variable
from kiang.protocol.enums import ElementState


class ElementInstance(Row):
    """One element instance.

    Attributes:
        key: Element instance key.
        scope_key: Key of the element instance, or process instance, that holds it.
        element_type: `ElementType`.
        state: `ElementState`.
        started_at: Epoch ms of ACTIVATING.
        ended_at: Epoch ms of COMPLETED or TERMINATED.
        taken_flows: Ids of the sequence flows taken on completion, separated by blanks.
        job_key: The job it waits for; 0 for none.
        incident_key: Its open incident, or that of its job; 0 for none.
        tokens: Of a scope: tokens that wait at joins inside, as JSON `{gateway id: {flow id: count}}`.
        interrupted_by: Of a scope: id of the event sub-process that has interrupted it.
        trigger: An event that has been triggered here and waits for this element to end, as JSON (see actions/event_trigger).
        listener_index: How many listeners of the present phase have completed.
        loop_counter: Position of an inner instance of a multi-instance body, from 1; of the body, how many it has started.
        completed_count: Of a multi-instance body: inner instances that have completed.
        terminated_count: Of a multi-instance body: inner instances that were terminated.
        called_instance_key: Of a call activity: the process instance that it has started.
        awaits: Kinds of things that it waits or has waited for besides its job, as bits (`WAIT_BITS` of `state.state`).
        node: Transient: the element in the model.
        children: Transient: keys of the element instances directly inside that have not ended, oldest first.
        active_flows: Transient: sequence flows inside that were taken and whose target has not been activated.
        variables: Transient: variables of this scope by name.
        waiting_tokens: Transient: what `tokens` says (see state/tokens).
        waits: Transient: open subscriptions and timers by key.
        loop_items: Transient: of a multi-instance body, its input collection with what that was made of, once it was evaluated.
    """

    key: int
    process_instance_key: int
    process_definition_key: int
    element_id: str
    element_type: int
    scope_key: int
    state: int
    started_at: int
    ended_at: int | None = None
    taken_flows: str = ""
    job_key: int = 0
    incident_key: int = 0
    tokens: str = ""
    interrupted_by: str = ""
    trigger: str = ""
    listener_index: int = 0
    loop_counter: int = 0
    called_instance_key: int = 0
    completed_count: int = 0
    terminated_count: int = 0
    tenant_id: str = "<default>"
    awaits: int = 0
    node: FlowNode | None = None
    children: dict[int, None] | None = None
    active_flows: int = 0
    variables: dict[str, Variable] | None = None
    waits: dict[int, Any] | None = None
    waiting_tokens: dict[str, dict[str, int]] | None = None
    loop_items: tuple[tuple[Any, ...], list[Any]] | None = None

    TRANSIENT: ClassVar[frozenset[str]] = frozenset(
        {"node", "children", "active_flows", "variables", "waits", "waiting_tokens", "loop_items"}
    )
    MUTABLE: ClassVar[tuple[str, ...]] = (
        "process_definition_key",
        "element_id",
        "state",
        "ended_at",
        "taken_flows",
        "job_key",
        "incident_key",
        "tokens",
        "interrupted_by",
        "trigger",
        "listener_index",
        "awaits",
        "loop_counter",
        "called_instance_key",
        "completed_count",
        "terminated_count",
    )

    @property
    def is_active(self) -> bool:
        """Whether it has not ended."""
        return self.state < ElementState.COMPLETED


ELEMENT_INSTANCES = Table("element_instance", ElementInstance, (Index(("process_instance_key",)),))
