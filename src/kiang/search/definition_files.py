"""What is in the BPMN file of a definition and in no row: names of elements, and forms of start events."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field

from kiang.bpmn.document import Element, parse
from kiang.engine.state.process_definition import PROCESS_DEFINITIONS, RESOURCES
from kiang.engine.state.source import RowSource

DEFINITIONS_MAX = 500
"""Definitions whose facts are kept."""


@dataclass(frozen=True, slots=True)
class StartForm:
    """The form that is linked to the none start event of a process.

    Attributes:
        binding: latest, deployment or versionTag.
    """

    form_id: str
    binding: str = "latest"
    version_tag: str = ""


@dataclass(frozen=True, slots=True)
class FileFacts:
    """Facts of one process.

    Attributes:
        names: Of elements by their id.
    """

    names: dict[str, str] = field(default_factory=dict)
    start_form: StartForm | None = None


class DefinitionFiles:
    """Finds facts, keeping those of the definitions that were asked for last. May be used by several threads."""

    def __init__(self, store: RowSource) -> None:
        self._store = store
        self._known: OrderedDict[int, FileFacts] = OrderedDict()
        self._lock = threading.Lock()

    def name(self, definition_key: int, element_id: str) -> str:
        """The name of an element; its id if it has none."""
        return self.title(definition_key, element_id) or element_id

    def title(self, definition_key: int, element_id: str) -> str | None:
        """The name of an element; None if it has none."""
        return self.facts(definition_key).names.get(element_id)

    def has_start_form(self, definition_key: int) -> bool:
        """Whether a form is linked to the none start event."""
        return self.facts(definition_key).start_form is not None

    def facts(self, definition_key: int) -> FileFacts:
        """Everything about a definition; empty if it is not there."""
        with self._lock:
            found = self._known.get(definition_key)
            if found is None:
                found = self._known[definition_key] = self._read(definition_key)
                if len(self._known) > DEFINITIONS_MAX:
                    self._known.popitem(last=False)
            else:
                self._known.move_to_end(definition_key)
        return found

    def _read(self, definition_key: int) -> FileFacts:
        for definition in self._store.select(PROCESS_DEFINITIONS, [("key", "=", definition_key)]):
            for resource in self._store.select(RESOURCES, [("key", "=", definition.resource_key)]):
                return file_facts(resource.content, definition.process_id)
        return FileFacts()


def file_facts(content: bytes, process_id: str) -> FileFacts:
    """Facts of a process of a file that was deployed."""
    elements = list(_elements(parse(content)))
    names = {
        element.attributes["id"]: element.attributes["name"]
        for element in elements
        if element.attributes.get("name") and element.attributes.get("id")
    }
    for element in elements:
        if element.kind == "process" and element.attributes.get("id") == process_id:
            return FileFacts(names, _start_form(element))
    return FileFacts(names)


def _elements(element: Element) -> Iterator[Element]:
    yield element
    for child in element.children:
        yield from _elements(child)


def _start_form(process: Element) -> StartForm | None:
    for event in process.children:
        if event.kind != "startEvent" or any(child.kind.endswith("EventDefinition") for child in event.children):
            continue
        for extensions in event.children:
            for form in extensions.children if extensions.kind == "extensionElements" else ():
                given = form.attributes
                if form.kind == "zeebe:formDefinition" and given.get("formId"):
                    return StartForm(given["formId"], given.get("bindingType", "latest"), given.get("versionTag", ""))
    return None
