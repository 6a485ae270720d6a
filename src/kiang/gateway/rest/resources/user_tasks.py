"""Native user tasks."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from kiang.gateway.rest.body import Int32, Request, Variables, document
from kiang.gateway.rest.call import Call
from kiang.gateway.rest.forms import FormResult, form_of
from kiang.gateway.rest.operation import Raw, Resource
from kiang.gateway.rest.problem import invalid
from kiang.gateway.rest.resources.variables import TRUNCATE_VALUES, by_length
from kiang.gateway.rest.searching import JsonBody, add_get, add_search, existing
from kiang.gateway.rest.validation import Violations
from kiang.protocol.commands import AssignUserTask, CompleteUserTask, UpdateUserTask
from kiang.search.resources.audit_log import AUDIT_LOG_OF_USER_TASK
from kiang.search.resources.user_task import USER_TASKS as SEARCHED
from kiang.search.resources.variable import VARIABLES
from kiang.search.statement import Clause
from kiang.search.value import parse_date

USER_TASKS = Resource("User task")

PRIORITY_MAX = 100

_SCOPES = (
    "WITH RECURSIVE scope(key, depth) AS (SELECT ?, 0 UNION ALL SELECT e.scope_key, scope.depth + 1 "
    "FROM scope JOIN element_instance e ON e.key = scope.key) SELECT {} FROM scope"
)
_NO_UPDATE = (
    'No update data provided. Provide at least an "action" or a non-null value for a supported attribute in the '
    '"changeset".'
)


async def _visible(call: Call) -> list[Clause]:
    """Variables of the scopes of a user task, innermost to outermost."""
    item = await existing(call, SEARCHED, "userTaskKey")
    scopes = _SCOPES.format("key")
    return [
        Clause("t.process_instance_key = ?", [int(item["processInstanceKey"])]),
        Clause(f"t.scope_key IN ({scopes})", [int(item["elementInstanceKey"])]),
    ]


async def _effective(call: Call) -> list[Clause]:
    """Of these the innermost of each name."""
    clauses = await _visible(call)
    depth = f"(SELECT depth FROM ({_SCOPES.format('key, depth')}) WHERE key = {{}}.scope_key)"  # noqa: S608
    element_key = clauses[1].parameters[0]
    is_nearer = f"{depth.format('n')} < {depth.format('t')}"
    nearer = (
        "NOT EXISTS (SELECT 1 FROM variable n "  # noqa: S608 - declared names
        f"WHERE n.process_instance_key = t.process_instance_key AND n.name = t.name AND {is_nearer})"
    )
    return [*clauses, Clause(nearer, [element_key, element_key])]


class UserTaskCompletionRequest(Request, frozen=True):
    """Variables of the result."""

    variables: Variables | None = None
    action: str | None = None


class UserTaskAssignmentRequest(Request, frozen=True):
    """Who is to do it."""

    assignee: str | None = None
    allow_override: bool | None = None
    action: str | None = None


class Changeset(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What to change; null for what stays. Attributes that nobody knows are allowed and change nothing."""

    due_date: str | None = None
    follow_up_date: str | None = None
    candidate_users: list[str] | None = None
    candidate_groups: list[str] | None = None
    priority: Int32 | None = None


class UserTaskUpdateRequest(Request, frozen=True):
    """Changes of a user task."""

    changeset: Changeset | None = None
    action: str | None = None


add_search(USER_TASKS, "/user-tasks/search", "searchUserTasks", SEARCHED, since="8.6")
add_get(USER_TASKS, "/user-tasks/{userTaskKey}", "getUserTask", SEARCHED, since="8.8")
add_search(
    USER_TASKS,
    "/user-tasks/{userTaskKey}/variables/search",
    "searchUserTaskVariables",
    VARIABLES,
    since="8.8",
    scope=_visible,
    choose=by_length,
    parameters=(TRUNCATE_VALUES,),
    scope_is_enough=True,
)
add_search(
    USER_TASKS,
    "/user-tasks/{userTaskKey}/effective-variables/search",
    "searchUserTaskEffectiveVariables",
    VARIABLES,
    since="8.8",
    scope=_effective,
    choose=by_length,
    parameters=(TRUNCATE_VALUES,),
    scope_is_enough=True,
)


@USER_TASKS.post(
    "/user-tasks/{userTaskKey}/audit-logs/search",
    "searchUserTaskAuditLogs",
    since="8.9",
    body=AUDIT_LOG_OF_USER_TASK,
    body_required=False,
    answer=AUDIT_LOG_OF_USER_TASK,
)
async def search_user_task_audit_logs(call: Call) -> msgspec.Raw:
    """Search what was done with a user task; who may read the task may read that."""
    await existing(call, SEARCHED, "userTaskKey")
    mine = Clause("t.user_task_key = ?", [call.key("userTaskKey")])
    return await call.services.search.find_json(AUDIT_LOG_OF_USER_TASK, call.body, [mine])


@USER_TASKS.get("/user-tasks/{userTaskKey}/form", "getUserTaskForm", since="8.8", answer=FormResult)
async def get_user_task_form(call: Call) -> JsonBody | Raw | None:
    """Get the form that is linked to a user task; none for one without."""
    item = await existing(call, SEARCHED, "userTaskKey")
    if item["formKey"] is None:
        return Raw(b"", status=204)
    return await form_of(call, int(item["formKey"]))


@USER_TASKS.post(
    "/user-tasks/{userTaskKey}/completion",
    "completeUserTask",
    since="8.5",
    body=UserTaskCompletionRequest,
    body_required=False,
    aliases=("POST /v1/user-tasks/{userTaskKey}/completion",),
)
async def complete_user_task(call: Call) -> None:
    """Complete a user task."""
    body: UserTaskCompletionRequest = call.body
    key = call.key("userTaskKey")
    await call.execute(CompleteUserTask(key, variables=document(body.variables), action=body.action or ""))


@USER_TASKS.post(
    "/user-tasks/{userTaskKey}/assignment",
    "assignUserTask",
    since="8.5",
    body=UserTaskAssignmentRequest,
    aliases=("POST /v1/user-tasks/{userTaskKey}/assignment",),
)
async def assign_user_task(call: Call) -> None:
    """Assign a user task, or claim it where overriding is not allowed."""
    body: UserTaskAssignmentRequest = call.body
    if body.assignee is None or not body.assignee.strip():
        raise invalid("No assignee provided")
    await call.execute(
        AssignUserTask(
            call.key("userTaskKey"),
            body.assignee,
            allow_override=body.allow_override is not False,
            action=body.action or "",
        )
    )


@USER_TASKS.delete(
    "/user-tasks/{userTaskKey}/assignee",
    "unassignUserTask",
    since="8.5",
    aliases=("DELETE /v1/user-tasks/{userTaskKey}/assignee",),
)
async def unassign_user_task(call: Call) -> None:
    """Take a user task away from whoever has it."""
    await call.execute(AssignUserTask(call.key("userTaskKey"), "", action="unassign"))


@USER_TASKS.patch(
    "/user-tasks/{userTaskKey}",
    "updateUserTask",
    since="8.5",
    body=UserTaskUpdateRequest,
    body_required=False,
    aliases=("PATCH /v1/user-tasks/{userTaskKey}", "PATCH /v2/user-tasks/{userTaskKey}/update"),
)
async def update_user_task(call: Call) -> None:
    """Change attributes of a user task."""
    body: UserTaskUpdateRequest = call.body
    changes = _changes(body.changeset)
    if not changes and not body.action:
        raise invalid(_NO_UPDATE)
    await call.execute(UpdateUserTask(call.key("userTaskKey"), changes=changes, action=body.action or ""))


_ZONE = re.compile(r"\[\w+(?:[/+-]\w+)*\]$")
"""The name of a zone, which a date may have behind its offset."""


def _changes(changeset: Changeset | None) -> dict[str, Any]:
    if changeset is None:
        return {}
    violations = Violations()
    for name, text in {"due date": changeset.due_date, "follow-up date": changeset.follow_up_date}.items():
        if text and parse_date(_ZONE.sub("", text)) is None:
            violations.add(
                f"The provided {name} '{text[:100]}' cannot be parsed as a date according to RFC 3339, section 5.6"
            )
    if changeset.priority is not None and not 0 <= changeset.priority <= PRIORITY_MAX:
        violations.add(
            f"The value for priority is '{changeset.priority}' but must be within the [0,{PRIORITY_MAX}] range"
        )
    violations.check()
    given = {
        "dueDate": changeset.due_date,
        "followUpDate": changeset.follow_up_date,
        "candidateUsers": changeset.candidate_users,
        "candidateGroups": changeset.candidate_groups,
        "priority": changeset.priority,
    }
    return {name: value for name, value in given.items() if value is not None}
