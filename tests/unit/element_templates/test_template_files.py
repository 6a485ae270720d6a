"""Template files of others: what is refused, what is reported, and which connector serves them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kiang.element_templates.check import faults, parsed
from kiang.element_templates.folder import other_types, templates_in
from kiang.errors import InvalidTemplateError


def template(*properties: Any, **rest: Any) -> dict[str, Any]:
    return {
        "name": "T",
        "id": "com.example.T.v1",
        "version": 1,
        "appliesTo": ["bpmn:Task"],
        "properties": list(properties),
        **rest,
    }


def entry(binding: str = "zeebe:input", name: str = "x", **rest: Any) -> dict[str, Any]:
    key = {"zeebe:taskHeader": "key", "zeebe:taskDefinition": "property"}.get(binding, "name")
    return {"type": "String", "binding": {"type": binding, key: name}, **rest}


def job(kind: str, **rest: Any) -> dict[str, Any]:
    return entry("zeebe:taskDefinition", "type", value=kind, **rest)


def refused(content: Any) -> str:
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    with pytest.raises(InvalidTemplateError) as caught:
        parsed(text, "t.json")
    return str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "json-parse"),
        (b'{"name": "a", "name": "b", "id": "i", "appliesTo": [], "properties": []}', "duplicate-keys"),
        (7, "Expected an object"),
        ({}, "Expected id to be there, as a text"),
        (template("x"), "properties/0: Expected a property to be an object with a binding"),
        (template(entry("camunda:property")), "Expected a binding of Camunda 8"),
        (template({"binding": {"type": "zeebe:input"}}), "to have 'name'"),
        (template(entry(type="Drop")), "but was 'Drop'"),
        (template(entry(type="Dropdown")), "to have choices"),
        (template(entry(value=1, generatedValue={"type": "uuid"})), "not both"),
        (template(entry(condition={"equals": 1})), "to name a property"),
        (template(groups=[{"id": "g"}]), "to have id and label"),
        ([template(), template()], "unique-id-version"),
    ],
)
def test_a_file_without_the_structure_of_a_template_is_refused(content, said):
    assert said in refused(content)


def test_all_faults_are_said_at_once():
    text = refused([template("x", entry("no")), {"name": 1}])

    assert text.count("\n- ") == 6
    assert "1/appliesTo" in text


CHOICES = [{"name": "A", "value": "a"}]


@pytest.mark.parametrize(
    ("made", "rule"),
    [
        (template(entry(condition={"property": "no", "equals": 1})), "condition-target-exists"),
        (
            template(entry(condition={"property": "i", "equals": 1}), entry(name="y", id="i")),
            "condition-property-order",
        ),
        (
            template(
                entry(type="Dropdown", id="i", choices=CHOICES),
                entry(name="y", condition={"property": "i", "equals": "b"}),
            ),
            "condition-value-in-choices",
        ),
        (template(entry(group="no")), "group-target-exists"),
        (template(groups=[{"id": "g", "label": "G"}]), "empty-group"),
        (template(entry(group="g"), groups=[{"id": "g", "label": "G"}] * 2), "unique-group-id"),
        (template(entry(type="Dropdown", value="b", choices=CHOICES)), "default-value-in-choices"),
        (template(entry(id="i"), entry(name="y", id="i")), "unique-property-id"),
        (
            template(job("a"), {"type": "Hidden", "binding": {"type": "zeebe:taskDefinition:type"}}),
            "task-definition-binding-form",
        ),
        (template(presets=[{"id": "p", "properties": {"no": 1}}]), "preset-target-exists"),
    ],
)
def test_what_a_modeler_shows_otherwise_than_meant_is_reported(made, rule):
    assert [found[0] for found in faults(made)] == [rule]
    assert parsed(json.dumps(made).encode(), "t.json") == [made]


def test_one_id_under_conditions_that_exclude_each_other_is_no_fault():
    kind = entry(id="k", type="Dropdown", choices=[*CHOICES, {"name": "B", "value": "b"}])
    made = template(
        kind,
        entry(name="y", id="i", condition={"property": "k", "equals": "a"}),
        entry(name="y", id="i", condition={"property": "k", "oneOf": ["b"]}),
    )

    assert faults(made) == []


def test_a_folder_gives_its_templates_and_the_types_that_connectors_have_to_serve_besides(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "a.json").write_text(json.dumps(template(job("rest"), id="a")))
    others = [template(job("own", id="t"), id="b", metadata={"servedBy": "rest"}), template(entry(), id="c")]
    (tmp_path / "deep" / "b.json").write_text(json.dumps(others))
    (tmp_path / "in.json").write_text(
        json.dumps(template(entry("zeebe:property", "inbound.type", value="hook"), id="d"))
    )
    (tmp_path / "notes.txt").write_text("no template")

    found = templates_in(tmp_path)

    assert [(one.id, one.direction, one.types) for one in found] == [
        ("a v1", "outbound", ("rest",)),
        ("b v1", "outbound", ("own",)),
        ("c v1", None, ()),
        ("d v1", "inbound", ("hook",)),
    ]
    assert other_types(found, {"rest", "hook"}) == {"own": "rest"}


def test_templates_that_nobody_serves_are_all_named(tmp_path):
    (tmp_path / "a.json").write_text(
        json.dumps([template(job("own"), id="a"), template(job("x"), id="b", metadata={"servedBy": "y"})])
    )

    with pytest.raises(InvalidTemplateError) as caught:
        other_types(templates_in(tmp_path), {"rest"})

    assert "type own for template a v1 (a.json), or metadata" in str(caught.value)
    assert "type y for template b v1" in str(caught.value)


def test_faults_of_all_files_are_said_at_once(tmp_path):
    (tmp_path / "a.json").write_text("{")
    (tmp_path / "b.json").write_text("[]")
    (tmp_path / "c.json").write_text(json.dumps(template(entry("no"))))
    for name in ("d.json", "e.json"):
        (tmp_path / name).write_text(json.dumps(template(id="same")))

    with pytest.raises(InvalidTemplateError) as caught:
        templates_in(tmp_path)

    assert [word for word in ("a.json", "b.json", "c.json", "d.json and e.json") if word in str(caught.value)] == [
        "a.json",
        "c.json",
        "d.json and e.json",
    ]
