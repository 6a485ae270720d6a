"""From the tree of a DMN file to the model, with every fault of its structure at once.

Faults of the structure make the whole file unreadable, as they do for Zeebe; what is wrong with the logic (a missing
requirement, a circle, an expression that is no FEEL) is found by `kiang.dmn.validation` and the compiler.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from kiang.dmn.document import UNREADABLE, Document, Element, parse
from kiang.dmn.model import (
    Aggregation,
    Binding,
    BusinessKnowledgeModel,
    Conditional,
    Context,
    ContextEntry,
    Decision,
    DecisionService,
    DecisionTable,
    Definitions,
    DrgElement,
    Expression,
    Filter,
    For,
    FunctionDefinition,
    FunctionItem,
    FunctionKind,
    HitPolicy,
    Import,
    Input,
    InputData,
    Invocation,
    ItemDefinition,
    ListExpression,
    LiteralExpression,
    Output,
    Parameter,
    Quantified,
    Reference,
    Relation,
    TableRule,
    UnaryTests,
)
from kiang.errors import Finding, InvalidDmnError

KINDS: Final = frozenset(
    """
    definitions import description extensionElements text expression itemDefinition itemComponent typeRef
    allowedValues typeConstraint functionItem parameters decision question allowedAnswers variable
    supportedObjective impactedPerformanceIndicator decisionMaker decisionOwner usingProcess usingTask
    inputData businessKnowledgeModel encapsulatedLogic formalParameter decisionService outputDecision
    encapsulatedDecision inputDecision knowledgeSource type owner informationRequirement requiredDecision
    requiredInput knowledgeRequirement requiredKnowledge authorityRequirement requiredAuthority
    businessContextElement performanceIndicator impactingDecision organizationUnit decisionMade decisionOwned
    elementCollection drgElement artifact textAnnotation association sourceRef targetRef group
    literalExpression importedValues importedElement decisionTable input inputExpression inputValues output
    outputValues defaultOutputEntry rule inputEntry outputEntry annotation annotationEntry context contextEntry
    relation column row list functionDefinition invocation binding parameter conditional if then else filter in
    match for return some every satisfies
    """.split()  # noqa: SIM905 - a hundred names in quotes are harder to read
)
"""All elements of DMN 1.1 to 1.5."""
KINDS_SINCE_1_4: Final = frozenset(
    ["conditional", "if", "then", "else", "filter", "in", "match", "for", "return", "some", "every", "satisfies"]
)

_ID: Final = re.compile(r"[^\W\d][\w.\-\u00b7]*")
"""What XML takes for an id (an NCName)."""
_BLANKS: Final = "".join(map(chr, range(33)))
"""What is cut off at both ends of a text."""


def read(resource_name: str, content: bytes) -> Definitions:
    """Read a DMN file of version 1.1 to 1.5.

    Args:
        resource_name: Kept in the result.
        content: The file.

    Raises:
        InvalidDmnError: The file is no DMN; the message is what Zeebe says of such a file, `.findings` says all of what is
            wrong with it, and where.
    """
    return _Reader(parse(content), resource_name).definitions()


class _Reader:
    def __init__(self, document: Document, resource_name: str) -> None:
        self.document = document
        self.resource_name = resource_name
        self.findings: list[Finding] = []
        self.namespace = document.root.get("namespace")
        self.import_names: dict[str, str] = {}

    def definitions(self) -> Definitions:
        root = self.document.root
        self._check_ids()
        self._check_kinds()
        self._need(root, "name")
        self._need(root, "namespace")
        imports = tuple(
            Import(each.get("name"), each.get("namespace"))
            for each in root.all("import")
            if "PMML" not in each.get("importType")
        )
        self.import_names = {each.namespace: each.name for each in imports}
        types = {each.get("name"): self._item_definition(each) for each in root.all("itemDefinition")}
        elements: dict[str, DrgElement] = {}
        for element in root.children:
            read_element = _DRG_ELEMENTS.get(element.kind)
            if read_element is not None:
                found = read_element(self, element)
                elements[found.id or f"#{len(elements)}"] = found
        if self.findings:
            raise InvalidDmnError(UNREADABLE, self.findings)
        return Definitions(
            id=root.id,
            name=root.get("name"),
            namespace=self.namespace,
            resource_name=self.resource_name,
            version=self.document.version,
            imports=imports,
            types=types,
            elements=elements,
        )

    # Faults

    def _fault(self, element: Element, message: str, rule: str) -> None:
        self.findings.append(Finding(message=message, element=element.path(), line=element.line, rule=rule))

    def _check_ids(self) -> None:
        lines: dict[str, int] = {}
        for element in self.document.root.walk():
            if element.id and not element.kind.startswith("{"):
                if element.id in lines:
                    self._fault(
                        element, f"The id '{element.id}' is already used in line {lines[element.id]}.", "unique-id"
                    )
                else:
                    lines[element.id] = element.line
                if _ID.fullmatch(element.id) is None:
                    self._fault(element, f"Expected an id without blanks and colons, but was '{element.id}'.", "id")
            elif "id" in element.attributes and not element.kind.startswith("{"):
                self._fault(element, "Expected an id that is not empty.", "id")

    def _check_kinds(self) -> None:
        """Nobody but DMN may put elements into its namespace."""
        known = KINDS if self.document.version >= "1.4" else KINDS - KINDS_SINCE_1_4
        for element in self.document.root.walk():
            if element.kind[:1] != "{" and ":" not in element.kind and element.kind not in known:
                self._fault(element, f"Expected an element of DMN, but found '{element.kind}'.", "element")

    def _need(self, element: Element, attribute: str) -> str:
        if attribute not in element.attributes:
            self._fault(
                element, f"Expected an attribute '{attribute}' of '{element.kind}', but there is none.", "attribute"
            )
        return element.get(attribute)

    # Types

    def _type_ref(self, text: str) -> str:
        """The name of a type; in DMN 1.1 it has the prefix of its namespace, later that of the import."""
        text = text.strip()
        prefix, colon, name = text.partition(":")
        if not colon:
            return text
        namespace = self.document.prefixes.get(prefix, "")
        if self.import_names.get(namespace):
            return f"{self.import_names[namespace]}.{name}"
        return name

    def _item_definition(self, element: Element) -> ItemDefinition:
        self._need(element, "name")
        type_ref = element.child("typeRef")
        function = element.child("functionItem")
        return ItemDefinition(
            name=element.get("name"),
            type_ref=self._type_ref(type_ref.text if type_ref is not None else element.get("typeRef")),
            is_collection=element.get("isCollection") in {"true", "1"},
            components=tuple(self._item_definition(each) for each in element.all("itemComponent")),
            allowed_values=self._optional_tests(element.child("allowedValues")),
            constraint=self._optional_tests(element.child("typeConstraint")),
            function=self._function_item(function) if function is not None else None,
        )

    def _function_item(self, element: Element) -> FunctionItem:
        return FunctionItem(self._parameters(element, "parameters"), self._type_ref(element.get("outputTypeRef")))

    def _parameters(self, element: Element, kind: str) -> tuple[Parameter, ...]:
        return tuple(Parameter(each.get("name"), self._type_ref(each.get("typeRef"))) for each in element.all(kind))

    # Elements of the requirements graph

    def _variable(self, element: Element) -> tuple[str, str]:
        variable = element.child("variable")
        if variable is None:
            return "", ""
        return variable.get("name"), self._type_ref(variable.get("typeRef"))

    def _reference(self, element: Element) -> Reference:
        href = self._need(element, "href")
        namespace, hash_sign, target = href.rpartition("#")
        is_input = element.kind == "requiredInput"
        if not hash_sign:
            return Reference("", href, element.line, is_input)
        return Reference("" if namespace == self.namespace else namespace, target, element.line, is_input)

    def _references(self, element: Element, kind: str) -> tuple[Reference, ...]:
        return tuple(self._reference(each) for each in element.all(kind))

    def _requirements(self, element: Element, kind: str, *targets: str) -> tuple[Reference, ...]:
        return tuple(
            self._reference(target)
            for requirement in element.all(kind)
            for target in requirement.children
            if target.kind in targets
        )

    def _input_data(self, element: Element) -> InputData:
        name, type_ref = self._variable(element)
        return InputData(element.id, name or self._need(element, "name"), type_ref)

    def _decision(self, element: Element) -> Decision:
        variable, type_ref = self._variable(element)
        extensions = element.child("extensionElements")
        tag = extensions.child("zeebe:versionTag") if extensions is not None else None
        return Decision(
            id=element.id,
            name=self._need(element, "name"),
            variable=variable,
            type_ref=type_ref,
            logic=self._expression_in(element),
            required=self._requirements(element, "informationRequirement", "requiredDecision", "requiredInput"),
            knowledge=self._requirements(element, "knowledgeRequirement", "requiredKnowledge"),
            version_tag=tag.get("value") if tag is not None else "",
            line=element.line,
        )

    def _business_knowledge_model(self, element: Element) -> BusinessKnowledgeModel:
        name, type_ref = self._variable(element)
        logic = element.child("encapsulatedLogic")
        return BusinessKnowledgeModel(
            id=element.id,
            name=self._need(element, "name") or name,
            type_ref=type_ref,
            function=self._function_definition(logic) if logic is not None else None,
            knowledge=self._requirements(element, "knowledgeRequirement", "requiredKnowledge"),
            line=element.line,
        )

    def _decision_service(self, element: Element) -> DecisionService:
        _, type_ref = self._variable(element)
        return DecisionService(
            id=element.id,
            name=self._need(element, "name"),
            type_ref=type_ref,
            output_decisions=self._references(element, "outputDecision"),
            encapsulated_decisions=self._references(element, "encapsulatedDecision"),
            input_decisions=self._references(element, "inputDecision"),
            input_data=self._references(element, "inputData"),
            line=element.line,
        )

    # Expressions

    def _expression_in(self, element: Element) -> Expression | None:
        """The expression directly inside an element, if there is one."""
        for child in element.children:
            if child.kind in _EXPRESSIONS:
                return self._expression(child)
        return None

    def _expression(self, element: Element) -> Expression:
        return _EXPRESSIONS[element.kind](self, element)

    def _head(self, element: Element) -> dict[str, str | int]:
        type_ref = element.attributes.get("typeRef")
        if type_ref is None:
            child = element.child("typeRef")
            type_ref = child.text if child is not None else ""
        return {"id": element.id, "type_ref": self._type_ref(type_ref), "line": element.line}

    def _text(self, element: Element) -> str:
        text = element.child("text")
        return text.text.strip(_BLANKS) if text is not None else ""

    def _literal(self, element: Element) -> LiteralExpression:
        return LiteralExpression(
            text=self._text(element),
            language=element.get("expressionLanguage"),
            has_text=element.child("text") is not None,
            **self._head(element),  # type: ignore[arg-type]
        )

    def _tests(self, element: Element) -> UnaryTests:
        return UnaryTests(
            text=self._text(element), language=element.get("expressionLanguage"), id=element.id, line=element.line
        )

    def _optional_tests(self, element: Element | None) -> UnaryTests | None:
        return self._tests(element) if element is not None and self._text(element).strip() else None

    def _decision_table(self, element: Element) -> DecisionTable:
        inputs = tuple(self._input(each) for each in element.all("input"))
        outputs = tuple(self._output(each) for each in element.all("output"))
        if not outputs:
            self._fault(element, "Expected at least one output of the decision table, but there is none.", "table")
        rules = []
        for each in element.all("rule"):
            tests = tuple(self._tests(entry) for entry in each.all("inputEntry"))
            results = tuple(self._literal(entry) for entry in each.all("outputEntry"))
            rules.append(TableRule(each.id, tests, results, each.line))
        return DecisionTable(
            hit_policy=self._hit_policy(element),
            aggregation=self._aggregation(element),
            inputs=inputs,
            outputs=outputs,
            rules=tuple(rules),
            **self._head(element),  # type: ignore[arg-type]
        )

    def _hit_policy(self, element: Element) -> HitPolicy:
        text = element.get("hitPolicy", "UNIQUE").replace("_", " ")
        try:
            return HitPolicy(text)
        except ValueError:
            self._fault(element, f"Expected a hit policy of DMN, but was '{text}'.", "table")
            return HitPolicy.UNIQUE

    def _aggregation(self, element: Element) -> Aggregation | None:
        text = element.get("aggregation")
        try:
            return Aggregation(text) if text else None
        except ValueError:
            self._fault(element, f"Expected the aggregation SUM, COUNT, MIN or MAX, but was '{text}'.", "table")
            return None

    def _input(self, element: Element) -> Input:
        expression = element.child("inputExpression")
        if expression is None:
            self._fault(element, "Expected an input expression, but there is none.", "table")
            expression = element
        return Input(
            element.id,
            element.get("label"),
            self._literal(expression),
            self._optional_tests(element.child("inputValues")),
        )

    def _output(self, element: Element) -> Output:
        default = element.child("defaultOutputEntry")
        return Output(
            id=element.id,
            name=element.get("name"),
            label=element.get("label"),
            type_ref=self._type_ref(element.get("typeRef")),
            values=self._optional_tests(element.child("outputValues")),
            default=self._literal(default) if default is not None else None,
        )

    def _context(self, element: Element) -> Context:
        entries = []
        for each in element.all("contextEntry"):
            name, type_ref = self._variable(each)
            entries.append(ContextEntry(name, type_ref, self._expression_in(each)))
        return Context(entries=tuple(entries), **self._head(element))  # type: ignore[arg-type]

    def _list(self, element: Element) -> ListExpression:
        items = tuple(self._expression(each) for each in element.children if each.kind in _EXPRESSIONS)
        return ListExpression(items=items, **self._head(element))  # type: ignore[arg-type]

    def _relation(self, element: Element) -> Relation:
        columns = element.all("column")
        rows = tuple(
            tuple(self._expression(each) for each in row.children if each.kind in _EXPRESSIONS)
            for row in element.all("row")
        )
        return Relation(
            columns=tuple(each.get("name") for each in columns),
            column_types=tuple(self._type_ref(each.get("typeRef")) for each in columns),
            rows=rows,
            **self._head(element),  # type: ignore[arg-type]
        )

    def _function_definition(self, element: Element) -> FunctionDefinition:
        text = element.get("kind", "FEEL")
        kinds = {kind.value.upper(): kind for kind in FunctionKind}
        if text.upper() not in kinds:
            self._fault(element, f"Expected a function of kind FEEL, Java or PMML, but was '{text}'.", "function")
        return FunctionDefinition(
            kind=kinds.get(text.upper(), FunctionKind.FEEL),
            parameters=self._parameters(element, "formalParameter"),
            body=self._expression_in(element),
            **self._head(element),  # type: ignore[arg-type]
        )

    def _invocation(self, element: Element) -> Invocation:
        bindings = []
        for each in element.all("binding"):
            parameter = each.child("parameter")
            bindings.append(Binding(parameter.get("name") if parameter is not None else "", self._expression_in(each)))
        return Invocation(
            function=self._expression_in(element),
            bindings=tuple(bindings),
            **self._head(element),  # type: ignore[arg-type]
        )

    def _part(self, element: Element, kind: str) -> Expression | None:
        part = element.child(kind)
        return self._expression_in(part) if part is not None else None

    def _conditional(self, element: Element) -> Conditional:
        return Conditional(
            condition=self._part(element, "if"),
            then=self._part(element, "then"),
            otherwise=self._part(element, "else"),
            **self._head(element),  # type: ignore[arg-type]
        )

    def _filter(self, element: Element) -> Filter:
        return Filter(
            collection=self._part(element, "in"),
            match=self._part(element, "match"),
            **self._head(element),  # type: ignore[arg-type]
        )

    def _for(self, element: Element) -> For:
        return For(
            variable=element.get("iteratorVariable"),
            collection=self._part(element, "in"),
            body=self._part(element, "return"),
            **self._head(element),  # type: ignore[arg-type]
        )

    def _quantified(self, element: Element) -> Quantified:
        return Quantified(
            every=element.kind == "every",
            variable=element.get("iteratorVariable"),
            collection=self._part(element, "in"),
            condition=self._part(element, "satisfies"),
            **self._head(element),  # type: ignore[arg-type]
        )


_DRG_ELEMENTS: Final[dict[str, Callable[[_Reader, Element], DrgElement]]] = {
    "inputData": _Reader._input_data,
    "decision": _Reader._decision,
    "businessKnowledgeModel": _Reader._business_knowledge_model,
    "decisionService": _Reader._decision_service,
}

_EXPRESSIONS: Final[dict[str, Callable[[_Reader, Element], Expression]]] = {
    "literalExpression": _Reader._literal,
    "decisionTable": _Reader._decision_table,
    "context": _Reader._context,
    "list": _Reader._list,
    "relation": _Reader._relation,
    "functionDefinition": _Reader._function_definition,
    "invocation": _Reader._invocation,
    "conditional": _Reader._conditional,
    "filter": _Reader._filter,
    "for": _Reader._for,
    "some": _Reader._quantified,
    "every": _Reader._quantified,
}
