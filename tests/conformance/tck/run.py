"""Run the DMN TCK and print a table: `python -m tests.conformance.tck.run [FOLDER] [--failures]`.

The last line is `N passed, N failed`; the exit status is 1 if any case failed. Without a folder it is the one beside the
checkout, `../shared/tck`.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from pathlib import Path

from tests.conformance.tck.cases import Runner, Verdict, find_cases

SHARED = Path(__file__).resolve().parents[4] / "shared" / "tck"


def main(arguments: list[str] | None = None) -> int:
    """Run all cases below a folder; give the exit status."""
    parser = argparse.ArgumentParser(description="Run the DMN Technology Compatibility Kit.")
    parser.add_argument("folder", nargs="?", type=Path, default=SHARED)
    parser.add_argument("--failures", action="store_true", help="show each case that failed")
    options = parser.parse_args(arguments)
    if not options.folder.is_dir():
        print(f"The folder {options.folder} does not exist; give one that has the layout of the kit.")
        return 1
    verdicts: dict[str, list[Verdict]] = defaultdict(list)
    runner = Runner()
    for case in find_cases(options.folder):
        verdicts[f"{case.file.parent.parent.name}/{case.file.parent.name}"].append(runner.run(case))
    width = max((len(name) for name in verdicts), default=0)
    print(f"{'folder':{width}}  passed  failed")
    for name, results in verdicts.items():
        failed = sum(bool(each.reason) for each in results)
        print(f"{name:{width}}  {len(results) - failed:6}  {failed:6}{'  <--' if failed else ''}")
    if options.failures:
        for results in verdicts.values():
            for each in results:
                if each.reason:
                    print(f"{each.case.id}: {each.reason} {each.problems[:2] or ''}")
    everything = [each for results in verdicts.values() for each in results]
    failed = sum(bool(each.reason) for each in everything)
    print(f"{len(everything) - failed} passed, {failed} failed")
    return 1 if failed or not everything else 0


if __name__ == "__main__":
    sys.exit(main())
