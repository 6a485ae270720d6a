"""Rules that a BPMN file must obey to be deployed: one file each, named after the validator of engine-semantics §24.

All rules see all elements of a file, so all its faults are reported at once. What the schema of BPMN says is checked before
(`kiang.bpmn.schema`).
"""

from __future__ import annotations

from kiang.bpmn.definitions import Definitions
from kiang.bpmn.document import Element
from kiang.bpmn.elements import ACTIVITIES
from kiang.bpmn.validation import (
    activity,
    ad_hoc_sub_process,
    boundary_event,
    compensate_event_definition,
    compensation_task,
    definitions,
    element_id,
    end_event,
    error_event_definition,
    escalation,
    event_based_gateway,
    event_definition,
    exclusive_gateway,
    execution_listeners,
    expression,
    extension_elements,
    flow_element,
    flow_node,
    gateway,
    intermediate_catch_event,
    intermediate_throw_event,
    link_event_definition,
    message,
    message_event_definition,
    message_throw_event,
    process,
    receive_task,
    sequence_flow,
    signal,
    start_event,
    start_event_name,
    sub_process,
    task_listeners,
    timer_catch_event,
    timer_event_definition,
    zeebe_agent_definition,
    zeebe_binding,
    zeebe_element,
    zeebe_form_definition,
    zeebe_listener_event,
    zeebe_loop_characteristics,
    zeebe_task_headers,
    zeebe_user_task_form,
)
from kiang.bpmn.validation.fault import Fault, Rule

MODEL_RULES = (
    *(
        Rule(module.NAME, module.KINDS, module.check)
        for module in (
            ad_hoc_sub_process,
            boundary_event,
            compensate_event_definition,
            compensation_task,
            definitions,
            element_id,
            end_event,
            error_event_definition,
            escalation,
            event_based_gateway,
            event_definition,
            exclusive_gateway,
            execution_listeners,
            extension_elements,
            flow_element,
            flow_node,
            gateway,
            intermediate_catch_event,
            intermediate_throw_event,
            link_event_definition,
            message,
            message_event_definition,
            message_throw_event,
            process,
            receive_task,
            sequence_flow,
            signal,
            start_event,
            sub_process,
            task_listeners,
            timer_event_definition,
            zeebe_agent_definition,
            zeebe_binding,
            zeebe_element,
            zeebe_form_definition,
            zeebe_listener_event,
            zeebe_loop_characteristics,
            zeebe_task_headers,
            zeebe_user_task_form,
        )
    ),
    Rule(activity.NAME, ACTIVITIES, activity.check),
)
"""What the model alone decides."""

EXPRESSION_RULES = tuple(
    Rule(module.NAME, module.KINDS, module.check) for module in (expression, start_event_name, timer_catch_event)
)
"""What needs the expression language. Where one of these finds a fault at an element, the others are silent about it."""


def faults_of(file: Definitions) -> list[Fault]:
    """Every fault of a file, in document order."""
    by_kind: dict[str, list[tuple[Rule, bool]]] = {}
    for rules, decides in ((EXPRESSION_RULES, True), (MODEL_RULES, False)):
        for rule in rules:
            for kind in rule.kinds:
                by_kind.setdefault(kind, []).append((rule, decides))
    found: list[Fault] = []
    for element in _executed(file):
        is_decided = False
        for rule, decides in by_kind.get(element.kind, ()):
            if is_decided and not decides:
                break
            for text in rule.check(file, element):
                found.append(Fault(element, text, rule.name))
                is_decided = is_decided or decides
    return found


def _executed(file: Definitions) -> list[Element]:
    """Everything but what is inside of processes that are not executable."""
    executable = set(file.executable_processes)
    elements: list[Element] = []
    stack = [file.root]
    while stack:
        element = stack.pop()
        elements.append(element)
        stack.extend(child for child in reversed(element.children) if child.kind != "process" or child in executable)
    return elements


__all__ = ["EXPRESSION_RULES", "MODEL_RULES", "Fault", "Rule", "faults_of"]
