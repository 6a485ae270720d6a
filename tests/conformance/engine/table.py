"""Prints how many recorded cases of each group come out as recorded: `python -m tests.conformance.engine.table [WORD]... [--restarts]`."""

from __future__ import annotations

import sys
import traceback
from collections import defaultdict

from tests.conformance.engine.cases import SCENARIOS, Result, deviations_of, run


def main(arguments: list[str]) -> int:
    """Run the cases whose name contains one of the words, or all."""
    restarts = "--restarts" in arguments
    words = [word for word in arguments if not word.startswith("--")]
    groups: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for scenario in SCENARIOS:
        if words and not any(word in scenario.name for word in words):
            continue
        try:
            result = run(scenario, restarts=restarts)
        except Exception:  # one broken case must not hide the others
            result = Result([traceback.format_exc().strip()], "")
        group = groups[scenario.name.split("/")[0]]
        if result.out_of_scope:
            group[2] += 1
            if words:
                print(f"OUT  {scenario.name}: {result.out_of_scope}")
        elif result.differences and not deviations_of(scenario.name):
            group[1] += 1
            print(f"FAIL {scenario.name}: {scenario.about}")
            if "--quiet" not in arguments:
                for line in result.differences[:12]:
                    print(f"     {line}")
        elif result.differences:
            group[3] += 1
        else:
            group[0] += 1
    print(f"{'group':<24} {'passed':>7} {'failed':>7} {'out of scope yet':>17} {'deviating':>10}")
    for name, counts in sorted(groups.items()):
        print(f"{name:<24} {counts[0]:>7} {counts[1]:>7} {counts[2]:>17} {counts[3]:>10}")
    total = [sum(counts[n] for counts in groups.values()) for n in range(4)]
    print(f"{'all':<24} {total[0]:>7} {total[1]:>7} {total[2]:>17} {total[3]:>10}")
    return 1 if total[1] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
