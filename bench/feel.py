"""How fast expressions are, beside what Node and Python have: `python -m bench.feel`.

Ten expressions that occur in real processes, each compiled once and evaluated often, with the same variables for all.
@bpmn-io/feelin has no compiled form and parses each time; SpiffWorkflow has Python expressions in the place of FEEL. The
others are installed beside this file when they are first needed (`--without-others` leaves them out). The figures also go
to bench-feel.json.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from bench.machine import table

from kiang import feel

FOLDER = Path(__file__).resolve().parent / "feel_others"
OUTPUT = Path("bench-feel.json")
SECONDS = 0.5
GOAL_PER_SECOND = 300_000
GOAL_CASE = "path and logic"


class Case(NamedTuple):
    """An expression, or the unary tests of a table, with what others need to say the same."""

    name: str
    expression: str
    python: str
    variables: dict[str, Any]
    tests: tuple[str, ...] = ()


ORDER = {"id": "o-17", "amount": 420, "country": "DE", "items": 3}
ITEMS = [{"name": f"item {number}", "price": number} for number in range(100)]
CASES = (
    Case("two variables", "amount > limit", "amount > limit", {"amount": 420, "limit": 100}),
    Case(
        GOAL_CASE,
        'order.amount > 100 and order.country = "DE"',
        'order["amount"] > 100 and order["country"] == "DE"',
        {"order": ORDER},
    ),
    Case(
        "arithmetic",
        "price * quantity * (1 + tax) - discount",
        "price * quantity * (1 + tax) - discount",
        {"price": 19.99, "quantity": 3, "tax": 0.19, "discount": 5},
    ),
    Case(
        "context",
        "{id: order.id, total: order.amount * 2, large: order.amount > 1000}",
        '{"id": order["id"], "total": order["amount"] * 2, "large": order["amount"] > 1000}',
        {"order": ORDER},
    ),
    Case(
        "filter of 100 items",
        "items[price > 50].name",
        '[item["name"] for item in items if item["price"] > 50]',
        {"items": ITEMS},
    ),
    Case(
        "string functions",
        'upper case(substring(name, 1, 3)) + "-" + string(number)',
        'name[0:3].upper() + "-" + str(number)',
        {"name": "kiang", "number": 42},
    ),
    Case(
        "date arithmetic",
        'date(start) + duration("P10D") > date(due)',
        "date.fromisoformat(start) + timedelta(days=10) > date.fromisoformat(due)",
        {"start": "2024-02-25", "due": "2024-03-01"},
    ),
    Case(
        "if and else",
        'if order.amount > 1000 then "gold" else if order.amount > 100 then "silver" else "bronze"',
        '"gold" if order["amount"] > 1000 else "silver" if order["amount"] > 100 else "bronze"',
        {"order": ORDER},
    ),
    Case("sum of 100 items", "sum(items.price)", 'sum(item["price"] for item in items)', {"items": ITEMS}),
    Case("50 unary tests", "", "", {"input": 255}, tuple(f"[{n * 10}..{n * 10 + 10})" for n in range(50))),
)


def ours(case: Case) -> Callable[[], Any]:
    """Compiled once."""
    variables = feel.from_json(json.dumps(case.variables))
    if case.tests:
        tests = [feel.compile_unary_tests(test) for test in case.tests]
        value = variables["input"]
        return lambda: [test.evaluate(variables, input_value=value) for test in tests]
    expression = feel.compile(case.expression)
    return lambda: expression.evaluate(variables)


def per_second(once: Callable[[], Any]) -> float:
    """The best of three portions, each long enough for the clock."""
    best = 0.0
    for _ in range(3):
        count = 0
        start = time.perf_counter()
        while (spent := time.perf_counter() - start) < SECONDS / 3:
            for _ in range(100):
                once()
            count += 100
        best = max(best, count / spent)
    return best


def others() -> dict[str, list[dict[str, Any]]]:
    """Results of the others by name, in the order of the cases; those that cannot be installed are left out."""
    given = json.dumps({"cases": [case._asdict() for case in CASES], "seconds": SECONDS})
    found: dict[str, list[dict[str, Any]]] = {}
    if _has_feelin():
        found["feelin"] = json.loads(_run(["node", str(FOLDER / "feelin.mjs")], given))
    python = _python_of_others()
    if python is not None:
        found.update(json.loads(_run([str(python), str(FOLDER / "python_engines.py")], given)))
    return found


def _run(command: list[str], given: str) -> str:
    return subprocess.run(command, input=given, capture_output=True, text=True, check=True, cwd=FOLDER).stdout


def _has_feelin() -> bool:
    if shutil.which("node") is None or shutil.which("npm") is None:
        print("node or npm is missing: without @bpmn-io/feelin", file=sys.stderr)
        return False
    if not (FOLDER / "node_modules").exists():
        subprocess.run(["npm", "install", "--silent", "--no-package-lock"], check=True, cwd=FOLDER)
    return True


def _python_of_others() -> Path | None:
    folder = FOLDER / ".venv"
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", "-r", "requirements.txt"], check=True, cwd=FOLDER)
    return python


def main() -> int:
    """Print the table; the result is 1 if a goal is missed."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--without-others", action="store_true", help="only ours")
    arguments = options.parse_args()
    beside = {} if arguments.without_others else others()
    rows: list[dict[str, object]] = []
    missed: list[str] = []
    for index, case in enumerate(CASES):
        once = ours(case)
        value = json.loads(feel.to_json(once()))
        row: dict[str, object] = {"evaluations a second": case.name, "kiang": per_second(once)}
        for name, results in beside.items():
            rate, other = results[index]["per_second"], results[index]["value"]
            same = other == value or (
                isinstance(value, float) and isinstance(other, float | str) and abs(float(other) - value) < 1e-9
            )
            row[name] = rate if rate is not None and same else "-"
        rows.append(row)
        if case.name == GOAL_CASE and row["kiang"] < GOAL_PER_SECOND:  # type: ignore[operator]
            missed.append(f"{case.name}: {row['kiang']:,.0f} a second, the goal is {GOAL_PER_SECOND:,}")
        rival = row.get("feelin")
        if isinstance(rival, float) and rival > row["kiang"]:  # type: ignore[operator]
            missed.append(f"{case.name}: feelin is ahead with {rival:,.0f} a second")
    print(table(rows))
    print("-: it cannot, or its result differs")
    OUTPUT.write_text(json.dumps({"rows": rows, "missed": missed}, indent=1) + "\n")
    print("\n".join(missed) if missed else "All goals are met.")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
