"""Every table of the engine, in the order in which a store creates them."""

from __future__ import annotations

from typing import Any

from kiang.engine.state.agent import AGENT_DEFINITIONS, AGENT_HISTORY, AGENT_INSTANCES
from kiang.engine.state.audit_entry import AUDIT_ENTRIES
from kiang.engine.state.business_id import BUSINESS_IDS
from kiang.engine.state.cluster_variable import CLUSTER_VARIABLES
from kiang.engine.state.compensation import COMPENSATION_SUBSCRIPTIONS
from kiang.engine.state.condition import CONDITION_SUBSCRIPTIONS
from kiang.engine.state.decision import DECISION_DEFINITIONS, DECISION_INSTANCES, DECISION_REQUIREMENTS
from kiang.engine.state.element_instance import ELEMENT_INSTANCES
from kiang.engine.state.follow_up import FOLLOW_UPS
from kiang.engine.state.form import FORMS
from kiang.engine.state.generic_resource import GENERIC_RESOURCES
from kiang.engine.state.global_listener import GLOBAL_LISTENERS
from kiang.engine.state.identity import AUTHORIZATIONS, ENTITIES, MEMBERS
from kiang.engine.state.incident import INCIDENTS
from kiang.engine.state.job import JOBS
from kiang.engine.state.message import MESSAGES
from kiang.engine.state.message_correlation import MESSAGE_CORRELATIONS
from kiang.engine.state.message_start import MESSAGE_STARTS
from kiang.engine.state.message_subscription import MESSAGE_SUBSCRIPTIONS
from kiang.engine.state.process_definition import PROCESS_DEFINITIONS, RESOURCES
from kiang.engine.state.process_instance import PROCESS_INSTANCES
from kiang.engine.state.signal_subscription import SIGNAL_SUBSCRIPTIONS
from kiang.engine.state.start_subscription import START_SUBSCRIPTIONS
from kiang.engine.state.statistics import ASSIGNEES, JOB_HOURS, JOB_MINUTES, USAGE_HOURS, USAGE_MINUTES
from kiang.engine.state.table import Table
from kiang.engine.state.timer import TIMERS
from kiang.engine.state.user_task import USER_TASKS
from kiang.engine.state.variable import VARIABLES

TABLES: tuple[Table[Any], ...] = (
    RESOURCES,
    PROCESS_DEFINITIONS,
    PROCESS_INSTANCES,
    ELEMENT_INSTANCES,
    VARIABLES,
    JOBS,
    AUDIT_ENTRIES,
    JOB_MINUTES,
    JOB_HOURS,
    USAGE_MINUTES,
    USAGE_HOURS,
    ASSIGNEES,
    INCIDENTS,
    FOLLOW_UPS,
    MESSAGES,
    MESSAGE_SUBSCRIPTIONS,
    MESSAGE_STARTS,
    MESSAGE_CORRELATIONS,
    SIGNAL_SUBSCRIPTIONS,
    START_SUBSCRIPTIONS,
    TIMERS,
    DECISION_REQUIREMENTS,
    DECISION_DEFINITIONS,
    DECISION_INSTANCES,
    USER_TASKS,
    COMPENSATION_SUBSCRIPTIONS,
    CONDITION_SUBSCRIPTIONS,
    BUSINESS_IDS,
    FORMS,
    GENERIC_RESOURCES,
    AGENT_DEFINITIONS,
    AGENT_INSTANCES,
    AGENT_HISTORY,
    ENTITIES,
    MEMBERS,
    AUTHORIZATIONS,
    CLUSTER_VARIABLES,
    GLOBAL_LISTENERS,
)
