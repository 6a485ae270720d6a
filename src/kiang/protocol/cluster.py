"""What holds for every process of the cluster: its variables, and the listeners of all user tasks."""

from __future__ import annotations

from typing import ClassVar

from kiang.protocol.commands import Command

NO_TENANT = ""
"""The tenant of a variable that is everybody's."""

JSON_KIND = "JSON"
KINDS = (JSON_KIND, "SECRET_REFERENCE")
"""Kinds of cluster variables: data, or a value in which secrets may be named."""

TASK_LISTENER_EVENTS = ("creating", "assigning", "updating", "completing", "canceling")
"""What happens to a user task, in the words of the API."""

ALL_EVENTS = "all"
"""In place of each of them."""

RETRIES_DEFAULT = 3
PRIORITY_DEFAULT = 50

FROM_API = "API"
"""Where a global listener was defined."""


class ClusterVariableCommand(Command, frozen=True):
    """Base of the commands about a cluster variable."""

    name: str


class CreateClusterVariable(ClusterVariableCommand, frozen=True):
    """A new variable that expressions see as `camunda.vars`.

    Attributes:
        value: JSON text.
        tenant_id: "" for everybody's.
        metadata: JSON object of texts and numbers.
        kind: One of `KINDS`.
    """

    INTENT: ClassVar[str] = "CREATE"
    value: str
    tenant_id: str = NO_TENANT
    metadata: str = "{}"
    kind: str = JSON_KIND


class UpdateClusterVariable(ClusterVariableCommand, frozen=True):
    """Another value, and other metadata unless that is None."""

    INTENT: ClassVar[str] = "UPDATE"
    value: str
    tenant_id: str = NO_TENANT
    metadata: str | None = None


class DeleteClusterVariable(ClusterVariableCommand, frozen=True):
    """Expressions see the variable no more."""

    INTENT: ClassVar[str] = "DELETE"
    tenant_id: str = NO_TENANT


class GlobalListenerCommand(Command, frozen=True):
    """Base of the commands about a global task listener."""

    id: str


class CreateGlobalListener(GlobalListenerCommand, frozen=True):
    """A listener that runs for every user task from now on.

    Attributes:
        job_type: Of its jobs.
        event_types: Of `TASK_LISTENER_EVENTS`, or `ALL_EVENTS`.
        after_non_global: It runs behind the listeners of the model, not before them.
        priority: The higher, the earlier; listeners of the same priority run in the order of their ids.
    """

    INTENT: ClassVar[str] = "CREATE"
    job_type: str
    event_types: tuple[str, ...]
    retries: int = RETRIES_DEFAULT
    after_non_global: bool = False
    priority: int = PRIORITY_DEFAULT


class UpdateGlobalListener(GlobalListenerCommand, frozen=True):
    """Change all of a listener but its id; what is under way goes on as it has begun."""

    INTENT: ClassVar[str] = "UPDATE"
    job_type: str
    event_types: tuple[str, ...]
    retries: int = RETRIES_DEFAULT
    after_non_global: bool = False
    priority: int = PRIORITY_DEFAULT


class DeleteGlobalListener(GlobalListenerCommand, frozen=True):
    """The listener runs no more; what is under way goes on as it has begun."""

    INTENT: ClassVar[str] = "DELETE"
