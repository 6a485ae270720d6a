"""Requirements graphs: what a decision sees, decision services, imports."""

from tests.unit.dmn.dmn_builder import V13, V15, decision, definitions, input_data, literal, model, table

from kiang import dmn

SERVICE = (
    '<decisionService id="s" name="service"><variable name="service"/><outputDecision href="#out"/>'
    '<inputDecision href="#inner"/><inputData href="#n"/></decisionService>'
)


def test_a_decision_sees_what_it_requires_and_nothing_else_of_the_model():
    content = (
        input_data("a")
        + input_data("b")
        + decision(literal("b"), name="other", requires=("?b",))
        + decision(literal("[a, b, other]"), requires=("?a",))
    )

    assert model(content).evaluate("d", {"a": 1, "b": 2}).output == [1, None, None]


def test_by_the_standard_a_decision_is_evaluated_once():
    content = (
        decision(literal("1"), name="base")
        + decision(literal("base + 1"), name="left", requires=("!base",))
        + decision(literal("base + left"), requires=("!base", "!left"))
    )

    found = model(content).evaluate("d", {})

    assert found.output == 3
    assert [each.id for each in found.evaluated] == ["base", "left", "d"]


def test_in_camunda_s_engine_once_for_each_requirement():
    content = (
        decision(literal("1"), name="base")
        + decision(literal("base + 1"), name="left", requires=("!base",))
        + decision(literal("base + left"), requires=("!base", "!left"))
    )

    found = model(content, version=V13).evaluate("d", {})

    assert [each.id for each in found.evaluated] == ["base", "base", "left", "d"]


def test_a_failure_of_a_required_decision_differs_by_dialect():
    content = decision(table([(["-"], ["1"]), (["-"], ["2"])]), name="bad") + decision(
        literal('if bad = null then "none" else "some"'), requires=("!bad",)
    )

    standard = model(content, version=V15).evaluate("d", {})
    camunda = model(content, version=V13).evaluate("d", {})

    assert standard.output == "none"
    assert (camunda.output, camunda.failed_decision_id) == (None, "bad")
    assert camunda.failure_message.startswith("Expected to evaluate decision 'd', but multiple values")


def test_a_decision_service_is_called_with_its_inputs():
    content = (
        input_data("n", "number")
        + decision(literal('"never"'), name="inner")
        + decision(literal("[n, inner]"), name="out", requires=("?n", "!inner"))
        + SERVICE
        + decision(literal('service(5, "given")'), requires=("$s",))
    )
    compiled = model(content)

    assert compiled.evaluate("d", {}).output == [5, "given"]
    assert compiled.evaluate("service", {"n": 6, "inner": "direct"}).output == [6, "direct"]
    assert compiled.evaluate("out", {"n": 7}).output == [7, "never"]


def test_a_decision_service_is_not_called_with_an_argument_of_another_type():
    content = (
        input_data("n", "number")
        + decision(literal('"never"'), name="inner")
        + decision(literal("[n, inner]"), name="out", requires=("?n", "!inner"))
        + SERVICE
        + decision(literal('service("five", "given")'), requires=("$s",))
    )

    assert model(content).evaluate("d", {}).output is None


def test_elements_of_an_import_are_seen_under_its_name():
    library = definitions(
        '<itemDefinition name="tAge"><typeRef>number</typeRef></itemDefinition>'
        + input_data("age", "tAge")
        + decision(literal("age * 2"), name="double age", requires=("?age",)),
        namespace="urn:library",
    )
    content = (
        '<import name="my lib" namespace="urn:library" importType="https://www.omg.org/spec/DMN/20230324/MODEL/"/>'
        '<decision id="d" name="d"><variable name="d" typeRef="my lib.tAge"/><informationRequirement>'
        '<requiredDecision href="urn:library#double_age"/></informationRequirement>'
        f"{literal('my lib.double age + 1')}</decision>"
    )

    compiled = dmn.compile(definitions(content), [library])

    assert compiled.evaluate("d", {"age": 20}).output == 41
    assert compiled.evaluate("d", {}, by_namespace={"urn:library": {"age": 30}}).output == 61


def test_names_with_blanks_and_apostrophes_are_names():
    content = input_data("Student's name") + decision(literal('Student\'s name + "!"'), requires=("?Student's name",))

    assert model(content).evaluate("d", {"Student's name": "Jo"}).output == "Jo!"


def test_camunda_s_engine_sees_variables_that_no_input_data_declares():
    content = decision(literal("anything + 1"))

    assert model(content, version=V13).evaluate("d", {"anything": 1}).output == 2
    assert model(content, version=V15).evaluate("d", {"anything": 1}).output == 2


def test_a_business_knowledge_model_is_reported_by_camunda_s_engine():
    knowledge = (
        '<businessKnowledgeModel id="k" name="twice"><encapsulatedLogic><formalParameter name="n"/>'
        f"{literal('n * 2')}</encapsulatedLogic></businessKnowledgeModel>"
    )
    content = knowledge + decision(literal("twice(x) + 1"), requires=("$k",))

    found = model(content, version=V13).evaluate("d", {"x": 3})

    assert found.output == 7
    assert [(each.id, each.output) for each in found.evaluated] == [("k", 6), ("d", 7)]


def test_a_declared_result_of_another_simple_type_fails_in_camunda_s_engine():
    content = decision(literal('"text"'), type_ref="number")

    assert (
        model(content, version=V13)
        .evaluate("d", {})
        .failure_message.endswith("but expected 'number' but found '\"text\"'")
    )
    assert model(content, version=V15).evaluate("d", {}).output is None


def test_an_entry_of_a_required_decision_may_have_an_operator_in_its_name():
    context = "<context><contextEntry><variable name='max-size'/>" + literal("7") + "</contextEntry></context>"
    content = decision(context, name="limits") + decision(literal("limits.max-size - 1"), requires=("!limits",))

    assert model(content).evaluate("d", {}).output == 6
