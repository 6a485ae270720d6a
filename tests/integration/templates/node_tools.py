"""Camunda's tools for connector templates, installed from npm into `build/template_tools` once."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.shared_material import ROOT

FOLDER = Path(__file__).parent
INSTALLED = ROOT / "build" / "template_tools"
INSTALL_SECONDS_MAX = 300
RUN_SECONDS_MAX = 240


@dataclass(frozen=True)
class NodeTools:
    """Runs scripts of this folder where the packages are.

    Attributes:
        scratch: For what goes in and comes out.
    """

    scratch: Path

    def run(self, script: str, given: Any) -> list[Any]:
        """The results of a script, one for each thing that is given."""
        given_file, results_file = self.scratch / "given.json", self.scratch / "results.json"
        given_file.write_text(json.dumps(given))
        results_file.unlink(missing_ok=True)
        command = ["node", script, str(given_file), str(results_file)]
        done = subprocess.run(
            command, check=False, cwd=INSTALLED, timeout=RUN_SECONDS_MAX, capture_output=True, text=True
        )
        assert results_file.exists(), done.stderr[-3_000:]
        results: list[Any] = json.loads(results_file.read_text())
        assert len(results) == len(given)
        return results

    def faults(self, templates: Sequence[Mapping[str, Any]]) -> list[list[str]]:
        """What the published JSON schema has against each template."""
        return self.run("validate.mjs", templates)

    def published(self) -> list[Mapping[str, Any]]:
        """The newest version of every template that Camunda publishes."""
        newest: dict[str, Mapping[str, Any]] = {}
        source = INSTALLED / "node_modules" / "@camunda" / "connectors-element-templates" / "src" / "element-templates"
        for path in sorted(source.glob("*.json")):
            content = json.loads(path.read_text("utf-8"))
            for template in content if isinstance(content, list) else [content]:
                known = newest.get(template["id"])
                if known is None or known.get("version", 0) < template.get("version", 0):
                    newest[template["id"]] = template
        return list(newest.values())


def installed(scratch: Path) -> NodeTools:
    """The tools; skips with the reason where they cannot be had."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("npm is not installed, so Camunda's tools for templates cannot be tried")
    INSTALLED.mkdir(parents=True, exist_ok=True)
    wanted = (FOLDER / "package.json").read_text()
    marker = INSTALLED / "installed.json"
    if not marker.exists() or marker.read_text() != wanted:
        (INSTALLED / "package.json").write_text(wanted)
        _run([npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"])
        marker.write_text(wanted)
    for script in FOLDER.glob("*.mjs"):
        shutil.copy(script, INSTALLED)
    bundle = ["--bundle", "--platform=node", "--format=esm", "--outfile=modeler.bundle.mjs", "--log-level=error"]
    _run(["node_modules/.bin/esbuild", "modeler.mjs", *bundle])
    return NodeTools(scratch)


def _run(command: Sequence[str]) -> None:
    try:
        done = subprocess.run(
            command, check=False, cwd=INSTALLED, timeout=INSTALL_SECONDS_MAX, capture_output=True, text=True
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm did not install Camunda's tools within {INSTALL_SECONDS_MAX} s: is there a registry?")
    if done.returncode:
        pytest.skip(f"Camunda's tools for templates cannot be installed: {done.stderr.strip()[-300:]}")
