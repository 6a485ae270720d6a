"""Which BPMN elements there are: what the engine executes, what it refuses, and what only draws."""

from __future__ import annotations

from kiang.protocol.enums import ElementType, EventType

FLOW_NODES: dict[str, ElementType] = {
    "startEvent": ElementType.START_EVENT,
    "endEvent": ElementType.END_EVENT,
    "intermediateCatchEvent": ElementType.INTERMEDIATE_CATCH_EVENT,
    "intermediateThrowEvent": ElementType.INTERMEDIATE_THROW_EVENT,
    "boundaryEvent": ElementType.BOUNDARY_EVENT,
    "serviceTask": ElementType.SERVICE_TASK,
    "sendTask": ElementType.SEND_TASK,
    "receiveTask": ElementType.RECEIVE_TASK,
    "userTask": ElementType.USER_TASK,
    "manualTask": ElementType.MANUAL_TASK,
    "task": ElementType.TASK,
    "scriptTask": ElementType.SCRIPT_TASK,
    "businessRuleTask": ElementType.BUSINESS_RULE_TASK,
    "callActivity": ElementType.CALL_ACTIVITY,
    "subProcess": ElementType.SUB_PROCESS,
    "adHocSubProcess": ElementType.AD_HOC_SUB_PROCESS,
    "exclusiveGateway": ElementType.EXCLUSIVE_GATEWAY,
    "parallelGateway": ElementType.PARALLEL_GATEWAY,
    "inclusiveGateway": ElementType.INCLUSIVE_GATEWAY,
    "eventBasedGateway": ElementType.EVENT_BASED_GATEWAY,
}
"""Flow nodes that the engine executes. A sub-process that is triggered by an event becomes EVENT_SUB_PROCESS."""

UNSUPPORTED_NODES = frozenset(
    {"complexGateway", "transaction", "callChoreography", "choreographyTask", "subChoreography"}
)
"""Flow nodes that BPMN knows and the engine refuses by name."""

CONTAINERS = frozenset({"process", "subProcess", "adHocSubProcess", "transaction"})
"""What holds flow nodes."""

TASKS = frozenset(
    {"serviceTask", "sendTask", "receiveTask", "userTask", "manualTask", "task", "scriptTask", "businessRuleTask"}
)

ACTIVITIES = TASKS | {"callActivity", "subProcess", "adHocSubProcess", "transaction"}
"""What boundary events can be attached to, and what can be a multi-instance."""

GATEWAYS = frozenset({"exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway", "complexGateway"})

CATCH_EVENTS = frozenset({"startEvent", "intermediateCatchEvent", "boundaryEvent"})

THROW_EVENTS = frozenset({"endEvent", "intermediateThrowEvent"})

EVENTS = CATCH_EVENTS | THROW_EVENTS

EVENT_DEFINITIONS: dict[str, EventType] = {
    "messageEventDefinition": EventType.MESSAGE,
    "timerEventDefinition": EventType.TIMER,
    "signalEventDefinition": EventType.SIGNAL,
    "errorEventDefinition": EventType.ERROR,
    "escalationEventDefinition": EventType.ESCALATION,
    "compensateEventDefinition": EventType.COMPENSATION,
    "linkEventDefinition": EventType.LINK,
    "terminateEventDefinition": EventType.TERMINATE,
    "conditionalEventDefinition": EventType.CONDITIONAL,
}
"""Event definitions that the engine executes."""

UNSUPPORTED_EVENT_DEFINITIONS = frozenset({"cancelEventDefinition"})
"""Event definitions that BPMN knows and the engine refuses."""

GATEWAYS_WITH_CONDITIONS = frozenset({"exclusiveGateway", "inclusiveGateway"})
