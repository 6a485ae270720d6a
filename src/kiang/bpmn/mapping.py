"""Input and output mappings, compiled to one FEEL context for each direction (engine-semantics §7)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from kiang import feel
from kiang.bpmn.expression import is_expression
from kiang.bpmn.model import Mappings

NO_SOURCE = "=null"
"""What an input without the attribute `source` is: templates write those that nobody filled in. An empty source is a mistake."""


class MappingError(ValueError):
    """Mappings that are FEEL one by one, but not together: a comment at the end of a source swallows what follows."""


@dataclass(slots=True)
class _Context:
    """Entries of a context that is being built: a source, or a context again."""

    entries: dict[str, str | _Context] = field(default_factory=dict)

    def put(self, path: list[str], source: str) -> None:
        """Set the entry at a path. A source is replaced, and stands where the last one stands; a context is added to."""
        context = self
        for name in path[:-1]:
            inner = context.entries.get(name)
            if not isinstance(inner, _Context):
                context.entries.pop(name, None)
                inner = context.entries[name] = _Context()
            context = inner
        context.entries.pop(path[-1], None)
        context.entries[path[-1]] = source


def input_mappings(pairs: Iterable[tuple[str, str]]) -> Mappings | None:
    """The context of input mappings, given as (source, target); None if there are none."""
    return _compile(_input_text(_context(pairs)))


def output_mappings(pairs: Iterable[tuple[str, str]]) -> Mappings | None:
    """The context of output mappings, given as (source, target): a nested target is merged into the variable; None if there are none."""
    return _compile(_output_text(_context(pairs), []))


def _context(pairs: Iterable[tuple[str, str]]) -> _Context:
    context = _Context()
    for source, target in pairs:
        context.put(target.split("."), source[1:] if is_expression(source) else _literal(source))
    return context


def _compile(text: str) -> Mappings | None:
    if text == "{}":
        return None
    try:
        return Mappings(text, feel.compile(text))
    except feel.FeelSyntaxError as error:
        raise MappingError(error.zeebe_message) from None


def _literal(text: str) -> str:
    """A static source: only quotes are escaped, so a backslash begins an escape of FEEL."""
    return '"' + text.replace('"', '\\"') + '"'


def _input_text(context: _Context) -> str:
    entries = [
        f"{name}:{entry if isinstance(entry, str) else _input_text(entry)}" for name, entry in context.entries.items()
    ]
    return "{" + ",".join(entries) + "}"


def _output_text(context: _Context, path: list[str]) -> str:
    entries = []
    for name, entry in context.entries.items():
        if isinstance(entry, str):
            entries.append(f"{name}:{entry}")
        else:
            known = ".".join([*path, name])
            merged = _output_text(entry, [*path, name])
            entries.append(f"{name}:if ({known} != null) then context merge({known},{merged}) else {merged}")
    return "{" + ",".join(entries) + "}"
