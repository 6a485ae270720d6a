"""Rows of a small store for searches: definitions, instances in every state, variables, jobs, incidents."""

from __future__ import annotations

from tests.bpmn_builder import BpmnFile

from kiang.engine.state.element_instance import ELEMENT_INSTANCES, ElementInstance
from kiang.engine.state.incident import INCIDENTS, Incident
from kiang.engine.state.process_definition import PROCESS_DEFINITIONS, RESOURCES, ProcessDefinition, Resource
from kiang.engine.state.process_instance import PROCESS_INSTANCES, ProcessInstance
from kiang.engine.state.table import Row, Table
from kiang.engine.state.unit_of_work import Commit, UnitOfWork
from kiang.engine.state.variable import VARIABLES, Variable
from kiang.protocol.enums import ElementState, ElementType, IncidentState
from kiang.store.port import Store

STARTED_AT = 1_700_000_000_000


def order_file() -> bytes:
    b = BpmnFile("order")
    b.start("s").service_task("pay", job_type="pay").end("e").chain("s", "pay", "e")
    content = b.xml()
    return content.encode() if isinstance(content, str) else content


def put(store: Store, rows: list[tuple[Table, Row]]) -> None:
    """Commit rows, new or changed."""
    work = UnitOfWork()
    for table, row in rows:
        known = store.select(table, [("key", "=", row.key)])
        (work.update if known else work.insert)(table, row.key, row)
    header = store.header
    store.commit(Commit(header.position + 1, header.last_key, work.freeze(), b"", STARTED_AT))


def definitions() -> list[tuple[Table, Row]]:
    rows: list[tuple[Table, Row]] = [(RESOURCES, Resource(1, "order.bpmn", order_file(), "c", 1, STARTED_AT))]
    rows += [
        (
            PROCESS_DEFINITIONS,
            ProcessDefinition(key, id_, version, name, tag, 1, "order.bpmn", "c", 1, is_deleted=deleted),
        )
        for key, id_, version, name, tag, deleted in [
            (10, "order", 1, "Order", "", 0),
            (11, "order", 2, "Order", "v2", 0),
            (12, "order", 3, "Order!", "v3", 1),
            (13, "ship_it", 1, "", "", 0),
        ]
    ]
    return rows


def instance(
    key: int, definition: int = 10, state: int = ElementState.ACTIVATED, **columns: object
) -> tuple[Table, Row]:
    process_id, version = {10: ("order", 1), 11: ("order", 2), 12: ("order", 3), 13: ("ship_it", 1)}[definition]
    ended_at = STARTED_AT + key * 7 % 50 if state >= ElementState.COMPLETED else None
    row = ProcessInstance(
        key, definition, process_id, version, state, STARTED_AT + key // 3, ended_at=ended_at, **columns
    )
    return PROCESS_INSTANCES, row


def variable(key: int, instance_key: int, name: str, value: str, scope: int = 0) -> tuple[Table, Row]:
    return VARIABLES, Variable(key, instance_key, scope or instance_key, name, value)


def element(key: int, instance_key: int, id_: str = "pay", state: int = ElementState.ACTIVATED) -> tuple[Table, Row]:
    row = ElementInstance(key, instance_key, 10, id_, ElementType.SERVICE_TASK, instance_key, state, STARTED_AT)
    return ELEMENT_INSTANCES, row


def incident(key: int, instance_key: int, state: int = IncidentState.ACTIVE) -> tuple[Table, Row]:
    row = Incident(key, instance_key, 10, "pay", key + 1, 0, key + 1, "JOB_NO_RETRIES", "broken", state, STARTED_AT)
    return INCIDENTS, row
