"""Every connector folder has the same shape, sees the SDK and its vendor's library only, and costs nothing to import."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import tomllib
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONNECTORS = ROOT / "src" / "kiang" / "connectors"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
ENTRY_POINTS: dict[str, str] = PROJECT["entry-points"]["kiang.connectors"]
FOLDERS = sorted(ENTRY_POINTS)
FILES = ("__init__.py", "README.md", "connector.py", "example.bpmn", "icon.svg", "template.json")
SEEN = ("kiang.connector_sdk", "kiang.errors", "kiang.feel")
ANYWHERE = frozenset({"aiohttp", "pydantic"})
"""Packages that Kiang itself needs, so that a connector may import them at its top: everything else waits for the first call."""

ICON_SIZE_MAX_BYTES = 3_000
DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
MODEL = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"


@pytest.mark.parametrize("name", FOLDERS)
def test_a_folder_holds_what_every_connector_has(name):
    missing = [file for file in FILES if not (CONNECTORS / name / file).is_file()]

    assert missing == []
    assert ENTRY_POINTS.get(name, "").startswith(f"kiang.connectors.{name}:")


def test_every_folder_with_a_page_has_its_entry_point():
    assert sorted(path.parent.name for path in CONNECTORS.glob("*/README.md")) == FOLDERS


@pytest.mark.parametrize("name", FOLDERS)
def test_the_page_says_what_goes_in_what_comes_out_and_what_is_otherwise(name):
    text = (CONNECTORS / name / "README.md").read_text("utf-8")

    assert text.startswith("# ")
    template = json.loads((CONNECTORS / name / "template.json").read_text("utf-8"))
    first = (template if isinstance(template, list) else [template])[0]["properties"][0]
    assert first["value"] in text, "the type"
    assert "| input |" in text or "| property |" in text or "| operation |" in text
    assert "result" in text.lower() or "event" in text.lower()
    assert "rror" in text or "| property |" in text
    if name != "http_json":
        assert "Camunda" in text, "what is otherwise than there"


@pytest.mark.parametrize("name", FOLDERS)
def test_the_icon_is_small_and_18_by_18(name):
    content = (CONNECTORS / name / "icon.svg").read_bytes()
    icon = ET.fromstring(content)

    assert len(content) <= ICON_SIZE_MAX_BYTES
    assert (icon.get("width"), icon.get("height")) == ("18", "18")


@pytest.mark.parametrize("name", FOLDERS)
def test_the_example_is_drawn_and_run_by_a_test(name):
    root = ET.parse(CONNECTORS / name / "example.bpmn").getroot()
    drawn = {shape.get("bpmnElement") for shape in (*root.iter(f"{DI}BPMNShape"), *root.iter(f"{DI}BPMNEdge"))}
    process = root.find(f"{MODEL}process")
    assert process is not None
    elements = {child.get("id") for child in process if child.tag.startswith(MODEL) and child.get("id")}

    assert elements <= drawn
    tests = (ROOT / "tests" / "integration" / "connectors").glob("test_*.py")
    assert any(f'example_of("{name}"' in path.read_text("utf-8").replace("\n", "").replace(" ", "") for path in tests)


@pytest.mark.parametrize("name", FOLDERS)
def test_a_connector_imports_the_sdk_and_nothing_of_others(name):
    own = f"kiang.connectors.{name}"
    for path in (CONNECTORS / name).rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        for node in ast.walk(tree):
            for module in _modules(node):
                if module.partition(".")[0] == "kiang":
                    assert any(module == seen or module.startswith(f"{seen}.") for seen in (*SEEN, own)), module
        for module in (m for node in tree.body for m in _modules(node)):
            top = module.partition(".")[0]
            assert top in sys.stdlib_module_names or top == "kiang" or top in ANYWHERE, (
                f"{module} at the top of {path.name}"
            )


def _modules(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
        if node.module in {"kiang", "kiang.connectors"}:
            return [f"{node.module}.{alias.name}" for alias in node.names]
        return [node.module]
    return []


def test_importing_all_connectors_loads_no_library_of_a_vendor():
    script = """
import json, sys
import kiang.connector_sdk, kiang.connector_sdk.http, kiang.connector_sdk.inbound, kiang.connector_sdk.feel, pydantic
known = set(sys.modules)
for name in sys.argv[1:]:
    __import__(f"kiang.connectors.{name}")
tops = {m.partition(".")[0] for m in set(sys.modules) - known}
print(json.dumps(sorted(t for t in tops if t not in sys.stdlib_module_names and t != "kiang")))
"""
    done = subprocess.run([sys.executable, "-c", script, *FOLDERS], capture_output=True, text=True, check=True)

    assert json.loads(done.stdout) == []
