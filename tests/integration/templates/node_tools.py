"""Camunda's tools for connector templates, installed from npm into `build/template_tools` once."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.integration.packages import alone, need_node_packages, run_node_tool
from tests.shared_material import ROOT

FOLDER = Path(__file__).parent
INSTALLED = ROOT / "build" / "template_tools"
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
    folder = need_node_packages(FOLDER, INSTALLED.name, FOLDER.glob("*.mjs"))
    bundle = folder / "modeler.bundle.mjs"
    with alone(f"{INSTALLED.name}-bundle"):
        if not bundle.exists() or bundle.stat().st_mtime < (folder / "modeler.mjs").stat().st_mtime:
            options = ["--bundle", "--platform=node", "--format=esm", f"--outfile={bundle.name}", "--log-level=error"]
            run_node_tool(folder, ["node_modules/.bin/esbuild", "modeler.mjs", *options])
    return NodeTools(scratch)
