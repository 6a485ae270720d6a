"""Changes of the schema that a declaration alone cannot express, one file per version that it leads to.

New tables, columns with a default, and indexes need no entry here: `schema.bring_up` makes what is declared and not there. A change that
moves or drops data gets a file `v<number>.py` with a function `migrate(db)`, an entry below, and raises `schema.SCHEMA_VERSION`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

Migration = Callable[[sqlite3.Connection], None]
"""Changes a store of the version before; runs inside a transaction that is rolled back if it raises."""

MIGRATIONS: dict[int, Migration] = {}
"""By the version that they lead to; version 1 is the first."""
