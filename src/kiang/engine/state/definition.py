"""Deployed processes, compiled on first use and kept while they are in use."""

from __future__ import annotations

from typing import NamedTuple

from kiang.bpmn.model import Process
from kiang.engine.state.process_definition import ProcessDefinition


class Definition(NamedTuple):
    """A process definition and its executable model."""

    row: ProcessDefinition
    process: Process
