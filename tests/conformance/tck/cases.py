"""The test cases of the DMN Technology Compatibility Kit, and what became of them.

A folder of the kit has folders of cases, each with models (`*.dmn`) and files of tests (`*.xml`) beside them; see
https://github.com/dmn-tck/tck. A case is one result node: one decision, or one output of a decision service, that must
have one value.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from kiang import dmn
from kiang.errors import KiangError
from kiang.feel import Dialect
from kiang.feel.temporal import (
    parse_date,
    parse_date_time,
    parse_duration,
    parse_time,
)
from kiang.feel.values import text_of

_TESTCASE = "{http://www.omg.org/spec/DMN/20160719/testcase}"
_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
_PRECISION = Decimal("1e-8")
"""Numbers of the kit are given with this precision, since many are not exact."""


@dataclass(frozen=True, slots=True)
class Case:
    """One result that is expected."""

    file: Path
    model: str
    test_id: str
    service: str
    result_name: str
    inputs: dict[str, dict[str, Any]]
    expected: Any
    description: str = ""

    @property
    def id(self) -> str:
        """Folder, test and result node."""
        return f"{self.file.parent.parent.name}/{self.file.stem}::{self.test_id}::{self.result_name}"


@dataclass(slots=True)
class Verdict:
    """What became of a case; nothing in `reason` if it passed."""

    case: Case
    actual: Any = None
    reason: str = ""
    problems: tuple[str, ...] = field(default_factory=tuple)


def find_cases(folder: Path) -> Iterator[Case]:
    """All cases below a folder, in order of their paths."""
    for file in sorted(folder.rglob("*.xml")):
        root = ET.parse(file).getroot()  # noqa: S314 - files of the kit, not of strangers
        if root.tag == f"{_TESTCASE}testCases":
            yield from _cases_of(file, root)


def _cases_of(file: Path, root: ET.Element) -> Iterator[Case]:
    model = root.findtext(f"{_TESTCASE}modelName", "").strip()
    for test in root.iter(f"{_TESTCASE}testCase"):
        inputs: dict[str, dict[str, Any]] = {}
        for node in test.findall(f"{_TESTCASE}inputNode"):
            inputs.setdefault(node.get("namespace", ""), {})[node.get("name", "")] = _value(node)
        for node in test.findall(f"{_TESTCASE}resultNode"):
            expected = node.find(f"{_TESTCASE}expected")
            yield Case(
                file=file,
                model=model,
                test_id=test.get("id", ""),
                service=test.get("invocableName", ""),
                result_name=node.get("name", ""),
                inputs=inputs,
                expected=_value(expected) if expected is not None else None,
                description=(test.findtext(f"{_TESTCASE}description") or "").strip(),
            )


def _value(node: ET.Element) -> Any:
    """The value that an element of the kit holds: one value, a list, or components."""
    items = node.find(f"{_TESTCASE}list")
    if items is not None:
        return [_value(item) for item in items.findall(f"{_TESTCASE}item")]
    components = node.findall(f"{_TESTCASE}component")
    if components:
        return {component.get("name", ""): _value(component) for component in components}
    value = node.find(f"{_TESTCASE}value")
    if value is None or value.get(f"{_XSI}nil") in {"true", "1"}:
        return None
    return _READERS.get(value.get(f"{_XSI}type", "").rpartition(":")[2], str)(value.text or "")


def _read_number(text: str) -> Any:
    number = Decimal(text.strip())
    return int(number) if number == number.to_integral_value() and "E" not in str(number) else number


def _read_date_time(text: str) -> Any:
    text = text.strip()
    return parse_date_time(text) if "T" in text else parse_date(text)


_READERS: dict[str, Any] = {
    "string": lambda text: text,
    "boolean": lambda text: text.strip() in {"true", "1"},
    **dict.fromkeys(["decimal", "double", "integer", "int", "long", "float"], _read_number),
    "date": lambda text: parse_date(text.strip()),
    "dateTime": _read_date_time,
    "time": lambda text: parse_time(text.strip()),
    **dict.fromkeys(["duration", "dayTimeDuration", "yearMonthDuration"], lambda text: parse_duration(text.strip())),
}


class Runner:
    """Runs cases; models are compiled once."""

    def __init__(self) -> None:
        self._models: dict[tuple[Path, str], dmn.DecisionModel | str] = {}

    def run(self, case: Case) -> Verdict:
        """Evaluate and compare."""
        verdict = Verdict(case)
        model = self._model(case)
        if isinstance(model, str):
            verdict.reason = model
            return verdict
        try:
            own = dict(case.inputs.get("", {}))
            by_namespace = {namespace: values for namespace, values in case.inputs.items() if namespace}
            own.update(by_namespace.pop(model.definitions.namespace, {}))
            if case.service:
                found = model.evaluate(case.service, own, by_namespace=by_namespace)
                actual = found.values.get(case.result_name, found.output)
            else:
                found = model.evaluate(case.result_name, own, by_namespace=by_namespace)
                actual = found.output
        except KeyError:
            verdict.reason = "no such decision"
            return verdict
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the verdict
            verdict.reason = f"{type(error).__name__}: {error}"
            return verdict
        verdict.actual = actual
        verdict.problems = tuple(problem.message for problem in found.problems)
        if not same(case.expected, actual):
            verdict.reason = f"expected {text_of(case.expected)}, but was {text_of(actual)}"
        return verdict

    def _model(self, case: Case) -> dmn.DecisionModel | str:
        folder = case.file.parent
        key = (folder, case.model)
        if key not in self._models:
            try:
                definitions = {
                    path.name: dmn.read(path.name, path.read_bytes()) for path in sorted(folder.glob("*.dmn"))
                }
                own = definitions.pop(case.model)
                self._models[key] = dmn.compile(own, definitions.values(), dialect=Dialect.DMN, in_spite_of_faults=True)
            except (KiangError, KeyError) as error:
                findings = "; ".join(each.message for each in getattr(error, "findings", ())) or str(error)
                self._models[key] = f"cannot be read: {findings}"
        return self._models[key]


def same(expected: Any, actual: Any) -> bool:
    """Say whether a result is the expected one, numbers to the precision of the kit."""
    if isinstance(expected, bool) or isinstance(actual, bool):
        return expected is actual
    if isinstance(expected, int | Decimal):
        return isinstance(actual, int | Decimal) and abs(Decimal(expected) - Decimal(actual)) <= _PRECISION
    if isinstance(expected, list):
        return isinstance(actual, list) and len(expected) == len(actual) and all(map(same, expected, actual))
    if isinstance(expected, dict):
        return (
            isinstance(actual, dict)
            and expected.keys() == actual.keys()
            and all(same(value, actual[name]) for name, value in expected.items())
        )
    return type(expected) is type(actual) and expected == actual
