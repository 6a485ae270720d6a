"""User task: native, or a job (engine-semantics §20)."""

from __future__ import annotations

from kiang.bpmn.model import FlowNode
from kiang.bpmn.model import UserTask as UserTaskModel
from kiang.engine.actions import jobs, subscriptions, user_tasks
from kiang.engine.actions.user_task_properties import UserTaskProperties, evaluate_properties
from kiang.engine.elements.behavior import ElementBehavior, activated, terminated
from kiang.engine.processing import Processing
from kiang.engine.state.state import Scope
from kiang.protocol.enums import ElementState


class UserTask(ElementBehavior):
    """Waits until somebody has completed it."""

    def activate(self, p: Processing, element: Scope, node: FlowNode) -> None:
        """Create the user task, or put a job into the queue."""
        assert node.user_task is not None
        if node.user_task.native:
            properties = evaluate_properties(p, element, node.user_task)
            subscriptions.open_for(p, element, node)
            activated(p, element)
            user_tasks.create(p, element, node, properties, jobs.headers_text(node.user_task.headers))
            return
        assert node.job is not None
        job = jobs.evaluate(p, element, node.job)
        properties = evaluate_properties(p, element, node.user_task)
        subscriptions.open_for(p, element, node)
        headers = {**node.job.headers, **_headers(properties, node.user_task)}
        jobs.put(p, element, job._replace(headers=jobs.headers_text(headers)))
        activated(p, element)

    def go_on(self, p: Processing, element: Scope, node: FlowNode) -> None:  # noqa: ARG002 - the hook's signature
        """A task listener has run, or its incident was resolved."""
        if user_tasks.task_of(element) is not None and user_tasks.run(p, element) and _is_ending(element):
            terminated(p, element)

    def terminate(self, p: Processing, element: Scope, node: FlowNode) -> None:  # noqa: ARG002 - the hook's signature
        """Cancel the user task first."""
        if user_tasks.cancel(p, element):
            terminated(p, element)


def _is_ending(element: Scope) -> bool:
    return element.state == ElementState.TERMINATING


def _headers(properties: UserTaskProperties, task: UserTaskModel) -> dict[str, str]:
    """Reserved headers of the job of a user task; the lists that the model names are there even when they are empty."""
    found = {
        "assignee": properties.assignee,
        "candidateGroups": properties.candidate_groups if task.candidate_groups is not None else "",
        "candidateUsers": properties.candidate_users if task.candidate_users is not None else "",
        "dueDate": properties.due_date,
        "followUpDate": properties.follow_up_date,
        "formKey": task.form_key or (str(properties.form_key) if properties.form_key else ""),
    }
    return {user_tasks.RESERVED + name: value for name, value in found.items() if value}
