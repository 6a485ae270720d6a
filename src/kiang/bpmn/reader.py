"""Reading a BPMN file: parse, check against the schema, check the rules, build.

What the original finds only while it builds its model is found here last too: mappings that cannot be compiled together, extension
elements given twice, loops that never wait.
"""

from __future__ import annotations

from kiang.bpmn import schema
from kiang.bpmn.builder import build
from kiang.bpmn.definitions import Definitions, local_name
from kiang.bpmn.document import Element, parse
from kiang.bpmn.mapping import MappingError
from kiang.bpmn.model import Process
from kiang.bpmn.validation import Fault, faults_of, single_extension, straight_through_loop
from kiang.errors import Finding, InvalidBpmnError


def read(resource_name: str, content: bytes, *, now_ms: int) -> list[Process]:  # noqa: ARG001 - nothing that is checked depends on the time
    """The executable processes of a file, in document order.

    Args:
        resource_name: For the texts.
        content: The file.
        now_ms: When the file is deployed, in epoch ms.

    Raises:
        InvalidBpmnError: Its text is what the rejection of the deployment says about this file; `findings` has every fault.
    """
    try:
        root = parse(content)
        schema.check(root, content)
    except InvalidBpmnError as error:
        raise InvalidBpmnError(f"'{resource_name}': {error}", error.findings) from None
    file = Definitions(root)
    _check_listed_flows(resource_name, file)
    faults = faults_of(file)
    if faults:
        raise InvalidBpmnError(f"'{resource_name}': {_text(faults)}", _findings(faults))
    _check_single_extensions(resource_name, file)
    try:
        processes = [build(file, process) for process in file.executable_processes]
    except MappingError as error:
        text = f"Failed to build variable mapping expression: {error}"
        raise InvalidBpmnError(f"'{resource_name}': {text}", [Finding(text, rule="mapping")]) from None
    _check_loops(resource_name, file)
    return processes


def _check_listed_flows(resource_name: str, file: Definitions) -> None:
    """What an element lists as its way out must be there; the original stops at the first that is not."""
    for process in file.executable_processes:
        for element in process.walk():
            if element.kind == "outgoing":
                id_ = local_name(element.text)
                listed = file.by_id.get(id_)
                text = ""
                if id_ and listed is None:
                    text = f"Unable to find a model element instance for id {id_}"
                elif listed is not None and listed.kind != "sequenceFlow":
                    text = f"Expected what leaves an element to be a sequence flow, but '{id_}' is a {listed.kind}"
                if text:
                    finding = Finding(text, element.path(), element.line, "outgoing")
                    raise InvalidBpmnError(f"'{resource_name}': {text}", [finding])


def _text(faults: list[Fault]) -> str:
    """The faults as the original lists them: element by element."""
    by_element: dict[Element, list[str]] = {}
    for fault in faults:
        by_element.setdefault(fault.element, []).append(fault.message)
    return "".join(
        f"- Element: {element.path()}\n" + "".join(f"    - ERROR: {message}\n" for message in messages)
        for element, messages in by_element.items()
    )


def _findings(faults: list[Fault]) -> list[Finding]:
    return [Finding(fault.message, fault.element.path(), fault.element.line, fault.rule) for fault in faults]


def _check_single_extensions(resource_name: str, file: Definitions) -> None:
    for process in file.executable_processes:
        for element in process.walk():
            if element.kind == "extensionElements":
                faults = [Fault(element, text, single_extension.NAME) for text in single_extension.check(file, element)]
                if faults:
                    raise InvalidBpmnError(f"'{resource_name}': {faults[0].message}", _findings(faults))


def _check_loops(resource_name: str, file: Definitions) -> None:
    """Loops are reported for each process, the file's name in backticks."""
    faults = [
        Fault(process, text, straight_through_loop.NAME)
        for process in file.executable_processes
        for text in straight_through_loop.check(file, process)
    ]
    if faults:
        text = "\n".join(
            f"`{resource_name}`: - Process: {fault.element.id}\n    - ERROR: {fault.message}" for fault in faults
        )
        raise InvalidBpmnError(f"{text}\n", _findings(faults))
