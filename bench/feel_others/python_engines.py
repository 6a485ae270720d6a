"""Rates of bkflow-feel and SpiffWorkflow: reads the cases as JSON, writes results by engine as JSON."""

from __future__ import annotations

import json
import logging
import sys
import time
from datetime import date, timedelta


def rate(once, seconds):
    """Call for some time and count."""
    once()
    count = 0
    start = time.perf_counter()
    while (spent := time.perf_counter() - start) < seconds:
        once()
        count += 1
    return count / spent


def bkflow(case):
    """The tree is made once, as ours is."""
    from bkflow_feel import parser, transformer  # noqa: PLC0415 - each engine is loaded when it is measured

    if case.get("tests"):
        trees = [transformer.transform(parser.parse(f"input in {test}")) for test in case["tests"]]
        return lambda: [tree.evaluate(case["variables"]) for tree in trees]
    tree = transformer.transform(parser.parse(case["expression"]))
    return lambda: tree.evaluate(case["variables"])


def spiff(case):
    """SpiffWorkflow has Python in the place of FEEL."""
    from SpiffWorkflow.bpmn.script_engine import TaskDataEnvironment  # noqa: PLC0415 - as above

    environment = TaskDataEnvironment({"date": date, "timedelta": timedelta})
    if case.get("tests"):
        tests = [test.replace("..", " <= input < ").strip("[)") for test in case["tests"]]
        return lambda: [environment.evaluate(test, dict(case["variables"])) for test in tests]
    return lambda: environment.evaluate(case["python"], _attributes(case["variables"]))


def _attributes(variables):
    return dict(variables)


def measured(make, case, seconds):
    """The result and the rate, or why there is none."""
    try:
        once = make(case)
        value = once()
        return {"value": json.loads(json.dumps(value, default=str)), "per_second": rate(once, seconds)}
    except Exception as failure:
        return {"value": None, "per_second": None, "failure": f"{type(failure).__name__}: {failure}"[:200]}


def main():
    """All cases with both."""
    logging.disable(logging.CRITICAL)
    given = json.load(sys.stdin)
    engines = {"bkflow-feel": bkflow, "SpiffWorkflow (Python)": spiff}
    json.dump(
        {name: [measured(make, case, given["seconds"]) for case in given["cases"]] for name, make in engines.items()},
        sys.stdout,
    )


if __name__ == "__main__":
    main()
