"""BPMN elements: one file each, found by the element's name. This table is what the engine executes."""

from kiang.engine.elements import ad_hoc_sub_process
from kiang.engine.elements.behavior import BEHAVIORS
from kiang.engine.elements.boundary_event import BoundaryEvent
from kiang.engine.elements.business_rule_task import BusinessRuleTask
from kiang.engine.elements.call_activity import CallActivity
from kiang.engine.elements.end_event import EndEvent
from kiang.engine.elements.event_based_gateway import EventBasedGateway
from kiang.engine.elements.event_sub_process import EventSubProcess
from kiang.engine.elements.exclusive_gateway import ExclusiveGateway
from kiang.engine.elements.inclusive_gateway import InclusiveGateway
from kiang.engine.elements.intermediate_catch_event import IntermediateCatchEvent
from kiang.engine.elements.intermediate_throw_event import IntermediateThrowEvent
from kiang.engine.elements.manual_task import ManualTask
from kiang.engine.elements.multi_instance_body import MultiInstanceBody
from kiang.engine.elements.parallel_gateway import ParallelGateway
from kiang.engine.elements.process import Process
from kiang.engine.elements.receive_task import ReceiveTask
from kiang.engine.elements.script_task import ScriptTask
from kiang.engine.elements.send_task import SendTask
from kiang.engine.elements.service_task import ServiceTask
from kiang.engine.elements.start_event import StartEvent
from kiang.engine.elements.sub_process import SubProcess
from kiang.engine.elements.task import Task
from kiang.engine.elements.throws import THROWS
from kiang.engine.elements.user_task import UserTask
from kiang.protocol.enums import ElementType, EventType

BEHAVIORS.update(
    {
        **ad_hoc_sub_process.TYPES,
        ElementType.PROCESS: Process(),
        ElementType.SUB_PROCESS: SubProcess(),
        ElementType.EVENT_SUB_PROCESS: EventSubProcess(),
        ElementType.MULTI_INSTANCE_BODY: MultiInstanceBody(),
        ElementType.CALL_ACTIVITY: CallActivity(),
        ElementType.START_EVENT: StartEvent(),
        ElementType.END_EVENT: EndEvent(),
        ElementType.INTERMEDIATE_CATCH_EVENT: IntermediateCatchEvent(),
        ElementType.INTERMEDIATE_THROW_EVENT: IntermediateThrowEvent(),
        ElementType.RECEIVE_TASK: ReceiveTask(),
        ElementType.EVENT_BASED_GATEWAY: EventBasedGateway(),
        ElementType.BOUNDARY_EVENT: BoundaryEvent(),
        ElementType.USER_TASK: UserTask(),
        ElementType.SERVICE_TASK: ServiceTask(),
        ElementType.SEND_TASK: SendTask(),
        ElementType.SCRIPT_TASK: ScriptTask(),
        ElementType.BUSINESS_RULE_TASK: BusinessRuleTask(),
        ElementType.MANUAL_TASK: ManualTask(),
        ElementType.TASK: Task(),
        ElementType.EXCLUSIVE_GATEWAY: ExclusiveGateway(),
        ElementType.INCLUSIVE_GATEWAY: InclusiveGateway(),
        ElementType.PARALLEL_GATEWAY: ParallelGateway(),
    }
)

_SUBSCRIBED = {EventType.MESSAGE, EventType.TIMER, EventType.SIGNAL, EventType.CONDITIONAL}

EVENTS: dict[ElementType, set[EventType]] = {
    ElementType.START_EVENT: set(EventType),  # as the original takes them: those that mean nothing never start anything
    ElementType.END_EVENT: set(THROWS),
    ElementType.INTERMEDIATE_THROW_EVENT: set(THROWS),
    ElementType.INTERMEDIATE_CATCH_EVENT: {EventType.LINK, *_SUBSCRIBED},
    ElementType.BOUNDARY_EVENT: {EventType.ERROR, EventType.ESCALATION, EventType.COMPENSATION, *_SUBSCRIBED},
}
"""What events of each type may wait for or throw."""

__all__ = ["BEHAVIORS", "EVENTS"]
