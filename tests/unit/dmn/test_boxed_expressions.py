"""Boxed expressions of every kind."""

import pytest
from tests.unit.dmn.dmn_builder import decision, input_data, literal, model


def result(logic: str, **variables: object) -> object:
    content = "".join(input_data(name) for name in variables) + decision(
        logic, requires=tuple(f"?{name}" for name in variables)
    )
    return model(content).evaluate("d", variables).output


def entry(name: str, logic: str) -> str:
    variable = f'<variable name="{name}"/>' if name else ""
    return f"<contextEntry>{variable}{logic}</contextEntry>"


def test_each_entry_of_a_context_sees_those_before():
    assert result(
        f"<context>{entry('first part', literal('x + 1'))}{entry('b', literal('first part * 2'))}</context>", x=1
    ) == {
        "first part": 2,
        "b": 4,
    }


def test_an_entry_without_a_name_is_the_result_of_the_context():
    assert result(f"<context>{entry('a', literal('2'))}{entry('', literal('a * 10'))}</context>") == 20


def test_a_list_and_a_relation():
    two = literal('"two"')
    assert result(f"<list>{literal('1')}{two}</list>") == [1, "two"]
    rows = "".join(f"<row>{literal(name)}{literal(age)}</row>" for name, age in [('"ann"', "x"), ('"bob"', "x + 1")])
    assert result(f'<relation><column name="name"/><column name="age"/>{rows}</relation>', x=3) == [
        {"name": "ann", "age": 3},
        {"name": "bob", "age": 4},
    ]


@pytest.mark.parametrize(("condition", "expected"), [("true", 1), ("false", 2), ("null", 2), ('"text"', None)])
def test_a_conditional_needs_a_boolean(condition, expected):
    logic = f"<conditional><if>{literal(condition)}</if><then>{literal('1')}</then><else>{literal('2')}</else></conditional>"

    assert result(logic) == expected


def test_a_filter_sees_the_item_and_its_entries():
    assert result(f"<filter><in>{literal('[1, 2, 3]')}</in><match>{literal('item > 1')}</match></filter>") == [2, 3]
    people = '[{name: "ann", age: 3}, {name: "bob", age: 4}]'
    assert result(f"<filter><in>{literal(people)}</in><match>{literal('age > 3')}</match></filter>") == [
        {"name": "bob", "age": 4}
    ]


def test_for_some_and_every():
    def loop(tag: str, part: str, body: str) -> object:
        return result(
            f'<{tag} iteratorVariable="each"><in>{literal("[1, 2, 3]")}</in><{part}>{literal(body)}</{part}></{tag}>'
        )

    assert loop("for", "return", "each * each") == [1, 4, 9]
    assert loop("for", "return", "count(partial)") == [0, 1, 2]
    assert loop("some", "satisfies", "each > 2") is True
    assert loop("every", "satisfies", "each > 2") is False
    assert loop("every", "satisfies", "null") is None


def test_a_function_definition_is_a_value_that_can_be_called():
    function = (
        f'<functionDefinition><formalParameter name="a" typeRef="number"/>{literal("a * 2")}</functionDefinition>'
    )

    assert result(f"<context>{entry('twice', function)}{entry('', literal('twice(x)'))}</context>", x=4) == 8
    assert result(f"<context>{entry('twice', function)}{entry('', literal('twice(a: x)'))}</context>", x=4) == 8
    assert result(f"<context>{entry('twice', function)}{entry('', literal('twice(x)'))}</context>", x="no") is None


@pytest.mark.parametrize(
    ("kind", "class_name", "signature", "expected"),
    [
        ("Java", "java.lang.Math", "max(double, double)", 7),
        ("Java", "java.lang.Runtime", "exec(java.lang.String, java.lang.String)", None),
        ("Java", "java.lang.System", "exit(int)", None),
        ("PMML", "java.lang.Math", "max(double, double)", None),
    ],
)
def test_an_external_function_is_refused_unless_it_is_known_to_be_harmless(kind, class_name, signature, expected):
    place = entry("class", literal(f'"{class_name}"')) + entry("method signature", literal(f'"{signature}"'))
    function = (
        f'<functionDefinition kind="{kind}"><formalParameter name="a"/><formalParameter name="b"/>'
        f"<context>{place}</context></functionDefinition>"
    )

    assert result(f"<context>{entry('f', function)}{entry('', literal('f(3, 7)'))}</context>") == expected


def test_an_invocation_binds_parameters_by_name():
    knowledge = (
        '<businessKnowledgeModel id="k" name="minus"><encapsulatedLogic><formalParameter name="a"/>'
        f'<formalParameter name="b"/>{literal("a - b")}</encapsulatedLogic></businessKnowledgeModel>'
    )

    def invoke(first: str, second: str) -> object:
        bindings = "".join(
            f'<binding><parameter name="{name}"/>{literal(value)}</binding>'
            for name, value in [(first, "10"), (second, "3")]
        )
        logic = f"<invocation>{literal('minus')}{bindings}</invocation>"
        return model(knowledge + decision(logic, requires=("$k",))).evaluate("d", {}).output

    assert invoke("a", "b") == 7
    assert invoke("b", "a") == -7
    assert invoke("a", "c") is None
