"""What a connector's model says about its form in the modeler, beyond names, types and constraints.

    amount: Annotated[int, Range(minimum=1), TemplateField(label="Amount", group="order", placeholder="10")]

Everything has a default that follows from the model (see `kiang.element_templates`), so that most fields need nothing of this.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

FieldType = Literal["String", "Text", "Hidden", "Dropdown", "Boolean", "Number"]
Feel = Literal["optional", "required", "static", "none"]


@dataclass(frozen=True)
class Choice:
    """One entry of a drop-down list."""

    value: str
    name: str


@dataclass(frozen=True)
class Condition:
    """When a field is shown: another field has a value, or one of several, or is shown itself.

    Attributes:
        property: Id of the other field: its path from the input, joined with dots.
    """

    property: str
    equals: str | bool | int | None = None
    one_of: tuple[str, ...] = ()
    is_active: bool | None = None

    def to_json(self) -> dict[str, Any]:
        """As templates carry it."""
        if self.one_of:
            return {"property": self.property, "oneOf": list(self.one_of), "type": "simple"}
        if self.is_active is not None:
            return {"property": self.property, "isActive": self.is_active, "type": "simple"}
        return {"property": self.property, "equals": self.equals, "type": "simple"}


@dataclass(frozen=True)
class TemplateField:
    """How one field of the model appears; None leaves what follows from the model.

    Attributes:
        default: Text that stands in the form at first.
        optional: The input is not written while it is empty.
        language: Of a Text: how the modeler colours it, for example `json`.
        nested: Of a field that is a model: its fields' ids begin with its own name.
        ignore: The form does not show it.
    """

    label: str | None = None
    description: str | None = None
    type: FieldType | None = None
    feel: Feel | None = None
    group: str | None = None
    default: Any = None
    optional: bool | None = None
    secret: bool = False
    placeholder: str | None = None
    tooltip: str | None = None
    language: str | None = None
    choices: tuple[Choice, ...] = ()
    condition: Condition | None = None
    nested: bool = True
    ignore: bool = False


@dataclass(frozen=True)
class Group:
    """A section of the form."""

    id: str
    label: str
    tooltip: str | None = None
    open_by_default: bool | None = None


@dataclass(frozen=True)
class ElementType:
    """An element that the connector can be.

    Attributes:
        value: For example `bpmn:ServiceTask`, `bpmn:StartEvent`.
        event_definition: For example `bpmn:MessageEventDefinition`; "" for none.
        applies_to: Elements on which the modeler offers it.
        template_id: Where it is not the template's own, or, of a connector for several kinds of element, not derived from it.
        template_name: Likewise.
    """

    value: str
    event_definition: str = ""
    applies_to: tuple[str, ...] = ("bpmn:Task",)
    template_id: str | None = None
    template_name: str | None = None

    @property
    def kind(self) -> str:
        """One word for it: `MessageStartEvent`; catching and throwing events are message events anyway."""
        name = self.value.rpartition(":")[2]
        return f"Message{name}" if name == "StartEvent" and self.event_definition else name


MESSAGE = "bpmn:MessageEventDefinition"

SERVICE_TASK = ElementType("bpmn:ServiceTask")
START_EVENT = ElementType("bpmn:StartEvent", "", ("bpmn:StartEvent",))
MESSAGE_START_EVENT = ElementType("bpmn:StartEvent", MESSAGE, ("bpmn:StartEvent",))
INTERMEDIATE_CATCH_EVENT = ElementType(
    "bpmn:IntermediateCatchEvent", MESSAGE, ("bpmn:IntermediateCatchEvent", "bpmn:IntermediateThrowEvent")
)
BOUNDARY_EVENT = ElementType("bpmn:BoundaryEvent", MESSAGE, ("bpmn:BoundaryEvent",))
RECEIVE_TASK = ElementType("bpmn:ReceiveTask", "", ("bpmn:ReceiveTask",))

INBOUND_ELEMENT_TYPES = (START_EVENT, MESSAGE_START_EVENT, INTERMEDIATE_CATCH_EVENT, BOUNDARY_EVENT, RECEIVE_TASK)
"""What an inbound connector serves unless its template says otherwise."""


@dataclass(frozen=True)
class Template:
    """The connector template of a connector.

    Attributes:
        id: Stable and unique, for example `com.example.Greeter.v1`.
        version: Raised by one with each published change.
        groups: Sections in order; fields without a group come first.
        icon: Name of a file beside the connector, SVG.
        engine: Range of engine versions.
        element_types: Kinds of element that it can be; empty for a service task, or, of an inbound connector, for all that
            the runtime serves.
        result_variable: Default of the output mapping.
        result_expression: Default of the output mapping, FEEL.
        example: A result, shown in the default result expression.
        extra_properties: Written as they are, after the connector's own.
        answers: Of an inbound connector: whoever calls may be answered with what the process makes of it.
        deduplicates: Of an inbound connector: several elements may share one that runs.
    """

    id: str
    name: str
    version: int = 1
    description: str = ""
    documentation_url: str = ""
    keywords: tuple[str, ...] = ()
    groups: tuple[Group, ...] = ()
    icon: str = "icon.svg"
    engine: str = "^8.8"
    element_types: tuple[ElementType, ...] = ()
    result_variable: str = ""
    result_expression: str = ""
    example: Any = None
    extra_properties: tuple[Mapping[str, Any], ...] = field(default=())
    answers: bool = False
    deduplicates: bool = True
