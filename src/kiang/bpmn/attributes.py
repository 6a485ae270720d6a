"""Extension attributes of activities (engine-semantics §25), each read into its part of the model."""

from __future__ import annotations

from kiang.bpmn.definitions import event_definition, flag, text_of
from kiang.bpmn.document import Element
from kiang.bpmn.elements import THROW_EVENTS
from kiang.bpmn.event import optional
from kiang.bpmn.expression import expression, feel_expression, is_expression, text_expression
from kiang.bpmn.mapping import NO_SOURCE, input_mappings, output_mappings
from kiang.bpmn.model import (
    AdHoc,
    CalledDecision,
    CalledElement,
    Expression,
    JobDefinition,
    LinkedResource,
    Listener,
    LoopCharacteristics,
    Mappings,
    Script,
    UserTask,
)
from kiang.protocol.agents import AGENT_TYPES
from kiang.protocol.document import quote
from kiang.protocol.enums import BindingType, ListenerEventType

RETRIES_DEFAULT = "3"

USER_TASK_JOB_TYPE = "io.camunda.zeebe:userTask"
USER_TASK_JOB_RETRIES = "1"

BINDINGS = {binding.value: binding for binding in BindingType}

EXECUTION_LISTENER_EVENTS = {"start": ListenerEventType.START, "end": ListenerEventType.END}

TASK_LISTENER_EVENTS = {
    "creating": ListenerEventType.CREATING,
    "create": ListenerEventType.CREATING,
    "assigning": ListenerEventType.ASSIGNING,
    "assignment": ListenerEventType.ASSIGNING,
    "updating": ListenerEventType.UPDATING,
    "update": ListenerEventType.UPDATING,
    "completing": ListenerEventType.COMPLETING,
    "complete": ListenerEventType.COMPLETING,
    "canceling": ListenerEventType.CANCELING,
    "cancel": ListenerEventType.CANCELING,
}
"""With the names of the first versions, which files may still have."""

_WITHOUT_MAPPINGS = frozenset(
    {
        "manualTask",
        "task",
        "exclusiveGateway",
        "parallelGateway",
        "inclusiveGateway",
        "eventBasedGateway",
        "complexGateway",
    }
)

_OUTPUT_ONLY = frozenset({"startEvent", "boundaryEvent", "intermediateCatchEvent"})

_THROWS_WITHOUT_OUTPUT = frozenset({"compensateEventDefinition", "terminateEventDefinition"})

_THROWS_WITH_INPUT = frozenset({"messageEventDefinition", "signalEventDefinition"})


def read_inputs(element: Element) -> Mappings | None:
    """Input mappings, where the element carries them out (§7); elsewhere they are only compiled.

    Raises:
        MappingError: They are no FEEL together.
    """
    mappings = input_mappings(mapping_pairs(element, "zeebe:input"))
    if element.kind in _WITHOUT_MAPPINGS or element.kind in _OUTPUT_ONLY:
        return None
    if element.kind in THROW_EVENTS:
        definition = event_definition(element)
        if definition is None or definition.kind not in _THROWS_WITH_INPUT:
            return None
    return mappings


def read_outputs(element: Element) -> Mappings | None:
    """Output mappings, where the element carries them out (§7); elsewhere they are only compiled.

    Raises:
        MappingError: They are no FEEL together.
    """
    mappings = output_mappings(mapping_pairs(element, "zeebe:output"))
    if element.kind in _WITHOUT_MAPPINGS:
        return None
    if element.kind in THROW_EVENTS:
        definition = event_definition(element)
        if definition is not None and definition.kind in _THROWS_WITHOUT_OUTPUT:
            return None
    return mappings


def mapping_pairs(element: Element, kind: str) -> list[tuple[str, str]]:
    """Source and target of the mappings of one direction, in document order; an input without source is null."""
    mapping = element.extension("zeebe:ioMapping")
    missing = NO_SOURCE if kind == "zeebe:input" else ""
    entries = () if mapping is None else mapping.all(kind)
    return [(entry.get("source", missing), entry.get("target")) for entry in entries]


def read_headers(element: Element) -> dict[str, str]:
    """Custom headers; those without key or value are left out."""
    headers = element.extension("zeebe:taskHeaders")
    return {} if headers is None else _headers_in(headers)


def _headers_in(headers: Element) -> dict[str, str]:
    return {
        key: value
        for header in headers.all("zeebe:header")
        if (key := header.get("key")) and (value := header.get("value"))
    }


def read_job(element: Element) -> JobDefinition | None:
    """The job of an element with a `zeebe:taskDefinition`, or of a user task that is a job."""
    if element.kind == "userTask":
        if element.extension("zeebe:userTask") is not None:
            return None
        return JobDefinition(expression(USER_TASK_JOB_TYPE), expression(USER_TASK_JOB_RETRIES), read_headers(element))
    definition = element.extension("zeebe:taskDefinition")
    if definition is None:
        return None
    priority = element.extension("zeebe:priorityDefinition")
    return JobDefinition(
        expression(definition.get("type")),
        expression(definition.get("retries") or RETRIES_DEFAULT),
        read_headers(element),
        None if priority is None else optional(priority, "priority"),
        read_linked_resources(element),
    )


def read_agent_type(element: Element) -> str:
    """The type of the agent that works on an element; "" for none."""
    agent = element.extension("zeebe:agentDefinition")
    return "" if agent is None else AGENT_TYPES.get(agent.get("agentType"), "")


def read_linked_resources(element: Element) -> tuple[LinkedResource, ...]:
    """Files that the worker of an element's job needs, in document order."""
    linked = element.extension("zeebe:linkedResources")
    if linked is None:
        return ()
    return tuple(
        LinkedResource(
            entry.get("resourceId"),
            entry.get("resourceType"),
            entry.get("linkName"),
            binding_of(entry),
            entry.get("versionTag"),
        )
        for entry in linked.all("zeebe:linkedResource")
    )


def read_execution_listeners(element: Element, event_type: ListenerEventType) -> tuple[Listener, ...]:
    """Execution listeners of one event type, in document order."""
    listeners = element.extension("zeebe:executionListeners")
    if listeners is None:
        return ()
    return tuple(
        _listener(listener, event_type)
        for listener in listeners.all("zeebe:executionListener")
        if EXECUTION_LISTENER_EVENTS.get(listener.get("eventType")) == event_type
    )


def read_task_listeners(element: Element) -> tuple[Listener, ...]:
    """Task listeners of a user task, in document order."""
    listeners = element.extension("zeebe:taskListeners")
    if listeners is None:
        return ()
    return tuple(
        _listener(listener, TASK_LISTENER_EVENTS[listener.get("eventType")])
        for listener in listeners.all("zeebe:taskListener")
    )


def _listener(listener: Element, event_type: ListenerEventType) -> Listener:
    headers = listener.child("zeebe:taskHeaders")
    return Listener(
        event_type,
        expression(listener.get("type")),
        expression(listener.get("retries") or RETRIES_DEFAULT),
        {} if headers is None else _headers_in(headers),
    )


def read_loop(element: Element) -> LoopCharacteristics | None:
    """Multi-instance attributes; None if the activity is no multi-instance."""
    loop = element.child("multiInstanceLoopCharacteristics")
    if loop is None:
        return None
    zeebe = loop.extension("zeebe:loopCharacteristics")
    assert zeebe is not None
    condition = text_of(loop.child("completionCondition"))
    return LoopCharacteristics(
        sequential=flag(loop, "isSequential", default=False),
        input_collection=expression(zeebe.get("inputCollection")),
        input_element=zeebe.get("inputElement"),
        output_collection=zeebe.get("outputCollection"),
        output_element=optional(zeebe, "outputElement"),
        completion_condition=expression(condition) if condition else None,
    )


def read_called_element(element: Element) -> CalledElement | None:
    """Of a call activity."""
    called = element.extension("zeebe:calledElement")
    if called is None:
        return None
    return CalledElement(
        expression(called.get("processId")),
        flag(called, "propagateAllChildVariables", default=True),
        flag(called, "propagateAllParentVariables", default=True),
        binding_of(called),
        called.get("versionTag"),
    )


def read_called_decision(element: Element) -> CalledDecision | None:
    """Of a business rule task without job."""
    called = element.extension("zeebe:calledDecision")
    if called is None:
        return None
    return CalledDecision(
        expression(called.get("decisionId")), called.get("resultVariable"), binding_of(called), called.get("versionTag")
    )


def read_script(element: Element) -> Script | None:
    """Of a script task without job."""
    script = element.extension("zeebe:script")
    if script is None:
        return None
    return Script(expression(script.get("expression")), script.get("resultVariable"))


def binding_of(element: Element) -> BindingType:
    """The attribute `bindingType`."""
    return BINDINGS.get(element.get("bindingType"), BindingType.LATEST)


def read_user_task(element: Element) -> UserTask | None:
    """Of a user task, native or not."""
    if element.kind != "userTask":
        return None
    form = element.extension("zeebe:formDefinition")
    assignment = element.extension("zeebe:assignmentDefinition")
    schedule = element.extension("zeebe:taskSchedule")
    priority = element.extension("zeebe:priorityDefinition")
    return UserTask(
        native=element.extension("zeebe:userTask") is not None,
        assignee=_text_in(assignment, "assignee"),
        candidate_groups=_list_in(assignment, "candidateGroups"),
        candidate_users=_list_in(assignment, "candidateUsers"),
        due_date=_optional_in(schedule, "dueDate"),
        follow_up_date=_optional_in(schedule, "followUpDate"),
        priority=_optional_in(priority, "priority"),
        form_key="" if form is None else form.get("formKey"),
        form_id=_optional_in(form, "formId"),
        external_reference=_text_in(form, "externalReference"),
        form_binding=BindingType.LATEST if form is None else binding_of(form),
        form_version_tag="" if form is None else form.get("versionTag"),
        headers=read_headers(element),
    )


def _optional_in(element: Element | None, attribute: str) -> Expression | None:
    return None if element is None else optional(element, attribute)


def _text_in(element: Element | None, attribute: str) -> Expression | None:
    """As `_optional_in`, but static text stays text even if it is a number."""
    text = "" if element is None else element.get(attribute)
    return text_expression(text) if text else None


def _list_in(element: Element | None, attribute: str) -> Expression | None:
    """A list: FEEL, or static text with commas that becomes FEEL."""
    text = "" if element is None else element.get(attribute)
    if not text:
        return None
    if is_expression(text):
        return expression(text)
    return feel_expression("[" + ",".join(quote(entry.strip()) for entry in text.split(",")) + "]")


def read_ad_hoc(element: Element) -> AdHoc | None:
    """Of an ad-hoc sub-process."""
    if element.kind != "adHocSubProcess":
        return None
    zeebe = element.extension("zeebe:adHoc")
    condition = text_of(element.child("completionCondition"))
    return AdHoc(
        active_elements=_optional_in(zeebe, "activeElementsCollection"),
        completion_condition=expression(condition) if condition else None,
        cancel_remaining_instances=flag(element, "cancelRemainingInstances", default=True),
        output_collection="" if zeebe is None else zeebe.get("outputCollection"),
        output_element=_optional_in(zeebe, "outputElement"),
    )


def read_properties(element: Element) -> dict[str, str]:
    """`zeebe:properties`, which only clients look at."""
    properties = element.extension("zeebe:properties")
    if properties is None:
        return {}
    return {entry.get("name"): entry.get("value") for entry in properties.all("zeebe:property")}


def read_version_tag(process: Element) -> str:
    """`zeebe:versionTag` of a process."""
    tag = process.extension("zeebe:versionTag")
    return "" if tag is None else tag.get("value")


def read_forms(process: Element) -> dict[str, str]:
    """Forms that are embedded in the process, by their id."""
    return {form.id: text_of(form) for form in process.extensions("zeebe:userTaskForm")}
