"""The page of the coverage is what the code says."""

from __future__ import annotations

from pathlib import Path

from kiang.engine.coverage import page

PAGE = Path(__file__).resolve().parents[3] / "docs/reference/bpmn-coverage.md"


def test_the_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == page(), (
        "run: python -m kiang.engine.coverage > docs/reference/bpmn-coverage.md"
    )


def test_what_no_version_executes_is_refused_and_the_rest_is_taken():
    rows = [line.strip("| ").split(" | ") for line in page().splitlines() if line.endswith((" yes |", " no |"))]
    supported = {row[0].lstrip("[").partition("]")[0]: row[2] for row in rows if len(row) == 3}

    assert supported["Service task"] == supported["Ad-hoc sub-process"] == "yes"
    assert supported["Complex gateway"] == supported["Transaction"] == "no"
