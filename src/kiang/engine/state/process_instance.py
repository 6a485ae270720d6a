"""Process instances: the root scopes. Also the element instance of the process itself: it has the same key."""

from __future__ import annotations

from typing import Any, ClassVar

from kiang.bpmn.model import FlowNode
from kiang.engine.state.table import Index, Row, Table
from kiang.engine.state.variable import Variable
from kiang.protocol.enums import ElementState, ElementType


class ProcessInstance(Row):
    """One process instance.

    The attributes that `ElementInstance` has too mean the same here.

    Attributes:
        key: Process instance key.
        process_id: BPMN process id of its definition.
        version: Version of its definition.
        parent_process_instance_key: Of an instance that a call activity started; 0 for a root instance.
        parent_element_instance_key: The call activity that started it; 0 for a root instance.
        root_process_instance_key: The outermost caller; its own key for a root instance.
        tags: Separated by blanks.
        business_id: Given by the client; "" for none.
        correlation_key: Of the message that has started it; "" for none.
        terminate_after: Ids of elements after whose end the instance is terminated, separated by blanks.
        suspended_at: Epoch ms since when it is suspended; None if it is not.
        touched_at: Transient: number of the batch that used it last.
    """

    key: int
    process_definition_key: int
    process_id: str
    version: int
    state: int
    started_at: int
    ended_at: int | None = None
    tenant_id: str = "<default>"
    parent_process_instance_key: int = 0
    parent_element_instance_key: int = 0
    root_process_instance_key: int = 0
    tags: str = ""
    business_id: str = ""
    correlation_key: str = ""
    suspended_at: int | None = None
    terminate_after: str = ""
    job_key: int = 0
    incident_key: int = 0
    tokens: str = ""
    interrupted_by: str = ""
    trigger: str = ""
    listener_index: int = 0
    awaits: int = 0
    node: FlowNode | None = None
    children: dict[int, None] | None = None
    active_flows: int = 0
    variables: dict[str, Variable] | None = None
    waits: dict[int, Any] | None = None
    waiting_tokens: dict[str, dict[str, int]] | None = None
    touched_at: int = 0

    TRANSIENT: ClassVar[frozenset[str]] = frozenset(
        {"node", "children", "active_flows", "variables", "waits", "waiting_tokens", "touched_at"}
    )
    MUTABLE: ClassVar[tuple[str, ...]] = (
        "process_definition_key",
        "process_id",
        "version",
        "state",
        "ended_at",
        "suspended_at",
        "job_key",
        "incident_key",
        "tokens",
        "interrupted_by",
        "trigger",
        "listener_index",
        "awaits",
        "business_id",
    )

    @property
    def process_instance_key(self) -> int:
        """Its own key."""
        return self.key

    @property
    def scope_key(self) -> int:
        """A process instance is in no scope."""
        return 0

    @property
    def element_id(self) -> str:
        """The process is the element."""
        return self.process_id

    @property
    def element_type(self) -> int:
        """PROCESS."""
        return ElementType.PROCESS

    @property
    def is_active(self) -> bool:
        """Whether it has not ended."""
        return self.state < ElementState.COMPLETED


BY_END = Index(("ended_at", "process_definition_key", "state"), present="ended_at")
"""For searches alone: those by the end, and in its order. It is written once, when an instance ends."""

PROCESS_INSTANCES = Table(
    "process_instance",
    ProcessInstance,
    (
        Index(("process_definition_key", "state")),
        Index(("parent_element_instance_key",)),
        Index(("suspended_at",), present="suspended_at"),
        BY_END,
    ),
)
