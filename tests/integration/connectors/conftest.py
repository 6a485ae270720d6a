"""One engine process for all examples of connectors."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.integration.running_engine import RunningEngine, running_engine


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEngine]:
    """An engine that all tests of a session share: each deploys processes of its own."""
    with running_engine(tmp_path_factory.mktemp("connectors") / "data") as running:
        yield running
