"""Kiang: process orchestration for Python.

The names below are what most programs need. They are imported when they are first used, so that the command line, and
programs that need a part only, start fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kiang.client import AsyncClient, Client, Job
    from kiang.errors import BpmnError, ClientError, JobError, KiangError
    from kiang.worker import Header, Variable, Variables, Worker

__all__ = [
    "AsyncClient",
    "BpmnError",
    "Client",
    "ClientError",
    "Header",
    "Job",
    "JobError",
    "KiangError",
    "Variable",
    "Variables",
    "Worker",
]

__version__ = "0.1.0"

_HOMES = {
    "AsyncClient": "kiang.client",
    "BpmnError": "kiang.errors",
    "Client": "kiang.client",
    "ClientError": "kiang.errors",
    "Header": "kiang.worker",
    "Job": "kiang.client",
    "JobError": "kiang.errors",
    "KiangError": "kiang.errors",
    "Variable": "kiang.worker",
    "Variables": "kiang.worker",
    "Worker": "kiang.worker",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
