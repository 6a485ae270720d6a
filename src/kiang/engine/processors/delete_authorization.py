"""DeleteAuthorization: permissions are taken away."""

from __future__ import annotations

from kiang.engine.processing import Processing, Refused
from kiang.engine.state.identity import Authorization, authorization
from kiang.protocol.answers import Done
from kiang.protocol.enums import RejectionType
from kiang.protocol.events import AuthorizationDeleted
from kiang.protocol.identity import DeleteAuthorization


def delete_authorization(p: Processing, command: DeleteAuthorization) -> Done:
    """Every one may be."""
    row = granted(p, command.key, "delete")
    p.emit(AuthorizationDeleted(row.key))
    return Done(row.key)


def granted(p: Processing, key: int, verb: str) -> Authorization:
    """An authorization.

    Raises:
        Refused: There is none.
    """
    row = authorization(p.state, key)
    if row is None:
        raise Refused(
            RejectionType.NOT_FOUND,
            f"Expected to {verb} authorization with key {key}, but an authorization with this key does not exist",
        )
    return row
