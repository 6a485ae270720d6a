"""What is wrong with a file: all of it at once, in Zeebe's words; and limits."""

import pytest
from tests.unit.dmn.dmn_builder import V13, V15, decision, file, literal, model, table

from kiang import dmn
from kiang.dmn.document import DEPTH_MAX_ELEMENTS, RESOURCE_SIZE_MAX_BYTES, UNREADABLE
from kiang.errors import InvalidDmnError


def faults(content: str, version: str = V13) -> InvalidDmnError:
    with pytest.raises(InvalidDmnError) as caught:
        model(content, version=version)
    return caught.value


@pytest.mark.parametrize(
    "content",
    [
        b"rules",
        b"<a>",
        b"<definitions/>",
        file("<decision id='a' name='a'/><decision id='a' name='b'/>"),
        file("<decision id='a'/>"),
        file("<unheard/>"),
        b"<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>" + file(""),
        file("<a xmlns='urn:x'>" * DEPTH_MAX_ELEMENTS + "</a>" * DEPTH_MAX_ELEMENTS),
        file("<!--" + "x" * RESOURCE_SIZE_MAX_BYTES + "-->"),
        b"\x00\xff\xfe",
    ],
)
def test_a_file_that_cannot_be_read_is_refused(content):
    with pytest.raises(InvalidDmnError) as caught:
        dmn.read("a.dmn", content)

    assert str(caught.value) == UNREADABLE
    assert caught.value.findings


def test_every_fault_is_named_with_its_place():
    content = (
        decision(literal("x +"), name="a")
        + decision(table([(["> > 1"], ["1 +"])]), name="b")
        + "<decision id='c' name='c'/>"
    )

    found = faults(content)

    assert [(finding.element, finding.rule) for finding in found.findings] == [
        ("a", "feel"),
        ("b", "feel"),
        ("b", "feel"),
        ("c", "logic"),
    ]
    assert str(found).splitlines()[-1] == "unsupported decision expression 'null'"


def test_a_requirement_that_is_nowhere():
    assert (
        str(faults(decision(literal("1"), requires=("!none",))))
        == "Unable to find a model element instance for id none"
    )


def test_decisions_that_require_each_other():
    content = decision(literal("b"), name="a", requires=("!b",)) + decision(literal("a"), name="b", requires=("!a",))

    assert str(faults(content)) == "Invalid DMN model: Cyclic dependencies between decisions detected."


def test_an_aggregation_of_several_outputs():
    logic = table([(["-"], ["1", "2"])], hit_policy="COLLECT", aggregation="COUNT", outputs=("p", "q"))

    assert str(faults(decision(logic))) == "hit policy 'COLLECT' with aggregator is not defined for compound output"


def test_another_expression_language():
    logic = '<literalExpression expressionLanguage="javascript"><text>1</text></literalExpression>'

    assert str(faults(decision(logic))) == "Expression language 'javascript' is not supported"


def test_by_the_standard_a_decision_needs_no_logic():
    assert model("<decision id='d' name='d'/>", version=V15).evaluate("d", {}).output is None


def test_in_spite_of_faults_only_what_is_wrong_is_null():
    content = decision(literal("1 +"), name="bad") + decision(literal("2"), name="good")
    definitions = dmn.read("a.dmn", file(content))

    compiled = dmn.compile(definitions, in_spite_of_faults=True)

    assert compiled.findings
    assert compiled.evaluate("bad", {}).output is None
    assert compiled.evaluate("good", {}).output == 2


@pytest.mark.parametrize("version", [V13, V15])
def test_a_graph_that_multiplies_itself_ends_with_a_failure(version):
    levels = [decision(literal("1"), name="l0")] + [
        decision(literal(f"l{n - 1}"), name=f"l{n}", requires=(f"!l{n - 1}",) * 4) for n in range(1, 20)
    ]

    found = model("".join(levels), version=version).evaluate("l19", {})

    assert found.output == 1 if version == V15 else "takes more than it may" in found.failure_message


def test_functions_that_call_each_other_without_end_are_a_failure():
    logic = (
        "<context><contextEntry><variable name='f'/><functionDefinition><formalParameter name='n'/>"
        f"{literal('f(n + 1)')}</functionDefinition></contextEntry><contextEntry>{literal('f(1)')}</contextEntry></context>"
    )

    found = model(decision(logic)).evaluate("d", {})

    assert "takes more than it may" in found.failure_message


def test_an_unknown_decision_is_a_key_error():
    with pytest.raises(KeyError):
        model(decision(literal("1"))).evaluate("none", {})
