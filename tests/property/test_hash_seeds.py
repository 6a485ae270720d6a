"""The same commands give the same records in every Python process, however it hashes texts."""

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = """
import hashlib
from tests.property.test_refused_commands import TABLES, afterwards, engine, world

d = world()
told = [entry.records for entry in d.store.log(0, 1_000_000)]
rows = [(table.name, [table.values(row) for row in d.rows(table)]) for table in TABLES]
answers, commit = afterwards(engine())
print(hashlib.sha256(repr((told, rows, answers, commit.records)).encode()).hexdigest(), len(told))
"""
ROOT = Path(__file__).resolve().parents[2]


def told_by_a_process(seed: str) -> str:
    """A digest of records, rows and answers of a fixed life of an engine."""
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-c", SCRIPT],
        env={**os.environ, "PYTHONHASHSEED": seed},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_records_do_not_depend_on_the_hash_seed():
    told = {told_by_a_process(seed) for seed in ("0", "1", "4711")}

    assert len(told) == 1
    assert int(told.pop().split()[1]) > 10
