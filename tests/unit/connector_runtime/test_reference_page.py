"""The reference page names every setting, variable, option, metric and path that the runtime has."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
import typer.main

from kiang.cli.connectors import app
from kiang.connector_runtime.metrics import RuntimeMetrics
from kiang.connector_runtime.settings import Settings

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "reference" / "connector-runtime.md").read_text("utf-8")
RUNTIME = ROOT / "src" / "kiang" / "connector_runtime"
SOURCES = [*RUNTIME.rglob("*.py"), ROOT / "src" / "kiang" / "cli" / "connectors.py"]

READ = re.compile(r"""(?:environ|known|env)(?:\.get\(|\[)\s*f?["']([A-Z][A-Z0-9_]+)""")
NAMED = re.compile(r"""["']((?:KIANG|VAULT|CONNECTOR_(?:IN|OUT)BOUND)_[A-Z0-9_]+)["']""")
OPTIONS_OF_EVERY_COMMAND = {"--help", "--address", "--rest-address"}


def variables() -> list[str]:
    found: set[str] = set()
    for path in SOURCES:
        text = path.read_text("utf-8")
        found.update(READ.findall(text), NAMED.findall(text))
        if "KIANG_CAMUNDA7_{name}" in text:
            found.update(f"KIANG_CAMUNDA7_{name}" for name in re.findall(r'\btext\("([A-Z_]+)"\)', text))
        found.update(f"…_{name}" for name in re.findall(r'base \+ "([A-Z]+)"', text) if name != "ENABLED")
    return sorted(name for name in found if not name.endswith("_"))  # a part of a name is completed elsewhere


def test_variables_are_found() -> None:
    assert {"KIANG_CAMUNDA7_PASSWORD", "VAULT_TOKEN", "KIANG_SECRETS_FILE", "…_PREFIX"} <= set(variables())


@pytest.mark.parametrize("name", variables())
def test_every_variable_is_documented(name: str) -> None:
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize("field", dataclasses.fields(Settings), ids=lambda field: field.name)
def test_every_switch_is_documented(field: dataclasses.Field[object]) -> None:
    assert f"| `{field.name}` |" in PAGE


def test_every_option_is_documented() -> None:
    command = typer.main.get_command(app).commands["run"]  # type: ignore[attr-defined]
    options = {name for parameter in command.params for name in parameter.opts if name.startswith("--")}

    assert not [name for name in sorted(options - OPTIONS_OF_EVERY_COMMAND) if f"`{name}" not in PAGE]


def test_every_metric_is_documented() -> None:
    names = {metric.name for metric in RuntimeMetrics().registry.collect()}

    assert names
    assert not [name for name in names if f"`{name}" not in PAGE]


def test_every_path_is_documented() -> None:
    paths = re.findall(r'Route\("([^"]+)"', (RUNTIME / "server.py").read_text("utf-8"))
    shortened = {path: f"`…/{path.rpartition('/')[2]}`" for path in paths}

    assert len(paths) > 10
    assert not [p for p in paths if f"`{p.replace(':path', '')}`" not in PAGE and shortened[p] not in PAGE]
