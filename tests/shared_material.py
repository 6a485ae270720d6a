"""Material that lies beside the checkout: recordings of the original engines, the DMN TCK, the load generator."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"


def shared(name: str) -> Path:
    """The folder `name` of the shared material; skips the test, with the reason, where it is absent."""
    folder = SHARED / name
    if not folder.exists():
        pytest.skip(f"the folder ../shared/{name} is not beside this checkout", allow_module_level=True)
    return folder
