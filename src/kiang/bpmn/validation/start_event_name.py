"""ProcessMessageStartEventMessageNameValidator and ProcessSignalStartEventSignalNameValidator: names are constants."""

from __future__ import annotations

from collections.abc import Iterator

from kiang import feel
from kiang.bpmn.definitions import Definitions
from kiang.bpmn.document import Element
from kiang.bpmn.expression import is_expression, static_value
from kiang.errors import FeelError

NAME = "ProcessMessageStartEventMessageNameValidator"
KINDS = frozenset({"startEvent"})

_REFERENCES = {
    "messageEventDefinition": ("messageRef", "message"),
    "signalEventDefinition": ("signalRef", "signal"),
}


def check(file: Definitions, element: Element) -> Iterator[str]:
    """The name of the message or signal that starts a process."""
    if element.parent is None or element.parent.kind != "process":
        return
    for definition in element.children:
        if definition.kind in _REFERENCES:
            attribute, kind = _REFERENCES[definition.kind]
            found = file.referenced(definition, attribute, kind)
            if found is not None and found.get("name"):
                yield from _check_constant(found.get("name"), kind)


def _check_constant(name: str, kind: str) -> Iterator[str]:
    value: object
    if is_expression(name):
        try:
            value = feel.evaluate(name[1:], {})
        except FeelError as error:
            reason = error.zeebe_message if isinstance(error, feel.FeelSyntaxError) else str(error)
            yield (
                f"Expected constant expression but found '{name}', which could not be evaluated without context: {reason}"
            )
            return
    else:
        value = static_value(name)
    if not isinstance(value, str):
        yield (f"Expected constant expression of type String for {kind} name '{name}', but was {feel.type_name(value)}")
