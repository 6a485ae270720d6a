"""Links: every throw event needs a catch event of its name in the same scope."""

from __future__ import annotations

from collections.abc import Iterator

from kiang.bpmn.document import Element


def missing_link_targets(scope: Element) -> Iterator[str]:
    """A message for each link name that is thrown directly inside and not caught there."""
    caught = _names(scope, "intermediateCatchEvent")
    for name in dict.fromkeys(_names(scope, "intermediateThrowEvent")):
        if name and name not in caught:
            yield f"Can't find an catch link event for the throw link event with the name '{name}'."


def _names(scope: Element, kind: str) -> list[str]:
    return [link.get("name") for event in scope.all(kind) for link in event.all("linkEventDefinition")]
