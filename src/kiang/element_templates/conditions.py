"""Which properties of a template count, for what the element holds at the moment."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kiang.element_templates.values import equals, is_cast, is_same

DEPTH_MAX = 100
"""Properties that may hang on one another in a row; a circle ends here."""

Entry = Mapping[str, Any]
Active = tuple[int, ...]


def binding_key(binding: Mapping[str, Any]) -> str:
    """A binding, comparable; the old form of a job type is the new one."""
    if binding["type"] == "zeebe:taskDefinition:type":
        binding = {"type": "zeebe:taskDefinition", "property": "type"}
    return json.dumps(binding, sort_keys=True)


class Conditions:
    """The conditions of one template over one element.

    Attributes:
        bindings: Of each property, comparable.
        decisive: Bindings whose values conditions look at.
    """

    def __init__(
        self, entries: Sequence[Entry], read: Callable[[Entry], Any], may_apply: Callable[[Entry], bool]
    ) -> None:
        self._entries = entries
        self._read = read
        self._allowed = [may_apply(entry) for entry in entries]
        self._by_id: dict[str, int] = {}
        for index, entry in enumerate(entries):
            if "id" in entry:
                self._by_id.setdefault(entry["id"], index)
        self.bindings = [binding_key(entry["binding"]) for entry in entries]
        self._marks = [
            f"{binding} {json.dumps(entry.get('condition'), sort_keys=True)}"
            for binding, entry in zip(self.bindings, entries, strict=True)
        ]
        self.decisive = {
            self.bindings[self._by_id[part["property"]]]
            for entry in entries
            for part in _parts(entry.get("condition"))
            if part.get("property") in self._by_id
        }

    def active(self) -> Active:
        """Indices of the properties that count now."""
        return tuple(i for i, allowed in enumerate(self._allowed) if allowed and self._is_met(i, 0))

    def differ(self, now: Active, before: Active) -> bool:
        """Whether something else is bound than before."""
        marks_before, marks_now = {self._marks[i] for i in before}, {self._marks[i] for i in now}
        if marks_before - marks_now:
            return True
        bound = {self.bindings[i] for i in before}
        return any(self._marks[i] not in marks_before and self.bindings[i] not in bound for i in now)

    def _is_met(self, index: int, depth: int) -> bool:
        condition = self._entries[index].get("condition")
        return depth < DEPTH_MAX and all(self._holds(part, depth) for part in _parts(condition))

    def _holds(self, part: Mapping[str, Any], depth: int) -> bool:
        other = self._by_id.get(part.get("property", ""))
        if "isActive" in part:
            is_active = other is not None and self._is_met(other, depth + 1)
            return is_active is bool(part["isActive"])
        if other is None:
            return False
        entry = self._entries[other]
        value = self._read(entry)
        if "isEmpty" in part:
            return (value is None or value == "") is bool(part["isEmpty"])
        if (is_cast(entry) or entry.get("feel") == "required") and isinstance(value, str):
            value = value[1:]
        if "equals" in part:
            return equals(entry, value, part["equals"])
        return any(is_same(value, option) for option in part.get("oneOf", ()))


def _parts(condition: Mapping[str, Any] | None) -> Sequence[Mapping[str, Any]]:
    if condition is None:
        return ()
    parts: Sequence[Mapping[str, Any]] = condition.get("allMatch", (condition,))
    return parts
