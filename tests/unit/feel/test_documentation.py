"""The page about expressions says what the code does."""

import re
from pathlib import Path

from kiang.feel import Dialect, Rule, functions_of

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "reference" / "feel.md").read_text("utf-8")


def test_the_example_of_the_page_runs():
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)

    exec(compile(example, "docs/reference/feel.md", "exec"), {})  # noqa: S102 - it is our own page


def test_the_table_of_dialects_is_that_of_the_code():
    rows = re.findall(r"^\| `([A-Z_]+)` \| (.*?) \| (.*?) \|$", PAGE, re.MULTILINE)

    shown = [(rule.name, *(text.replace("|", "\\|") for text in rule.value)) for rule in Rule]
    assert rows == shown


def test_every_function_is_on_the_page_and_no_other():
    section = PAGE.split("## Functions")[1].split("## Limits")[0]
    named = set(re.findall(r"`([^`]+)`", section))

    for dialect in Dialect:
        assert named == set(functions_of(dialect))
