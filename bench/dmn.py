"""How fast decisions are: `python -m bench.dmn`.

A decision table with 50 rules and 3 inputs, first as Camunda 8 evaluates it (a file of DMN 1.3), then by the standard
(DMN 1.5), each with inputs that match early, late and never, and with the report that the engine gives.
"""

from __future__ import annotations

import time

from kiang import dmn

RULES = 50
SECONDS = 1.0
NAMESPACES = {
    "Camunda 8 (DMN 1.3)": "https://www.omg.org/spec/DMN/20191111/MODEL/",
    "standard (DMN 1.5)": "https://www.omg.org/spec/DMN/20230324/MODEL/",
}
INPUTS = {
    "first rule": {"age": 1, "country": "C0", "amount": 5},
    "middle rule": {"age": 26, "country": "C25", "amount": 255},
    "last rule": {"age": 50, "country": "C49", "amount": 495},
    "no rule": {"age": 1000, "country": "XX", "amount": -1},
}


def table(namespace: str, hit_policy: str) -> bytes:
    """A DMN file with the table."""
    rules = "".join(
        f'<rule id="r{n}"><inputEntry id="a{n}"><text>[{n}..{n + 1}]</text></inputEntry>'
        f'<inputEntry id="b{n}"><text>"C{n}","D{n}"</text></inputEntry>'
        f'<inputEntry id="c{n}"><text>&lt; {n * 10 + 10}</text></inputEntry>'
        f'<outputEntry id="o{n}"><text>"result {n}"</text></outputEntry></rule>'
        for n in range(RULES)
    )
    inputs = "".join(
        f'<input id="i-{name}"><inputExpression id="e-{name}"><text>{name}</text></inputExpression></input>'
        for name in ("age", "country", "amount")
    )
    data = "".join(f'<inputData id="d-{name}" name="{name}"/>' for name in ("age", "country", "amount"))
    requirements = "".join(
        f'<informationRequirement id="q-{name}"><requiredInput href="#d-{name}"/></informationRequirement>'
        for name in ("age", "country", "amount")
    )
    return (
        f'<definitions xmlns="{namespace}" id="g" name="g" namespace="urn:bench">{data}'
        f'<decision id="d" name="d">{requirements}<decisionTable id="t" hitPolicy="{hit_policy}">{inputs}'
        f'<output id="o" name="o"/>{rules}</decisionTable></decision></definitions>'
    ).encode()


def per_second(model: dmn.DecisionModel, variables: dict[str, object]) -> float:
    """Evaluations a second."""
    count = 0
    start = time.perf_counter()
    while (spent := time.perf_counter() - start) < SECONDS:
        for _ in range(100):
            model.evaluate("d", variables)
        count += 100
    return count / spent


def main() -> None:
    """Print the table."""
    print(f"{RULES} rules, 3 inputs; evaluations a second")
    print(f"{'dialect':22}{'hit policy':12}" + "".join(f"{name:>14}" for name in INPUTS))
    for dialect, namespace in NAMESPACES.items():
        for hit_policy in ("UNIQUE", "FIRST"):
            model = dmn.compile(dmn.read("bench.dmn", table(namespace, hit_policy)))
            rates = "".join(f"{per_second(model, variables):14,.0f}" for variables in INPUTS.values())
            print(f"{dialect:22}{hit_policy:12}{rates}")


if __name__ == "__main__":
    main()
