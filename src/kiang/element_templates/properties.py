"""From the model of an input to the properties of a template: names, labels, types, constraints, conditions."""

from __future__ import annotations

import enum
import re
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pydantic
from annotated_types import MaxLen, MinLen
from pydantic import TypeAdapter
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from kiang.connector_sdk.constraints import Constraint, NotBlank, NotEmpty, NotNull, Pattern, Range
from kiang.connector_sdk.document import Document
from kiang.connector_sdk.feel import FeelFunction
from kiang.connector_sdk.template import Choice, Condition, TemplateField
from kiang.element_templates.document_picker import Picker

INPUT, PROPERTY = "zeebe:input", "zeebe:property"

Property = dict[str, Any]
Conditions = tuple[Mapping[str, Any], ...]

PLAIN = TemplateField()
"""A field that says nothing of its form."""


@dataclass(frozen=True)
class Place:
    """Where a field stands.

    Attributes:
        path: Names from the input down; joined with dots they are the id and the input's name.
        group: Section that it inherits.
        conditions: All must hold for it to be shown.
        id_prefix: Of its id alone: `operation:` where a connector has several.
        binding: What of the element holds the value: inputs of a task, properties of an inbound element.
    """

    path: tuple[str, ...] = ()
    group: str | None = None
    conditions: Conditions = ()
    id_prefix: str = ""
    binding: str = INPUT

    def inside(self, name: str, group: str | None, conditions: Conditions = ()) -> Place:
        """A place further down."""
        path = (*self.path, name) if name else self.path
        return replace(self, path=path, group=group or self.group, conditions=self.conditions + conditions)

    @property
    def id(self) -> str:
        """Id of the property."""
        return self.id_prefix + ".".join(self.path)


def properties_of(model: type[pydantic.BaseModel], place: Place = Place()) -> Iterator[Property]:
    """The properties of every field of a model, in order, nested ones in their place."""
    for name, field in model.model_fields.items():
        yield from field_properties(field, field.alias or name, place)


def field_properties(field: FieldInfo, name: str, place: Place) -> Iterator[Property]:
    """The properties of one field: one, or several if it holds a model."""
    shape = next((item for item in field.metadata if isinstance(item, TemplateField)), PLAIN)
    if shape.ignore:
        return
    own = (shape.condition.to_json(),) if shape.condition is not None else ()
    here = place.inside(name if shape.nested else "", shape.group, own)
    annotation = _without_null(field.annotation)
    discriminator = field.discriminator
    if get_origin(annotation) is Annotated:
        marks = [m for m in get_args(annotation)[1:] if isinstance(m, FieldInfo) and m.discriminator is not None]
        if marks:
            annotation, discriminator = get_args(annotation)[0], marks[0].discriminator
    if discriminator is not None:
        yield from _tagged_properties(annotation, str(discriminator), field, shape, here)
        return
    if isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel):
        yield from properties_of(annotation, here)
        return
    constraints = [item for item in field.metadata if isinstance(item, Constraint)]
    while get_origin(annotation) is Annotated:
        constraints += [item for item in get_args(annotation)[1:] if isinstance(item, Constraint)]
        annotation = get_args(annotation)[0]
    kinds = _document_kinds(annotation)
    if kinds and here.binding == INPUT and shape.type is None:
        yield from Picker(
            here.path,
            shape.label or label_of(name),
            shape.description or field.description,
            here.group,
            here.conditions,
            here.id_prefix,
            is_list=kinds == "several",
            is_required=field.is_required() or any(isinstance(c, NotNull | NotEmpty) for c in constraints),
        ).properties()
        return
    yield _property(field, name, annotation, shape, constraints, here)


def _document_kinds(annotation: Any) -> str:
    """`one` or `several` if documents are what the field wants, be it that a text will do as well; else nothing."""
    if get_origin(annotation) is list:
        return "several" if get_args(annotation) == (Document,) else ""
    options = get_args(annotation) if get_origin(annotation) in {Union, types.UnionType} else (annotation,)
    return "one" if Document in options else ""


def label_of(name: str) -> str:
    """`readTimeoutInSeconds` as "Read timeout in seconds"; words in capitals stay."""
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)
    text = " ".join(word if word.isupper() and len(word) > 1 else word.lower() for word in words)
    return text[:1].upper() + text[1:]


def _tagged_properties(
    annotation: Any, discriminator: str, field: FieldInfo, shape: TemplateField, here: Place
) -> Iterator[Property]:
    """A drop-down for the kind, and the fields of every kind, each shown for its own."""
    models = [m for m in get_args(annotation) if m is not type(None)]
    choices = []
    for model in models:
        tag_field = model.model_fields[discriminator]
        tag = get_args(tag_field.annotation)[0]
        tag_shape = next((m for m in tag_field.metadata if isinstance(m, TemplateField)), PLAIN)
        choices.append((str(tag), tag_shape.label or label_of(str(tag)), model))
    alias = models[0].model_fields[discriminator].alias or discriminator
    kind = here.inside(alias, None)
    default = shape.default if shape.default is not None else _default_tag(field, discriminator, models)
    dropdown: Property = {
        "id": kind.id,
        "label": shape.label or "Type",
        "description": shape.description,
        "value": default,
        "constraints": None if default is not None else {"notEmpty": True},
        "group": here.group,
        "binding": {"name": ".".join(kind.path), "type": here.binding},
        "condition": combined(here.conditions),
        "tooltip": shape.tooltip,
        "type": "Dropdown",
        "choices": [{"name": label, "value": tag} for tag, label, _ in choices],
    }
    yield _cleaned(dropdown)
    for tag, _, model in choices:
        shown = (Condition(kind.id, equals=tag).to_json(),)
        inner = replace(here, conditions=here.conditions + shown)
        for name, inner_field in model.model_fields.items():
            if name != discriminator:
                yield from field_properties(inner_field, inner_field.alias or name, inner)


def _default_tag(field: FieldInfo, discriminator: str, models: Sequence[Any]) -> Any:
    default = field.get_default(call_default_factory=True, validated_data={})
    if isinstance(default, pydantic.BaseModel):
        return getattr(default, discriminator)
    for model in models:
        tag = model.model_fields[discriminator]
        if not tag.is_required():
            return tag.default
    return None


def _property(
    field: FieldInfo,
    name: str,
    annotation: Any,
    shape: TemplateField,
    constraints: Sequence[Constraint],
    here: Place,
) -> Property:
    kind, feel, choices = _type_of(annotation)
    if here.binding == PROPERTY:
        kind, feel = _AS_PROPERTY.get((kind, feel), (kind, feel))
    kind = shape.type or kind
    if shape.choices:
        kind, choices = "Dropdown", shape.choices
    if kind in {"Dropdown", "Hidden"}:
        feel = None
    feel = {"none": None}.get(shape.feel, shape.feel) if shape.feel is not None else feel
    default = shape.default if shape.default is not None else _default_of(field)
    default = (
        None if default == "" else default
    )  # an input with an empty source cannot be deployed; one without source can
    if kind in {"String", "Text"} and isinstance(default, int | float) and not isinstance(default, bool):
        default = str(default)
    is_optional = bool(shape.optional)  # an input that is not written lets a process variable of its name in
    rules = _constraints(constraints, feel, required=field.is_required()) | _lengths(field.metadata, kind)
    if is_optional:
        rules.pop("notEmpty", None)
    result: Property = {
        "id": here.id,
        "label": shape.label or label_of(name),
        "description": shape.description or field.description,
        "optional": True if is_optional else None,
        "value": default,
        "constraints": rules or None,
        "feel": feel,
        "group": here.group,
        "binding": {"name": ".".join(here.path), "type": here.binding},
        "condition": combined(here.conditions),
        "tooltip": shape.tooltip,
        "placeholder": shape.placeholder,
        "secret": True if shape.secret else None,
        "type": kind,
        "language": shape.language if kind == "Text" else None,
        "choices": [{"name": choice.name, "value": choice.value} for choice in choices] if kind == "Dropdown" else None,
    }
    return _cleaned(result)


_AS_PROPERTY: Mapping[tuple[str, str | None], tuple[str, str | None]] = {
    ("String", "optional"): ("String", None),
    ("Number", "static"): ("String", None),
    ("Boolean", "static"): ("Boolean", None),
}
"""Properties are texts, and what is no expression by nature is none: type and FEEL of inputs to those of properties."""


def _type_of(annotation: Any) -> tuple[str, str | None, tuple[Choice, ...]]:
    """Type of the property, whether FEEL may or must stand in it, and its choices."""
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return "Dropdown", None, tuple(_choice(member) for member in annotation)
    if get_origin(annotation) is Literal:
        return "Dropdown", None, tuple(Choice(str(v), label_of(str(v))) for v in get_args(annotation))
    if annotation is bool:
        return "Boolean", "static", ()
    if annotation in {int, float, Decimal}:
        return "Number", "static", ()
    if annotation in {str, bytes, timedelta}:
        return "String", "optional", ()
    return "String", "required", ()


def _choice(member: enum.Enum) -> Choice:
    label = getattr(member, "label", None) or str(member.value)
    return Choice(str(member.value), str(label))


def _constraints(constraints: Sequence[Constraint], feel: str | None, *, required: bool) -> Property:
    rules: Property = {}
    if required or any(isinstance(c, NotNull | NotEmpty | NotBlank) for c in constraints):
        rules["notEmpty"] = True
    for constraint in constraints:
        if isinstance(constraint, Pattern):
            message = constraint.message or f"Must match {constraint.regex}"
            rules["pattern"] = {"value": _or_expression(constraint.regex, feel), "message": message}
        if isinstance(constraint, Range) and constraint.minimum == 0 and "pattern" not in rules:
            message = "Must be a number that is not negative"
            rules["pattern"] = {"value": _or_expression("^\\d+$", feel), "message": message}
    return rules


def _or_expression(regex: str, feel: str | None) -> str:
    """A pattern that also lets an expression pass, where the form takes one instead of a text."""
    return f"^(=|{regex.removeprefix('^')})" if feel in {"optional", "required"} else regex


def _lengths(metadata: Sequence[Any], kind: str) -> Property:
    """How long a text may be, by pydantic's own constraints; of anything else the form cannot check it."""
    if kind not in {"String", "Text"}:
        return {}
    rules = {}
    for item in metadata:
        if isinstance(item, MinLen):
            rules["minLength"] = item.min_length
        if isinstance(item, MaxLen):
            rules["maxLength"] = item.max_length
    return rules


def _default_of(field: FieldInfo) -> Any:
    default = field.default
    if default is PydanticUndefined or default is None or isinstance(default, pydantic.BaseModel):
        return None
    if isinstance(default, enum.Enum):
        return str(default.value)
    if isinstance(default, timedelta):
        return TypeAdapter(timedelta).dump_python(default, mode="json")
    if isinstance(default, FeelFunction):
        return default.source
    return default if isinstance(default, str | bool | int | float) else None


def _without_null(annotation: Any) -> Any:
    if get_origin(annotation) in {Union, types.UnionType} and type(None) in get_args(annotation):
        rest = tuple(option for option in get_args(annotation) if option is not type(None))
        return rest[0] if len(rest) == 1 else Union[rest]  # noqa: UP007 - made at run time
    return annotation


def combined(conditions: Conditions) -> Mapping[str, Any] | None:
    """One condition of several."""
    if len(conditions) > 1:
        return {"allMatch": list(conditions)}
    return conditions[0] if conditions else None


def _cleaned(entry: Property) -> Property:
    return {key: value for key, value in entry.items() if value is not None}
