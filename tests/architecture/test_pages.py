"""Pages say only what is there: links lead somewhere, and no page or source names the machine it was written on."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"\]\((?!https?://|mailto:|#)([^)#\s]+)")
PAGES = sorted(p for p in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_links_of_a_page_lead_to_files(page: Path) -> None:
    targets = LINK.findall(page.read_text("utf-8"))

    missing = [target for target in targets if not (page.parent / target).exists()]

    assert not missing


def test_nothing_in_the_tree_names_a_path_of_a_machine() -> None:
    pattern = r"/(home|root|Users)/[a-z]|/tmp/[a-z]+\.|registry\.npmjs\.org|files\.pythonhosted\.org"
    files = subprocess.run(
        [
            "git",
            "grep",
            "-nIE",
            pattern,
            "--",
            "src",
            "docs",
            "examples",
            "bench",
            "*.md",
            "*.toml",
            "*.lock",
            "Makefile",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert files.stdout == ""
