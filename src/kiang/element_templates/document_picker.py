"""The fields of a form that pick a document: stored, written into the form, or behind a URL; none, one or several.

They are helpers: inputs of the element beside the one that the connector reads, whose expression makes references of them. It names
them without their path, since an input sees those beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

INPUT = "zeebe:input"
Property = dict[str, Any]
Conditions = tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Picker:
    """Where a document is picked.

    Attributes:
        path: Of the input that the connector reads, from the input down.
        label: Of the field.
        conditions: All must hold for it to be shown.
        id_prefix: Of the ids alone.
        is_list: Several may be picked.
        is_required: One at least must be picked.
    """

    path: tuple[str, ...]
    label: str
    description: str | None
    group: str | None
    conditions: Conditions
    id_prefix: str
    is_list: bool
    is_required: bool

    def properties(self) -> Iterator[Property]:
        """The helpers in the order of the form, and the input that the connector reads."""
        yield from self._several() if self.is_list else self._one("", self.conditions)
        yield self._hidden(f"={self._picked_of_several() if self.is_list else self._picked_one('')}")

    def _several(self) -> Iterator[Property]:
        modes = [("Single document", "single"), ("Multiple documents", "multiple")]
        if not self.is_required:
            modes.insert(0, ("None", "none"))
        yield self._dropdown("documentMode", self.label, modes, self.conditions, self.description)
        yield from self._one("single_", self._when("documentMode", "single"))
        yield self._helper(
            "multiple_expression",
            "Documents",
            self._when("documentMode", "multiple"),
            feel="required",
            description="A list of references to documents",
            is_required=True,
        )

    def _one(self, lead: str, shown: Conditions) -> Iterator[Property]:
        sources = [("Stored document", "camunda"), ("Content written here", "inline"), ("URL", "external")]
        label = "Document source" if lead else self.label
        yield self._dropdown(
            f"{lead}documentSource", label, sources, shown, None if lead else self.description, default="camunda"
        )
        for source, name, text, is_required in _FIELDS:
            yield self._helper(
                lead + name,
                text,
                self._when(f"{lead}documentSource", source, shown),
                feel="required" if source == "camunda" else "optional",
                is_required=is_required,
            )

    def _picked_of_several(self) -> str:
        mode = self._short("documentMode")
        return (
            f'if {mode} = "multiple" then {self._short("multiple_expression")} '
            f'else if {mode} = "single" then ({self._picked_one("single_")}) else null'
        )

    def _picked_one(self, lead: str) -> str:
        opened, closed = ("[", "]") if self.is_list else ("", "")
        source = self._short(f"{lead}documentSource")
        stored = self._short(f"{lead}camundaReference")
        inline = _context("inline", {name: self._short(lead + key) for name, key in _INLINE.items()})
        external = _context("external", {name: self._short(lead + key) for name, key in _EXTERNAL.items()})
        return (
            f'if {source} = "camunda" then {opened}{stored}{closed} '
            f'else if {source} = "inline" then {opened}{inline}{closed} '
            f'else if {source} = "external" then {opened}{external}{closed} else null'
        )

    def _short(self, name: str) -> str:
        return f"{'_'.join(self.path)}_{name}"

    def _place(self, name: str) -> tuple[str, str]:
        """Id and name of a helper."""
        full = ".".join((*self.path[:-1], self._short(name)))
        return self.id_prefix + full, full

    def _when(self, name: str, value: str, outer: Conditions | None = None) -> Conditions:
        outer = self.conditions if outer is None else outer
        return (*outer, {"property": self._place(name)[0], "equals": value, "type": "simple"})

    def _dropdown(
        self,
        name: str,
        label: str,
        choices: list[tuple[str, str]],
        shown: Conditions,
        description: str | None,
        *,
        default: str | None = None,
    ) -> Property:
        identifier, full = self._place(name)
        return _cleaned(
            {
                "id": identifier,
                "label": label,
                "description": description,
                "value": default or choices[0][1],
                "group": self.group,
                "binding": {"name": full, "type": INPUT},
                "condition": _combined(shown),
                "type": "Dropdown",
                "choices": [{"name": text, "value": value} for text, value in choices],
            }
        )

    def _helper(
        self,
        name: str,
        label: str,
        shown: Conditions,
        *,
        feel: str,
        is_required: bool,
        description: str | None = None,
    ) -> Property:
        identifier, full = self._place(name)
        return _cleaned(
            {
                "id": identifier,
                "label": label,
                "description": description,
                "constraints": {"notEmpty": True} if is_required else None,
                "feel": feel,
                "group": self.group,
                "binding": {"name": full, "type": INPUT},
                "condition": _combined(shown),
                "type": "String",
            }
        )

    def _hidden(self, value: str) -> Property:
        full = ".".join(self.path)
        return _cleaned(
            {
                "id": self.id_prefix + full,
                "value": value,
                "group": self.group,
                "binding": {"name": full, "type": INPUT},
                "condition": _combined(self.conditions),
                "type": "Hidden",
            }
        )


_FIELDS = (
    ("camunda", "camundaReference", "Document reference", True),
    ("inline", "inline_content", "Content", True),
    ("inline", "inline_fileName", "File name", False),
    ("inline", "inline_contentType", "Content type", False),
    ("external", "external_url", "URL", True),
    ("external", "external_fileName", "File name", False),
)
"""Source, name, label, and whether it must be filled in."""

_INLINE = {"content": "inline_content", "name": "inline_fileName", "contentType": "inline_contentType"}
_EXTERNAL = {"url": "external_url", "name": "external_fileName"}


def _context(kind: str, entries: Mapping[str, str]) -> str:
    written = ", ".join(f"{name}: {value}" for name, value in entries.items())
    return f'{{ "camunda.document.type": "{kind}", {written} }}'


def _combined(conditions: Conditions) -> Mapping[str, Any] | None:
    if len(conditions) > 1:
        return {"allMatch": list(conditions)}
    return conditions[0] if conditions else None


def _cleaned(entry: Property) -> Property:
    return {key: value for key, value in entry.items() if value is not None}
