"""CreateProcessInstance, with or without start instructions, with or without result (engine-semantics §22)."""

from __future__ import annotations

from kiang.engine.actions import results
from kiang.engine.actions.variables import set_local
from kiang.engine.lifecycle import go_on_activating
from kiang.engine.processing import Processing, Refused
from kiang.engine.processors import start_instructions
from kiang.engine.state.business_id import has_active
from kiang.engine.state.definition import Definition
from kiang.protocol.answers import ProcessInstanceCreated
from kiang.protocol.commands import CreateProcessInstance
from kiang.protocol.enums import RejectionType
from kiang.protocol.events import ProcessInstanceActivating


def create_process_instance(p: Processing, command: CreateProcessInstance) -> ProcessInstanceCreated | None:
    """Answered when the instance is there, or, with result, when it has completed."""
    definition = _find(p, command)
    root = definition.process.root
    if command.start_at:
        starts = start_instructions.check(
            p, definition.process, command.start_at, command.variables, definition.row.tenant_id
        )
    elif root.none_start is None:
        raise Refused(
            RejectionType.INVALID_STATE,
            "Expected to create instance of process with none start event, but there is no such event",
        )
    row = definition.row
    if command.business_id and has_active(p.state, row.tenant_id, row.process_id, command.business_id):
        raise Refused(
            RejectionType.ALREADY_EXISTS,
            f"Expected to create instance of process '{row.process_id}' with business id '{command.business_id}', but an"
            " active instance with that business id already exists",
        )
    for id_ in command.terminate_after:
        if id_ not in definition.process.nodes:
            raise Refused(
                RejectionType.INVALID_ARGUMENT,
                f"Expected to create instance of process with runtime instructions but no element found with id '{id_}'.",
            )
    key = p.state.next_key()
    p.emit(
        ProcessInstanceActivating(
            key,
            row.key,
            row.process_id,
            row.version,
            row.tenant_id,
            tags=" ".join(command.tags),
            business_id=command.business_id,
            terminate_after=" ".join(command.terminate_after),
        )
    )
    instance = p.state.resident_instance(key)
    set_local(p, instance, command.variables)
    if command.start_at:
        start_instructions.start(p, instance, starts)
    else:
        go_on_activating(p, instance, root)
    if command.awaits_result:
        p.state.awaited[key] = command.fetch_variables
        p.awaited = key
        return None
    return results.created_answer(instance)


def _find(p: Processing, command: CreateProcessInstance) -> Definition:
    """The definition that the command names.

    Raises:
        Refused: There is none.
    """
    if command.process_id:
        expected = f"Expected to find process definition with process ID '{command.process_id}'"
        if command.version < 0:
            definition = p.state.latest_definition(command.process_id, command.tenant_id)
            text = f"{expected}, but none found"
        else:
            definition = p.state.definition_version(command.process_id, command.version, command.tenant_id)
            text = f"{expected} and version '{command.version}', but none found"
    elif command.process_definition_key >= 0:
        definition = p.state.definition(command.process_definition_key)
        if definition is not None and (definition.row.is_deleted or definition.row.tenant_id != command.tenant_id):
            definition = None
        text = f"Expected to find process definition with key '{command.process_definition_key}', but none found"
    else:
        raise Refused(
            RejectionType.INVALID_ARGUMENT,
            "Expected at least a bpmnProcessId or a key greater than -1, but none given",
        )
    if definition is None:
        raise Refused(RejectionType.NOT_FOUND, text)
    return definition
