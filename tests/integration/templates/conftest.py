"""Fixtures of the tests on connector templates."""

from __future__ import annotations

import pytest
from tests.integration.templates.node_tools import NodeTools, installed


@pytest.fixture(scope="session")
def node_tools(tmp_path_factory: pytest.TempPathFactory) -> NodeTools:
    """Camunda's tools."""
    return installed(tmp_path_factory.mktemp("templates"))
