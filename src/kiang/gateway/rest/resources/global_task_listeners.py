"""Global task listeners: jobs that run whenever something happens to a user task, of whichever process."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from kiang.gateway.rest.body import Answer, Int32, Request
from kiang.gateway.rest.call import Call
from kiang.gateway.rest.limits import EVENT_TYPES_MAX
from kiang.gateway.rest.operation import Resource
from kiang.gateway.rest.problem import not_found
from kiang.gateway.rest.searching import JsonBody, Single, add_search
from kiang.gateway.rest.validation import Violations
from kiang.protocol.cluster import (
    ALL_EVENTS,
    FROM_API,
    PRIORITY_DEFAULT,
    RETRIES_DEFAULT,
    TASK_LISTENER_EVENTS,
    CreateGlobalListener,
    DeleteGlobalListener,
    UpdateGlobalListener,
)
from kiang.search.resources.global_listener import GLOBAL_LISTENERS
from kiang.search.statement import Clause

GLOBAL_TASK_LISTENERS = Resource("Global listener")

_PATH = "/global-task-listeners/{id}"


class UpdateGlobalTaskListenerRequest(Request, frozen=True):
    """All of a listener but its id; what is left out is as for a new one."""

    REQUIRED: ClassVar[tuple[str, ...]] = ("type", "eventTypes")

    type: str | None = None
    event_types: list[str] | None = None
    retries: Int32 | None = None
    after_non_global: bool | None = None
    priority: Int32 | None = None


class CreateGlobalTaskListenerRequest(Request, frozen=True):
    """A new listener."""

    REQUIRED: ClassVar[tuple[str, ...]] = ("id", "type", "eventTypes")

    id: str | None = None
    type: str | None = None
    event_types: list[str] | None = None
    retries: Int32 | None = None
    after_non_global: bool | None = None
    priority: Int32 | None = None


class GlobalTaskListenerResult(Answer, frozen=True):
    """A listener as it is now."""

    id: str
    type: str
    event_types: tuple[str, ...]
    retries: int
    after_non_global: bool
    priority: int
    source: str


class Properties(NamedTuple):
    """What a request says about a listener, in the order of the commands."""

    job_type: str
    event_types: tuple[str, ...]
    retries: int
    after_non_global: bool
    priority: int


add_search(
    GLOBAL_TASK_LISTENERS,
    "/global-task-listeners/search",
    "searchGlobalTaskListeners",
    GLOBAL_LISTENERS,
    since="8.9",
)


@GLOBAL_TASK_LISTENERS.post(
    "/global-task-listeners",
    "createGlobalTaskListener",
    since="8.9",
    body=CreateGlobalTaskListenerRequest,
    answer=GlobalTaskListenerResult,
    status=201,
)
async def create(call: Call) -> GlobalTaskListenerResult:
    """Create a listener of every user task."""
    violations = Violations()
    id_ = violations.identifier(call.body.id, "id")
    properties = _checked(violations, call.body)
    await call.execute(CreateGlobalListener(id_, *properties))
    return _result(id_, properties)


@GLOBAL_TASK_LISTENERS.get(_PATH, "getGlobalTaskListener", since="8.9", answer=Single(GLOBAL_LISTENERS))
async def get(call: Call) -> JsonBody:
    """Get a listener of every user task."""
    id_ = _id(call)
    call.require("GLOBAL_LISTENER", "READ_TASK_LISTENER", "READ")
    found = await call.search.find(GLOBAL_LISTENERS, None, [Clause("t.id = ?", [id_])])
    if not found.items:
        raise not_found(f"Global Task Listener with id '{id_}' not found")
    return found.items[0]


@GLOBAL_TASK_LISTENERS.put(
    _PATH,
    "updateGlobalTaskListener",
    since="8.9",
    body=UpdateGlobalTaskListenerRequest,
    answer=GlobalTaskListenerResult,
)
async def update(call: Call) -> GlobalTaskListenerResult:
    """Change a listener of every user task."""
    violations = Violations()
    id_ = violations.identifier(call.values["id"], "id")
    properties = _checked(violations, call.body)
    await call.execute(UpdateGlobalListener(id_, *properties))
    return _result(id_, properties)


@GLOBAL_TASK_LISTENERS.delete(_PATH, "deleteGlobalTaskListener", since="8.9")
async def delete(call: Call) -> None:
    """Delete a listener of every user task."""
    await call.execute(DeleteGlobalListener(_id(call)))


def _id(call: Call) -> str:
    violations = Violations()
    id_ = violations.identifier(call.values["id"], "id")
    violations.check()
    return id_


def _checked(
    violations: Violations, body: CreateGlobalTaskListenerRequest | UpdateGlobalTaskListenerRequest
) -> Properties:
    job_type = violations.identifier(body.type, "type")
    given = body.event_types or []
    if not given:
        violations.add("No eventTypes provided")
    if len(given) > EVENT_TYPES_MAX:
        violations.add(
            f"The provided eventTypes contains {len(given)} entries but must contain at most {EVENT_TYPES_MAX}"
        )
        given = []
    events = tuple(violations.one_of(event, "eventTypes", (*TASK_LISTENER_EVENTS, ALL_EVENTS)) for event in given)
    retries = RETRIES_DEFAULT if body.retries is None else violations.positive(body.retries, "retries")
    priority = PRIORITY_DEFAULT if body.priority is None else body.priority
    violations.check()
    return Properties(job_type, tuple(dict.fromkeys(events)), retries, bool(body.after_non_global), priority)


def _result(id_: str, properties: Properties) -> GlobalTaskListenerResult:
    return GlobalTaskListenerResult(
        id=id_,
        type=properties.job_type,
        event_types=properties.event_types,
        retries=properties.retries,
        after_non_global=properties.after_non_global,
        priority=properties.priority,
        source=FROM_API,
    )
