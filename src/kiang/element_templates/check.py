"""What is wrong with a template: everything at once, each fault with its rule and place.

A file whose structure is wrong is refused. What a modeler shows in another way than meant, a group that does not exist for example, is
reported: published templates have such faults too, and work. Whether every detail is as the published JSON schema has it, is for
Camunda's validator. Rules have the names that Camunda's own checks give them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from kiang.element_templates.events import EventParts
from kiang.element_templates.extensions import ENTRIES, SINGLES
from kiang.errors import Finding, InvalidTemplateError

SIZE_MAX_BYTES = 5_000_000
TEMPLATES_MAX = 1_000
"""Of one file."""

REQUIRED: Mapping[str, type] = {"name": str, "id": str, "appliesTo": list, "properties": list}
TYPES = frozenset({"String", "Text", "Hidden", "Dropdown", "Boolean", "Number", "Configuration"})
BINDINGS = frozenset(
    {
        "property",
        "zeebe:userTask",
        "zeebe:executionListener",
        "zeebe:taskListener",
        *SINGLES,
        *ENTRIES,
        *EventParts.BINDINGS,
    }
)
NAMED_BY: Mapping[str, str] = {
    "property": "name",
    "zeebe:input": "name",
    "zeebe:output": "source",
    "zeebe:taskHeader": "key",
    "zeebe:property": "name",
    "zeebe:linkedResource": "linkName",
    **{binding: "property" for binding in SINGLES if binding != "zeebe:taskDefinition:type"},
    **dict.fromkeys(EventParts.BINDINGS, "name"),
}
"""What a binding needs besides its type."""

Fault = tuple[str, str, str]
"""Rule, place, message."""


def parsed(content: bytes, name: str) -> list[dict[str, Any]]:
    """The templates of a file: one object, or a list of them.

    Raises:
        InvalidTemplateError: It is no JSON, or not every part of it has the structure of a template; all faults at once.
    """
    if len(content) > SIZE_MAX_BYTES:
        raise _invalid(
            [("size", "", f"Expected at most {SIZE_MAX_BYTES} bytes, but the file has {len(content)}.")], name
        )
    twice: list[str] = []
    try:
        value = json.loads(content, object_pairs_hook=lambda pairs: _object(pairs, twice))
    except (ValueError, RecursionError) as error:
        raise _invalid([("json-parse", "", f"Expected JSON, but: {error}.")], name) from None
    templates = value if isinstance(value, list) else [value]
    if len(templates) > TEMPLATES_MAX:
        raise _invalid([("size", "", f"Expected at most {TEMPLATES_MAX} templates, but there are more.")], name)
    found: list[Fault] = [("duplicate-keys", key, "Expected each key once in an object.") for key in twice]
    for index, template in enumerate(templates):
        where = f"{index}/" if len(templates) > 1 else ""
        found += [(rule, f"{where}{place}", message) for rule, place, message in _structure(template)]
    versions = [(t.get("id"), t.get("version")) for t in templates if isinstance(t, dict)]
    for key in {v for v in versions if versions.count(v) > 1}:
        found.append(("unique-id-version", str(key[0]), f"Expected version {key[1]} of a template once in a file."))
    if found:
        raise _invalid(found, name)
    return templates


def faults(template: Any) -> list[Fault]:
    """What is wrong with one template; rules that need a sound structure wait for it."""
    found = list(_structure(template))
    if not found:
        for rule in RULES:
            found += rule(template)
    return found


def _structure(template: Any) -> Iterator[Fault]:
    if not isinstance(template, dict):
        yield "schema", "", "Expected an object."
        return
    for key, kind in REQUIRED.items():
        if not isinstance(template.get(key), kind):
            yield "schema", key, f"Expected {key} to be there, as {'a list' if kind is list else 'a text'}."
    properties = template.get("properties")
    for index, entry in enumerate(properties if isinstance(properties, list) else ()):
        yield from _property_structure(entry, f"properties/{index}")
    for index, group in enumerate(template.get("groups", [])):
        if (
            not isinstance(group, dict)
            or not isinstance(group.get("id"), str)
            or not isinstance(group.get("label"), str)
        ):
            yield "schema", f"groups/{index}", "Expected a group to have id and label."


def _property_structure(entry: Any, where: str) -> Iterator[Fault]:
    if not isinstance(entry, dict) or not isinstance(entry.get("binding"), dict):
        yield "schema", where, "Expected a property to be an object with a binding."
        return
    kind, binding = entry.get("type", "String"), entry["binding"].get("type")
    if kind not in TYPES:
        yield "schema", f"{where}/type", f"Expected one of {', '.join(sorted(TYPES))}, but was '{kind}'."
    if binding not in BINDINGS:
        yield "schema", f"{where}/binding", f"Expected a binding of Camunda 8, but was '{binding}'."
    elif binding in NAMED_BY and not isinstance(entry["binding"].get(NAMED_BY[binding]), str):
        yield "schema", f"{where}/binding", f"Expected a binding to {binding} to have '{NAMED_BY[binding]}'."
    choices = entry.get("choices")
    if kind == "Dropdown" and not (
        isinstance(choices, list) and choices and all(isinstance(c, dict) and "value" in c for c in choices)
    ):
        yield "schema", f"{where}/choices", "Expected a drop-down list to have choices with name and value."
    if "value" in entry and "generatedValue" in entry:
        yield "schema", where, "Expected a value or a generated one, not both."
    for part in _conditions(entry):
        if not isinstance(part, dict) or not isinstance(part.get("property"), str):
            yield "schema", f"{where}/condition", "Expected a condition to name a property."


def _conditions(entry: Mapping[str, Any]) -> Sequence[Any]:
    condition = entry.get("condition")
    if condition is None:
        return ()
    if isinstance(condition, dict) and isinstance(condition.get("allMatch"), list):
        parts: Sequence[Any] = condition["allMatch"]
        return parts
    return (condition,)


def _of_conditions(template: Mapping[str, Any]) -> Iterator[Fault]:
    entries = template["properties"]
    by_id: dict[str, list[int]] = {}
    for index, entry in enumerate(entries):
        if "id" in entry:
            by_id.setdefault(entry["id"], []).append(index)
    for index, entry in enumerate(entries):
        for part in _conditions(entry):
            where, target = f"properties/{index}/condition", by_id.get(part["property"])
            if target is None:
                yield "condition-target-exists", where, f"Expected a property with the id '{part['property']}'."
                continue
            if min(target) > index:
                yield (
                    "condition-property-order",
                    where,
                    f"Expected '{part['property']}' to stand before what depends on it.",
                )
            offered = [c["value"] for i in target for c in entries[i].get("choices", ())]
            wanted = part.get("oneOf", [part["equals"]] if "equals" in part else [])
            for value in wanted if offered else ():
                if value not in offered:
                    yield "condition-value-in-choices", where, f"Expected one of the choices, but was '{value}'."


def _of_groups(template: Mapping[str, Any]) -> Iterator[Fault]:
    ids = [group["id"] for group in template.get("groups", [])]
    used = {entry["group"] for entry in template["properties"] if "group" in entry}
    for group in sorted({i for i in ids if ids.count(i) > 1}):
        yield "unique-group-id", "groups", f"Expected the id '{group}' once."
    for group in sorted(set(ids) - used):
        yield "empty-group", "groups", f"Expected group '{group}' to have a property."
    for index, entry in enumerate(template["properties"]):
        if "group" in entry and entry["group"] not in ids:
            yield (
                "group-target-exists",
                f"properties/{index}/group",
                f"Expected a group with the id '{entry['group']}'.",
            )


def _of_values(template: Mapping[str, Any]) -> Iterator[Fault]:
    for index, entry in enumerate(template["properties"]):
        offered = [choice["value"] for choice in entry.get("choices", ())]
        if entry.get("type") == "Dropdown" and "value" in entry and entry["value"] not in offered:
            yield (
                "default-value-in-choices",
                f"properties/{index}/value",
                f"Expected one of the choices, but was '{entry['value']}'.",
            )


def _of_ids(template: Mapping[str, Any]) -> Iterator[Fault]:
    by_id: dict[str, list[Mapping[str, Any]]] = {}
    for entry in template["properties"]:
        if "id" in entry:
            by_id.setdefault(entry["id"], []).append(entry)
    for name, entries in by_id.items():
        if any(not _exclude_each_other(one, other) for one, other in combinations(entries, 2)):
            yield (
                "unique-property-id",
                "properties",
                f"Expected '{name}' once, or under conditions that exclude each other.",
            )


def _exclude_each_other(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    for a in _conditions(one):
        for b in _conditions(other):
            if a["property"] != b["property"]:
                continue
            for key in ("isActive", "isEmpty"):
                if key in a and key in b and a[key] != b[key]:
                    return True
            mine, theirs = (p.get("oneOf", [p["equals"]] if "equals" in p else None) for p in (a, b))
            if mine is not None and theirs is not None and not any(value in theirs for value in mine):
                return True
    return False


def _of_task_types(template: Mapping[str, Any]) -> Iterator[Fault]:
    forms = {entry["binding"]["type"] for entry in template["properties"]}
    if {"zeebe:taskDefinition", "zeebe:taskDefinition:type"} <= forms:
        yield (
            "task-definition-binding-form",
            "properties",
            "Expected one form of the binding to the job type, not both.",
        )


def _of_presets(template: Mapping[str, Any]) -> Iterator[Fault]:
    ids = {entry.get("id") for entry in template["properties"]}
    for index, preset in enumerate(template.get("presets", [])):
        for name in preset.get("properties", {}):
            if name not in ids:
                yield "preset-target-exists", f"presets/{index}", f"Expected a property with the id '{name}'."


RULES: tuple[Callable[[Mapping[str, Any]], Iterator[Fault]], ...] = (
    _of_conditions,
    _of_groups,
    _of_values,
    _of_ids,
    _of_task_types,
    _of_presets,
)


def _object(pairs: list[tuple[str, Any]], twice: list[str]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice += sorted({name for name in names if names.count(name) > 1})
    return made


def _invalid(found: Sequence[Fault], name: str) -> InvalidTemplateError:
    lines = [f"{place or '/'}: {message} [{rule}]" for rule, place, message in found]
    message = f"Template file {name} has {len(found)} fault(s):\n" + "\n".join(f"- {line}" for line in lines)
    return InvalidTemplateError(message, tuple(Finding(text, place, rule=rule) for rule, place, text in found))
