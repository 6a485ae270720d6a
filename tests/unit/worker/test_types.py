"""What a type checker says of programs that use the client and the worker."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

LINES = Path(__file__).with_name("lines_of_types.py")
ROOT = Path(__file__).resolve().parents[3]


def test_right_programs_check_and_wrong_ones_do_not(tmp_path: Path) -> None:
    options = [
        "--config-file",
        str(ROOT / "pyproject.toml"),
        "--cache-dir",
        str(tmp_path),
        "--follow-imports",
        "silent",
    ]

    checked = subprocess.run(
        [sys.executable, "-m", "mypy", *options, str(LINES)], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr
