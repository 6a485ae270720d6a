"""Types: what conforms, what is brought to a type, what becomes null."""

import pytest
from tests.unit.dmn.dmn_builder import decision, input_data, literal, model

from kiang.feel.temporal import parse_date, parse_date_time

TYPES = """
<itemDefinition name="tNumbers" isCollection="true"><typeRef>number</typeRef></itemDefinition>
<itemDefinition name="tGrade"><typeRef>string</typeRef><allowedValues><text>"A", "B"</text></allowedValues></itemDefinition>
<itemDefinition name="tPair"><typeRef>tNumbers</typeRef><typeConstraint><text>count(?) = 2</text></typeConstraint></itemDefinition>
<itemDefinition name="tPerson">
  <itemComponent name="name"><typeRef>string</typeRef></itemComponent>
  <itemComponent name="born"><typeRef>date</typeRef></itemComponent>
</itemDefinition>
<itemDefinition name="tTree">
  <itemComponent name="value"><typeRef>number</typeRef></itemComponent>
  <itemComponent name="children" isCollection="true"><typeRef>tTree</typeRef></itemComponent>
</itemDefinition>
"""


@pytest.mark.parametrize(
    ("type_ref", "text", "expected"),
    [
        ("number", "1 + 1", 2),
        ("number", '"a"', None),
        ("string", '["a"]', "a"),
        ("string", "[1]", None),
        ("tNumbers", "5", [5]),
        ("tNumbers", '[1, "a"]', None),
        ("tNumbers", "null", None),
        ("tGrade", '"A"', "A"),
        ("tGrade", '"C"', None),
        ("tPair", "[1, 2]", [1, 2]),
        ("tPair", "[1, 2, 3]", None),
        (
            "tTree",
            "{value: 1, children: [{value: 2, children: []}]}",
            {"value": 1, "children": [{"value": 2, "children": []}]},
        ),
        ("tTree", '{value: 1, children: [{value: "x", children: []}]}', None),
        ("date and time", 'date("2024-02-29")', parse_date_time("2024-02-29T00:00:00Z")),
        ("unknown", '"a"', "a"),
    ],
)
def test_a_result_is_brought_to_its_type_or_becomes_null(type_ref, text, expected):
    found = model(TYPES + decision(literal(text), type_ref=type_ref)).evaluate("d", {})

    assert found.output == expected
    assert bool(found.problems) == (expected is None and text != "null")


def test_texts_of_json_become_what_is_declared():
    content = TYPES + input_data("p", "tPerson") + decision(literal("p.born.year"), requires=("?p",))
    person = {"name": "Ann", "born": "2001-02-03"}

    assert model(content).evaluate("d", {"p": person}, reads_json=True).output == 2001
    assert model(content).evaluate("d", {"p": {**person, "born": parse_date("2001-02-03")}}).output == 2001
    assert model(content).evaluate("d", {"p": person}).output is None


def test_types_of_the_file_can_be_asked_for():
    content = TYPES + decision(literal('[[1] instance of tNumbers, "C" instance of tGrade, 1 instance of tGrade]'))

    assert model(content).evaluate("d", {}).output == [True, True, False]
