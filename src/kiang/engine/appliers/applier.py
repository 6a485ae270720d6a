"""The shape of appliers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kiang.engine.state.state import State

Appliers = dict[type[Any], Callable[[State, Any], None]]
"""Type of event to what it does to the state."""
