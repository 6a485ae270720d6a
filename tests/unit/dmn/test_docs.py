"""The page about decisions: its example runs, its table is that of the code."""

import re
from pathlib import Path

from kiang.dmn import Rule

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "reference" / "dmn.md").read_text()


def test_the_example_runs(monkeypatch):
    monkeypatch.chdir(ROOT)
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)

    exec(compile(block, "dmn.md", "exec"), {})  # noqa: S102 - our own page


def test_every_difference_between_the_dialects_is_in_the_table():
    for rule in Rule:
        name = rule.name.lower().replace("_", " ")
        assert f"| {name} | {rule.value.standard} | {rule.value.camunda} |" in PAGE
