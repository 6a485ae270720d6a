"""The port through which state reads rows that are not resident."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from kiang.engine.state.table import Condition, Row, Table

R = TypeVar("R", bound=Row)


class RowSource(Protocol):
    """Committed rows.

    Contract: `select` must return only what the last finished commit (or an earlier one, if a commit is in progress) left,
    as new row objects that the caller owns; it must not change anything; it may block for a disk read.
    """

    def select(
        self,
        table: Table[R],
        where: Sequence[Condition] = (),
        order: Sequence[str] = (),
        limit: int | None = None,
    ) -> list[R]:
        """Rows for which every condition holds, ordered by the named columns (` desc` after a name turns it around)."""
        ...


class Rows(Protocol):
    """Rows as they are now: committed ones, with what is changed but not committed yet in their place."""

    def current(
        self, table: Table[R], where: Sequence[Condition], order: Sequence[str] = ("key",), limit: int | None = None
    ) -> list[R]:
        """Rows for which every condition holds, in the order of the named columns."""
        ...


class EmptySource:
    """A source without rows: the beginning of every new engine."""

    def select(
        self,
        table: Table[Any],  # noqa: ARG002 - the port's signature
        where: Sequence[Condition] = (),  # noqa: ARG002
        order: Sequence[str] = (),  # noqa: ARG002
        limit: int | None = None,  # noqa: ARG002
    ) -> list[Any]:
        """Nothing."""
        return []
