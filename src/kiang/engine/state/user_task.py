"""Native user tasks: one row each; ended ones stay for searches (engine-semantics §20)."""

from __future__ import annotations

from typing import ClassVar

from kiang.engine.state.table import Index, Row, Table


class UserTask(Row):
    """One user task.

    Attributes:
        key: User task key.
        state: `UserTaskState`.
        assignee: "" for none.
        candidate_groups: JSON list of texts.
        candidate_users: JSON list of texts.
        due_date: ISO 8601; "" for none.
        follow_up_date: ISO 8601; "" for none.
        form_key: Of a linked form; 0 for none.
        headers: JSON object.
        action: What was done last.
        pending: What it goes through at the moment, as JSON (see actions/user_tasks); "" when it rests.
    """

    key: int
    process_instance_key: int
    process_definition_key: int
    element_instance_key: int
    element_id: str
    state: int
    assignee: str
    candidate_groups: str
    candidate_users: str
    due_date: str
    follow_up_date: str
    priority: int
    form_key: int
    external_form_reference: str
    headers: str
    created_at: int
    ended_at: int | None = None
    action: str = ""
    pending: str = ""
    tenant_id: str = "<default>"

    MUTABLE: ClassVar[tuple[str, ...]] = (
        "process_definition_key",
        "element_id",
        "state",
        "assignee",
        "candidate_groups",
        "candidate_users",
        "due_date",
        "follow_up_date",
        "priority",
        "ended_at",
        "action",
        "pending",
    )


USER_TASKS = Table("user_task", UserTask, (Index(("process_instance_key", "state")), Index(("state", "key"))))
