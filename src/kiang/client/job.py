"""A job in the hands of a worker."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from kiang.protocol.enums import JobKind, ListenerEventType
from kiang.protocol.keys import ElementInstanceKey, JobKey, ProcessDefinitionKey, ProcessInstanceKey

_decode_object = msgspec.json.Decoder(dict[str, Any]).decode


class UserTaskProperties(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What a task listener's job tells about its user task."""

    action: str | None = None
    assignee: str | None = None
    candidate_groups: tuple[str, ...] = ()
    candidate_users: tuple[str, ...] = ()
    changed_attributes: tuple[str, ...] = ()
    due_date: str | None = None
    follow_up_date: str | None = None
    form_key: int | None = None
    priority: int | None = None
    user_task_key: int | None = None


class Job:
    """A job that was activated for this worker until `deadline`.

    Variables and headers stay JSON text until somebody reads them.

    Attributes:
        retries: What is left, this try included.
        deadline_ms: Epoch ms, by the engine's clock.
        variables_json: JSON object, restricted to what the worker fetches.
        headers_json: JSON object of the custom headers.
        user_task: Only for task listeners.
    """

    __slots__ = (
        "_headers",
        "_variables",
        "deadline_ms",
        "element_id",
        "element_instance_key",
        "headers_json",
        "key",
        "kind",
        "listener_event_type",
        "process_definition_id",
        "process_definition_key",
        "process_definition_version",
        "process_instance_key",
        "retries",
        "tags",
        "tenant_id",
        "type",
        "user_task",
        "variables_json",
        "worker",
    )

    def __init__(
        self,
        key: int,
        type: str,  # noqa: A002 - the field's word
        *,
        process_instance_key: int = 0,
        process_definition_id: str = "",
        process_definition_version: int = 0,
        process_definition_key: int = 0,
        element_id: str = "",
        element_instance_key: int = 0,
        headers_json: str | bytes = "{}",
        worker: str = "",
        retries: int = 1,
        deadline_ms: int = 0,
        variables_json: str | bytes = "{}",
        tenant_id: str = "<default>",
        kind: JobKind = JobKind.BPMN_ELEMENT,
        listener_event_type: ListenerEventType = ListenerEventType.UNSPECIFIED,
        tags: tuple[str, ...] = (),
        user_task: UserTaskProperties | None = None,
    ) -> None:
        self.key = JobKey(key)
        self.type = type
        self.process_instance_key = ProcessInstanceKey(process_instance_key)
        self.process_definition_id = process_definition_id
        self.process_definition_version = process_definition_version
        self.process_definition_key = ProcessDefinitionKey(process_definition_key)
        self.element_id = element_id
        self.element_instance_key = ElementInstanceKey(element_instance_key)
        self.headers_json = headers_json
        self.worker = worker
        self.retries = retries
        self.deadline_ms = deadline_ms
        self.variables_json = variables_json
        self.tenant_id = tenant_id
        self.kind = kind
        self.listener_event_type = listener_event_type
        self.tags = tags
        self.user_task = user_task
        self._variables: dict[str, Any] | None = None
        self._headers: dict[str, str] | None = None

    @property
    def variables(self) -> dict[str, Any]:
        """The variables, decoded once; changing the dictionary changes nothing in the engine."""
        if self._variables is None:
            self._variables = _decode_object(self.variables_json)
        return self._variables

    @property
    def headers(self) -> dict[str, str]:
        """The custom headers of the element, decoded once."""
        if self._headers is None:
            self._headers = _decode_object(self.headers_json)
        return self._headers

    @property
    def deadline(self) -> datetime:
        """When the engine gives the job to somebody else."""
        return datetime.fromtimestamp(self.deadline_ms / 1000, UTC)

    def __repr__(self) -> str:
        # Never variables: a repr ends up in logs.
        return (
            f"Job(key={self.key}, type={self.type!r}, element_id={self.element_id!r}, "
            f"process_instance_key={self.process_instance_key}, retries={self.retries})"
        )
