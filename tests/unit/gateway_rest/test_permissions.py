"""Tables of permissions are total: what nobody has thought about is for administrators alone, and nothing is left to that."""

from __future__ import annotations

import pytest

from kiang.engine.processors.guarded import FINDERS
from kiang.errors import PermissionDenied
from kiang.gateway.auth.access import Access
from kiang.gateway.auth.commands import COMMANDS
from kiang.gateway.rest.application import PUBLIC
from kiang.gateway.rest.operation import Operation
from kiang.gateway.rest.permissions import INSIDE, NEEDED, check_operation
from kiang.gateway.rest.reading import READS
from kiang.gateway.rest.resources import OPERATIONS
from kiang.gateway.rest.searching import Single
from kiang.protocol.identity import PERMISSIONS
from kiang.search.field import SearchResource

NOBODY = Access(username="nobody", is_checked=True)


def test_every_command_that_takes_a_permission_can_say_what_it_is_about() -> None:
    assert set(COMMANDS) == set(FINDERS)


def test_every_permission_that_is_asked_for_is_one() -> None:
    asked = [(needed.resource_type, needed.permission) for needed in COMMANDS.values()]
    asked += [(read.resource_type, read.permission) for read in READS.values()]
    asked += [one for needed in NEEDED.values() for one in needed]

    assert [(type_, name) for type_, name in asked if name not in PERMISSIONS.get(type_, ())] == []


def test_tables_name_operations_that_there_are() -> None:
    assert (set(NEEDED) | INSIDE) <= {operation.id for operation in OPERATIONS}
    assert not set(NEEDED) & INSIDE


def shown(operation: Operation) -> SearchResource | None:
    answer = operation.answer
    return answer if isinstance(answer, SearchResource) else answer.shown if isinstance(answer, Single) else None


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_somebody_without_any_grant_gets_nowhere_by_default(operation: Operation) -> None:
    """Unless the operation checks by itself: a command, or a search whose rows are in the table of what it takes to read them."""
    if operation.id in INSIDE | PUBLIC or operation.tag in {"Group", "Role", "Tenant", "Mapping rule", "Authorization"}:
        return
    searched = shown(operation)
    if searched is not None and operation.id not in NEEDED:
        assert searched.name in READS
        return
    assert operation.id in NEEDED
    with pytest.raises(PermissionDenied):
        check_operation(operation, NOBODY)
