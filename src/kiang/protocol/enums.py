"""Enumerations of records, with the names that Zeebe's clients, exporters and messages use."""

from enum import IntEnum, StrEnum


class ElementType(IntEnum):
    """BpmnElementType. The numbers are stored: never change one."""

    UNSPECIFIED = 0
    PROCESS = 1
    SUB_PROCESS = 2
    EVENT_SUB_PROCESS = 3
    START_EVENT = 4
    INTERMEDIATE_CATCH_EVENT = 5
    INTERMEDIATE_THROW_EVENT = 6
    BOUNDARY_EVENT = 7
    END_EVENT = 8
    SERVICE_TASK = 9
    RECEIVE_TASK = 10
    USER_TASK = 11
    MANUAL_TASK = 12
    TASK = 13
    EXCLUSIVE_GATEWAY = 14
    PARALLEL_GATEWAY = 15
    EVENT_BASED_GATEWAY = 16
    INCLUSIVE_GATEWAY = 17
    SEQUENCE_FLOW = 18
    MULTI_INSTANCE_BODY = 19
    CALL_ACTIVITY = 20
    BUSINESS_RULE_TASK = 21
    SCRIPT_TASK = 22
    SEND_TASK = 23
    AD_HOC_SUB_PROCESS = 24
    AD_HOC_SUB_PROCESS_INNER_INSTANCE = 25


class EventType(IntEnum):
    """What an event waits for or throws."""

    NONE = 0
    MESSAGE = 1
    TIMER = 2
    SIGNAL = 3
    ERROR = 4
    ESCALATION = 5
    COMPENSATION = 6
    LINK = 7
    TERMINATE = 8
    CONDITIONAL = 9


class ElementState(IntEnum):
    """Where an element instance is in its life. The numbers are stored and ordered: final states come last."""

    ACTIVATING = 1
    ACTIVATED = 2
    COMPLETING = 3
    TERMINATING = 4
    COMPLETED = 5
    TERMINATED = 6


class JobState(IntEnum):
    """State of a job. The numbers are stored and ordered: final states come last.

    ERROR_THROWN is an error that nothing has caught yet, ERROR_CAUGHT one that has ended the job; outside both are ERROR_THROWN.
    SUSPENDED is one that would be activatable if its instance were not suspended.
    """

    SUSPENDED = 0
    ACTIVATABLE = 1
    ACTIVATED = 2
    FAILED = 3
    ERROR_THROWN = 4
    COMPLETED = 5
    CANCELED = 6
    ERROR_CAUGHT = 7


class JobKind(IntEnum):
    """What a job is for; the numbers are those of the gateway protocol."""

    BPMN_ELEMENT = 0
    EXECUTION_LISTENER = 1
    TASK_LISTENER = 2
    AD_HOC_SUB_PROCESS = 3


class ListenerEventType(IntEnum):
    """When a listener's job runs; the numbers are those of the gateway protocol."""

    ASSIGNING = 0
    CANCELING = 1
    COMPLETING = 2
    CREATING = 3
    END = 4
    START = 5
    UNSPECIFIED = 6
    UPDATING = 7


class IncidentState(IntEnum):
    """State of an incident. The numbers are stored."""

    ACTIVE = 1
    RESOLVED = 2


class SubscriptionState(IntEnum):
    """State of a subscription or timer. The numbers are stored and ordered: final states come last.

    CLOSED is one that has done its work (correlated, triggered), DELETED one that was not needed any more.
    """

    OPEN = 1
    CORRELATING = 2
    CLOSED = 3
    DELETED = 4


class UserTaskState(IntEnum):
    """State of a native user task. The numbers are stored and ordered: final states come last."""

    CREATING = 1
    CREATED = 2
    ASSIGNING = 3
    UPDATING = 4
    COMPLETING = 5
    CANCELING = 6
    COMPLETED = 10
    CANCELED = 11


class ErrorType(StrEnum):
    """Why an incident was raised."""

    UNKNOWN = "UNKNOWN"
    IO_MAPPING_ERROR = "IO_MAPPING_ERROR"
    JOB_NO_RETRIES = "JOB_NO_RETRIES"
    EXECUTION_LISTENER_NO_RETRIES = "EXECUTION_LISTENER_NO_RETRIES"
    TASK_LISTENER_NO_RETRIES = "TASK_LISTENER_NO_RETRIES"
    AD_HOC_SUB_PROCESS_NO_RETRIES = "AD_HOC_SUB_PROCESS_NO_RETRIES"
    CONDITION_ERROR = "CONDITION_ERROR"
    EXTRACT_VALUE_ERROR = "EXTRACT_VALUE_ERROR"
    CALLED_ELEMENT_ERROR = "CALLED_ELEMENT_ERROR"
    UNHANDLED_ERROR_EVENT = "UNHANDLED_ERROR_EVENT"
    MESSAGE_SIZE_EXCEEDED = "MESSAGE_SIZE_EXCEEDED"
    CALLED_DECISION_ERROR = "CALLED_DECISION_ERROR"
    DECISION_EVALUATION_ERROR = "DECISION_EVALUATION_ERROR"
    FORM_NOT_FOUND = "FORM_NOT_FOUND"
    RESOURCE_NOT_FOUND = "RESOURCE_NOT_FOUND"


class RejectionType(StrEnum):
    """Why a command was refused."""

    INVALID_ARGUMENT = "INVALID_ARGUMENT"
    NOT_FOUND = "NOT_FOUND"
    ALREADY_EXISTS = "ALREADY_EXISTS"
    INVALID_STATE = "INVALID_STATE"
    PROCESSING_ERROR = "PROCESSING_ERROR"
    EXCEEDED_BATCH_RECORD_SIZE = "EXCEEDED_BATCH_RECORD_SIZE"
    UNAUTHORIZED = "UNAUTHORIZED"
    FORBIDDEN = "FORBIDDEN"


class BatchOperationType(StrEnum):
    """What a batch operation does with each item."""

    ADD_VARIABLE = "ADD_VARIABLE"
    CANCEL_PROCESS_INSTANCE = "CANCEL_PROCESS_INSTANCE"
    DELETE_DECISION_DEFINITION = "DELETE_DECISION_DEFINITION"
    DELETE_DECISION_INSTANCE = "DELETE_DECISION_INSTANCE"
    DELETE_PROCESS_DEFINITION = "DELETE_PROCESS_DEFINITION"
    DELETE_PROCESS_INSTANCE = "DELETE_PROCESS_INSTANCE"
    MIGRATE_PROCESS_INSTANCE = "MIGRATE_PROCESS_INSTANCE"
    MODIFY_PROCESS_INSTANCE = "MODIFY_PROCESS_INSTANCE"
    RESOLVE_INCIDENT = "RESOLVE_INCIDENT"
    RESUME_PROCESS_INSTANCE = "RESUME_PROCESS_INSTANCE"
    SUSPEND_PROCESS_INSTANCE = "SUSPEND_PROCESS_INSTANCE"
    UPDATE_JOB = "UPDATE_JOB"
    UPDATE_VARIABLE = "UPDATE_VARIABLE"


class BindingType(StrEnum):
    """Which version of a linked process, decision or form an element uses."""

    LATEST = "latest"
    DEPLOYMENT = "deployment"
    VERSION_TAG = "versionTag"
