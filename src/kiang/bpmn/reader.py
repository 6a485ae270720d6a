"""Reading a BPMN file: parse, check, build."""

from __future__ import annotations

from kiang.bpmn.builder import build
from kiang.bpmn.definitions import Definitions
from kiang.bpmn.document import parse
from kiang.bpmn.model import Process
from kiang.errors import InvalidBpmnError


def read(resource_name: str, content: bytes, *, now_ms: int) -> list[Process]:  # noqa: ARG001 - static timers are evaluated at that time
    """The executable processes of a file, in document order.

    Raises:
        InvalidBpmnError: Its text is what the rejection of the deployment says about this file; `findings` has every fault.
    """
    try:
        file = Definitions(parse(content))
    except InvalidBpmnError as error:
        raise InvalidBpmnError(f"'{resource_name}': {error}", error.findings) from None
    return [build(file, process) for process in file.executable_processes]
