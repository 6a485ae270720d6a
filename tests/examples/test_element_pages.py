"""The pages of docs/reference/elements are whole and true: sections, pictures, examples that run, every attribute, every link."""

from __future__ import annotations

import ast
import hashlib
import re
from pathlib import Path

import pytest

from kiang.bpmn.reader import read
from kiang.engine.coverage import ELEMENTS, EVENTS, POSITIONS, page
from kiang.protocol.enums import ErrorType

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs/reference/elements"
PAGES = sorted(path for path in FOLDER.glob("*.md") if path.stem != "README")
READER = ROOT / "src/kiang/bpmn"

TESTS = ROOT / "tests/unit/engine/elements"

TESTED_AS = {"multi-instance": "multi_instance_body", "messages": "message_events"}
"""Pages whose tests have the name of the engine's part."""

SECTIONS = ["What it does", "Attributes", "Incidents", "Example"]
FURTHER_SECTIONS = ["Differences from Zeebe", "See also"]

NOT_OF_PAGES = {"id", "name", "extensionElements"}
"""What every element has."""


def text_of(name: str) -> str:
    return (FOLDER / f"{name}.md").read_text(encoding="utf-8")


def by_name(pages: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("name", [path.stem for path in pages])


@by_name(PAGES)
def test_the_example_of_a_page_does_what_the_page_says(name, monkeypatch):
    blocks = re.findall(r"^```python\n(.*?)^```", text_of(name), re.MULTILINE | re.DOTALL)
    monkeypatch.chdir(FOLDER)

    for number, block in enumerate(blocks, 1):
        exec(compile(block, f"{name}.md, block {number}", "exec", dont_inherit=True), {})  # noqa: S102 - our own pages

    assert any(f'deploy("examples/{name}.bpmn")' in block for block in blocks)
    assert all("assert" in block for block in blocks)


@by_name(PAGES)
def test_an_element_with_a_page_has_tests_of_its_rules(name):
    file = TESTS / f"test_{TESTED_AS.get(name, name.replace('-', '_'))}.py"

    assert "\ndef test_" in file.read_text(encoding="utf-8")


@by_name(PAGES)
def test_a_page_has_its_sections_and_a_picture_of_its_example(name):
    text = text_of(name)

    sections = re.findall(r"^## (.*)$", text, re.MULTILINE)

    assert sections[: len(SECTIONS)] == SECTIONS
    assert [each for each in FURTHER_SECTIONS if each in sections] == sections[len(SECTIONS) :]
    assert re.search(rf"^!\[.+\]\(pictures/{name}\.svg\)$", text, re.MULTILINE)
    assert f"(examples/{name}.bpmn)" in text


@by_name(PAGES)
def test_a_picture_is_drawn_from_the_example_as_it_is(name):
    example = (FOLDER / "examples" / f"{name}.bpmn").read_bytes()
    picture = (FOLDER / "pictures" / f"{name}.svg").read_text(encoding="utf-8")

    shown = set(re.findall(r'data-element-id="([^"]*)"', picture))
    drawn = set(re.findall(rb'bpmnElement="([^"]*)"', example)) - set(
        re.findall(rb'<bpmn:process id="([^"]*)"', example)
    )

    assert f"sha256 {hashlib.sha256(example).hexdigest()} " in picture.splitlines()[0], "run: make pictures"
    assert {each.decode() for each in drawn} <= shown


@by_name(PAGES)
def test_everything_in_an_example_has_a_place_in_its_diagram(name):
    content = (FOLDER / "examples" / f"{name}.bpmn").read_bytes()

    (process,) = read(f"{name}.bpmn", content, now_ms=0)

    placed = {each.decode() for each in re.findall(rb'bpmnElement="([^"]*)"', content)}
    assert {id_ for id_ in process.nodes if "#" not in id_} | set(process.flows) <= placed | {process.id}


def test_there_is_nothing_without_a_page():
    names = {path.stem for path in PAGES}

    examples = {path.stem for path in (FOLDER / "examples").glob("*.bpmn")}
    pictures = {path.stem for path in (FOLDER / "pictures").glob("*.svg")}
    listed = re.findall(r"^\| \[.+\]\((.+)\.md\)", text_of("README"), re.MULTILINE)

    assert examples == pictures == names
    assert sorted(listed) == sorted(names)


@pytest.mark.parametrize(
    "source", [*PAGES, FOLDER / "README.md", ROOT / "docs/reference/bpmn-coverage.md"], ids=lambda path: path.stem
)
def test_links_lead_somewhere(source):
    links = [
        link for link in re.findall(r"\]\(([^)#]+)[^)]*\)", source.read_text(encoding="utf-8")) if "://" not in link
    ]

    assert links
    assert [link for link in links if not (source.parent / link).exists()] == []


def test_every_supported_element_of_the_coverage_links_to_its_page():
    rows = [line for line in page().splitlines() if line.endswith((" yes |", " no |"))]

    unlinked = [row for row in rows if " yes |" in row and "](elements/" not in row]

    without_effect = {element.name for element in ELEMENTS["Without effect on the execution"]}
    assert {row.strip("| ").split(" |")[0] for row in unlinked} <= without_effect
    assert len(rows) == sum(map(len, ELEMENTS.values())) + len(EVENTS)
    assert all(f"[{position}](elements/" in page() or ", non-interrupting" in position for position in POSITIONS)


def test_every_attribute_that_the_reader_reads_is_explained():
    tables = "\n".join(
        text_of(path.stem).partition("\n## Attributes\n")[2].partition("\n## Incidents\n")[0] for path in PAGES
    )
    explained = set(re.findall(r"[\w:]+", " ".join(re.findall(r"^\| (.+?) \|", tables, re.MULTILINE))))

    names = {name for file in READER.glob("*.py") for name in _names_read(file.read_text(encoding="utf-8"))}

    assert {"type", "inputCollection", "zeebe:taskDefinition", "propagateAllChildVariables", "versionTag"} <= names
    assert sorted(names - explained - NOT_OF_PAGES) == []


def test_incidents_are_of_types_that_exist_and_every_type_is_on_a_page():
    tables = "\n".join(text_of(path.stem).partition("\n## Incidents\n")[2].partition("\n## ")[0] for path in PAGES)

    named = set(re.findall(r"^\| `(\w+)` \|", tables, re.MULTILINE))

    of_no_element = {ErrorType.UNKNOWN, ErrorType.MESSAGE_SIZE_EXCEEDED}
    assert named == {str(each) for each in ErrorType if each not in of_no_element}


def _names_read(source: str) -> set[str]:
    """Attributes and extension elements that a part of the reader asks an element of a file for."""
    asking = {"get", "flag", "optional", "_optional_in", "_list_in", "extension", "extensions", "all", "child"}
    found = set()
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in asking:
            texts = [each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
            found.update(text for text in texts[:1] if text and (name != "all" or text.startswith("zeebe:")))
    return found
