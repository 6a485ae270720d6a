"""Names of elements: they are in the BPMN file of the definition, and nowhere in a row."""

from __future__ import annotations

import threading
from collections import OrderedDict

from lxml import etree

from kiang.engine.state.process_definition import PROCESS_DEFINITIONS, RESOURCES
from kiang.store.port import Store

DEFINITIONS_MAX = 500
"""Definitions whose names are kept."""

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"


class ElementNames:
    """Finds names, keeping those of the definitions that were asked for last. May be used by several threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: OrderedDict[int, dict[str, str]] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, definition_key: int, element_id: str) -> str:
        """The name of an element; its id if it has none."""
        return self.find_title(definition_key, element_id) or element_id

    def find_title(self, definition_key: int, element_id: str) -> str | None:
        """The name of an element; None if it has none."""
        with self._lock:
            names = self._known.get(definition_key)
            if names is None:
                names = self._known[definition_key] = self._read(definition_key)
                if len(self._known) > DEFINITIONS_MAX:
                    self._known.popitem(last=False)
            else:
                self._known.move_to_end(definition_key)
        return names.get(element_id)

    def _read(self, definition_key: int) -> dict[str, str]:
        for definition in self._store.select(PROCESS_DEFINITIONS, [("key", "=", definition_key)]):
            for resource in self._store.select(RESOURCES, [("key", "=", definition.resource_key)]):
                return element_names(resource.content)
        return {}


def element_names(content: bytes) -> dict[str, str]:
    """Id to name of the BPMN elements of a file that was deployed."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    root = etree.fromstring(content, parser)
    return {
        element.get("id", ""): element.get("name", "")
        for element in root.iter(f"{{{BPMN}}}*")
        if element.get("name") and element.get("id")
    }
