"""Small DMN files for tests."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape

from kiang import dmn
from kiang.dmn import DecisionModel, Definitions

V13 = "https://www.omg.org/spec/DMN/20191111/MODEL/"
V15 = "https://www.omg.org/spec/DMN/20230324/MODEL/"


def file(content: str, *, version: str = V15, namespace: str = "urn:test", prefixes: str = "") -> bytes:
    """A file with these elements."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><definitions xmlns="{version}" id="g" name="g" '
        f'namespace="{namespace}" {prefixes}>{content}</definitions>'
    ).encode()


def definitions(content: str, *, version: str = V15, namespace: str = "urn:test") -> Definitions:
    """A file, read."""
    return dmn.read("test.dmn", file(content, version=version, namespace=namespace))


def model(content: str, *imports: Definitions, version: str = V15) -> DecisionModel:
    """A file, read and compiled."""
    return dmn.compile(definitions(content, version=version), imports)


def id_of(name: str) -> str:
    """The id of what has that name."""
    return re.sub(r"\W", "_", name)


def decision(logic: str, *, name: str = "d", requires: tuple[str, ...] = (), type_ref: str = "") -> str:
    """A decision; `requires` are ids with a mark in front: `!` for a decision, `?` for input data, `$` for knowledge."""
    tags = {"!": "requiredDecision", "?": "requiredInput", "$": "requiredKnowledge"}
    requirements = "".join(
        f"<{kind}><{tags[each[0]]} href='#{id_of(each[1:])}'/></{kind}>"
        for each in requires
        for kind in ["knowledgeRequirement" if each[0] == "$" else "informationRequirement"]
    )
    return (
        f'<decision id="{id_of(name)}" name="{name}"><variable name="{name}" typeRef="{type_ref}"/>'
        f"{requirements}{logic}</decision>"
    )


def literal(text: str, type_ref: str = "") -> str:
    """A literal expression."""
    return f'<literalExpression typeRef="{type_ref}"><text>{escape(text)}</text></literalExpression>'


def input_data(name: str, type_ref: str = "") -> str:
    """Input data."""
    return f'<inputData id="{id_of(name)}" name="{name}"><variable name="{name}" typeRef="{type_ref}"/></inputData>'


def table(
    rules: list[tuple[list[str], list[str]]],
    *,
    hit_policy: str = "UNIQUE",
    aggregation: str = "",
    inputs: tuple[str, ...] = ("x",),
    outputs: tuple[str, ...] = ("o",),
    output_values: str = "",
    default: str = "",
) -> str:
    """A decision table."""
    values = f"<outputValues><text>{escape(output_values)}</text></outputValues>" if output_values else ""
    default_entry = f"<defaultOutputEntry><text>{escape(default)}</text></defaultOutputEntry>" if default else ""
    return (
        f'<decisionTable hitPolicy="{hit_policy}"'
        + (f' aggregation="{aggregation}"' if aggregation else "")
        + ">"
        + "".join(f"<input><inputExpression><text>{escape(each)}</text></inputExpression></input>" for each in inputs)
        + "".join(f'<output name="{each}">{values}{default_entry}</output>' for each in outputs)
        + "".join(
            f'<rule id="r{number}">'
            + "".join(f"<inputEntry><text>{escape(each)}</text></inputEntry>" for each in tests)
            + "".join(f"<outputEntry><text>{escape(each)}</text></outputEntry>" for each in results)
            + "</rule>"
            for number, (tests, results) in enumerate(rules, 1)
        )
        + "</decisionTable>"
    )
