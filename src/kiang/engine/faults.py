"""A fault of the engine itself while it carries out a follow-up command: it must not hold up the partition, nor be lost."""

from __future__ import annotations

from pathlib import PurePath
from typing import NamedTuple

from kiang.engine.actions import incidents
from kiang.engine.failure import Failure
from kiang.engine.processing import Processing
from kiang.engine.state.state import Scope
from kiang.protocol.commands import FollowUpCommand
from kiang.protocol.enums import ElementState, ErrorType

KEYS = ("key", "element_instance_key", "scope_key")
"""Fields of follow-up commands that name the element instance that they are about, the nearest first."""


class Fault(NamedTuple):
    """What can be logged of a contained exception. Its text is not among it: that may quote a variable.

    Attributes:
        error: Name of the exception.
        place: Where it was raised: file, line and function.
        command: Name of the follow-up command.
        key: What the command is about; 0 if it names no element instance.
        element_id: Of the element instance that is stopped by an incident; empty if there is none, like the two keys with it.
    """

    error: str
    place: str
    command: str
    key: int
    element_id: str = ""
    element_instance_key: int = 0
    process_instance_key: int = 0


def contain(p: Processing, command: FollowUpCommand, error: Exception) -> None:
    """Stop the element instance that a command is about with an incident; resolving that tries again."""
    keys = [key for field in KEYS if (key := getattr(command, field, 0))]
    fault = Fault(type(error).__name__, _place(error), type(command).__name__, keys[0] if keys else 0)
    scope = next((scope for key in keys if _can_stop(scope := p.state.scope(key))), None)
    if scope is not None:
        fault = fault._replace(
            element_id=scope.element_id,
            element_instance_key=scope.key,
            process_instance_key=scope.process_instance_key,
        )
        text = f"Expected to carry out {fault.command}, but the engine failed: {fault.error}"
        incidents.raise_for_element(p, scope, Failure(ErrorType.UNKNOWN, text))
    p.faults.append(fault)


def _can_stop(scope: Scope | None) -> bool:
    return scope is not None and scope.state < ElementState.TERMINATING and not scope.incident_key


def _place(error: Exception) -> str:
    trace = error.__traceback__
    if trace is None:
        return ""
    while trace.tb_next is not None:
        trace = trace.tb_next
    code = trace.tb_frame.f_code
    return f"{PurePath(code.co_filename).name}:{trace.tb_lineno} {code.co_name}"
