"""Template-only connectors: templates in a folder, over a connector that is there.

A template that presets the inputs of the REST connector, say, is a connector of its own for whoever models: it brings a form and needs no
code. Its job type is the REST connector's. One with a job type of its own says in its metadata which connector serves it:

    "metadata": {"servedBy": "io.camunda:http-json:1"}
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from kiang.element_templates.check import Fault, faults, parsed
from kiang.errors import Finding, InvalidTemplateError

FILES_MAX = 2_000
"""Of one folder with all below it."""

SERVED_BY = "servedBy"
"""Key of a template's metadata: the type of the connector that serves the template's own type."""


@dataclass(frozen=True)
class TemplateConnector:
    """One template of a folder.

    Attributes:
        direction: Of the connector behind it; None for a template that is no connector's (a user task with a form, say).
        types: Job types, or values of `inbound.type`, that elements with it have.
        served_by: Type of the connector that serves them, where the template says so.
        warnings: What a modeler will show otherwise than meant.
    """

    path: Path
    template: Mapping[str, Any]
    direction: Literal["outbound", "inbound"] | None
    types: tuple[str, ...]
    served_by: str = ""
    warnings: tuple[Fault, ...] = ()

    @property
    def id(self) -> str:
        """With its version."""
        version = self.template.get("version")
        return self.template["id"] if version is None else f"{self.template['id']} v{version}"


def templates_in(folder: Path) -> list[TemplateConnector]:
    """The templates of every `.json` file in a folder and below, by path.

    Raises:
        InvalidTemplateError: Files are no templates, or two hold the same version of one; all faults of all files at once.
    """
    paths = sorted(path for path in folder.rglob("*.json") if path.is_file())[: FILES_MAX + 1]
    if len(paths) > FILES_MAX:
        raise _invalid([f"Expected at most {FILES_MAX} template files in {folder}, but there are more."])
    found: list[TemplateConnector] = []
    wrong: list[str] = []
    for path in paths:
        try:
            found += [_found(path, template) for template in parsed(path.read_bytes(), str(path.relative_to(folder)))]
        except InvalidTemplateError as error:
            wrong.append(str(error))
    places: dict[str, Path] = {}
    for one in found:
        other = places.setdefault(one.id, one.path)
        if other is not one.path:
            wrong.append(
                f"Expected template {one.id} once, but {other.name} and {one.path.name} hold it. [unique-id-version]"
            )
    if wrong:
        raise _invalid(wrong)
    return found


def other_types(found: Iterable[TemplateConnector], known: Collection[str]) -> dict[str, str]:
    """Types that connectors are to serve besides their own: the template's to the connector's.

    Args:
        known: Types of the connectors that are there.

    Raises:
        InvalidTemplateError: A template needs a connector that is not there; all such templates at once.
    """
    others: dict[str, str] = {}
    wrong: list[str] = []
    for one in found:
        for kind in one.types:
            if kind in known:
                continue
            if one.served_by not in known:
                wanted = one.served_by or kind
                hint = "" if one.served_by else f', or metadata {{"{SERVED_BY}": "…"}} that names one that is there'
                wrong.append(f"Expected a connector of type {wanted} for template {one.id} ({one.path.name}){hint}.")
            elif others.setdefault(kind, one.served_by) != one.served_by:
                wrong.append(
                    f"Expected one connector for type {kind}, but templates name {others[kind]} and {one.served_by}."
                )
    if wrong:
        raise _invalid(wrong)
    return others


def _found(path: Path, template: Mapping[str, Any]) -> TemplateConnector:
    jobs = _values(template, "zeebe:taskDefinition", "property", "type")
    jobs += _values(template, "zeebe:taskDefinition:type", "type", "zeebe:taskDefinition:type")
    inbound = _values(template, "zeebe:property", "name", "inbound.type")
    metadata = template.get("metadata")
    served_by = metadata.get(SERVED_BY, "") if isinstance(metadata, Mapping) else ""
    direction: Literal["outbound", "inbound"] | None = "inbound" if inbound else "outbound" if jobs else None
    return TemplateConnector(
        path, template, direction, tuple(dict.fromkeys(inbound or jobs)), str(served_by), tuple(faults(template))
    )


def _values(template: Mapping[str, Any], binding_type: str, key: str, value: str) -> list[str]:
    entries = [
        e for e in template["properties"] if e["binding"]["type"] == binding_type and e["binding"].get(key) == value
    ]
    offered = [choice["value"] for e in entries for choice in e.get("choices", ())]
    return [
        v for v in (*[e.get("value") for e in entries], *offered) if isinstance(v, str) and v and not v.startswith("=")
    ]


def _invalid(messages: Sequence[str]) -> InvalidTemplateError:
    return InvalidTemplateError("\n".join(messages), tuple(Finding(text, "", rule="template") for text in messages))
